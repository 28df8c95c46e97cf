"""Where a link leads: the target that is worth showing to a person, beside the words that hide it.

Owns the schemes that are shown and the question whether words and target say the same. Refuses to follow or to judge a
link.
"""

from __future__ import annotations

from mailbot.mail import characters

MAX_TARGET = 500  # characters
_SHOWN = ("http://", "https://", "ftp://", "//", "mailto:", "tel:")


def target(href: str) -> str:
    """Where a link leads, if it is one that a person could follow."""
    href = "".join(characters.line(href).split())
    return href[:MAX_TARGET] if href.lower().startswith(_SHOWN) else ""


def is_said_by(label: str, link: str) -> bool:
    """Whether the words of a link already say where it leads."""
    return _bare("".join(label.split())) == _bare(link)


def _bare(link: str) -> str:
    for scheme in _SHOWN:
        link = link.removeprefix(scheme)
    return link.removeprefix("www.").rstrip("/").casefold()
