"""A job: one mail in one generation, the wish for a draft and what became of it. Pure.

state   every state, event and transition in one table
job     the values: Job, Event, Place, Mark, Intent
fold    events -> Job
step    what comes next, back-off, limits
"""

from mailbot.job.fold import apply, fold
from mailbot.job.job import Event, Intent, Job, Mark, Place, job_id
from mailbot.job.state import OPEN, TRANSITIONS, IllegalEvent, State
from mailbot.job.step import (
    BACKOFF_MOST,
    BAD_ANSWERS,
    BUGS,
    NEEDS_IMAP,
    NOT_JSON,
    STARTS,
    Step,
    backoff,
    is_due,
    next_step,
)

__all__ = [
    "BACKOFF_MOST",
    "BAD_ANSWERS",
    "BUGS",
    "NEEDS_IMAP",
    "NOT_JSON",
    "OPEN",
    "STARTS",
    "TRANSITIONS",
    "Event",
    "IllegalEvent",
    "Intent",
    "Job",
    "Mark",
    "Place",
    "State",
    "Step",
    "apply",
    "backoff",
    "fold",
    "is_due",
    "job_id",
    "next_step",
]
