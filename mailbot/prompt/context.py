"""What the owner lends to a reply beside the mails: a style card, own mails to the same person, notes, instructions.

Whoever fills it has seen to it that every recipient may read what is in it. Owns its limits and which part goes first
when there is not room for all. Refuses to know where it came from and how a prompt shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mailbot.prompt.budget import CRUMB, cost, fit
from mailbot.prompt.guard import foreign, one_line

SAMPLES = 5  # shown at most
SAMPLES_KEPT = 2  # of the samples that stay when the room is short
TITLE = 200  # characters of a note's title
SAMPLE_PART, NOTE_PART = 8, 8  # samples, and notes, take at most one part in eight of the context each


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail of the owner's own to the same person, without quotes and signature. ``id`` is how an answer names it;
    ``date`` is aware, None where it is not known."""

    id: str
    date: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A piece of the owner's notes. ``id`` is how an answer names it."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """``card`` says in lines how the owner writes, ``instructions`` what the owner wants of replies like this one. The
    best samples and notes come first."""

    card: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    notes: tuple[Note, ...] = ()
    instructions: tuple[str, ...] = ()


NOTHING = Context()


def trimmed(context: Context, context_tokens: int, room: int) -> Context:
    """What fits, fit to be shown: into one part of the context each, and together into ``room`` tokens. Notes go before
    samples, and the last two samples are cut rather than dropped."""
    samples = _samples(context.samples, min(context_tokens // SAMPLE_PART, room))
    room -= sum(cost(sample.text) for sample in samples)
    notes = _notes(context.notes, min(context_tokens // NOTE_PART, room))
    return replace(context, samples=samples, notes=notes)


def _samples(samples: tuple[Sample, ...], room: int) -> tuple[Sample, ...]:
    """The first two, each in an equal part of the room if need be; of the others those that still fit whole."""
    texts = [foreign(sample.text) for sample in samples[:SAMPLES]]
    kept: list[Sample] = []
    for number, (sample, text) in enumerate(zip(samples, texts, strict=False)):
        waiting = len(texts[number + 1 : SAMPLES_KEPT])  # of those that are kept: each has its part
        part = room // (1 + waiting)
        shown = fit(text, part) if number < SAMPLES_KEPT and part >= CRUMB else text
        if shown and cost(shown) <= room:
            kept.append(replace(sample, text=shown))
            room -= cost(shown)
    return tuple(kept)


def _notes(notes: tuple[Note, ...], room: int) -> tuple[Note, ...]:
    kept: list[Note] = []
    for note in notes:
        title = foreign(one_line(note.title, TITLE))
        text = fit(foreign(note.text), room - cost(title)) if room >= CRUMB else ""
        if text:
            kept.append(replace(note, title=title, text=text))
            room -= cost(title) + cost(text)
    return tuple(kept)
