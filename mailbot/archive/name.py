"""What the files of the archive are called, relative to its root. Names are chosen once and journalled by the caller.

Owns slugs and paths. Refuses to look whether a file exists: ``taken`` answers that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mailbot.mail.mail import Mail
from mailbot.reply.subject import reply_subject

OUTBOX = "Outbox"
PAGE_SLUG = 40  # characters of the subject in the name of a page, and in that of a source
SOURCE_SLUG = 60
NO_SUBJECT = "mail"
_MAX_SUBJECT = 1000  # characters that are looked at: a subject may be a megabyte
_OTHER = re.compile(r"[^A-Za-z0-9]+")
# Letters that NFKD does not take apart.
_LETTERS = str.maketrans({"ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
                          "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
                          "ı": "i", "'": None, "’": None})  # fmt: skip


def slug(text: str, limit: int) -> str:
    """At most ``limit`` ASCII letters, digits and hyphens of a text; "mail" when it has none."""
    apart = unicodedata.normalize("NFKD", text[:_MAX_SUBJECT].translate(_LETTERS))
    ascii_only = "".join(character for character in apart if not unicodedata.combining(character))
    return _OTHER.sub("-", ascii_only).strip("-")[:limit].rstrip("-") or NO_SUBJECT


def names(subject: str, *, day: date, taken: Callable[[str], bool]) -> str:
    """The stem of a page and its prompt, such as ``2026-01-05_Reply-To_December-8th-end-of-day-update``; ``-2``,
    ``-3`` are added while ``taken(stem)`` says that there is one. ``day``: of drafting, in the owner's zone."""
    bare = reply_subject(subject[:_MAX_SUBJECT]).removeprefix("Re:")
    return _free(f"{day.isoformat()}_Reply-To_{slug(bare, PAGE_SLUG)}", "", taken)


def _free(stem: str, end: str, taken: Callable[[str], bool]) -> str:
    """The first of ``stem``, ``stem-2``, ``stem-3`` that is not taken, each with its end."""
    name, number = f"{stem}{end}", 1
    while taken(name):
        number += 1
        name = f"{stem}-{number}{end}"
    return name


def page_path(stem: str) -> str:
    """Where the page of a stem is."""
    return f"{OUTBOX}/{stem}.md"


def prompt_path(stem: str) -> str:
    """Where the prompt of a stem is."""
    return f"{OUTBOX}/_prompts/{stem}.prompt.json"


def local_date(mail: Mail, zone: ZoneInfo) -> datetime | None:
    """The mail's date in the owner's zone; None when it has none, or one at the edge of the calendar."""
    try:
        return mail.date.astimezone(zone) if mail.date else None
    except OverflowError:
        return None


def source_path(mail: Mail, zone: ZoneInfo, fallback: datetime, *, taken: Callable[[str], bool]) -> str:
    """Where the source of a mail is: by its own date in the owner's zone, else by ``fallback`` (aware). Another mail of
    the same second may have the same name: ``taken(path)`` tells, and ``-2``, ``-3`` are added."""
    when = local_date(mail, zone) or fallback.astimezone(zone)
    day = when.date().isoformat()  # strftime does not fill up years before 1000
    name = f"{day}_{when:%H%M%S}_{mail.key[:4]}_{slug(mail.subject, SOURCE_SLUG)}"
    return _free(f"Sources/Email/{day[:4]}/{name}", ".md", taken)
