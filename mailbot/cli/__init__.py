"""The command line: one verb per file. The only place that prints, catches broadly and sets exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from mailbot.errors import BadUsage, Later, MailbotError, OwnerMustAct

FAILED, USAGE, OWNER, LOCKED, INTERRUPTED = 1, 2, 3, 4, 130

EXIT_CODES = (
    "Exit codes: 0 done, 1 something failed in this run, 2 bad usage or config, 3 you must act, 4 another mailbot "
    "works on an account, 130 interrupted."
)

VERBS: tuple[str, ...] = (
    *("demo", "setup", "check", "run", "once", "status", "list", "show", "redo", "release", "dismiss", "secret"),
    *("replay", "purge"),
)


class Verbs(click.Group):
    """Imports a verb's file when it is asked for; each file in turn imports what is heavy when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command: click.Command = import_module(f"mailbot.cli.{name}").command
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(package_name="mailbot", prog_name="mailbot")
def commands() -> None:
    """Flag a mail in any mail client; seconds later a reply waits in your Drafts folder. mailbot never sends it.

    Begin with "mailbot demo", which needs no account, or with "mailbot setup"."""


def main(argv: Sequence[str] | None = None) -> None:
    sys.exit(_run(argv))


def _run(argv: Sequence[str] | None) -> int:
    try:
        code = commands.main(args=argv, prog_name="mailbot", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except BadUsage as error:
        return _failed(USAGE, *error.problems)
    except OwnerMustAct as error:
        return _failed(OWNER, str(error))
    except Later as error:
        return _failed(FAILED, f"{error}; try again later")
    except MailbotError as error:
        return _failed(FAILED, str(error))


def _failed(code: int, *reasons: str) -> int:
    from mailbot.cli.say import say

    for reason in reasons:
        say(f"mailbot: {reason}", err=True)
    return code
