"""From an answer to a draft that stands: intent before effect, doubt resolved by looking, the stored bytes read
back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailbot import doubt
from mailbot.bot import ask, trouble
from mailbot.bot.prepare import envelope, kept_mail
from mailbot.bot.world import Wire, World, log
from mailbot.doubt import Contents, Stored
from mailbot.errors import Later
from mailbot.flags import DRAFTED_KEYWORD
from mailbot.imap.answer import Fetched
from mailbot.imap.trouble import Busy, Rejection
from mailbot.job import BAD_ANSWERS, Job, Mark, Place
from mailbot.mail import quote
from mailbot.mail.parse import parse
from mailbot.prompt import language
from mailbot.prompt.answer import Answer
from mailbot.reply import compose, identity, recipients

DRAFT_FLAGS = ("\\Draft", "\\Seen")
IDS = ("Message-ID", "In-Reply-To", "References")

# Refusals of an APPEND that do not pass by themselves (RFC 5530, 3; RFC 7889, 4; RFC 9208, 4.3).
LASTING = frozenset({"OVERQUOTA", "TOOBIG", "LIMIT", "READ-ONLY", "NOPERM", "CANNOT", "NONEXISTENT"})
# The same from servers without response codes: Exchange, Courier, older Cyrus.
FULL = re.compile(r"quota|mailbox (?:is )?full|too (?:big|large)|maximum message size", re.IGNORECASE)
PATIENT_FOR = 2  # refusals of any other kind, before the owner is told of the third
SLOW = 900.0  # seconds between two tries at least, where only the owner can help

DRAFTED_BY_ANOTHER = "another copy of mailbot drafted this mail"
ANSWERED_BY_YOU = "you answered the mail yourself before the draft was made"
NOT_FOUND = "The server confirmed the draft, but it was not there when it was read back."
STORED_BY_ANOTHER = "Another copy of mailbot had stored this draft already."
DOUBLE = "Another copy of mailbot stored this draft at the same time; the double was moved to Trash."
TWO = (
    "Another copy of mailbot stored this draft at the same time, and this one could not be moved to Trash: delete one."
)


def store(world: World, wire: Wire, job: Job) -> Job:
    """Composes the draft and appends it to Drafts; once composed, a retry uses the same bytes."""
    answer = ask.read(world, job)
    if isinstance(answer, Job):
        return answer
    flags_now, others = _now(wire, job)
    if _answered_meanwhile(wire, job, flags_now, others):
        return world.record(job, "cancelled", reason=ANSWERED_BY_YOU)
    raw = world.journal.kept(job.id, "draft")
    shown = dict(job.draft)
    wrong = _wrong_language(world, job, answer)
    if raw is None:
        if wrong and _may_ask_again(job):
            return ask.reject(world, job, wrong)
        raw, shown = _composed(world, job, answer)
    drafts, there = _drafts(wire, shown["draft_message_id"])
    if not there and job.generation == 1 and DRAFTED_KEYWORD.lower() in flags_now:
        # It came since the flag was seen; the draft itself has been sent or deleted already.
        return world.record(job, "cancelled", reason=DRAFTED_BY_ANOTHER)
    with world.journal.transaction():
        world.journal.keep(job.id, "draft", raw)
        remarks = [f"{wrong}: check it."] if wrong else []
        marks = {"drafts": _list(drafts), "others": [_list(m) for m in others]}
        job = world.record(job, "intended", **marks, draft=shown, remarks=remarks)
    if there:
        return _stored(world, job, Place(drafts.folder, drafts.uidvalidity, there[0]), (STORED_BY_ANOTHER,))
    try:
        place = wire.session.append(wire.roles.drafts, raw, DRAFT_FLAGS)
    except Busy as error:
        job = world.record(job, "absent")
        ask.wait(world, job, error.reason, least=error.after or 0.0)
        raise
    except Rejection as error:
        job = world.record(job, "absent")
        return _refused(world, job, error)
    return _stored(world, job, place)


def _wrong_language(world: World, job: Job, answer: Answer) -> str:
    """What is wrong with the language of the reply, "" when nothing is. The outline writer writes in what the code
    found."""
    if not job.shape:
        return ""
    mail = kept_mail(world, job)
    return language.mismatch(quote.split(mail.text, mail.subject).fresh, answer.reply, answer.language)


def _may_ask_again(job: Job) -> bool:
    """Once, and never as the last try: a reply in the wrong language is better than none. A note of the owner may have
    asked for that language."""
    return not (job.note or job.reason.startswith(language.WRONG) or job.bad_answers + 1 >= BAD_ANSWERS)


def _composed(world: World, job: Job, answer: Answer) -> tuple[bytes, dict[str, str]]:
    """The bytes of the draft and its envelope as text. Raises Refused when the bytes do not say what was meant."""
    mail = kept_mail(world, job)
    voice = identity.choose(mail, world.account, world.config.owner)
    to = recipients.choose(mail, world.account, job.known)
    fresh = quote.split(mail.text, mail.subject).fresh
    written = language.written(answer.reply, answer.language, voice.language)
    draft = compose.compose(
        voice=voice,
        mail=mail,
        recipients=to,
        reply=answer.reply,
        account_address=world.account.address,
        generation=job.generation,
        language=language.spoken(fresh, mail.text, written),
        quote=world.account.quote,
        now=world.time(),
        zone=world.config.zone,
    )
    compose.gate(draft)
    return draft.raw, envelope(world, job, mail, voice, to)


def _now(wire: Wire, job: Job) -> tuple[frozenset[str], tuple[Mark, ...]]:
    """Flags of the mail in lower case, none where it is no longer in its place; and how far Sent and Trash are
    filled."""
    place = job.place
    look = wire.current(place.folder) if place else None
    marks = wire.ask_marks(wire.roles.sent, wire.roles.trash)
    if place is None or look is None or look.uidvalidity != place.uidvalidity:
        return frozenset(), marks()
    flags = wire.session.flags([place.uid]).get(place.uid, frozenset())
    return frozenset(f.lower() for f in flags), marks()


def _answered_meanwhile(wire: Wire, job: Job, flags_now: frozenset[str], marks: Iterable[Mark]) -> bool:
    """Whether the owner answered after the flag was seen: \\Answered is new, or a reply lies in Sent since then."""
    if "\\answered" in flags_now and not job.was_answered:
        return True
    original, before = job.mail.get("message_id", ""), job.sent_mark
    now = next((mark for mark in marks if before and mark.folder == before.folder), None)
    if before is None or now is None or not original or now == before or now.uidvalidity != before.uidvalidity:
        return False
    try:
        wire.session.examine(before.folder)
        sent = _listed(wire, wire.session.uids_from(before.uidnext))
    except Rejection:
        return False
    return any(original in mail.related for mail in sent)


def _drafts(wire: Wire, draft_id: str) -> tuple[Mark, list[int]]:
    """Opens Drafts and tells how far it is filled, and the UIDs in it that carry the id already: another host was
    faster. Makes it again when it has vanished."""
    drafts = wire.roles.drafts
    try:
        wire.session.examine_ahead(drafts)
        uids = wire.session.with_message_id(draft_id)
    except Rejection:
        if wire.opened(drafts) is None:
            wire.session.create(drafts)
            wire.session.examine(drafts)
        uids = wire.session.with_message_id(draft_id)
    look = wire.session.selected
    assert look is not None, "a folder that was searched is open"
    mark = Mark(drafts, look.uidvalidity, look.uidnext) if look.uidnext else wire.session.mark(drafts)
    return mark, [mail.uid for mail in _listed(wire, uids) if mail.message_id == draft_id]


def _stored(world: World, job: Job, place: Place | None, remarks: Iterable[str] = ()) -> Job:
    where = (place.folder, place.uidvalidity, place.uid) if place else None
    job = world.record(job, "appended", place=where, remarks=list(remarks))
    trouble.end(world, "mailbox")
    return job


def _refused(world: World, job: Job, error: Rejection) -> Job:
    """The server said no: the draft is not stored. What is full, too big or read-only is the owner's matter at once,
    and so is any other no that comes again and again; the rest passes."""
    reason = f"the server does not store the draft: {error.text}"
    lasting = error.code in LASTING or bool(FULL.search(error.text)) or job.tries >= PATIENT_FOR
    if lasting:
        hint = "Make room or check the Drafts folder; the draft is kept and stored as soon as the server takes it"
        trouble.begin(world, "mailbox", reason, hint)
    return ask.wait(world, job, reason, least=SLOW if lasting else 0.0, trouble="mailbox" if lasting else "")


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
    limit = len(raw) * 2 + 65_536
    stored = _as_told(wire, job, job.intent.drafts, limit)
    if stored is None:
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
        if ours > uids[0] and job.draft_place is not None:
            return world.record(job, "read", remarks=[DOUBLE if _put_aside(wire, ours) else TWO])
        stored = wire.session.mail(ours, limit)
    differences = compose.differences(raw, stored.data) if stored else ()
    return world.record(job, "read", remarks=list(differences))


def _as_told(wire: Wire, job: Job, before: Mark, limit: int) -> Fetched | None:
    """The draft from where the server said that it is, when that is the first UID after the intent: then no double can
    lie before it. None: it has to be looked for."""
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


def mark(world: World, wire: Wire, job: Job) -> Job:
    """Puts the keyword on the mail, for other copies of mailbot. It is a courtesy: no server must know keywords."""
    place = job.place
    if place is not None:
        try:
            look = wire.session.select(place.folder)
            if look.uidvalidity == place.uidvalidity and look.keywords:
                wire.session.add_keyword(place.uid, DRAFTED_KEYWORD)
        except Rejection as error:
            log.info("account=%s job=%s keyword=refused reason=%r", world.account.name, job.id, error.text)
    return world.record(job, "marked")


def _list(mark: Mark) -> list[str | int]:
    return [mark.folder, mark.uidvalidity, mark.uidnext]
