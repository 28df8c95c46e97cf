"""The owner's notes: kept up to date in the index, and found for the readers of a reply."""

from __future__ import annotations

import os
from collections.abc import Iterable

from mailbot.address import readers
from mailbot.config import Notes
from mailbot.own import query
from mailbot.own.notes import Passage
from mailbot.own.query import Asking
from mailbot.world import World, log

CANDIDATES = 40  # passages of a folder that are looked at
WITHIN = 0.5  # seconds that a draft waits for what changed in the folders


def open_to(world: World, emails: Iterable[str]) -> tuple[Notes, ...]:
    """The folders that everybody there may read; none for nobody."""
    everybody = tuple(emails)
    return tuple(notes for notes in world.config.notes if readers.may_read(notes.share_with, everybody))


def refresh(world: World, within: float) -> None:
    """Reads what changed. The archive and the state are no notes, also where they lie in the same vault: other people's
    mails stand there."""
    if not world.config.notes:
        return
    archive = world.config.archive.folder
    without = frozenset(map(os.path.realpath, (archive / "Outbox", archive / "Sources", world.config.state.folder)))
    folders = [notes.folder for notes in world.config.notes]
    for folder, why in world.index.notes.refresh(folders, without, within).items():
        log.warning("account=%s notes=%r read=no reason=%r", world.account.name, str(folder), why)


def find(world: World, asking: Asking, emails: Iterable[str]) -> tuple[Passage, ...]:
    """The passages worth showing to everybody there, the folders in their order."""
    found: list[Passage] = []
    refresh(world, WITHIN)
    for notes in open_to(world, emails):
        asked = (query.for_anyone if readers.ANYONE in notes.share_with else query.for_some)(asking)
        found += query.worth_showing(world.index.notes.find(notes.folder, asked, CANDIDATES), asked, asking.readers)
    return tuple(dict.fromkeys(found))[: query.SHOWN]
