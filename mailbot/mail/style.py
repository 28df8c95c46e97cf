"""Whether a person would see the text of an HTML element.

Owns the tricks by which mail hides text: display, visibility, size, opacity, off-screen, text in the colour of its
ground. Knows style attributes, the old colour attributes, and rules for one class or one tag and class in a style
element; no ids, no combinators, no media queries. Refuses to know tags: it works on declarations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

MAX_DECLARATIONS = 2_000  # characters of one style attribute
MAX_SHEET = 64 * 1024  # characters of one style element
MAX_RULES = 2_000

Colour = tuple[int, int, int]
Declarations = dict[str, str]
Rules = dict[str, Declarations]  # by "class" or "tag.class"

_NAMES: dict[str, Colour] = {
    "white": (255, 255, 255), "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245),
    "black": (0, 0, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192),
    "red": (255, 0, 0), "green": (0, 128, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "navy": (0, 0, 128),
    "yellow": (255, 255, 0), "orange": (255, 165, 0), "purple": (128, 0, 128), "maroon": (128, 0, 0),
    "teal": (0, 128, 128), "aqua": (0, 255, 255), "fuchsia": (255, 0, 255),
}  # fmt: skip
LINK: Colour = (0, 0, 238)  # what browsers give to a link without a colour of its own
_PROPERTIES = {
    "display", "visibility", "mso-hide", "opacity", "max-height", "max-width", "height", "width", "overflow",
    "text-indent", "position", "left", "top", "right", "bottom", "font", "font-size", "color", "background",
    "background-color", "background-image",
}  # fmt: skip
_ALIKE = 10  # of 255 in each channel: nobody reads #fefefe on white
_TINY = 1.5  # px
_FAR = -400.0  # px; narrow screens are 320 wide
_CLASS = re.compile(r"([a-z][a-z0-9]*)?\.([a-z0-9_-]+)")
_NUMBER = re.compile(r"(-?[0-9]{0,6}(?:\.[0-9]{1,6})?)\s*(px|pt|em|rem|%|in|cm|mm|vw|vh)?")
_RGB = re.compile(r"rgba?\(\s*([0-9]{1,3})[\s,]+([0-9]{1,3})[\s,]+([0-9]{1,3})(?:[\s,/]+([0-9.]{1,8})%?)?\s*\)")
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
        return self.gone or self.unseen or self.tiny or self.clear or _alike(self.colour, self.ground)


def _alike(one: Colour | None, other: Colour | None) -> bool:
    if one is None or other is None:
        return False
    return all(abs(a - b) <= _ALIKE for a, b in zip(one, other, strict=True))


def look(parent: Look, attributes: Mapping[str, str], rules: Rules, tag: str) -> Look:
    """How text looks in an element with these attributes, inside text that looks like ``parent``."""
    if parent.gone or ("hidden" in attributes and attributes["hidden"].lower() != "false"):
        return replace(parent, gone=True)
    if not attributes:
        return parent
    declared: Declarations = {}
    for name in attributes.get("class", "").lower().split()[:20]:
        declared |= rules.get(name, {}) | rules.get(f"{tag}.{name}", {})
    declared |= declarations(attributes.get("style", ""))
    return _grounded(_coloured(_sized(parent, declared), declared, attributes), declared, attributes)


def _sized(parent: Look, declared: Declarations) -> Look:
    gone = (
        declared.get("display") == "none"
        or declared.get("mso-hide") == "all"
        or _pixels(declared.get("opacity", ""), 1) < 0.05
        or _pixels(declared.get("max-height", ""), 1) <= 0
        or _pixels(declared.get("max-width", ""), 1) <= 0
        or (_pixels(declared.get("height", ""), 2) <= 1 and declared.get("overflow") == "hidden")
        or (_pixels(declared.get("width", ""), 2) <= 1 and declared.get("overflow") == "hidden")
        or _is_off_screen(declared)
    )
    visibility = declared.get("visibility", "")
    unseen = visibility in ("hidden", "collapse") if visibility in ("hidden", "collapse", "visible") else parent.unseen
    size = declared.get("font-size", "") or _size_of_font(declared.get("font", ""))
    tiny = _is_tiny(size, parent.tiny) if size else parent.tiny
    return replace(parent, gone=gone, unseen=unseen, tiny=tiny)


def _is_tiny(size: str, inherited: bool) -> bool:
    """Relative sizes of nothing are nothing."""
    if inherited and size.endswith(("em", "%")) and not size.endswith("rem"):
        return True
    return _pixels(size, 16) < _TINY


def _size_of_font(shorthand: str) -> str:
    return next((word.partition("/")[0] for word in shorthand.split() if word[0].isdigit()), "")


def _is_off_screen(declared: Declarations) -> bool:
    if _pixels(declared.get("text-indent", ""), 0) < _FAR:
        return True
    if declared.get("position") not in ("absolute", "fixed"):
        return False
    return any(_pixels(declared.get(side, ""), 0) < _FAR for side in ("left", "top", "right", "bottom"))


def _coloured(current: Look, declared: Declarations, attributes: Mapping[str, str]) -> Look:
    written = declared.get("color") or attributes.get("color", attributes.get("text", "")).strip().lower()
    if not written or written == "inherit":
        return current
    colour, clear = _colour(written)
    return replace(current, colour=colour, clear=clear)


def _grounded(current: Look, declared: Declarations, attributes: Mapping[str, str]) -> Look:
    if "background-image" in declared or attributes.get("background"):
        return replace(current, ground=None)
    written = declared.get("background-color") or declared.get("background") or attributes.get("bgcolor", "").lower()
    if not written or written in ("inherit", "none"):
        return current
    if "url(" in written or "gradient" in written:
        return replace(current, ground=None)
    colour, clear = _colour(written if written.startswith("rgb") else written.split()[0])
    return current if clear else replace(current, ground=colour)


def _colour(written: str) -> tuple[Colour | None, bool]:
    """The colour, None when it cannot be told, and whether it is fully transparent."""
    written = written.strip()
    if written == "transparent":
        return None, True
    if written in _NAMES:
        return _NAMES[written], False
    digits = written.removeprefix("#")
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) in (6, 8) and all(digit in "0123456789abcdef" for digit in digits):
        red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
        return (red, green, blue), digits[6:] == "00"
    channels = _RGB.match(written)
    if channels is None:
        return None, False
    return (int(channels[1]), int(channels[2]), int(channels[3])), channels[4] is not None and not channels[4].strip(
        "0."
    )


def _pixels(length: str, default: float) -> float:
    """A length in px, roughly; ``default`` for what is none (``auto``, ``calc(...)``, nothing)."""
    found = _NUMBER.fullmatch(length.strip()) if length else None
    if found is None or found[1] in ("", "-"):
        return default
    return float(found[1]) * _PX.get(found[2] or "", 1.0)


def declarations(source: str) -> Declarations:
    """What a style attribute declares about being seen, in lower case, of each the last, without ``!important``."""
    found: Declarations = {}
    for one in _uncommented(source[:MAX_DECLARATIONS]).lower().split(";"):
        name, colon, value = one.partition(":")
        if colon and value.strip() and name.strip() in _PROPERTIES:
            found[name.strip()] = value.partition("!")[0].strip()
    return found


def _uncommented(source: str) -> str:
    first, *others = source.split("/*")
    return first + "".join(other.partition("*/")[2] for other in others)


def sheet(source: str) -> Rules:
    """The rules of a style element that are for one class. Rules inside ``@media`` are for other screens: left out."""
    rules: Rules = {}
    depth = 0
    for chunk in _uncommented(source[:MAX_SHEET]).lower().replace("<!--", "").replace("-->", "").split("}"):
        prelude, opened, body = chunk.rpartition("{")
        if opened and not depth and "{" not in prelude and len(rules) < MAX_RULES:
            _add(rules, prelude, declarations(body))
        depth = max(depth + chunk.count("{") - 1, 0)
    return rules


def _add(rules: Rules, prelude: str, declared: Declarations) -> None:
    for selector in prelude.rpartition(";")[2].split(","):
        found = _CLASS.fullmatch(selector.strip())
        if found:
            name = f"{found[1]}.{found[2]}" if found[1] else found[2]
            rules[name] = rules.get(name, {}) | declared
