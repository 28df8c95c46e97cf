"""The digest: one notice a day that names the drafts which wait for their owner. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.counted import counted
from mailbot.notices import notice
from mailbot.notices.notice import line
from mailbot.prompt.guard import one_line

NAMED = 50  # drafts
SHOWN = 80  # characters of a subject, and of all whom a draft goes to
FIRST = {"urgent": 0, "normal": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A draft that lies in Drafts. ``made`` is when it was stored."""

    subject: str
    to: str
    urgency: str
    made: datetime


def compose(drafts: Sequence[Waiting], *, to: str, account: str, folder: str, now: datetime, word: str) -> bytes:
    """The urgent ones first, of each urgency the oldest. Subjects and names are as the drafts have them."""
    ordered = sorted(drafts, key=lambda draft: (FIRST.get(draft.urgency, 1), draft.made))
    count = f"{counted(len(drafts), 'draft')} {'waits' if len(drafts) == 1 else 'wait'}"
    paragraphs = [
        f"{count} in {line(folder)}, account {account}:",
        *(f"* {_line(draft, now)}" for draft in ordered[:NAMED]),
        *([f"And {len(drafts) - NAMED} more."] if len(drafts) > NAMED else []),
        "What waits stays until you send or delete it. This note comes once a day while a draft waits (notify.digest).",
    ]
    return notice.compose(to=to, subject=count, paragraphs=paragraphs, now=now, word=word)


def _line(draft: Waiting, now: datetime) -> str:
    subject, to = one_line(line(draft.subject), SHOWN), one_line(line(draft.to), SHOWN)
    return f"{draft.urgency}: {subject}, to {to or 'nobody yet'}, {age(now - draft.made)} old"


def age(span: timedelta) -> str:
    hours = max(0, int(span.total_seconds() // 3600))
    if hours < 1:
        return "less than an hour"
    number, unit = (hours // 24, "day") if hours >= 48 else (hours, "hour")
    return counted(number, unit)
