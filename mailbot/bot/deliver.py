"""From an answer to a draft that stands: intent before effect, doubt resolved by looking, the stored bytes read
back."""

from __future__ import annotations

from collections.abc import Iterable

from mailbot import doubt
from mailbot.bot import ask, trouble
from mailbot.bot.prepare import envelope, kept_mail, spoken_language
from mailbot.bot.world import Wire, World, log
from mailbot.doubt import Contents, Stored
from mailbot.errors import Later
from mailbot.flags import DRAFTED_KEYWORD
from mailbot.imap.trouble import Rejection
from mailbot.job import Job, Mark, Place
from mailbot.mail.parse import parse
from mailbot.reply import compose, identity, recipients

DRAFT_FLAGS = ("\\Draft", "\\Seen")
IDS = ("Message-ID", "In-Reply-To", "References")

DRAFTED_BY_ANOTHER = "another copy of mailbot drafted this mail"
ANSWERED_BY_YOU = "you answered the mail yourself before the draft was made"
NOT_FOUND = "The server confirmed the draft, but it was not there when it was read back."
STORED_BY_ANOTHER = "Another copy of mailbot had stored this draft already."
DOUBLE = "Another copy of mailbot stored this draft at the same time; the double was moved to Trash."


def store(world: World, wire: Wire, job: Job) -> Job:
    """Composes the draft and appends it to Drafts; once composed, a retry uses the same bytes."""
    answer = ask.read(world, job)
    if isinstance(answer, Job):
        return answer
    flags_now = _flags_now(wire, job)
    if _answered_meanwhile(wire, job, flags_now):
        return world.record(job, "cancelled", reason=ANSWERED_BY_YOU)
    raw = world.journal.kept(job.id, "draft")
    shown = dict(job.draft)
    if raw is None:
        raw, shown = _composed(world, job, answer.reply)
    drafts = _drafts(wire)
    there = _with_id(wire, shown["draft_message_id"])
    if not there and job.generation == 1 and DRAFTED_KEYWORD.lower() in flags_now:
        # It came since the flag was seen; the draft itself has been sent or deleted already.
        return world.record(job, "cancelled", reason=DRAFTED_BY_ANOTHER)
    others = [wire.session.mark(f) for f in (wire.roles.sent, wire.roles.trash) if f]
    with world.journal.transaction():
        world.journal.keep(job.id, "draft", raw)
        job = world.record(job, "intended", drafts=_list(drafts), others=[_list(m) for m in others], draft=shown)
    if there:
        return _stored(world, job, Place(drafts.folder, drafts.uidvalidity, there[0]), (STORED_BY_ANOTHER,))
    try:
        place = wire.session.append(wire.roles.drafts, raw, DRAFT_FLAGS)
    except Rejection as error:
        job = world.record(job, "absent")
        return _refused(world, job, error)
    return _stored(world, job, place)


def _composed(world: World, job: Job, reply: str) -> tuple[bytes, dict[str, str]]:
    """The bytes of the draft and its envelope as text. Raises Refused when the bytes do not say what was meant."""
    mail = kept_mail(world, job)
    voice = identity.choose(mail, world.account, world.config.owner)
    to = recipients.choose(mail, world.account)
    draft = compose.compose(
        voice=voice,
        mail=mail,
        recipients=to,
        reply=reply,
        account_address=world.account.address,
        generation=job.generation,
        language=spoken_language(world, mail, voice),
        quote=world.account.quote,
        now=world.time(),
        zone=world.config.zone,
    )
    compose.gate(draft)
    return draft.raw, envelope(world, job, mail, voice, to)


def _flags_now(wire: Wire, job: Job) -> frozenset[str]:
    """Flags of the mail in lower case; none where it is no longer in its place."""
    if job.place is None:
        return frozenset()
    try:
        look = wire.session.examine(job.place.folder)
    except Rejection:
        return frozenset()
    if look.uidvalidity != job.place.uidvalidity:
        return frozenset()
    flags = wire.session.flags([job.place.uid]).get(job.place.uid, frozenset())
    return frozenset(f.lower() for f in flags)


def _answered_meanwhile(wire: Wire, job: Job, flags_now: frozenset[str]) -> bool:
    """Whether the owner answered after the flag was seen: \\Answered is new, or a reply lies in Sent since then."""
    if "\\answered" in flags_now and not job.was_answered:
        return True
    original = job.mail.get("message_id", "")
    if job.sent_mark is None or not original:
        return False
    try:
        now = wire.session.mark(job.sent_mark.folder)
        if now == job.sent_mark or now.uidvalidity != job.sent_mark.uidvalidity:
            return False
        wire.session.examine(job.sent_mark.folder)
        sent = _listed(wire, wire.session.uids_from(job.sent_mark.uidnext))
    except Rejection:
        return False
    return any(original in mail.related for mail in sent)


def _drafts(wire: Wire) -> Mark:
    """Opens Drafts and tells how far it is filled; makes it again when it has vanished."""
    drafts = wire.roles.drafts
    try:
        look = wire.session.examine(drafts)
    except Rejection:
        if drafts in {f.name for f in wire.session.folders()}:
            raise
        wire.session.create(drafts)
        look = wire.session.examine(drafts)
    return Mark(drafts, look.uidvalidity, look.uidnext) if look.uidnext else wire.session.mark(drafts)


