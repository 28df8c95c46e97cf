"""What is said and asked: a flag that was given is an answer already."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mailbot.cli.columns import wrapped
from mailbot.cli.words import escaped

NARROW = 30  # columns of a terminal that is left to break lines itself
SHOWN = 20  # folders named in one line


def say(text: str) -> None:
    """Lines for the terminal, broken at blanks there; what comes from servers in them cannot do anything."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in map(escaped, text.split("\n")):
        indent = line[: len(line) - len(line.lstrip())]
        rows = wrapped(line, width - len(indent)) if width > NARROW else [line.strip()]
        for row in rows:
            click.echo(indent + row)


def has_terminal() -> bool:
    return sys.stdin.isatty()


def host_zone() -> str:
    """The abbreviation of this host's zone: "CET", or "UTC" where nobody has set one."""
    return datetime.now().astimezone().tzname() or ""


def some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more if names else "none"


def absolute(path: str | None) -> str:
    """A path as the config should have it: it does not depend on where setup was started."""
    return str(Path(path).expanduser().absolute()) if path else ""


@dataclass(frozen=True, slots=True)
class Talk:
    """What was given by flags, and whether there is somebody to ask."""

    given: dict[str, Any]
    asks: bool

    def value(self, flag: str, question: str, default: str = "") -> str:
        """What the flag says, else the answer, else the default."""
        if self.given[flag] or not self.asks:
            return str(self.given[flag] or default)
        return ask(question, default)

    def pick(self, question: str, names: Sequence[str], default: str, *, needed: bool) -> str:
        """One of the names; an empty answer gives "" when none is needed."""
        while True:
            answer = ask(question, default)
            if answer in names or not (answer or needed):
                return answer
            say(f"  There is no such folder. There are: {some(names)}")


def ask(question: str, default: str = "", *, hide: bool = False) -> str:
    """An answer without blanks around it; a hidden one as it was typed."""
    answer: str = click.prompt(escaped(question), default=default, show_default=bool(default), hide_input=hide)
    return answer if hide else answer.strip()
