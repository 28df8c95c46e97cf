"""Every state, event and transition of a job, in one table.

A job is one mail in one generation: the wish for a draft, and what became of it. Two rules:

1. Every transition lives in ``TRANSITIONS``; nothing else in the program decides what may follow what.
2. This module knows no IMAP, no SQLite, no model and no clock. Times are arguments, in seconds since the epoch.

The journal keeps the list of events; ``fold`` is the only way to a state. Recovery is not a mode: a job that is
loaded in ``appending`` is by that alone in doubt, whether the wire broke a minute ago or the process died last week.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

BAD_ANSWERS = 3  # then the job parks: the same question will not be answered better a fourth time
STARTS = 3  # then the job parks: a mail that ended the process twice would do so for ever
BACKOFF_FIRST = 60.0  # seconds
BACKOFF_MOST = 3600.0  # seconds


class State(StrEnum):
    HELD = "held"  # above the limit, or a star of unknown age: waits for the owner
    NEW = "new"  # asked for; up to the model's answer
    ANSWERED = "answered"  # the raw answer is in the journal
    APPENDING = "appending"  # the intent is in the journal: the draft may be stored or not
    DRAFTED = "drafted"  # the draft stands in Drafts
    DONE = "done"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    PARKED = "parked"


OPEN = frozenset({State.NEW, State.ANSWERED, State.APPENDING, State.DRAFTED})


class Step(StrEnum):
    """What is to be done next for a job."""

    FETCH = "fetch"  # needs IMAP
    PREPARE = "prepare"
    ASK = "ask"  # needs the model
    STORE = "store"  # needs IMAP: compose, intent, APPEND
    RESOLVE = "resolve"  # needs IMAP: was it stored?
    READ_BACK = "read back"  # needs IMAP
    PAGE = "page"
    MARK = "mark"  # needs IMAP


NEEDS_IMAP = frozenset({Step.FETCH, Step.STORE, Step.RESOLVE, Step.READ_BACK, Step.MARK})

_OPEN_WITH_PAGE = (State.NEW, State.ANSWERED, State.APPENDING, State.DRAFTED, State.SKIPPED, State.PARKED)

# event -> {state before: state after}; None is "there is no job yet".
TRANSITIONS: Mapping[str, Mapping[State | None, State]] = {
    "asked": {None: State.NEW},
    "held": {None: State.HELD, State.NEW: State.HELD},
    "released": {State.HELD: State.NEW},
    "moved": {s: s for s in (State.HELD, State.NEW, State.ANSWERED, State.APPENDING, State.DRAFTED)},
    "fetched": {State.NEW: State.NEW},
    "started": {State.NEW: State.NEW},
    "named": {s: s for s in _OPEN_WITH_PAGE},
    "prompted": {State.NEW: State.NEW},
    "answered": {State.NEW: State.ANSWERED},
    "rejected": {State.ANSWERED: State.NEW, State.NEW: State.NEW},
    "intended": {State.ANSWERED: State.APPENDING},
    "broke": {State.APPENDING: State.APPENDING},
    "absent": {State.APPENDING: State.ANSWERED},
    "appended": {State.APPENDING: State.DRAFTED},
    "read": {State.DRAFTED: State.DRAFTED},
    "paged": {State.DRAFTED: State.DRAFTED, State.SKIPPED: State.SKIPPED, State.PARKED: State.PARKED},
    "marked": {State.DRAFTED: State.DONE},
    "waiting": {s: s for s in _OPEN_WITH_PAGE},
    "skipped": {State.NEW: State.SKIPPED},
    "cancelled": {State.HELD: State.CANCELLED, State.NEW: State.CANCELLED, State.ANSWERED: State.CANCELLED},
    "parked": dict.fromkeys((State.NEW, State.ANSWERED, State.APPENDING), State.PARKED),
    "dismissed": {State.HELD: State.CANCELLED, State.PARKED: State.CANCELLED},
    "superseded": {State.DONE: State.DONE},
}

# Events that mean the job got on: what it waited for is over, its back-off starts anew.
_PROGRESS = frozenset(TRANSITIONS) - {"waiting", "moved", "started", "held", "broke"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail is. It may change; who the mail is (its key) does not."""

    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a folder had been filled at some moment: every later mail has a UID of at least ``uidnext``."""

    folder: str
    uidvalidity: int
    uidnext: int


@dataclass(frozen=True, slots=True)
class Intent:
    """What was recorded before an APPEND: enough to find out later whether it happened."""

    at: float
    drafts: Mark
    others: tuple[Mark, ...]  # Sent and Trash, where an owner may have taken the draft meanwhile


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    job: str
    at: float
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    account: str  # (user, host) of the account, see config.Account.key
    key: str  # the mail key
    generation: int
    state: State
    asked_at: float
    changed_at: float
    place: Place | None = None
    sent_mark: Mark | None = None  # of Sent, when the flag was seen: later mails may be the owner's own answer
    was_answered: bool = False  # the mail carried \Answered when the flag was seen
    note: str = ""
    limited: bool = True  # counts for schedule.hold_above
    mail: Mapping[str, Any] = field(default_factory=dict)  # from, subject, message_id: as the poll saw them
    truncated: bool = False
    fetched: bool = False
    fetched_from: str = ""  # the folder
    names: Mapping[str, str] = field(default_factory=dict)  # page, prompt, source: paths in the archive
    draft: Mapping[str, Any] = field(default_factory=dict)  # from, to, cc, subject, draft_message_id
    prompted_at: float | None = None  # set while a stored prompt waits for its answer
    shape: Literal["", "schema", "plain"] = ""
    asks: int = 0  # prompts written, for the model
    starts: int = 0
    bad_answers: int = 0
    answer: Mapping[str, Any] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    intent: Intent | None = None
    doubt_since: float = 0.0  # when the wire broke around the APPEND, else when the intent was written
    draft_place: Place | None = None
    read_back: bool = False
    paged: bool = False
    status: str = ""  # as the page shows it
    page_left: str = ""  # a fingerprint of the page as mailbot left it
    remarks: tuple[str, ...] = ()
    reason: str = ""  # why it is held, skipped, cancelled or parked, or why an answer was bad
    waits_for: str = ""  # what went wrong last, while a back-off runs
    waiting_since: float | None = None
    until: float | None = None  # not before this
    tries: int = 0  # in a row without progress


def job_id(account: str, key: str, generation: int) -> str:
    """Twelve hex digits: short enough to type, the same on every host that sees the same mail."""
    return hashlib.sha256(f"{account}\0{key}\0{generation}".encode()).hexdigest()[:12]


class IllegalEvent(Exception):
    """An event that the table does not allow: somebody else was faster, or a bug."""


def apply(job: Job | None, event: Event) -> Job:
    """One step of ``fold``. Raises IllegalEvent, naming event and state."""
    before = job.state if job else None
    try:
        after = TRANSITIONS[event.kind][before]
    except KeyError:
        raise IllegalEvent(f"job {event.job}: {event.kind} cannot follow {before or 'nothing'}") from None
    data = event.data
    if job is None:
        return Job(
            id=event.job,
            account=data["account"],
            key=data["key"],
            generation=data["generation"],
            state=after,
            asked_at=event.at,
            changed_at=event.at,
            place=_place(data.get("place")),
            sent_mark=_mark(data.get("sent")),
            was_answered=data.get("was_answered", False),
            note=data.get("note", ""),
            limited=data.get("limited", True),
            mail=data.get("mail", {}),
            reason=data.get("reason", ""),
        )
    job = replace(job, state=after, changed_at=event.at)
    if event.kind in _PROGRESS:
        job = replace(job, waits_for="", waiting_since=None, until=None, tries=0, starts=0)
    change = _CHANGES.get(event.kind)
    return change(job, event) if change else job


def fold(events: Iterable[Event]) -> Job | None:
    job: Job | None = None
    for event in events:
        job = apply(job, event)
    return job


def next_step(job: Job) -> Step | None:
    """What comes next, whatever happened before. None: nothing, or it waits for the owner."""
    if job.state is State.NEW:
        if not job.fetched:
            return Step.FETCH
        return Step.ASK if job.prompted_at is not None else Step.PREPARE
    if job.state is State.ANSWERED:
        return Step.STORE
    if job.state is State.APPENDING:
        return Step.RESOLVE
    if job.state is State.DRAFTED:
        if not job.read_back:
            return Step.READ_BACK
        return Step.MARK if job.paged else Step.PAGE
    if job.state in (State.SKIPPED, State.PARKED) and not job.paged:
        return Step.PAGE
    return None


def is_due(job: Job, now: float) -> bool:
    return job.until is None or job.until <= now


def backoff(tries: int, jitter: float) -> float:
    """Seconds to wait after ``tries`` failures in a row: doubling from one minute to one hour, times 0.5 to 1.0 by
    ``jitter`` (0 to 1), so that many jobs do not come back together. Never under half a minute."""
    doubled: float = BACKOFF_FIRST * 2.0 ** min(tries, 10)
    return min(doubled, BACKOFF_MOST) * (0.5 + jitter / 2)


def _place(value: Any) -> Place | None:
    return Place(*value) if value else None


def _mark(value: Any) -> Mark | None:
    return Mark(*value) if value else None


def _fetched(job: Job, event: Event) -> Job:
    folder = event.data["folder"]
    return replace(job, fetched=True, fetched_from=folder, truncated=event.data.get("truncated", False))


def _named(job: Job, event: Event) -> Job:
    data = event.data
    return replace(
        job,
        names=data["names"],
        draft=data.get("draft", job.draft),
        mail=data.get("mail", job.mail),
        remarks=tuple(data.get("remarks", job.remarks)),
    )


def _prompted(job: Job, event: Event) -> Job:
    asks = job.asks + event.data["asks"]
    return replace(job, prompted_at=event.at, shape=event.data["shape"], asks=asks, remarks=_more(job, event))


def _answered(job: Job, event: Event) -> Job:
    data = event.data
    return replace(
        job,
        answer=data,
        prompted_at=None,
        tokens_in=job.tokens_in + (data.get("tokens_in") or 0),
        tokens_out=job.tokens_out + (data.get("tokens_out") or 0),
    )


def _rejected(job: Job, event: Event) -> Job:
    bad = job.bad_answers + event.data.get("counts", 1)
    return replace(job, bad_answers=bad, prompted_at=None, reason=event.data["reason"])


def _intended(job: Job, event: Event) -> Job:
    data = event.data
    intent = Intent(event.at, Mark(*data["drafts"]), tuple(Mark(*m) for m in data["others"]))
    return replace(job, intent=intent, doubt_since=event.at, draft=data["draft"])


def _appended(job: Job, event: Event) -> Job:
    return replace(job, draft_place=_place(event.data.get("place")), remarks=_more(job, event))


def _more(job: Job, event: Event) -> tuple[str, ...]:
    return job.remarks + tuple(r for r in event.data.get("remarks", ()) if r not in job.remarks)


def _waiting(job: Job, event: Event) -> Job:
    since = job.waiting_since if job.waiting_since is not None else event.at
    data = event.data
    return replace(job, waits_for=data["reason"], waiting_since=since, until=data["until"], tries=job.tries + 1)


def _reason(job: Job, event: Event) -> Job:
    return replace(job, reason=event.data["reason"])


_CHANGES: Mapping[str, Callable[[Job, Event], Job]] = {
    "asked": lambda job, event: job,
    "held": _reason,
    "released": lambda job, event: replace(job, limited=False, reason="", asked_at=event.at),
    "moved": lambda job, event: replace(job, place=_place(event.data["place"])),
    "fetched": _fetched,
    "started": lambda job, event: replace(job, starts=job.starts + 1),
    "named": _named,
    "prompted": _prompted,
    "answered": _answered,
    "rejected": _rejected,
    "intended": _intended,
    "broke": lambda job, event: replace(job, doubt_since=event.at),
    "appended": _appended,
    "read": lambda job, event: replace(job, read_back=True, remarks=_more(job, event)),
    "paged": lambda job, event: replace(job, paged=True, status=event.data["status"], page_left=event.data["left"]),
    "waiting": _waiting,
    "skipped": _reason,
    "cancelled": _reason,
    "parked": _reason,
    "dismissed": lambda job, event: replace(job, reason="given up by you"),
    "superseded": lambda job, event: replace(job, status="superseded"),
}
