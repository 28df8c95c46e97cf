"""Every state, event and transition of a job, in one table. Two rules:

1. Every transition lives in ``TRANSITIONS``; nothing else in the program decides what may follow what.
2. This module knows no IMAP, no SQLite, no model and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


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

_OPEN_WITH_PAGE = (State.NEW, State.ANSWERED, State.APPENDING, State.DRAFTED, State.SKIPPED, State.PARKED)

# event -> {state before: state after}; None is "there is no job yet".
TRANSITIONS: Mapping[str, Mapping[State | None, State]] = {
    "asked": {None: State.NEW},
    "held": {None: State.HELD, State.NEW: State.HELD},
    "released": {State.HELD: State.NEW},
    "moved": {s: s for s in (State.HELD, State.NEW, State.ANSWERED, State.APPENDING, State.DRAFTED)},
    "fetched": {State.NEW: State.NEW},
    "gathered": {State.NEW: State.NEW},
    "started": {State.NEW: State.NEW},
    "named": {s: s for s in _OPEN_WITH_PAGE},
    "prompted": {State.NEW: State.NEW},
    "expired": {State.NEW: State.NEW},
    "called": {State.NEW: State.NEW},
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
    "skipped": {State.NEW: State.SKIPPED, State.ANSWERED: State.SKIPPED},
    "cancelled": {State.HELD: State.CANCELLED, State.NEW: State.CANCELLED, State.ANSWERED: State.CANCELLED},
    "parked": dict.fromkeys((State.NEW, State.ANSWERED, State.APPENDING), State.PARKED),
    "dismissed": {State.HELD: State.CANCELLED, State.PARKED: State.CANCELLED},
    "superseded": {State.DONE: State.DONE},
}

# Events that mean the job got on: what it waited for is over, its back-off starts anew. "intended" is none of them:
# the APPEND that follows may be refused for the tenth time.
PROGRESS = frozenset(TRANSITIONS) - {
    *("waiting", "moved", "started", "held", "prompted", "expired", "called", "intended", "broke", "absent"),
}


class IllegalEvent(Exception):
    """An event that the table does not allow: somebody else was faster, or a bug."""
