"""The address, its server, and a login that works."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from mailbot.cli.say import say
from mailbot.cli.setup import source
from mailbot.cli.setup.talk import Talk, absolute, agreed, ask
from mailbot.cli.words import escaped
from mailbot.config import Account
from mailbot.config import value as values
from mailbot.errors import BadUsage, Later, OwnerMustAct
from mailbot.imap.answer import Folder
from mailbot.imap.login import connect, tls_context
from mailbot.imap.session import Session
from mailbot.oauth import KIND
from mailbot.secrets import Secrets
from mailbot.setup import disk, providers, toml
from mailbot.setup.search import Reach, needs_yes, search
from mailbot.setup.server import Auth, Security, Server
from mailbot.setup.toml import Answers

TRIES = 4  # refused logins in one run; some providers lock an account after five wrong passwords
SERVER = "The IMAP server (its port behind a colon, if it is not 993)"
# A person who is refused types the password at once, and here it would be seen.
USER = "User name (the password is asked for next)"
CERTIFICATE = "The file with its certificate, where it is a server of yours (empty: name another server)"
# What to do where setup ends with it; an error's own hint is for other commands.
HINTS = {
    "login": "Check user and password (many providers want an app password), then run mailbot setup again",
    "tls": "Check --host and --port; name the certificate of a server of your own with --ca-file",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A login that worked. ``typed`` is the password when a person typed it; ``account`` is what the config will say
    so far."""

    answers: Answers
    account: Account
    typed: str
    folders: tuple[Folder, ...]
    gmail: bool


def address(talk: Talk, text: str) -> str:
    """Whose mail it is. With a config there is a usual answer, and another one adds an account."""
    known = toml.addresses(text)
    question = "Your mail address (another one adds an account)" if known else "Your mail address"
    while True:
        answer = talk.value("address", question, next(iter(known), ""))
        try:
            return values.address(answer)
        except ValueError as error:
            if talk.given["address"]:
                raise BadUsage(f"--address: {error}") from None
            say(f"  It {error}")


def server(talk: Talk, text: str, address: str, reach: Reach) -> Server:
    """The server that the flags name, else that of the config, else the first that the search finds and the owner
    agrees to, else the one that is typed in. Raises BadUsage where nobody can be asked."""
    if talk.given["host"]:
        return _named(talk, address, talk.given["host"])
    found = toml.server(text, address) or _found(address, reach)
    if found and found.told_by != toml.CONFIG and needs_yes(found, address):
        doubt = f"{found.host} is no host of the domain of {address}. Shall it get your password?"
        if not talk.asks:
            raise BadUsage(f"--host: {escaped(doubt)} If so, give --host {found.host}")
        found = found if agreed(doubt) else None
    if found:
        given = talk.given
        return replace(
            found,
            port=given["port"] or found.port,
            security=given["security"] or found.security,
            user=given["user"] or found.user,
            auth="xoauth2" if given["token_command"] or given["client_id"] else found.auth,
        )
    if not talk.asks:
        raise BadUsage(f"--host: no server was found for {address}; name it")
    return _asked(talk, address, f"imap.{address.rpartition('@')[2]}")


def _found(address: str, reach: Reach) -> Server | None:
    try:
        for step in search(address, reach):
            say(f"  {step.text}")
            if found := step.server:
                say(f"  {found.host}, port {found.port} ({found.security}), user {found.user}")
                return found
    except ValueError:
        say("  The domain of this address is none that can be searched for.")
    return None


def _asked(talk: Talk, address: str, default: str) -> Server:
    return _named(talk, address, ask(SERVER, default))


def _named(talk: Talk, address: str, text: str) -> Server:
    """The server that was named, perhaps with its port behind a colon."""
    given = talk.given
    host, colon, number = text.rpartition(":")
    told = int(number) if colon and number.isdecimal() and ":" not in host else None
    host = host if told else text
    port = told or given["port"]
    security: Security = given["security"] or ("starttls" if port == 143 else "tls")
    port = port or (993 if security == "tls" else 143)
    known = providers.of_server(host, port)
    token = given["token_command"] or given["client_id"]
    auth: Auth = "xoauth2" if token else known.auth if known else "password"
    return Server(host, port, security, given["user"] or (known.server(address).user if known else address), auth)


