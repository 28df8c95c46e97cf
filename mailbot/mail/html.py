"""HTML cut into start tags, end tags and text, in one pass (after the WHATWG tokenizer, much shortened).

Owns tags, attributes, comments and raw text elements. Refuses to build a tree: every tree builder that was measured
takes hundreds of megabytes or hangs on a purpose-made mail of 50 kB. Regexes here are possessive, so none goes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

MAX_ATTRIBUTES = 16 * 1024  # characters of one tag that are looked at
_NAME = re.compile(r"[A-Za-z][^\s/>]*+")
_TAG_REST = re.compile(r"""(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|[="'])*+>""")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?""")
# int() refuses more than 4,300 digits, and Unicode has no character with more than 7.
_HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,}+;?")
# What stands in these is no markup; browsers show none of it where scripts run.
RAW = ("script", "style", "title", "xmp", "iframe", "noembed", "noframes")
_RAW_END = {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in RAW}


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag; the text of a ``style`` element comes along as its ``content``."""

    name: str
    source: str  # the attributes as written
    content: str = ""


@dataclass(frozen=True, slots=True)
class End:
    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """Character references are resolved."""

    text: str


Token = Start | End | Text


def tokens(html: str) -> Iterator[Token]:
    """Everything in order. A comment or a tag that is never closed ends the document, as it does in a browser."""
    at = 0
    while at < len(html):
        opening = html.find("<", at)
        if opening < 0:
            yield Text(text(html[at:]))
            return
        if opening > at:
            yield Text(text(html[at:opening]))
        token, at = _markup(html, opening)
        if token is not None:
            yield token


def _markup(html: str, at: int) -> tuple[Token | None, int]:
    """What begins with the ``<`` at ``at``, and where to go on."""
    if html.startswith("<!--", at):
        return None, _after(html, "-->", at + 2)
    ending = html.startswith("/", at + 1)
    name = _NAME.match(html, at + 1 + ending)
    if name is None:
        if html.startswith(("!", "?", "/"), at + 1):
            return None, _after(html, ">", at + 1)
        return Text("<"), at + 1
    rest = _TAG_REST.match(html, name.end())
    if rest is None:
        return None, len(html)
    tag = name[0].lower()
    if ending:
        return End(tag), rest.end()
    return _start(html, tag, rest[0][:-1][:MAX_ATTRIBUTES], rest.end())


def _start(html: str, tag: str, source: str, at: int) -> tuple[Token, int]:
    if tag not in _RAW_END:
        return Start(tag, source), at
    close = _RAW_END[tag].search(html, at)
    if close is None:
        return Start(tag, source), len(html)
    content = html[at : close.start()] if tag == "style" else ""
    return Start(tag, source, content), _after(html, ">", close.end())


def _after(html: str, mark: str, at: int) -> int:
    found = html.find(mark, at)
    return found + len(mark) if found >= 0 else len(html)


def attributes(source: str) -> dict[str, str]:
    """The attributes of a start tag, of each the first, names in lower case."""
    found: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(source):
        value = next((group for group in one.groups()[1:] if group is not None), "")
        found.setdefault(one[1].lower(), text(value))
    return found


def text(source: str) -> str:
    """Character references resolved; a number beyond Unicode becomes U+FFFD."""
    if "&" not in source:
        return source
    return unescape(_HUGE_REFERENCE.sub("\ufffd", source))
