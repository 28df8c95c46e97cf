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
LABEL = 20  # tokens for the id, the date and the quotes of each
SAMPLE_PART, NOTE_PART = 8, 8  # samples, and notes, take at most one part in eight of the context each


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail of the owner's own to the same person, without quotes and signature. ``id`` is how an answer names it;
    ``date`` is aware, None where it is not known. ``ids`` (its own, and of what it answers) and ``readers`` are not
    shown: by them a privacy rule knows it."""

    id: str
    date: datetime | None
    text: str
    ids: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()


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


def trimmed(context: Context, context_tokens: int, room: int, least: int) -> Context:
    """What fits, fit to be shown: samples and notes in one part of the context each, and together in ``room`` tokens.
    Notes go before samples, and the last two samples are cut rather than dropped: they have ``least`` in any case."""
    part = context_tokens // SAMPLE_PART
    two = _samples(context.samples[:SAMPLES_KEPT], min(part, max(least, room)))
    more = _whole(context.samples[SAMPLES_KEPT:SAMPLES], min(part, room) - _cost(two))
    notes = _notes(context.notes, min(context_tokens // NOTE_PART, room - _cost(two + more)))
    return replace(context, samples=two + more, notes=notes)


def _cost(samples: tuple[Sample, ...]) -> int:
    return sum(cost(sample.text) + LABEL for sample in samples)


def _samples(samples: tuple[Sample, ...], room: int) -> tuple[Sample, ...]:
    """Each in an equal part of the room if need be."""
    kept: list[Sample] = []
    for number, sample in enumerate(samples):
        text, part = foreign(sample.text), room // (len(samples) - number) - LABEL
        if text and part >= CRUMB:
            kept.append(replace(sample, text=fit(text, part)))
            room -= _cost((kept[-1],))
    return tuple(kept)


def _whole(samples: tuple[Sample, ...], room: int) -> tuple[Sample, ...]:
    kept: list[Sample] = []
    for sample in samples:
        shown = replace(sample, text=foreign(sample.text))
        if shown.text and _cost((shown,)) <= room:
            kept.append(shown)
            room -= _cost((shown,))
    return tuple(kept)


def _notes(notes: tuple[Note, ...], room: int) -> tuple[Note, ...]:
    kept: list[Note] = []
    for note in notes:
        title = foreign(one_line(note.title, TITLE))
        room -= cost(title) + LABEL
        text = fit(foreign(note.text), room) if room >= CRUMB else ""
        if text:
            kept.append(replace(note, title=title, text=text))
            room -= cost(text)
    return tuple(kept)
