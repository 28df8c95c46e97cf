"""The Date field, read: the one place that knows mail-parser.

mail-parser's grammar is exact about comments, obsolete zones and leap seconds, but takes nothing else; what it
refuses goes to the standard library, which forgives. Refuses to know the clock: a mail without a date has none.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz

# Hours east of UTC, by the names that mailers write for a zone, where one is meant by far. RFC 5322 knows those of
# North America; the two readers take any other name for UTC.
_ZONES = {
    name: hours
    for hours, names in {
        0: "WET",
        1: "WEST BST MEZ CET MET",
        2: "MESZ CEST MEST EET OEZ SAST",
        3: "EEST OESZ MSK",
        8: "HKT SGT AWST",
        9: "JST KST",
        10: "AEST",
        11: "AEDT",
        12: "NZST",
        13: "NZDT",
        -8: "AKDT",
        -9: "AKST",
        -10: "HST",
    }.items()
    for name in names.split()
}
_NAMED_ZONE = re.compile(rf"(?<=[0-9] )({'|'.join(_ZONES)})(?=$|[ ()])", re.IGNORECASE)
# Of calendars: GMT+01:00. Up to UTC+14, the furthest that there is.
_OF_GMT = re.compile(r"\b(?:GMT|UTC) ?([+-])(0?[0-9]|1[0-4]):?([0-5][0-9])?(?=$|[ ()])")

MAX_DATE = 200  # characters; the longest real ones have a comment and some 60


def read(value: str) -> datetime | None:
    """An aware time in the zone that the mail states (RFC 5322 3.3; ``-0000`` and no zone are UTC), else None."""
    from mailparser.dates import parse_mail_date  # late: a look that finds no new flag reads no date

    value = _NAMED_ZONE.sub(lambda name: f"{_ZONES[name[1].upper()] * 100:+05d}", value[:MAX_DATE])
    value = _OF_GMT.sub(lambda zone: f"{zone[1]}{zone[2]:0>2}{zone[3] or '00'}", value)
    result = parse_mail_date(value)
    if result.value is None:
        return _forgiving(value)
    return _in_zone(result.value, _forgiven_offset(value))


def _forgiven_offset(value: str) -> int:
    """Seconds east of UTC; mail-parser itself gives the time in UTC."""
    fields = _fields(value)
    return (fields[9] or 0) if fields else 0


def _fields(value: str) -> tuple[int, ...] | None:
    try:
        return parsedate_tz(value)  # type: ignore[return-value]
    except (ValueError, IndexError, TypeError, OverflowError):  # 3.11 raises on some broken dates
        return None


def _forgiving(value: str) -> datetime | None:
    fields = _fields(value)
    if fields is None:
        return None
    try:
        offset = timedelta(seconds=fields[9] or 0)
        return datetime(*fields[:6], tzinfo=timezone(offset))  # type: ignore[misc, arg-type]
    except (ValueError, OverflowError):
        return None


def _in_zone(utc: datetime, offset: int) -> datetime:
    try:
        return utc.astimezone(timezone(timedelta(seconds=offset)))
    except (ValueError, OverflowError):
        return utc
