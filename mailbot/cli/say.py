"""Sentences for a terminal: they break at blanks there, and what comes from mails and servers in them does nothing."""

from __future__ import annotations

import shutil
import sys

import click

from mailbot.cli.columns import wrapped
from mailbot.cli.words import escaped

NARROW = 30  # columns of a terminal that is left to break lines itself


def say(text: str, *, err: bool = False) -> None:
    """Each line of the text; on a terminal in as many as its width wants, all as far in as the first."""
    for line in text.split("\n"):
        for row in rows(line, err=err):
            click.echo(row, err=err)


def rows(line: str, room: int = 0, *, err: bool = False) -> list[str]:
    """The line as it fits the terminal, with as many columns free as ``room`` says."""
    shown, stream = escaped(line), sys.stderr if err else sys.stdout
    indent = shown[: len(shown) - len(shown.lstrip())]
    width = shutil.get_terminal_size().columns - len(indent) - room if stream.isatty() else 0
    return [indent + row for row in wrapped(shown, width)] if width > NARROW else [shown]
