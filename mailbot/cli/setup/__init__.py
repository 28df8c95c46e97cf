"""mailbot setup: asks for an address, finds its server, and writes a config that works.

Here are the flags and the order of the steps; the other files have the questions of one step each.

talk      what is said and asked
login     the address, its server, and a login that works
source    where the secret of a mailbox comes from
folders   Drafts, Sent and Trash, and which folders are watched
owner     the owner, the model, and where their secrets are kept
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mailbot.cli import check as check_verb
from mailbot.cli.options import config_option

if TYPE_CHECKING:
    from mailbot.cli.setup.talk import Talk
    from mailbot.setup.search import Reach

F = TypeVar("F", bound=Callable[..., Any])

SOURCES = ("password_file", "password_command", "password_stdin", "token_command", "client_id")
RUNNING = " Start a mailbot that runs already anew, so that it reads it."
BEGIN = "Some questions, two minutes. Enter takes what stands in brackets; Ctrl-C ends it, and nothing is kept.\n"
AGAIN = "{} is there already, and what you wrote into it stays. Enter takes what stands in brackets.\n"
WRITE_TEST = "Shall the check also store a test draft, read it back and move it to Trash?"
NEXT = "Next: mailbot once makes the first contact. Then flag a mail, and start mailbot run."
MEND = "Mend that, then run mailbot check; or run mailbot setup again, for another answer."

FLAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--address", {"help": "Your mail address."}),
    ("--account", {"help": "The account's short name in the config."}),
    ("--host", {"help": "The IMAP server; it is not searched for then."}),
    ("--port", {"type": click.IntRange(1, 65535), "help": "Its port, if it is not the usual one."}),
    (
        "--security",
        {
            "type": click.Choice(["tls", "starttls", "none"]),
            "help": "How it is encrypted; else starttls at port 143, tls at others.",
        },
    ),
    ("--ca-file", {"type": click.Path(), "help": "The certificate of a server of your own."}),
    ("--user", {"help": "The name to log in with, if it is not the address."}),
    ("--password-file", {"type": click.Path(), "help": "A file that holds the password; the config names it."}),
    ("--password-command", {"help": "A command that prints the password; the config names it."}),
    ("--password-stdin", {"is_flag": True, "help": "Read the password from standard input and keep it."}),
    ("--token-command", {"help": "A command that prints an access token (XOAUTH2)."}),
    ("--client-id", {"help": "The id of your app registration at Microsoft: sign in with a browser."}),
    ("--authority", {"help": "Where to sign in, if it is not Microsoft for everybody."}),
    ("--drafts", {"help": "The Drafts folder, where the server marks none."}),
    ("--sent", {"help": "The folder of sent mail, likewise."}),
    ("--trash", {"help": "The Trash folder, likewise."}),
    ("--folder", {"multiple": True, "help": "A folder to watch; may be given several times."}),
    ("--owner-name", {"help": "Your name, as it stands in From."}),
    ("--about", {"help": "A line about you: who writes, and how."}),
    ("--timezone", {"help": "Your time zone, if it is not that of this host."}),
    ("--model", {"help": "The model's name."}),
    ("--model-url", {"help": "Its server, if it is not OpenAI's."}),
    ("--model-key-file", {"type": click.Path(), "help": "A file that holds its key; the config names it."}),
    ("--write-test", {"is_flag": True, "help": "The check at the end stores a test draft, too."}),
)


def flags(command: F) -> F:
    for name, settings in reversed(FLAGS):
        command = click.option(name, **settings)(command)
    return command


@click.command("setup")
@config_option
@flags
@click.pass_context
def command(ctx: click.Context, /, config_path: Path | None, **given: Any) -> int:
    """Find your server, ask the rest, write the config, check it.

    Asks for what no flag says; without a terminal the flags have to say it. It may be run again: what stands in the
    config stays there, comments too."""
    from mailbot import config
    from mailbot.cli.say import say
    from mailbot.cli.setup.talk import Talk, agreed, has_terminal
    from mailbot.setup import disk
    from mailbot.setup.search import Reach

    path = config_path or config.default_path(os.environ)
    talk, text = Talk(given, has_terminal()), disk.read(path)
    _complete(talk, text)
    if talk.asks:
        say(AGAIN.format(path) if text else BEGIN)
    try:
        _written(talk, path, text, ctx.obj or Reach())
    except (click.Abort, KeyboardInterrupt):
        say(f"\nEnded. {'The config is as it was' if text else 'No config was written'}.")
        raise
    agrees = given["write_test"] or (talk.asks and agreed(WRITE_TEST))
    code: int = ctx.invoke(check_verb.command, config_path=path, as_json=False, write_test=agrees)
    say(f"\n{MEND if code else NEXT}")
    return code


def _written(talk: Talk, path: Path, text: str, reach: Reach) -> None:
    """The questions, then the secrets, then the config: who ends it before leaves nothing behind but a sign-in."""
    from mailbot.cli.say import say
    from mailbot.cli.setup import folders, login, owner
    from mailbot.setup import disk, toml

    address = login.address(talk, text)
    entry = login.log_in(talk, path, text, address, login.server(talk, text, address, reach))
    answers = folders.chosen(talk, entry)
    answers = replace(answers, owner=owner.owner(talk, text))
    model, key = owner.model(talk, text, reach.ports)
    if entry.typed:
        kept = owner.keep(talk, path, f"{answers.account}.imap", entry.typed)
        answers = replace(answers, imap={**answers.imap, "password_file": kept})
    if model and key:
        model = {**model, "api_key_file": owner.keep(talk, path, "model", key), "api_key_command": ""}
    disk.replace(path, toml.written(text, replace(answers, model=model)), os.environ)
    say(f"{path} is written.{RUNNING if text else ''}\n")


def _complete(talk: Talk, text: str) -> None:
    """Names every flag that is missing where nobody can be asked, all at once. Raises BadUsage."""
    from mailbot.config.value import LOOPBACK, addresses, inside
    from mailbot.errors import BadUsage
    from mailbot.setup import toml

    given = talk.given
    sources = [f"--{name.replace('_', '-')}" for name in SOURCES if given[name]]
    needed = {
        "--address": given["address"],
        "--password-file (or -command, or -stdin; or --client-id, or --token-command)": sources or text,
        "--owner-name": given["owner_name"] or toml.table(text, "owner").get("name"),
    }
    problems = [
        f"{flag}: is needed where nobody can be asked" for flag, there in needed.items() if not (there or talk.asks)
    ]
    if len(sources) > 1:
        problems.append(f"{' and '.join(sources)}: only one of them can be used")
    if given["security"] == "none" and not inside(given["host"] or "", LOOPBACK, addresses):
        problems.append("--security: none is only for a --host on this machine")
    if problems:
        raise BadUsage(*problems)
