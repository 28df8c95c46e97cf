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

_UNFINISHED = (*OPEN, State.SKIPPED, State.PARKED)  # the last two until their page is written

# event -> {state before: state after}; None is "there is no job yet".
TRANSITIONS: Mapping[str, Mapping[State | None, State]] = {
    # From the flag to the prompt
    "asked": {None: State.NEW},  # the owner wants a draft
    "held": {None: State.HELD, State.NEW: State.HELD},  # likewise, but the owner has to confirm it
    "released": {State.HELD: State.NEW},  # the owner wants what was held
    "fetched": {State.NEW: State.NEW},  # the mail is in the journal
    "gathered": {State.NEW: State.NEW},  # so is the rest of the thread, as far as it was found in time
    "started": {State.NEW: State.NEW},  # the mail is about to be read; one that ends the process five times is parked
    "named": {s: s for s in _UNFINISHED},  # the names of page, prompt and source are chosen
    "prompted": {State.NEW: State.NEW},  # the prompt is on disk; the model may be asked
    # The model
    "called": {State.NEW: State.NEW},  # the model is being asked; these are counted for the day's limit
    "answered": {State.NEW: State.ANSWERED},  # its answer is in the journal, not yet looked at
    "rejected": dict.fromkeys((State.NEW, State.ANSWERED), State.NEW),  # it is of no use; the model is asked again
    "expired": {State.NEW: State.NEW},  # the prompt is made anew: another day, other privacy rules, or too little room
    # The draft
    "intended": {State.ANSWERED: State.APPENDING},  # what is going to be stored, and how far the folders are filled
    "broke": {State.APPENDING: State.APPENDING},  # the connection broke around the APPEND
    "absent": {State.APPENDING: State.ANSWERED},  # the draft was not stored
    "appended": {State.APPENDING: State.DRAFTED},  # it was stored
    "read": {State.DRAFTED: State.DRAFTED},  # it was read back and compared
    "paged": {s: s for s in (State.DRAFTED, State.SKIPPED, State.PARKED)},  # the page is written
    "marked": {State.DRAFTED: State.DONE},  # the mail carries the keyword, where the server takes one
    "superseded": {State.DONE: State.DONE},  # a newer draft of the same mail stands
    # At any time
    "moved": {s: s for s in (State.HELD, *OPEN)},  # the mail is at another place now
    "waiting": {s: s for s in _UNFINISHED},  # something failed; it is tried again later
    # No draft
    "skipped": dict.fromkeys((State.NEW, State.ANSWERED), State.SKIPPED),  # it cannot or must not be answered
    "cancelled": dict.fromkeys((State.HELD, State.NEW, State.ANSWERED), State.CANCELLED),  # unflagged, or answered
    "parked": dict.fromkeys((State.NEW, State.ANSWERED, State.APPENDING), State.PARKED),  # mailbot gave up
    "dismissed": dict.fromkeys((State.HELD, State.PARKED), State.CANCELLED),  # the owner gave up
}

# Events that mean the job got on: what it waited for is over, its back-off starts anew. "intended" is none of them:
# the APPEND that follows may be refused for the tenth time.
PROGRESS = frozenset(TRANSITIONS) - {
    *("waiting", "moved", "started", "held", "prompted", "expired", "called", "intended", "broke", "absent"),
}


class IllegalEvent(Exception):
    """An event that the table does not allow: somebody else was faster, or a bug."""
