"""Which characters a person cannot see, and what becomes of them.

Owns the two cleanings of the whole package: ``line`` for everything that ends up in a header, a name or a heading,
``body`` for running text. Refuses to know about charsets, markup and mails: str in, str out.
"""

from __future__ import annotations

import re

# Line ends of every kind, and tabs: in a one-line value they become one blank.
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# C0, DEL, C1, soft hyphen, zero width, bidi controls (UAX 9), invisible operators, tags, BOM, interlinear marks.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# In text the joiners stay where they show: between letters of Persian and of many Indic scripts, and in emoji. Latin,
# Greek and Cyrillic letters (below U+0590) need none; there they only break words for whoever searches them.
_UNSEEN_IN_TEXT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
    "|(?<![\u0590-\u1fff\u2100-\U0010ffff])[\u200c\u200d]|[\u200c\u200d](?![\u0590-\u1fff\u2100-\U0010ffff])"
)
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def line(text: str) -> str:
    """One visible line: breaks become a blank, what cannot be seen goes, halves of surrogate pairs become U+FFFD."""
    text = _BREAKS.sub(" ", text)
    return _SURROGATE.sub("\ufffd", _UNSEEN.sub("", text)).strip()


def body(text: str) -> str:
    """Running text: every line ends in LF, tabs stay, what cannot be seen goes."""
    text = _LINE_ENDS.sub("\n", text)
    return _SURROGATE.sub("\ufffd", _UNSEEN_IN_TEXT.sub("", text))
