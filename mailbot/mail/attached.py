"""Which attached files have a text that can be shown: notes, tables and appointments, nothing that needs a program to
be read."""

from __future__ import annotations

TYPES = ("text/plain", "text/markdown", "text/x-markdown", "text/csv", "text/calendar", "application/ics")
ENDINGS = (".txt", ".md", ".markdown", ".csv", ".ics")
_ANY = ("application/octet-stream", "application/vnd.ms-excel")  # what clients call a file they do not know, and a CSV


def is_text(type: str, name: str) -> bool:
    """By its type; by the end of its name where the type says nothing."""
    return type in TYPES or (type in _ANY and name.lower().endswith(ENDINGS))
