"""The Date field, read: the one place that knows mail-parser.

mail-parser's grammar is exact about comments, obsolete zones and leap seconds, but takes nothing else; what it
refuses goes to the standard library, which forgives. Refuses to know the clock: a mail without a date has none.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz

from mailparser.dates import parse_mail_date

MAX_DATE = 200  # characters; the longest real ones have a comment and some 60


def read(value: str) -> datetime | None:
    """An aware time in the zone that the mail states (RFC 5322 3.3; ``-0000`` and no zone are UTC), else None."""
    value = value[:MAX_DATE]
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
