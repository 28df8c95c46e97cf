"""What a template of the prompt may show: who writes and how, to whom, what the owner wants, and what time it is.

Foreign text comes to a template only as a finished JSON string, broken like the mails: names of recipients, and what
the owner may have pasted into a mail or a note. The mails themselves never come to one.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mailbot.prompt.context import Context
from mailbot.prompt.entry import LINE, PEOPLE, WEEKDAYS, moment, people
from mailbot.prompt.guard import one_line, visible
from mailbot.prompt.wanted import Wanted

if TYPE_CHECKING:
    from mailbot.reply.identity import Voice

DAYS = 14  # of the table of days
TRUSTED = 4000  # characters of what the owner says about himself, or wishes
LINES = 30  # of a style card, or of instructions

_NEAR = {0: " (today)", 1: " (tomorrow)"}

Values = dict[str, Any]


def owner(voice: Voice, addresses: tuple[str, ...], card: tuple[str, ...]) -> Values:
    """What is the same for every mail to this address."""
    return {
        "name": one_line(voice.name, LINE),
        "address": voice.address,
        "addresses": list(addresses[:PEOPLE]),
        "language": voice.language,
        "about": visible(voice.about).strip()[:TRUSTED],
        "card": _lines(card),
    }


def reply(wanted: Wanted, context: Context, now: datetime) -> Values:
    """What is for this reply only. "to" and "cc" are "" where there is nobody."""
    days = ((now + timedelta(days=after), after) for after in range(DAYS))
    return {
        "to": _json(people(wanted.to)) if wanted.to else "",
        "cc": _json(people(wanted.cc)) if wanted.cc else "",
        "samples": [
            {"id": s.id, "date": f"{s.date:%Y-%m-%d}" if s.date else "", "text": _json(s.text)} for s in context.samples
        ],
        "notes": [{"id": n.id, "title": _json(n.title), "text": _json(n.text)} for n in context.notes],
        "instructions": _lines(context.instructions),
        "wish": visible(wanted.wish).strip()[:TRUSTED],
        "now": moment(now),
        "zone": str(now.tzinfo),
        "days": [f"{WEEKDAYS[day.weekday()]} {day:%Y-%m-%d}{_NEAR.get(after, '')}" for day, after in days],
    }


def _lines(lines: tuple[str, ...]) -> list[str]:
    return [one_line(line, TRUSTED) for line in lines[:LINES]]


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
