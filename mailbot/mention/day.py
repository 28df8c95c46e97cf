"""Days and times, whatever their form: "3 March", "3.3.2026", "2026-03-03", "Mar 3rd", "3月3日"; "14:30", "2.30 pm".

Where a form can be read in two ways (3/4: April or March?), it means both. A day without a year fits one of any year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from mailbot.mention.mention import Kind, Mention, same
from mailbot.mention.words import MONTHS, WEEKDAYS

_MONTH = rf"(?=[^\W\d_])(?:{'|'.join(sorted(map(re.escape, MONTHS), key=len, reverse=True))})"
_YEAR = r"(?:19|20)\d\d"
_ORDER = r"(?:st|nd|rd|th|\.|º|ª|er|e|:?[ea])?"
_ISO = re.compile(rf"(?<![\d-])(?P<y>{_YEAR})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?!\d)")
_NUMERIC = re.compile(
    rf"(?<![\d.,/-])(?P<a>\d{{1,2}})(?P<s>[./-]) ?(?P<b>\d{{1,2}})(?:(?P=s) ?(?P<y>{_YEAR}|\d\d)?)(?![\d])"
)
_SLASHED = re.compile(r"(?<![\d.,/-])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?![\d/])")
_BEFORE = re.compile(
    rf"(?<![\d.,])(?P<d>\d{{1,2}}){_ORDER} ?(?:de |of |i )?(?P<m>{_MONTH})\.?(?!\w)"
    rf"(?:,? (?:de )?(?P<y>{_YEAR}))?(?!\d)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"(?<!\w)(?!mar\.? \d{{1,2}}{_ORDER} ?(?:de )?{_MONTH}(?!\w))"  # "mar. 6 oct.": mardi, martes, martedì
    rf"(?P<m>{_MONTH})\.? (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,? (?P<y>{_YEAR}))?(?!\d)",
    re.IGNORECASE,
)
_EASTERN = re.compile(rf"(?:(?P<y>{_YEAR})[年년] ?)?(?P<m>\d{{1,2}})[月월] ?(?P<d>\d{{1,2}})[日号號일]")
_ORDINAL = re.compile(
    r"(?<![\w.,])(?:(?P<d>\d{1,2})(?:st|nd|rd|th)"
    r"|(?:am|zum|vom|bis|den|dem|der|le|du|el|il|dia|día|den) (?P<e>\d{1,2})(?:\.|º|e)?)(?![\w:%€]| ?[€%]|\.\d)",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\d.,:/-])(?P<h>[01]?\d|2[0-4])(?:[:.h時点點](?P<m>[0-5]\d)(?!\d))? ?"
    r"(?P<u>[ap]\.?m\b\.?|uhr\b|h\b|hrs?\b|o'clock\b|часов\b|時|点|點|시)?",
    re.IGNORECASE,
)
_NAMED = re.compile(r"[^\W\d_]{2,13}(?:-feira)?")
_PEOPLE = ("sam", "dom")  # weekdays that people are called, too: "Hi Sam, 5 March is fine."
_ADDRESSED = re.compile(r"[,!:\n]\s*\Z")
_BESIDE = 14  # characters before a day in which its weekday stands


def days(text: str) -> Iterator[Mention]:
    for form in (_ISO, _EASTERN, _BEFORE, _AFTER):
        for found in form.finditer(text):
            month = found["m"].casefold()
            months = MONTHS.get(month) or frozenset({int(month)} if month.isdigit() else ())
            yield from _day(text, found, int(found["d"]), months, found["y"])
    for form in (_NUMERIC, _SLASHED):
        for found in form.finditer(text):
            yield from _numeric(text, found)


def ordinals(text: str) -> Iterator[Mention]:
    """Days of which the month is not said: "the 14th", "am 14."."""
    for found in _ORDINAL.finditer(text):
        day = int(found["d"] or found["e"])
        if 1 <= day <= 31:
            yield same(Kind.DAY, text, found.start(), found.end(), frozenset({f"day {day}"}))


def times(text: str) -> Iterator[Mention]:
    for found in _CLOCK.finditer(text):
        if not found["m"] and not found["u"]:
            continue
        hour, minute, unit = int(found["h"]), int(found["m"] or 0), (found["u"] or "").lower()[:1]
        hours = {hour % 12 + 12 * (unit == "p")} if unit in ("a", "p") else {hour % 24}
        if not unit and 1 <= hour <= 12:
            hours |= {hour % 12, hour % 12 + 12}
        end = found.start() + len(found.group().rstrip())
        yield same(Kind.TIME, text, found.start(), end, frozenset(f"{h}:{minute}" for h in hours))


def means(day: date) -> frozenset[str]:
    """What a day of the calendar answers to."""
    return frozenset({f"{day.month}-{day.day}", f"{day.year}-{day.month}-{day.day}", f"day {day.day}"})


def wrong_weekday(text: str, mention: Mention) -> frozenset[int]:
    """The weekdays (Monday 0) that stand before a day which falls on none of them; empty where all is well."""
    full = [key.split("-") for key in mention.asks if key.count("-") == 2]
    before = text[max(mention.start - _BESIDE, 0) : mention.start]
    word = (_NAMED.findall(before) or [""])[-1].casefold()
    is_called = word in _PEOPLE and bool(_ADDRESSED.search(before))
    named = frozenset() if is_called else WEEKDAYS.get(word, frozenset())
    falls = {date(int(y), int(m), int(d)).weekday() for y, m, d in full if y.isdigit()}
    return named if named and falls and not named & falls else frozenset()


def _day(text: str, found: re.Match[str], day: int, months: Iterable[int], year: str | None) -> Iterator[Mention]:
    asks: set[str] = set()
    means: set[str] = set()
    for month in months:
        if _exists(int(year or 2000), month, day):
            means |= {f"{month}-{day}", f"day {day}", f"{year or 'any'}-{month}-{day}"}
            asks |= {f"{year}-{month}-{day}", f"any-{month}-{day}"} if year else {f"{month}-{day}"}
    if asks:
        words = found.group().rstrip(" ,")
        words = words.rstrip(".") if words[-2:-1].isalpha() else words  # the dot of "3.3." is its own
        end = found.start() + len(words)
        yield Mention(Kind.DAY, text[found.start() : end], found.start(), end, frozenset(asks), frozenset(means))


def _numeric(text: str, found: re.Match[str]) -> Iterator[Mention]:
    """Day and month in either order; with points and without a year the day comes first, and "2.15." is a time."""
    one, two = int(found["a"]), int(found["b"])
    year = found.groupdict().get("y")
    full = f"20{year}" if year and len(year) == 2 else year
    orders = [(one, two)] if not year and found.groupdict().get("s") == "." else [(one, two), (two, one)]
    readings = [next(_day(text, found, day, {month}, full), None) for day, month in orders]
    kept = [reading for reading in readings if reading]
    if kept:
        asks, means = (frozenset().union(*sets) for sets in ([k.asks for k in kept], [k.means for k in kept]))
        yield Mention(Kind.DAY, kept[0].words, kept[0].start, kept[0].end, asks, means)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
