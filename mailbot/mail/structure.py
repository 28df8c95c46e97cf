"""The parts of a mail as its server lists them (BODYSTRUCTURE, RFC 9051 7.5.2), so that a large mail need not be
fetched to learn what is in it.

Owns the shape of that answer. Believes none of it: servers send broken ones, and what a list says of a part is only
good for choosing what to fetch. Whatever it is, ``read`` gives the tree or None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_PARTS = 60  # a part costs about 300 octets of the wire; mails that people write have under ten
MAX_NESTING = 20
_OCTETS, _DISPOSITION = 6, 8  # where they stand in the list of a part that is neither text nor an attached mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One part. ``section`` as FETCH counts it ("1.2", "" for the whole mail), ``octets`` as it travels, encoded."""

    section: str
    type: str
    octets: int = 0
    disposition: str = ""
    name: str = ""
    children: tuple[Node, ...] = ()


def read(answer: object) -> Node | None:
    """The tree of a multipart mail from lists within lists; None for a mail of one part and for what makes no
    sense."""
    if not _is_multipart(answer):
        return None
    try:
        return _node(answer, "", 0, iter(range(MAX_PARTS)))
    except (ValueError, TypeError, IndexError):
        return None


def walk(node: Node) -> Iterator[Node]:
    """The part and everything in it, in the order of the mail."""
    yield node
    for child in node.children:
        yield from walk(child)


def _is_multipart(answer: object) -> bool:
    return _is_list(answer) and len(answer) > 1 and _is_list(answer[0])  # type: ignore[arg-type,index]


def _is_list(answer: object) -> bool:
    return isinstance(answer, Sequence) and not isinstance(answer, bytes | str)


def _node(answer: object, section: str, depth: int, room: Iterator[int]) -> Node:
    """``room`` has as many numbers as there may be parts."""
    if depth > MAX_NESTING or next(room, None) is None or not isinstance(answer, Sequence):
        raise ValueError("not a list of parts, or of too many")
    if not _is_multipart(answer):
        return _leaf(answer, section or "1")
    inner = f"{section}." if section else ""
    if not answer[0]:
        raise ValueError("a multipart without parts")
    return Node(
        section=section,
        type=f"multipart/{_text(answer[1]).lower()}",
        children=tuple(_node(child, f"{inner}{number}", depth + 1, room) for number, child in enumerate(answer[0], 1)),
    )


def _leaf(answer: Sequence[object], section: str) -> Node:
    major, minor, octets = _text(answer[0]).lower(), _text(answer[1]).lower(), answer[_OCTETS]
    if not major or not minor or not isinstance(octets, int) or octets < 0:
        raise ValueError("not a part")
    # A text states its lines before the rest, an attached mail its envelope, its structure and its lines.
    at = _DISPOSITION + 1 if major == "text" else _DISPOSITION + 3 if (major, minor) == ("message", "rfc822") else 8
    disposition, details = _disposition(answer, at)
    return Node(
        section=section,
        type=f"{major}/{minor}",
        octets=octets,
        disposition=disposition,
        name=_named(details, "filename") or _named(answer[2], "name"),
    )


def _disposition(answer: Sequence[object], at: int) -> tuple[str, object]:
    """imapclient puts a blank where a part states no lines, so one place later counts as well."""
    for place in (at, at + 1):
        found = answer[place] if place < len(answer) else None
        if isinstance(found, Sequence) and not isinstance(found, bytes | str) and len(found) == 2:
            return _text(found[0]).lower(), found[1]
    return "", None


def _named(parameters: object, name: str) -> str:
    """A parameter as it stands, also the first piece of one that is continued or encoded (RFC 2231)."""
    if not isinstance(parameters, Sequence) or isinstance(parameters, bytes | str):
        return ""
    pairs = zip(parameters[::2], parameters[1::2], strict=False)
    return next((_text(value) for key, value in pairs if _text(key).lower().partition("*")[0] == name), "")


def _text(value: object) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
