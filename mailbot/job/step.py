"""What is to be done next for a job, and when. Pure: times are arguments, in seconds since the epoch."""

from __future__ import annotations

from enum import StrEnum

from mailbot.job.job import Job
from mailbot.job.state import State

NOT_JSON = 2  # answers to one mail that are not the JSON that was asked for; then it is asked in plain text
BAD_ANSWERS = 3  # then the job parks: the same question will not be answered better a fourth time
BUGS = 3  # tries of a step that shows one; then the job parks
STARTS = 5  # then the job parks: a mail that ended the process so often does it for ever; no chance does
BACKOFF_FIRST = 60.0  # seconds
BACKOFF_MOST = 3600.0  # seconds


class Step(StrEnum):
    """What is to be done next for a job."""

    FETCH = "fetch"  # needs IMAP
    GATHER = "gather"  # needs IMAP, on a connection of its own: searches for the rest of the thread
    PREPARE = "prepare"
    ASK = "ask"  # needs the model
    ANALYSE = "analyse"  # what the model understood goes on the page, and no draft is stored
    STORE = "store"  # needs IMAP: compose, intent, APPEND
    RESOLVE = "resolve"  # needs IMAP: was it stored?
    READ_BACK = "read back"  # needs IMAP
    PAGE = "page"
    MARK = "mark"  # needs IMAP


NEEDS_IMAP = frozenset({Step.FETCH, Step.GATHER, Step.STORE, Step.RESOLVE, Step.READ_BACK, Step.MARK})


def next_step(job: Job) -> Step | None:
    """What comes next, whatever happened before. None: nothing, or it waits for the owner."""
    if job.state is State.NEW:
        if not job.fetched:
            return Step.FETCH
        if job.searches:
            return Step.GATHER
        return Step.ASK if job.prompted_at is not None else Step.PREPARE
    if job.state is State.ANSWERED:
        return Step.ANALYSE if job.analysis else Step.STORE
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
    """Whether its back-off is over. A job that changed in the future is due, too: the clock was set back, and its time
    may be a year away."""
    return job.until is None or job.until <= now or job.changed_at > now


def backoff(tries: int, jitter: float) -> float:
    """Seconds to wait after ``tries`` failures in a row: doubling from one minute to one hour, times 0.5 to 1.0 by
    ``jitter`` (0 to 1), so that many jobs do not come back together. Never under half a minute."""
    doubled: float = BACKOFF_FIRST * 2.0 ** min(tries, 10)
    return min(doubled, BACKOFF_MOST) * (0.5 + jitter / 2)
