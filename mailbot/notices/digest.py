"""Once a day, if the owner wants it: which drafts wait. The server is asked for them, so that nothing is guessed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from mailbot.errors import MailbotError, Unknown
from mailbot.imap.wire import IDS, Wire
from mailbot.job import Job
from mailbot.mail.parse import parse
from mailbot.notices.tell import deliver
from mailbot.notices.waiting import Waiting, compose
from mailbot.prompt import answer as answers
from mailbot.prompt.answer import BadAnswer
from mailbot.world import World, log

SCOPE = "digest"
WRONG_CLOCK = timedelta(days=2)  # a day further ahead than this was noted by a clock that has been set since


def tell(world: World, wire: Wire) -> None:
    """Sends the digest when it is time. The day is noted before it goes out: after a crash between the two there is
    none that day, never two."""
    if not world.config.notify.digest:
        return
    before, today = world.journal.facts.get(SCOPE, world.key), world.time().date()
    if not _is_due(world, before, today):
        return
    try:
        drafts = waiting(world, wire)
        world.journal.facts.put(SCOPE, world.key, today.isoformat())
        if drafts:
            deliver(world, wire, _composed(world, wire, drafts))
    except Unknown:
        raise
    except MailbotError as error:  # tried again at the next poll
        log.warning("account=%s digest=failed reason=%r", world.account.name, str(error))
        world.journal.facts.put(SCOPE, world.key, before)
        return
    log.info("account=%s digest=%s drafts=%d", world.account.name, today, len(drafts))


def _is_due(world: World, before: str | None, today: date) -> bool:
    at = time.fromisoformat(world.config.notify.digest)
    if world.time() < datetime.combine(today, at, world.config.zone):
        return False
    last = date.fromisoformat(before) if before else None
    return last is None or not today <= last < today + WRONG_CLOCK


def waiting(world: World, wire: Wire) -> list[Waiting]:
    """The drafts of this account that lie in Drafts now: by their Message-ID, and where a mail client saved one again
    under another (many do when the owner edits it), by the mail that it answers."""
    look = wire.opened(wire.roles.drafts)
    if look is None:
        return []
    rows = wire.session.headers(wire.session.uids_from(1), IDS)
    there = [parse(row.data) for row in rows.values() if "\\deleted" not in {f.lower() for f in row.flags}]
    answered = {id for mail in there for id in mail.in_reply_to or mail.references[-1:]}
    jobs = {
        job.id: job
        for job in (
            *world.journal.with_drafts(world.key, {mail.message_id for mail in there} - {""}),
            *world.journal.answering(world.key, answered),
        )
    }
    return [_waiting(world, job) for job in jobs.values() if job.status != "superseded" and job.drafted_at is not None]


def _waiting(world: World, job: Job) -> Waiting:
    try:
        urgency: str = answers.read(job.answer["text"], job.answer["shape"]).urgency
    except BadAnswer:
        urgency = "normal"
    return Waiting(job.draft["subject"], job.draft["to"], urgency, world.time(job.drafted_at))


def _composed(world: World, wire: Wire, drafts: list[Waiting]) -> bytes:
    return compose(
        drafts,
        to=world.config.notify.to or world.account.address,
        account=world.account.name,
        folder=wire.roles.drafts,
        now=world.time(),
        word=world.nonce(),
    )
