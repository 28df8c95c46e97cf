"""What privacy rules ask of the server: in which folders mails lie, and which keywords they carry. Read into the index,
so that an answer to such a mail, or a quote of it, is known for what it is wherever it lies.

It runs on the spare connection: behind each thread search, and before learning. What it could not read to its end is
not taken for nothing, and neither is what it read before another mail: then whatever may quote such a mail stays out of
the prompt (``mailbot.privacy``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from mailbot.imap.folders import UNUSABLE, Roles
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection
from mailbot.index import Unusable
from mailbot.mail.parse import parse
from mailbot.privacy.filed import NOWHERE, Filed
from mailbot.privacy.rules import is_like, places
from mailbot.world import World, log

LOT = 200  # mails whose ids are fetched at once: 20 kB
LISTINGS = 64  # folders, and keywords in a folder; more are not read, and then nothing is whole
MOST = 20_000  # mails of a listing whose ids are kept, the newest


def read(world: World, session: Session, roles: Roles, is_over: Callable[[], bool]) -> None:
    """Brings the index up to date with the folders and keywords of the rules; goes on where it was broken off. Raises
    what the session raises, and Unusable."""
    folders, keywords = wanted = _wanted(world)
    if not any(wanted):
        return
    listings = _listings(session, roles, folders, keywords)
    index = world.index.filed
    index.keep(world.key, listings)
    try:
        if len(listings) > LISTINGS:
            raise Rejection(f"{len(listings)} places fit the privacy rules")
        for folder, keyword in listings:
            if not _is_read(world, session, folder, keyword, is_over):
                return
    except Rejection as error:
        log.warning("account=%s filed=no reason=%r", world.account.name, error.text)
        index.came_through(world.key, "")
        return
    index.came_through(world.key, _asked(world))


def _listings(session: Session, roles: Roles, folders: Iterable[str], keywords: Iterable[str]) -> list[tuple[str, str]]:
    """Every folder that fits; each keyword in the folders that mailbot reads."""
    names = [f.name for f in session.folders() if not f.attributes & UNUSABLE] if folders else []
    whole = [(name, "") for name in names if any(is_like(pattern, name) for pattern in folders)]
    read = dict.fromkeys(name for name in (*roles.watched, roles.sent, *roles.everything) if name)
    return [*whole, *((name, keyword) for name in read for keyword in keywords)]


def _is_read(world: World, session: Session, folder: str, keyword: str, is_over: Callable[[], bool]) -> bool:
    """Whether one listing was read to its end."""
    index = world.index.filed
    look = session.examine(folder)
    there = sorted(session.flagged(keyword) if keyword else session.uids_from(1))[-MOST:]
    listing = index.open(world.key, folder, keyword, look.uidvalidity)
    known = index.uids(listing)
    index.remove(listing, known.difference(there))
    left = [uid for uid in reversed(there) if uid not in known]
    for start in range(0, len(left), LOT):
        if is_over():
            return False
        index.add(listing, _ids(session, left[start : start + LOT]))
    return True


def _ids(session: Session, lot: Sequence[int]) -> list[tuple[int, str]]:
    rows = session.headers(lot, ("Message-ID",))
    return [(uid, parse(row.data).message_id) for uid, row in rows.items()]


def cannot_be_read(world: World) -> None:
    """What is known is not all, until it is read again."""
    if any(_wanted(world)):
        with suppress(Unusable):  # a file that is no good gives no answer later on, either
            world.index.filed.came_through(world.key, "")


def asks_for_folders(world: World) -> bool:
    """Whether a rule names folders: at Gmail a mail lies in all that its labels name, and says so itself."""
    return bool(_wanted(world)[0])


def _wanted(world: World) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Folders and keywords."""
    return places(world.config.privacy)


def _asked(world: World) -> str:
    return json.dumps(_wanted(world))


def known(world: World, ids: Iterable[str]) -> Filed:
    """What is known of the mails with these ids."""
    if not any(_wanted(world)):
        return NOWHERE
    try:
        index = world.index.filed
        whole = world.searches and index.is_whole(world.key, _asked(world))
        return Filed(index.places(dict.fromkeys(ids)), whole)
    except Unusable as error:
        log.warning("account=%s filed=no reason=%r", world.account.name, str(error))
        return Filed(whole=False)
