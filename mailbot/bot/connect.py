"""Logs in and finds the folders, for a round."""

from __future__ import annotations

from mailbot.imap import settled
from mailbot.imap.folders import roles
from mailbot.imap.login import in_time
from mailbot.imap.settled import Settled
from mailbot.imap.wire import Wire
from mailbot.notices import trouble
from mailbot.world import World


def connect(world: World) -> Wire:
    """Logs in and finds the folders. Raises Later or OwnerMustAct."""
    session = world.connect()
    try:
        used = world.journal.facts.get("drafts", world.key) or ""
        with in_time(world.account.imap.host, session.break_off):
            session.count_changes()
            folders = session.folders()
        found = roles(world.account, folders, gmail=session.is_gmail, used_drafts=used)
        if found.drafts != used:
            world.journal.facts.put("drafts", world.key, found.drafts)
    except BaseException:
        session.close()
        raise
    trouble.end(world, "login", "sign-in", "tls", "drafts", "secret")
    return Wire(session, found, world.now(), Settled(world.journal.facts.all(settled.SCOPE + world.key)))
