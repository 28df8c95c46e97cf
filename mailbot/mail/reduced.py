"""A large mail without what nobody reads of it: its header, every part's own header, the octets of its texts.

Owns what is fetched of a large mail and how it becomes one mail again, so that there is one reader for all mails
(``parse``). A part that is left out keeps its name, its type and, in a field of ours, its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mailbot.mail import attached, decoded, header, part, structure
from mailbot.mail.structure import Node

MAX_HEADER = 1024  # octets of a part's own header; a long file name takes 300
MAX_TEXT = 48 * 1024  # encoded octets of the letter: 8,000 words
MAX_FILE = 16 * 1024  # encoded octets of one attached text
MAX_FILES = 48 * 1024  # of all of them
LEAST = 4 * 1024  # encoded octets that are asked for of a text, however short its server says it is


@dataclass(frozen=True, slots=True)
class Piece:
    """What is fetched of one part: its header always, and so many octets of its content."""

    section: str
    octets: int


def pieces(root: Node) -> tuple[Piece, ...]:
    """What is worth fetching. The plain texts come before the HTML, as they say more in fewer octets."""
    leaves = [node for node in structure.walk(root) if not node.children]
    letter = [leaf for leaf in leaves if _is_letter(leaf)]
    letter.sort(key=lambda leaf: leaf.type == "text/html")
    files = [leaf for leaf in leaves if leaf not in letter and attached.is_text(leaf.type, leaf.name)]
    # A mail that says nothing itself may hold one that does.
    letter = letter or [leaf for leaf in leaves if leaf.type == "message/rfc822"][:1]
    octets = dict(_shared(letter, MAX_TEXT, MAX_TEXT)) | dict(_shared(files, MAX_FILE, MAX_FILES))
    return tuple(Piece(node.section, octets.get(node.section, 0)) for node in structure.walk(root) if node.section)


def _is_letter(leaf: Node) -> bool:
    is_file = leaf.disposition == "attachment" or (leaf.disposition and leaf.name)
    return leaf.type in ("text/plain", "text/html") and not is_file


def _shared(leaves: list[Node], most: int, room: int) -> Iterator[tuple[str, int]]:
    for leaf in leaves:
        octets = min(max(leaf.octets, LEAST), most, room)
        room -= min(leaf.octets, octets)
        yield leaf.section, octets


def rebuild(beginning: bytes, root: Node, fetched: Mapping[str, bytes]) -> bytes | None:
    """The mail from its ``beginning`` and its parts: ``fetched`` has "1.2.MIME" and "1.2". Its header stays as it is
    to the octet. None when the beginning and the server's list do not fit together, or a text did not come."""
    if not all(_came(piece, fetched) for piece in pieces(root)):
        return None
    head, start = part.open_block(beginning, 0, len(beginning))
    boundary = _boundary(head)
    if start >= len(beginning) or not boundary:
        return None
    return beginning[:start] + _children(root, boundary, fetched)


def _came(piece: Piece, fetched: Mapping[str, bytes]) -> bool:
    """Whether the part's header is whole and its text, if it was asked for, is there."""
    block = fetched.get(f"{piece.section}.MIME")
    return block is not None and len(block) < MAX_HEADER and (not piece.octets or piece.section in fetched)


def _boundary(head: header.Header) -> bytes:
    return decoded.parameters(head.first("content-type"))[1].get("boundary", "").encode("utf-8", "replace")


def _children(node: Node, boundary: bytes, fetched: Mapping[str, bytes]) -> bytes:
    rendered = b"".join(b"--%s\r\n%s\r\n" % (boundary, _part(child, fetched)) for child in node.children)
    return rendered + b"--%s--\r\n" % boundary


def _part(node: Node, fetched: Mapping[str, bytes]) -> bytes:
    block = fetched.get(f"{node.section}.MIME", b"").strip(b"\r\n")
    head = b"%s: %d\r\n%s\r\n\r\n" % (part.OCTETS.encode(), node.octets, block)
    if node.children:
        boundary = _boundary(part.open_block(head, 0, len(head))[0])
        return head + (_children(node, boundary, fetched) if boundary else b"")
    return head + fetched.get(node.section, b"")
