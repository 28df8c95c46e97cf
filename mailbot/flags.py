"""What a flag means: from what is remembered and what is seen to what the owner wants. Pure.

    seen for the first time, in a folder that is known       asked
    there before the first look, or drafted by another copy  remembered
    there after the state or the folder's UIDs were lost     held: its age is unknown
    seen before, at another place                            moved
    seen unflagged, and now flagged again                    asked anew; a mail that was held is not held again

A flag that is gone means "unflagged" only when the server still shows the mail, without the flag and without
``\\Deleted``; a UID that does not answer was moved or archived, and nothing is cancelled by that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailbot.job import Place, State

DRAFTED_KEYWORD = "$MailbotDrafted"
BURST_WINDOW = 600.0  # seconds: design, schedule.hold_above

UNKNOWN_AGE = "it carried its flag already, and mailbot can't tell since when"
REBUILT = f"the server rebuilt the folder: {UNKNOWN_AGE}"
LOST = f"mailbot's state was lost: {UNKNOWN_AGE}"
BURST = "more flags came within ten minutes than schedule.hold_above allows"


class Contact(StrEnum):
    """What mailbot knew of a folder before this look."""

    KNOWN = "known"
    FIRST = "first"
    REBUILT = "rebuilt"  # UIDVALIDITY changed
    LOST = "lost"  # no state, although the archive has pages of this account


class Meaning(StrEnum):
    ASKED = "asked"
    REMEMBERED = "remembered"
    HELD = "held"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A flagged mail at a place that was not known: what its headers and flags say."""

    place: Place
    key: str
    twin: str
    drafted: bool  # carries the keyword
    answered: bool  # carries \\Answered
    message_id: str
    related: tuple[str, ...]  # the ids in In-Reply-To and References
    sender: str
    own: bool  # the sender is the owner
    subject: str
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a mail: ``up`` is its flag when it was last seen (None: never seen)."""

    up: bool | None = None
    state: State | None = None  # of its newest job
    generation: int = 0  # of its newest job; 0: none


def meaning(seen: Sighting, memory: Memory, contact: Contact, *, include_existing: bool) -> tuple[Meaning, str]:
    """What a flag at a new place means, and why."""
    if include_existing and memory.generation == 0:
        return Meaning.ASKED, "included by you"
    if memory.up:
        return Meaning.MOVED, ""
    if memory.up is False:
        under_way = memory.state in (State.NEW, State.ANSWERED, State.APPENDING, State.DRAFTED)
        return (Meaning.MOVED, "") if under_way else (Meaning.ASKED, "flagged again")
    if seen.drafted:
        return Meaning.REMEMBERED, "drafted by another copy of mailbot"
    return {
        Contact.FIRST: (Meaning.REMEMBERED, "flagged before the first run"),
        Contact.REBUILT: (Meaning.HELD, REBUILT),
        Contact.LOST: (Meaning.HELD, LOST),
        Contact.KNOWN: (Meaning.ASKED, "flagged"),
    }[contact]


def is_unflagged(flags: Collection[str] | None, flag: str) -> bool:
    """Whether the answer to FETCH FLAGS for a UID that was flagged says that the owner took the flag away.
    None: the server did not answer for the UID."""
    if flags is None:
        return False
    lower = {f.lower() for f in flags}
    return flag.lower() not in lower and "\\deleted" not in lower


def is_burst(asked_at: Iterable[float], now: float, limit: int) -> bool:
    """Whether the times at which flags were seen make more than ``limit`` within ten minutes. 0: no limit."""
    return limit > 0 and sum(0 <= now - at <= BURST_WINDOW for at in asked_at) > limit


def together(seen: Sequence[Sighting]) -> dict[str, Sighting]:
    """Of the mails of one thread that were flagged in one poll, only the newest that is not the owner's is answered:
    returns the key of each other one, with the mail that is answered in its place."""
    instead: dict[str, Sighting] = {}
    for thread in _threads(seen):
        if len(thread) > 1:
            chosen = max(thread, key=_newest)
            instead.update((s.key, chosen) for s in thread if s.key != chosen.key)
    return instead


def _newest(seen: Sighting) -> tuple[bool, float, int]:
    return (not seen.own, seen.date.timestamp() if seen.date else 0.0, seen.place.uid)


def _threads(seen: Sequence[Sighting]) -> list[list[Sighting]]:
    """Mails that name each other, or the same third mail, in In-Reply-To and References (RFC 5322, 3.6.4) are of one
    thread. Two mails that only carry the same id of their own are not: some senders give it to all of theirs."""
    thread_of: dict[tuple[str, str], list[Sighting]] = {}
    for sighting in seen:
        touched = [("own", i) for i in sighting.related] + [
            ("named", i) for i in (*sighting.related, sighting.message_id)
        ]
        merged = [sighting]
        for other in {id(t): t for link in touched if (t := thread_of.get(link))}.values():
            merged += other
        for member in merged:
            links = [("named", i) for i in member.related] + [("own", member.message_id), ("key", member.key)]
            thread_of.update((link, merged) for link in links if link[1])
    return list({id(t): t for t in thread_of.values()}.values())
