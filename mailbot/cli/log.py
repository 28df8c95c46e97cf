"""The log on stderr: one line for each event, key=value, without text from mails."""

from __future__ import annotations

import logging
import os
import sys
from datetime import datetime
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from mailbot.cli.words import escaped

STDERR = 2  # the descriptor
# The journal reads a line's level from its beginning (sd-daemon(3)).
PRIORITIES = {logging.DEBUG: "<7>", logging.INFO: "<6>", logging.WARNING: "<4>", logging.ERROR: "<3>"}


def start_log(level: str) -> None:
    """One line per event on stderr, key=value; control characters are escaped, so that no mail forges a line."""
    from mailbot import systemd  # late: mailbot --help needs no sockets

    handler = logging.StreamHandler(sys.stderr)
    if systemd.takes_down(os.environ, STDERR):
        handler.setFormatter(_ForJournal("%(message)s"))
    else:
        handler.setFormatter(_Escaping("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger("mailbot")
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False


class _Escaping(logging.Formatter):
    """A bug's traceback is put on the line, too, and without its words: those may be the mail that showed it."""

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")
        error = record.exc_info[1] if record.exc_info else None
        return escaped(self.formatMessage(record) + (f" Traceback={_traceback(error)}" if error else ""))


class _ForJournal(_Escaping):
    """Without the time, which the journal gives each line itself, and with the level as the journal reads it."""

    def format(self, record: logging.LogRecord) -> str:
        return PRIORITIES.get(record.levelno, "") + super().format(record)


def _traceback(error: BaseException) -> str:
    """``tick.py:101>prepare.py:80>ValueError``, and after ``<-`` what it came from."""
    steps = [*_places(error.__traceback__), type(error).__name__]
    cause = error.__cause__ or error.__context__
    return ">".join(steps) + (f"<-{_traceback(cause)}" if cause else "")


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(trace)]