def _with_id(wire: Wire, draft_id: str) -> list[int]:
    """UIDs in Drafts, which is open, that carry the id already: another host was faster."""
    listed = _listed(wire, wire.session.with_message_id(draft_id))
    return [mail.uid for mail in listed if mail.message_id == draft_id]


def _stored(world: World, job: Job, place: Place | None, remarks: Iterable[str] = ()) -> Job:
    trouble.end(world, "mailbox")
    where = (place.folder, place.uidvalidity, place.uid) if place else None
    return world.record(job, "appended", place=where, remarks=list(remarks))


def _refused(world: World, job: Job, error: Rejection) -> Job:
    """The server said no: the draft is not stored. Full, too big and read-only need the owner; the rest passes."""
    lasting = error.code in ("OVERQUOTA", "TOOBIG", "LIMIT", "READ-ONLY", "NOPERM", "CANNOT", "NONEXISTENT")
    if lasting:
        hint = "Make room or check the Drafts folder; the draft is kept and stored as soon as the server takes it"
        trouble.begin(world, "mailbox", f"the server does not store the draft: {error.text}", hint)
    return ask.wait(world, job, f"the server does not store the draft: {error.text}", least=900.0 if lasting else 0.0)


def resolve(world: World, wire: Wire, job: Job) -> Job:
    """Was it stored? Looks when the old connection can no longer deliver, on a connection that is younger."""
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
    return _stored(world, job, finding.place, finding.remarks) if finding.stored else world.record(job, "absent")


def _contents(wire: Wire, mark: Mark) -> Contents:
    """A folder from the mark on; all of it where its UIDs were given anew, nothing where it has vanished."""
    if mark.folder not in {f.name for f in wire.session.folders()}:
        return Contents(mark.folder, 0, 0, ())
    look = wire.session.examine(mark.folder)
    uidnext = look.uidnext or wire.session.mark(mark.folder).uidnext
    first = mark.uidnext if look.uidvalidity == mark.uidvalidity else 1
    return Contents(mark.folder, look.uidvalidity, uidnext, _listed(wire, wire.session.uids_from(first)))


def _listed(wire: Wire, uids: Iterable[int]) -> tuple[Stored, ...]:
    rows = wire.session.headers(uids, IDS)
    return tuple(_listing(uid, row.data, row.arrived) for uid, row in rows.items())


def _listing(uid: int, header: bytes, arrived: float) -> Stored:
    mail = parse(header)
    return Stored(uid, mail.message_id, (*mail.in_reply_to, *mail.references), arrived)


def read_back(world: World, wire: Wire, job: Job) -> Job:
    """Compares what is stored with what was meant. A difference is a remark, never a second APPEND."""
    assert job.intent is not None
    raw = world.journal.kept(job.id, "draft") or b""
    if doubt.REPLY_FOUND in job.remarks or STORED_BY_ANOTHER in job.remarks:
        return world.record(job, "read", remarks=[])  # what stands there is not these bytes
    try:
        look = wire.session.examine(wire.roles.drafts)
    except Rejection as error:
        return world.record(job, "read", remarks=[f"The stored draft could not be read back: {error.text}"])
    first = job.intent.drafts.uidnext if look.uidvalidity == job.intent.drafts.uidvalidity else 1
    listed = _listed(wire, wire.session.uids_from(first))
    uids = sorted(m.uid for m in listed if m.message_id == job.draft["draft_message_id"])
    if not uids:
        return world.record(job, "read", remarks=[NOT_FOUND])
    ours = job.draft_place.uid if job.draft_place and job.draft_place.uid in uids else uids[-1]
    if ours > uids[0] and job.draft_place is not None and _put_aside(wire, ours):
        return world.record(job, "read", remarks=[DOUBLE])
    stored = wire.session.mail(ours, len(raw) * 2 + 65_536)
    differences = compose.differences(raw, stored.data) if stored else ()
    return world.record(job, "read", remarks=list(differences))


def _put_aside(wire: Wire, uid: int) -> bool:
    """Moves a double that this bot has just stored to Trash, if there is one."""
    if not wire.roles.trash:
        return False
    wire.session.select(wire.roles.drafts)
    try:
        return wire.session.move(uid, wire.roles.trash)
    except Rejection:
        return False


def mark(world: World, wire: Wire, job: Job) -> Job:
    """Puts the keyword on the mail, for other copies of mailbot. It is a courtesy: no server must know keywords."""
    place = job.place
    if place is not None:
        try:
            look = wire.session.select(place.folder)
            if look.uidvalidity == place.uidvalidity and look.keywords:
                wire.session.add_keyword(place.uid, DRAFTED_KEYWORD)
        except Rejection as error:
            log.info("account=%s job=%s keyword refused: %s", world.account.name, job.id, error)
    return world.record(job, "marked")


def _list(mark: Mark) -> list[str | int]:
    return [mark.folder, mark.uidvalidity, mark.uidnext]
