"""Whether a person would see the text of an HTML element.

Owns the tricks by which mail hides text: display, visibility, size, opacity, clipping, off-screen, text in the colour
of its ground. Knows style attributes and the old colour attributes. Refuses to know tags and selectors (see ``sheet``):
it works on declarations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from mailbot.mail import colour
from mailbot.mail.colour import FAINT, Colour

MAX_VALUE = 2_000  # characters of one value that are looked at
_SHARED = 512  # values that many elements share: each is judged once, not for each element

Declarations = dict[str, str]

_PROPERTIES = {
    "display", "visibility", "opacity", "max-height", "max-width", "height", "width", "overflow",
    "overflow-x", "overflow-y", "text-indent", "position", "left", "top", "right", "bottom", "margin-left",
    "margin-top", "clip", "clip-path", "transform", "filter", "font", "font-size", "color",
    "-webkit-text-fill-color", "background", "background-color", "background-image",
}  # fmt: skip
_TINY = 1.5  # px
_FAR = -400.0  # px; narrow screens are 320 wide
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.IGNORECASE)
_CALC = re.compile(r"calc\(([^()]*)\)")
# Shrunk to nothing, cut to nothing, moved out of sight, or fully transparent.
_CLIPPED = re.compile(
    r"scale[xy3d]*\(0*+(?:\.0*+)?[,)]|translate[xy3d]*\([^)]{0,60}-[0-9]{3,}|rect\((?:[01](?:px)?[\s,]*){4}\)"
    r"|inset\((?:100|50)%|circle\(0|opacity\(0*+(?:\.0*+)?%?\)|opacity=0\b"
)
_NUMBER = re.compile(r"(-?[0-9]{0,6}(?:\.[0-9]{1,6})?)\s*(px|pt|em|rem|%|in|cm|mm|vw|vh)?")
_PX = {"": 1.0, "px": 1.0, "pt": 1.33, "em": 16.0, "rem": 16.0, "%": 0.16, "in": 96.0, "cm": 38.0, "mm": 3.8}


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at one place. ``None`` for a colour is one that cannot be told: a picture, a gradient."""

    gone: bool = False  # for good, whatever elements inside say
    unseen: bool = False
    tiny: bool = False
    clear: bool = False  # the text colour is transparent
    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = (255, 255, 255)

    @property
    def is_hidden(self) -> bool:
        return self.gone or self.unseen or self.tiny or self.clear or colour.alike(self.colour, self.ground)


def look(parent: Look, attributes: Mapping[str, str], declared: Declarations) -> Look:
    """How text looks in an element with these attributes, for which the style elements declare so much, inside text
    that looks like ``parent``."""
    if parent.gone or ("hidden" in attributes and attributes["hidden"].lower() != "false"):
        return replace(parent, gone=True)
    if not attributes and not declared:
        return parent
    declared = declared | declarations(attributes.get("style", ""))
    declared |= {name[1:]: value for name, value in declared.items() if name.startswith("!")}
    return _grounded(_coloured(_sized(parent, declared), declared, attributes), declared, attributes)


def _sized(parent: Look, declared: Declarations) -> Look:
    gone = (
        declared.get("display") == "none"
        or _pixels(declared.get("opacity", ""), 1) < FAINT
        or _is_cut(declared, "height")
        or _is_cut(declared, "width")
        or any(_is_clipped(declared[name]) for name in ("transform", "clip", "clip-path", "filter") if name in declared)
        or _is_off_screen(declared)
    )
    visibility = declared.get("visibility", "")
    unseen = visibility in ("hidden", "collapse") if visibility in ("hidden", "collapse", "visible") else parent.unseen
    size = declared.get("font-size", "") or _size_of_font(declared.get("font", ""))
    tiny = _is_tiny(size, parent.tiny) if size else parent.tiny
    return replace(parent, gone=gone, unseen=unseen, tiny=tiny)


def _is_cut(declared: Declarations, side: str) -> bool:
    """A box of no size shows what it holds, unless it also cuts it off."""
    axis = "overflow-y" if side == "height" else "overflow-x"
    cuts = any(declared.get(name, "").startswith(("hidden", "clip")) for name in ("overflow", axis))
    return cuts and any(_pixels(declared.get(name, ""), 2) <= 1 for name in (side, f"max-{side}"))


@lru_cache(_SHARED)
def _is_clipped(value: str) -> bool:
    return _CLIPPED.search(value) is not None


def _is_tiny(size: str, inherited: bool) -> bool:
    """Relative sizes of nothing are nothing."""
    if inherited and size.endswith(("em", "%")) and not size.endswith("rem"):
        return True
    return _pixels(size, 16) < _TINY


@lru_cache(_SHARED)
def _size_of_font(shorthand: str) -> str:
    return next((word.partition("/")[0] for word in shorthand.split() if word[0].isdigit()), "")


def _is_off_screen(declared: Declarations) -> bool:
    if any(_pixels(declared.get(name, ""), 0) < _FAR for name in ("text-indent", "margin-left", "margin-top")):
        return True
    if declared.get("position") not in ("absolute", "fixed"):
        return False
    return any(_pixels(declared.get(side, ""), 0) < _FAR for side in ("left", "top", "right", "bottom"))


def _coloured(current: Look, declared: Declarations, attributes: Mapping[str, str]) -> Look:
    fill = declared.get("-webkit-text-fill-color", "")
    written = fill or declared.get("color") or attributes.get("color", attributes.get("text", "")).strip().lower()
    if not written or written == "inherit":
        return current
    seen, clear = colour.read(written)
    return replace(current, colour=seen, clear=clear)


def _grounded(current: Look, declared: Declarations, attributes: Mapping[str, str]) -> Look:
    if "background-image" in declared or attributes.get("background"):
        return replace(current, ground=None)
    written = declared.get("background-color") or declared.get("background") or attributes.get("bgcolor", "").lower()
    if not written or written in ("inherit", "none"):
        return current
    if "url(" in written or "gradient" in written:
        return replace(current, ground=None)
    seen, clear = colour.read(written if written.startswith(("rgb", "hsl")) else written.split(None, 1)[0])
    return current if clear else replace(current, ground=seen)


@lru_cache(_SHARED)
def _pixels(length: str, default: float) -> float:
    """A length in px, roughly; ``default`` for what is none (``auto``, ``calc(...)``, nothing)."""
    found = _NUMBER.fullmatch(_CALC.sub(r"\1", length).strip()) if length else None
    if found is None or found[1] in ("", "-"):
        return default
    return float(found[1]) * _PX.get(found[2] or "", 1.0)


def declarations(source: str) -> Declarations:
    """What a style attribute declares about being seen, in lower case, of each the last. What is ``!important`` has a
    name that begins with ``!``."""
    found: Declarations = {}
    for one in _unescaped(uncommented(source)).lower().split(";"):
        name, colon, written = one.partition(":")
        value, important, _ = written.partition("!")
        if colon and value.strip() and name.strip() in _PROPERTIES:
            found[f"{'!' if important else ''}{name.strip()}"] = value.strip()[:MAX_VALUE]
    return found


def _unescaped(source: str) -> str:
    """CSS escapes such as ``\\69`` resolved: they spell a property so that a search does not find it."""
    if "\\" not in source:
        return source
    return _ESCAPE.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), source)


def uncommented(source: str) -> str:
    """CSS without its comments; one that never closes takes the rest."""
    first, *others = source.split("/*")
    return first + "".join(other.partition("*/")[2] for other in others)
