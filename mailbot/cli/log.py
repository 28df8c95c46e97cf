"""The log on stderr: one line for each event, key=value."""

from __future__ import annotations

import logging
import sys

from mailbot.cli.words import escaped


def start_log(level: str) -> None:
    """One line per event on stderr, key=value; control characters are escaped, so that no mail forges a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Escaping("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger("mailbot")
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False


class _Escaping(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        return escaped(super().formatMessage(record))
