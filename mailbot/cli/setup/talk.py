"""What is said and asked: a flag that was given is an answer already."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mailbot.cli.say import rows, say

SHOWN = 20  # folders named in one line


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
    shown = f"{question} [{default}]" if default else question
    answer: str = click.prompt(_question(shown), default=default, show_default=False, hide_input=hide)
    return answer if hide else answer.strip()


def agreed(question: str) -> bool:
    """Whether the owner says yes; who only presses Enter does not."""
    return click.confirm(_question(f"{question} [y/N]"), default=False, show_default=False)


def _question(text: str) -> str:
    return "\n".join(rows(text, room=len(": ")))
