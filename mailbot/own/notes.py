"""A note of the owner's: markdown, read for the passages that can be shown one by one.

Passages begin at headings and are short enough for a prompt. Pages and sources of mailbot's own archive are no notes,
wherever they were moved: other people's mails stand in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LENGTH = 1_500  # characters of a passage
MOST = 200  # passages of one note
STEP = " › "  # between the title of a note and that of a passage

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,20000}?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"^(title|type):[ \t]*[\"']?([^\"'\n]{1,200})", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]++(.{1,200}?)[ \t]*#*$", re.MULTILINE)
_OF_THE_ARCHIVE = frozenset({"draft-reply", "email"})  # the types of its pages and sources


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a note. ``title`` is the note's, and behind it the heading that it stands under."""

    title: str
    text: str


def passages(name: str, text: str) -> tuple[Passage, ...]:
    """The passages of a note whose file is called ``name`` (without its ending)."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    keys = dict(_KEY.findall(front[1])) if front else {}
    if keys.get("type", "").strip() in _OF_THE_ARCHIVE:
        return ()
    body = text[front.end() :] if front else text
    note = keys.get("title", "").strip() or name
    found = [
        Passage(title, piece) for title, section in _sections(note, body) for piece in _pieces(section.strip()) if piece
    ]
    return tuple(found[:MOST])


def _sections(note: str, body: str) -> Iterator[tuple[str, str]]:
    heading, start = "", 0
    for found in _HEADING.finditer(body):
        yield _title(note, heading), body[start : found.start()]
        heading, start = found[1], found.end()
    yield _title(note, heading), body[start:]


def _title(note: str, heading: str) -> str:
    return f"{note}{STEP}{heading}" if heading and heading != note else note


def _pieces(section: str) -> Iterator[str]:
    """At most LENGTH characters each, cut between paragraphs, else between lines, else anywhere."""
    start = 0
    while len(section) - start > LENGTH:
        window = section[start : start + LENGTH]
        cut = max(window.rfind("\n\n"), window.rfind("\n") if "\n\n" not in window[LENGTH // 2 :] else -1)
        end = start + (cut if cut > LENGTH // 3 else LENGTH)
        yield section[start:end].strip()
        start = end
    yield section[start:].strip()
