"""The YAML block at the head of a file: every scalar is a one-line JSON string, and loads back to what was written.

JSON strings are YAML double-quoted scalars, except for characters that YAML calls unprintable (YAML 1.1, 5.1); these
are written as escapes. Refuses to know which keys a page has. yaml is imported when a page is read back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FENCE = "---"
MAX_CHARACTERS = 4_000_000  # of a front matter that is read: a subject and its recipients may be a megabyte each
_SURROGATE = re.compile("[\ud800-\udfff]")
# What PyYAML or libyaml refuses or folds when raw (DEL, C1, NEL, U+2028, U+2029, BOM), and the bidi controls, which
# would show a subject in another order than it has.
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_BLOCK = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Word:
    """A value of ours that is written without quotes: a type, a status."""

    text: str


Value = Word | str | int | float | tuple[str, ...] | None


def scalar(value: Value) -> str:
    """One value in YAML, on one line. A lone surrogate cannot be stored in UTF-8 and becomes U+FFFD."""
    if isinstance(value, Word):
        return value.text
    if isinstance(value, str):
        text = json.dumps(_SURROGATE.sub("\ufffd", value), ensure_ascii=False)
        return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    if isinstance(value, tuple):
        return f"[{', '.join(map(scalar, value))}]"
    if isinstance(value, float):
        text = repr(value)
        return f"{value:.17f}".rstrip("0") if "e" in text else text  # YAML 1.1 takes 1e-05 for text
    return json.dumps(value)


def render(pairs: Iterable[tuple[str, Value]]) -> str:
    """The block with its fences, ended by a newline."""
    lines = (f"{key}: {scalar(value)}" for key, value in pairs)
    return "\n".join((FENCE, *lines, FENCE, ""))


def split(text: str) -> tuple[str, str] | None:
    """The block with its fences, and everything behind it; None when the text does not begin with one."""
    match = _BLOCK.match(text[:MAX_CHARACTERS])
    return (match[0], text[match.end() :]) if match else None


def load(text: str) -> Mapping[str, object] | None:
    """The keys at the head of a page; None when there are none that can be read."""
    import yaml

    parts = split(text)
    if parts is None:
        return None
    block = parts[0].strip().lstrip("\ufeff").removeprefix(FENCE).removesuffix(FENCE)
    try:
        found = yaml.load(block, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: an impossible date such as 2026-02-31
        return None
    return found if isinstance(found, dict) else None
