"""Who said what: every text that a model was shown, by whether the owner wrote it.

Owns what counts as the owner's: the config, the wish for this draft, own mails and notes that were lent, and mails of
the thread that lie in Sent. All else is what others say. Kept beside the prompt, since an answer may come tomorrow.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mailbot.mail.mail import Address
from mailbot.mention import Kind, find
from mailbot.mention.day import means
from mailbot.mention.mention import plain
from mailbot.prompt.context import Context
from mailbot.prompt.entry import Entry
from mailbot.prompt.values import DAYS

if TYPE_CHECKING:
    from mailbot.reply.identity import Voice

LOOK = 500_000  # characters that are searched; what stands beyond counts as unsaid

_DIGITS = re.compile(r"\d+")  # also within a day, a name of a file, an order number

# As reply.jinja writes them: a string of JSON holds no line end.
_STRING = r'"(?:[^"\\]|\\.)*+"'
_SAMPLE = re.compile(rf"^\[sample \d+\](?: (\d{{4}}-\d\d-\d\d))? ({_STRING})$", re.MULTILINE)
_NOTE = re.compile(rf"^\[note \d+\] ({_STRING}): ({_STRING})$", re.MULTILINE)

Said = dict[Kind, frozenset[str]]  # what is named, by kind


@dataclass(frozen=True)
class Sources:
    """``own`` are the owner's words, ``others`` those of everybody else; ``lent`` are samples and notes, each with what
    the owner would call it, and count as own; ``today`` is the day on which the prompt was made."""

    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    lent: tuple[tuple[str, str], ...] = ()
    today: date | None = None

    @cached_property
    def said_by_owner(self) -> Said:
        return _said((*self.own, *(text for _, text in self.lent)))

    @cached_property
    def _links_of_owner(self) -> list[str]:
        return sorted(self.said_by_owner[Kind.LINK])

    def is_above_owners(self, link: str) -> bool:
        """Whether a link that the owner named leads further down from this one."""
        below = f"{link}/"
        at = bisect_left(self._links_of_owner, below)
        return "?" not in link and any(found.startswith(below) for found in self._links_of_owner[at : at + 1])

    @cached_property
    def said(self) -> Said:
        """By anybody; the days of the table that the prompt shows count too."""
        others = _said(self.others)
        table = (means(self.today + timedelta(days=after)) for after in range(DAYS)) if self.today else ()
        days = frozenset().union(*table)
        both = {kind: others[kind] | self.said_by_owner[kind] for kind in Kind}
        return {**both, Kind.DAY: both[Kind.DAY] | days, Kind.NUMBER: both[Kind.NUMBER] | _years(self.today)}


def of(
    voice: Voice,
    addresses: tuple[str, ...],
    context: Context,
    wish: str,
    entries: Iterable[Entry],
    readers: Iterable[Address],
    now: datetime,
) -> Sources:
    """The sources of a prompt that shows these entries. Of an own mail only the text is the owner's: its subject, say,
    began with a stranger."""
    entries = tuple(entries)
    samples = [(_mail(f"{s.date:%Y-%m-%d}" if s.date else ""), s.text) for s in context.samples]
    notes = [(_note(n.title), n.text) for n in context.notes]
    config = (voice.name, voice.address, voice.about, voice.signature, *addresses, *context.card, *context.instructions)
    return Sources(
        own=(*config, wish, *_own(entries)),
        others=(*_others(entries), *(f"{a.name} <{a.email}>" for a in readers)),
        lent=(*samples, *notes),
        today=now.date(),
    )


def read(around: str, entries: Iterable[Entry], today: date) -> Sources:
    """The same from an archived prompt (``entry.read_block``). Of what templates show only samples and notes are told
    apart, as long as they stand there as in mailbot's own; all of it is the owner's."""
    entries = tuple(entries)
    samples = [(_mail(day), json.loads(text)) for day, text in _SAMPLE.findall(around)]
    notes = [(_note(json.loads(title)), json.loads(text)) for title, text in _NOTE.findall(around)]
    return Sources(own=(around, *_own(entries)), others=_others(entries), lent=(*samples, *notes), today=today)


def _own(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(entry["text"] for entry in entries if entry.get("author") == "owner")


def _others(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(_flat({**entry, "text": ""} if entry.get("author") == "owner" else entry) for entry in entries)


def _mail(day: str) -> str:
    return f"your mail of {day}" if day else "your mail"


def _note(title: str) -> str:
    return f"your note {title}"


def _flat(value: Any) -> str:
    """Every text in an entry, each on a line of its own."""
    if isinstance(value, dict):
        return "\n".join(map(_flat, value.values()))
    return "\n".join(map(_flat, value)) if isinstance(value, list) else str(value)


def pack(sources: Sources) -> bytes:
    day = sources.today.isoformat() if sources.today else ""
    return json.dumps({**asdict(sources), "today": day}).encode()


def unpack(data: bytes | None) -> Sources:
    """What was packed; nothing said by anybody where nothing was kept."""
    if data is None:
        return Sources()
    kept: dict[str, Any] = json.loads(data)
    return Sources(
        own=tuple(kept["own"]),
        others=tuple(kept["others"]),
        lent=tuple((name, text) for name, text in kept["lent"]),
        today=date.fromisoformat(kept["today"]) if kept["today"] else None,
    )


def _said(texts: Iterable[str]) -> Said:
    text = "\n".join(texts)[:LOOK]
    found: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    for mention in find(text):
        found[mention.kind] |= mention.means
    found[Kind.NUMBER] |= {digits.lstrip("0") or "0" for digits in _DIGITS.findall(plain(text))}
    return {kind: frozenset(keys) for kind, keys in found.items()}


def _years(today: date | None) -> frozenset[str]:
    """Years that everybody knows of."""
    return frozenset(str(today.year + more) for more in (-1, 0, 1)) if today else frozenset()
