"""Foreign and model text as text: what a GFM viewer and Obsidian show is exactly what was written, and does nothing.

Owns which characters are active where. Backslashes (CommonMark 6.1 Backslash escapes) serve where the viewer is the one
to stop; entities serve where a plug-in searches the raw file and knows no backslash (``%%``, ``<%``, ``^id``).
Refuses to know what a page consists of.
"""

from __future__ import annotations

import html
import re

MAX_INDENT = 16  # columns of indentation that are kept, as no-break spaces: real ones would make a code block
NO_BREAK_SPACE = "\u00a0"
HARD_BREAK = "  \n"  # a single newline is only a space in GFM

_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# Controls, lone surrogates, non-characters, byte order mark, bidi controls, and the invisible tag characters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufeff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
_ENTITY = {"<": "&lt;", "&": "&amp;", "%": "&#37;", "^": "&#94;"}
_INLINE = r"""
    [\\`*\[\]{}|$~<^]                     # code, emphasis, links, wiki links, footnotes, templates, tables, math, HTML
  | (?<![A-Za-z0-9])_ | _(?![A-Za-z0-9])  # emphasis; not snake_case
  | &(?=\#?[A-Za-z0-9]{1,40};)            # an entity
  | %(?=[%<>{}]) | (?<=[%<>{}])%          # Obsidian comments, templates
  | :(?=:) | (?<=:):                      # Dataview fields
  | =(?==) | (?<==)=                      # Obsidian highlights
  | \#(?=\S) | \#$                        # tags; the closing sequence of a heading
  | /(?=/) | (?<=/)/ | (?<=\S)@(?=\S)     # autolinks of GFM (6.9) and linkify: URLs and addresses,
  | (?<=\w)\.(?=[^\W\d_]{2}) | (?i:(?<=www)\.|(?<=mailto):|(?<=xmpp):)  # bare domains
"""
_START = r"""
    ^[>=\#] | ^-(?=[-:|\s]|$) | ^\+(?=\s|$) | ^:(?=[-|\s]|$)  # quotes, headings, rules, lists, table delimiters
  | ^[0-9]{1,9}(?=[.)](?:\s|$))                               # ordered lists: the mark after the number
"""
_ACTIVE_INSIDE = re.compile(_INLINE, re.VERBOSE)
_ACTIVE = re.compile(f"{_START} | {_INLINE}", re.VERBOSE)


def line(text: str) -> str:
    """Text on one line, to stand after words of ours: in a heading, behind a label."""
    return _ACTIVE_INSIDE.sub(_inactive, " ".join(_visible(text).split()))


def item(text: str) -> str:
    """Text on one line that may begin a line or a list item."""
    return _ACTIVE.sub(_inactive, " ".join(_visible(text).split()))


def block(text: str) -> str:
    """Paragraphs and lines, for a place of their own between blank lines. Several blank lines become one."""
    paragraphs: list[list[str]] = [[]]
    for raw in _visible(text).split("\n"):
        bare = raw.strip()
        if bare:
            paragraphs[-1].append(_indent(raw) + _ACTIVE.sub(_inactive, bare))
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join(HARD_BREAK.join(lines) for lines in paragraphs if lines)


def plain(text: str) -> str:
    """Text of a page without what makes it inactive: only for looking for words in it."""
    return html.unescape(text.replace("\\", ""))


def _visible(text: str) -> str:
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))


def _indent(raw: str) -> str:
    columns = len(raw[: len(raw) - len(raw.lstrip())].expandtabs(4))
    return NO_BREAK_SPACE * min(columns, MAX_INDENT)


def _inactive(match: re.Match[str]) -> str:
    found = match[0]
    if found.isdigit():
        return f"{found}\\"
    return _ENTITY.get(found) or f"\\{found}"
