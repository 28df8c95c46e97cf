"""format=flowed undone (RFC 3676): soft-broken lines become paragraphs again.

Owns space-stuffing, DelSp and quote depth. Refuses to know MIME: it gets text and one switch.
"""

from __future__ import annotations

from mailbot.mail.signature import MARK  # never flowed


def unflow(text: str, *, delsp: bool) -> str:
    """``text`` with every paragraph on one line; quoted lines keep their depth as ``>>> ``."""
    lines: list[str] = []
    pieces: list[str] = []
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        level = len(line) - len(content)
        content = content.removeprefix(" ")
        if pieces and (level != depth or content == MARK):
            lines.append(_quoted("".join(pieces).rstrip(" "), depth))
            pieces = []
        depth = level
        if content.endswith(" ") and content != MARK:
            pieces.append(content[:-1] if delsp else content)
            continue
        lines.append(_quoted("".join([*pieces, content]), depth))
        pieces = []
    if pieces:
        lines.append(_quoted("".join(pieces).rstrip(" "), depth))
    return "\n".join(lines)


def _quoted(content: str, depth: int) -> str:
    return f"{'>' * depth} {content}".rstrip() if depth else content
