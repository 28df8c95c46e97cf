"""Was a draft stored whose APPEND broke? Looks, and leaves what that means to ``mailbot.doubt``."""

from __future__ import annotations

from mailbot import doubt
from mailbot.bot import ask
from mailbot.bot.deliver import stored
from mailbot.doubt import Contents
from mailbot.errors import Later
from mailbot.imap.trouble import Rejection
from mailbot.imap.wire import Wire
from mailbot.job import Job, Mark
from mailbot.world import World


def resolve(world: World, wire: Wire, job: Job) -> Job:
    """Was it stored? Looks when the old connection can no longer deliver, on a connection that is younger."""
    if job.doubt_since > world.now():
        job = world.record(job, "broke")  # the clock was set back: the wait begins anew
    assert job.intent is not None
    patience = job.doubt_since + world.account.imap.doubt_wait
    if world.now() < patience:
        return world.record(job, "waiting", reason="it is not certain whether the draft was stored", until=patience)
    if wire.since <= job.doubt_since:
        raise Later("the connection is older than the doubt")
    try:
        contents = [_contents(wire, mark) for mark in (job.intent.drafts, *job.intent.others)]
    except Rejection as error:
        if world.now() > patience + doubt.UNREADABLE_FOR:
            why = f"for a day it could not be found out whether the draft was stored: {error.text}"
            return world.record(job, "parked", reason=why)
        return ask.wait(world, job, f"a folder cannot be read: {error.text}")
    others = {j.draft.get("draft_message_id") for j in world.journal.generations(world.key, job.key) if j.id != job.id}
    finding = doubt.resolve(
        job.intent,
        contents,
        draft_id=job.draft["draft_message_id"],
        other_ids={i for i in others if i},
        original_id=job.mail.get("message_id", ""),
    )
    return stored(world, job, finding.place, finding.remarks) if finding.stored else world.record(job, "absent")


def _contents(wire: Wire, mark: Mark) -> Contents:
    """A folder from the mark on; all of it where its UIDs were given anew, nothing where it has vanished."""
    if mark.folder not in {f.name for f in wire.session.folders()}:
        return Contents(mark.folder, 0, 0, ())
    look = wire.session.examine(mark.folder)
    uidnext = look.uidnext or wire.session.mark(mark.folder).uidnext
    first = mark.uidnext if look.uidvalidity == mark.uidvalidity else 1
    return Contents(mark.folder, look.uidvalidity, uidnext, wire.ids(wire.session.uids_from(first)))
