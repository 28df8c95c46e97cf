"""What a job is: one mail in one generation, with all that its events say of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mailbot.job.state import State


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
    wish: str = ""  # of the owner's, for this draft: mailbot redo --note
    limited: bool = True  # counts for schedule.hold_above
    mail: Mapping[str, Any] = field(default_factory=dict)  # from, subject, message_id: as the poll saw them
    truncated: bool = False  # only its beginning was fetched
    reduced: bool = False  # what was fetched is put together from its parts
    fetched: bool = False
    fetched_from: str = ""  # the folder
    keywords: tuple[str, ...] = ()  # what the mail carried when it was fetched, in lower case
    labels: tuple[str, ...] = ()  # other folders that it lay in then, where privacy rules name folders (Gmail)
    searches: bool = False  # the rest of the thread is to be searched for before the prompt is made
    names: Mapping[str, str] = field(default_factory=dict)  # page, prompt, source: paths in the archive
    draft: Mapping[str, Any] = field(default_factory=dict)  # from, to, cc, subject, draft_message_id
    known: tuple[str, ...] = ()  # whom of its From and Reply-To the owner had written to, when its reply was addressed
    prompted_at: float | None = None  # set while a stored prompt waits for its answer
    shape: Literal["", "schema", "plain"] = ""
    inside: bool = False  # only a model in the owner's own network may be asked
    seen: Mapping[str, Any] = field(default_factory=dict)  # whose mails its prompt holds: see privacy.seen
    judged_by: str = ""  # privacy rules, and where its mails lay, when its prompt was made: see privacy.seen
    analysis: str = ""  # why the answer goes on the page and becomes no draft
    starts: int = 0
    bad_answers: int = 0
    not_json: int = 0  # answers in a row that were not the JSON that was asked for
    cut_off: bool = False  # an answer ended where its room did: the next gets twice of it
    answer: Mapping[str, Any] = field(default_factory=dict)  # as it came; {} once it was of no use
    tokens_in: int = 0
    tokens_out: int = 0
    intent: Intent | None = None
    doubt_since: float = 0.0  # when the wire broke around the APPEND, else when the intent was written
    draft_place: Place | None = None
    drafted_at: float | None = None
    read_back: bool = False
    paged: bool = False
    status: str = ""  # as the page shows it
    page_left: str = ""  # a fingerprint of the page as mailbot left it
    remarks: tuple[str, ...] = ()
    of_prompt: tuple[str, ...] = ()  # those of them that tell what its prompt holds: another prompt has others
    reason: str = ""  # why it is held, skipped, cancelled or parked, or why an answer was bad
    waits_for: str = ""  # what went wrong last, while a back-off runs
    trouble: str = ""  # the kind of trouble that it waits for the owner to mend
    waiting_since: float | None = None
    until: float | None = None  # not before this
    tries: int = 0  # in a row without progress


def job_id(account: str, key: str, generation: int) -> str:
    """Twelve hex digits: short enough to type, the same on every host that sees the same mail."""
    return hashlib.sha256(f"{account}\0{key}\0{generation}".encode()).hexdigest()[:12]
