"""Reads the stored draft back and compares it with what was meant. Of two that carry our id, ours goes to Trash."""

from __future__ import annotations

from mailbot import doubt
from mailbot.bot.deliver import STORED_BY_ANOTHER
from mailbot.imap.answer import Fetched
from mailbot.imap.trouble import Rejection
from mailbot.imap.wire import Wire
from mailbot.job import Job, Mark, Place
from mailbot.mail.parse import parse
from mailbot.reply import compose
from mailbot.world import World

NOT_FOUND = "The server confirmed the draft, but it was not there when it was read back."
DOUBLE = "Another copy of mailbot stored this draft at the same time; the double was moved to Trash."
TWO = (
    "Another copy of mailbot stored this draft at the same time, and this one could not be moved to Trash: delete one."
)


def read_back(world: World, wire: Wire, job: Job) -> Job:
    """Compares what is stored with what was meant. A difference is a remark, never a second APPEND."""
    assert job.intent is not None
    raw = world.journal.kept(job.id, "draft") or b""
    if {doubt.REPLY_FOUND, doubt.LEFT, STORED_BY_ANOTHER} & set(job.remarks):
        return world.record(job, "read", remarks=[])  # what stands there was written by somebody else, or left
    limit = len(raw) * 2 + 65_536
    stored = _as_told(wire, job, job.intent.drafts, limit)
    if stored is None:
        try:
            look = wire.session.examine(wire.roles.drafts)
        except Rejection as error:
            return world.record(job, "read", remarks=[f"The stored draft could not be read back: {error.text}"])
        first = job.intent.drafts.uidnext if look.uidvalidity == job.intent.drafts.uidvalidity else 1
        listed = wire.ids(wire.session.uids_from(first))
        uids = sorted(m.uid for m in listed if m.message_id == job.draft["draft_message_id"])
        if not uids:
            return world.record(job, "read", remarks=[NOT_FOUND])
        ours = job.draft_place.uid if job.draft_place and job.draft_place.uid in uids else uids[-1]
        if ours > uids[0] and job.draft_place is not None:
            return world.record(job, "read", remarks=[DOUBLE if _put_aside(wire, ours) else TWO])
        stored = wire.session.mail(ours, limit)
    differences = compose.differences(raw, stored.data) if stored else ()
    return world.record(job, "read", remarks=list(differences))


def _as_told(wire: Wire, job: Job, before: Mark, limit: int) -> Fetched | None:
    """The draft from the place that the server told at the APPEND, without a search. Only where that is the very first
    UID after the intent: then no draft of another host can have come before it. None: it has to be searched for."""
    look, place = wire.session.selected, job.draft_place
    if place is None or place != Place(before.folder, before.uidvalidity, before.uidnext):
        return None
    if look is None or (look.folder, look.uidvalidity) != (place.folder, place.uidvalidity):
        return None
    wire.session.renew()
    stored = wire.session.mail(place.uid, limit)
    return stored if stored and parse(stored.data).message_id == job.draft["draft_message_id"] else None


def _put_aside(wire: Wire, uid: int) -> bool:
    """Moves a double that this bot has just stored to Trash, if there is one."""
    if not wire.roles.trash:
        return False
    wire.session.select(wire.roles.drafts)
    try:
        return wire.session.move(uid, wire.roles.trash)
    except Rejection:
        return False
