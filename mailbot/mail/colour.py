"""Colours as HTML mail writes them, and whether a person can tell two of them apart.

Owns names, hexadecimal, ``rgb()`` and ``hsl()``. What it cannot read is no colour: nothing follows from it.
"""

from __future__ import annotations

import colorsys
import re

Colour = tuple[int, int, int]

_NAMES: dict[str, Colour] = {
    "white": (255, 255, 255), "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255), "mintcream": (245, 255, 250),
    "black": (0, 0, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192),
    "red": (255, 0, 0), "green": (0, 128, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "navy": (0, 0, 128),
    "yellow": (255, 255, 0), "orange": (255, 165, 0), "purple": (128, 0, 128), "maroon": (128, 0, 0),
    "teal": (0, 128, 128), "aqua": (0, 255, 255), "fuchsia": (255, 0, 255),
}  # fmt: skip
LINK: Colour = (0, 0, 238)  # what browsers give to a link without a colour of its own
_ALIKE = 10  # of 255 in each channel: nobody reads #fefefe on white
FAINT = 0.05  # of 1: how opaque text is that nobody reads
_RGB = re.compile(
    r"(rgb|hsl)a?\(\s*([0-9.]{1,8})(%|deg)?[\s,]+([0-9.]{1,8})(%)?[\s,]+([0-9.]{1,8})(%)?"
    r"(?:[\s,/]+([0-9.]{1,8})(%)?)?\s*\)"
)


def alike(one: Colour | None, other: Colour | None) -> bool:
    if one is None or other is None:
        return False
    return all(abs(a - b) <= _ALIKE for a, b in zip(one, other, strict=True))


def read(written: str) -> tuple[Colour | None, bool]:
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
        return (red, green, blue), int(digits[6:] or "ff", 16) < 255 * FAINT
    channels = _RGB.match(written)
    return _channels(channels) if channels else (None, False)


def _channels(found: re.Match[str]) -> tuple[Colour | None, bool]:
    """The colour of ``rgb(...)`` or ``hsl(...)``, its channels as numbers or in percent."""
    try:
        first, second, third = (float(found[at]) for at in (2, 4, 6))
        opaque = float(found[8] or 1) / (100 if found[9] else 1)
    except ValueError:
        return None, False
    if found[1] == "hsl":
        mixed = colorsys.hls_to_rgb(first % 360 / 360, min(third, 100) / 100, min(second, 100) / 100)
    else:
        whole = 100 if found[3] else 255
        mixed = (first / whole, second / whole, third / whole)
    red, green, blue = (round(255 * min(one, 1)) for one in mixed)
    return (red, green, blue), opaque < FAINT
