"""Where the secret of a mailbox comes from: a file, a command, a sign-in with the browser, or who is asked for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from mailbot.cli.browser import signed_in
from mailbot.cli.say import say
from mailbot.cli.setup.talk import Talk, absolute, ask
from mailbot.config import Account, Config
from mailbot.errors import BadUsage, OwnerMustAct
from mailbot.imap.session import Session
from mailbot.oauth import KIND
from mailbot.setup import providers, toml
from mailbot.setup.server import Server
from mailbot.wiring import sign_in

FLAGS = ("password_file", "password_command", "token_command")  # those that say where it is, and not what
CLIENT_ID = "The Application (client) ID of your app registration"


def named(talk: Talk, server: Server, client_id: str, old: Mapping[str, str]) -> dict[str, str] | None:
    """What the config will say about it: as the flags say, else as the account's ``old`` table does; None when it is to
    be typed. ``client_id`` is what was given or asked for already."""
    given = talk.given
    files = {"password_file": absolute(given["password_file"]), "password_command": given["password_command"] or ""}
    if any(files.values()):
        return files
    if given["password_stdin"]:
        return None
    if given["token_command"]:
        return {"token_command": given["token_command"]}
    if client_id:
        return {"client_id": client_id, "authority": given["authority"] or old.get("authority", "")}
    if old:
        token = old.get("token_command") or old.get("client_id")
        return {key: old.get(key, "") for key in toml.SOURCES} | ({"auth": "xoauth2"} if token else {})
    return _token(talk, server) if server.auth == "xoauth2" else None


def _token(talk: Talk, server: Server) -> dict[str, str]:
    if not talk.asks:
        raise BadUsage("--client-id (or --token-command): is needed, for this server takes no password")
    if providers.signs_in(server):
        answer = ask(f"{CLIENT_ID} (empty: a command of yours prints access tokens)")
        if answer:
            return {"client_id": answer, "authority": talk.given["authority"] or ""}
    return {"token_command": ask("A command that prints an access token")}


def password(talk: Talk, user: str) -> str:
    if talk.given["password_stdin"]:
        if not (typed := sys.stdin.readline().rstrip("\r\n")):
            raise BadUsage("--password-stdin: nothing came on standard input")
        return typed
    if not talk.asks:
        raise BadUsage("--password-file: is needed for a new account where nobody can be asked")
    return ask(f"Password of {user}", hide=True)


def signed_in_with(config: Config, account: Account, enter: Callable[[str], Session], *, anew: bool) -> Session:
    """Logs in with the tokens that are there, else with those of a sign-in. ``anew``: those that are there would not
    do."""
    tokens = sign_in(config, account, again="mailbot setup")
    if tokens.path.exists() and not anew:
        try:
            return tokens.used(enter)
        except OwnerMustAct as error:
            if error.kind != KIND:
                raise
            say(f"  {error.reason}.")
    signed_in(tokens)
    return tokens.used(enter)
