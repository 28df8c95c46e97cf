"""Numbers of things, as people say them. Pure."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """``1 draft``, ``2 drafts``, ``1,000 drafts``: for nouns that take an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