def log_in(talk: Talk, path: Path, text: str, address: str, server: Server) -> Entry:
    """Logs in; where it is refused, the server's words are shown and what was wrong is asked for again. The secret of
    an account that is in the config already is tried before anybody is asked for one. Raises OwnerMustAct after the
    last refusal, and whatever is wrong at once where nobody can be asked."""
    provider = providers.of_server(server.host, server.port)
    if provider:
        say(f"{provider.name} wants {provider.password}. {provider.remark}".rstrip())
    ca_file, typed, client_id, anew = absolute(talk.given["ca_file"]), "", talk.given["client_id"] or "", False
    refused, first = 0, True
    while True:
        answers = _answers(talk, text, address, server)
        old = toml.account(text, answers.account).get("imap", {})
        named = source.named(talk, server, client_id, old if first else {})
        typed = typed or ("" if named is not None else source.password(talk, server.user))
        client_id, first = (named or {}).get("client_id", ""), False
        answers = replace(answers, imap={**answers.imap, "ca_file": ca_file or old.get("ca_file", ""), **(named or {})})
        try:
            return _tried(path, text, answers, typed, anew=anew)
        except (Later, OwnerMustAct) as error:
            kind = error.kind if isinstance(error, OwnerMustAct) else "network"
            refused += kind == "login"
            if not talk.asks or refused == TRIES or not _can_be_mended(kind, typed, talk):
                raise _ending(error) from error
            say(f"  {error.reason}.{_doubt(server, client_id) if kind == 'login' else ''}")  # what follows is the hint
        if kind == "tls":
            ca_file = absolute(ask(CERTIFICATE))
            server = server if ca_file else _asked(talk, address, f"{server.host}:{server.port}")
        elif kind == "login" and (typed or client_id):
            server, typed, anew = replace(server, user=ask(USER, server.user)), "", True
        elif client_id:
            client_id = ask(source.CLIENT_ID, client_id)
        elif kind == "network":
            server = _asked(talk, address, f"{server.host}:{server.port}")


def _doubt(server: Server, client_id: str) -> str:
    """What may be wrong with a login that was refused."""
    if client_id:
        return f" See that it was {server.user} who signed in, and that IMAP is switched on there."
    return "" if providers.of_server(server.host, server.port) else " Many providers want an app password."


def _ending(error: Later | OwnerMustAct) -> Later | OwnerMustAct:
    if isinstance(error, OwnerMustAct) and (hint := HINTS.get(error.kind)):
        return OwnerMustAct(error.kind, error.reason, hint)
    return error


def _can_be_mended(kind: str, typed: str, talk: Talk) -> bool:
    """Whether there is something to ask for: not where the folder of the config is in trouble, nor where a flag says
    where the secret is and that one is wrong; the same again would go on for ever, or lock the account."""
    if kind in ("login", "secret"):
        return bool(typed) or not any(talk.given[flag] for flag in source.FLAGS)
    return kind in ("tls", "network", KIND)


def _tried(path: Path, text: str, answers: Answers, typed: str, *, anew: bool) -> Entry:
    """One login, with the account as the config will have it. ``anew``: with another sign-in than the one before."""
    trial = replace(answers, owner={"name": answers.address})
    config = disk.proved(path, toml.written(text, trial), os.environ)
    account = next(each for each in config.accounts if each.name == answers.account)
    imap = account.imap
    context = tls_context(imap.ca_file) if imap.security != "none" else None

    def enter(secret: str) -> Session:
        return connect(imap, secret, context)

    if imap.client_id:
        session = source.signed_in_with(config, account, enter, anew=anew)
    else:
        session = enter(typed or Secrets(config, os.environ).get(f"{account.name}.imap"))
    with closing(session):
        say(f"Logged in at {imap.host} as {imap.user}.")
        return Entry(answers, account, typed, session.folders(), session.is_gmail)


def _answers(talk: Talk, text: str, address: str, server: Server) -> Answers:
    """What is known when the server is; the folders are those of the flags, else of the config as it was."""
    given = talk.given
    name = given["account"] or toml.account_name(text, server.user, server.host, address)
    old = toml.account(text, name)
    imap: dict[str, str | int] = {"host": server.host, "port": server.port}
    imap |= {"security": server.security, "user": server.user, "auth": server.auth}
    return Answers(
        account=name,
        address=address,
        imap=imap,
        folders=tuple(given["folder"] or old.get("folders", ())),
        drafts=given["drafts"] or old.get("drafts", ""),
        sent=given["sent"] or old.get("sent", ""),
        trash=given["trash"] or old.get("trash", ""),
    )
