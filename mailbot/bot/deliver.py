"""From an answer to a draft in Drafts: composed, its intent in the journal, then the APPEND; at last the keyword."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import astuple

from mailbot.bot import addressed, ask, context, fetch
from mailbot.flags import DRAFTED_KEYWORD
from mailbot.imap.trouble import Busy, Rejection
from mailbot.imap.wire import Wire
from mailbot.job import BAD_ANSWERS, Job, Mark, Place
from mailbot.language import language, named
from mailbot.mail import quote
from mailbot.notices import trouble
from mailbot.prompt.answer import Answer
from mailbot.reply import compose
from mailbot.world import World, log

DRAFT_FLAGS = ("\\Draft", "\\Seen")

# Refusals of an APPEND that do not pass by themselves (RFC 5530, 3; RFC 7889, 4; RFC 9208, 4.3).
LASTING = frozenset({"OVERQUOTA", "TOOBIG", "LIMIT", "READ-ONLY", "NOPERM", "CANNOT", "NONEXISTENT"})
# The same from servers without response codes: Exchange, Courier, older Cyrus.
FULL = re.compile(r"quota|mailbox (?:is )?full|too (?:big|large)|maximum message size", re.IGNORECASE)
PATIENT_FOR = 2  # refusals of any other kind, before the owner is told of the third
SLOW = 900.0  # seconds between two tries at least, where only the owner can help

DRAFTED_BY_ANOTHER = "another copy of mailbot drafted this mail"
ANSWERED_BY_YOU = "you answered the mail yourself before the draft was made"
STORED_BY_ANOTHER = "Another copy of mailbot had stored this draft already."


def store(world: World, wire: Wire, job: Job) -> Job:
    """Composes the draft and appends it to Drafts; once composed, a retry uses the same bytes."""
    answer = ask.read(world, job)
    if isinstance(answer, Job):
        return answer
    ask.complete(world, job, answer)
    raw = world.journal.kept(job.id, "draft")
    shown = dict(job.draft)
    wrong = _wrong_language(world, job, answer)
    if raw is None and not (wrong and _may_ask_again(job)):
        raw, shown = _composed(world, job, answer)
    flags_now, others, drafts, there = _now(wire, job, shown["draft_message_id"])
    if _answered_meanwhile(wire, job, flags_now, others):
        return world.record(job, "cancelled", reason=ANSWERED_BY_YOU)
    if raw is None:
        return ask.reject(world, job, wrong)
    if not there and job.generation == 1 and DRAFTED_KEYWORD.lower() in flags_now:
        # Another host has set the keyword since the flag was seen, and its draft has left Drafts: sent, or deleted.
        return world.record(job, "cancelled", reason=DRAFTED_BY_ANOTHER)
    with world.journal.transaction():
        world.journal.keep(job.id, "draft", raw)
        remarks = [f"{wrong}: check it."] if wrong else []
        marks = {"drafts": astuple(drafts), "others": [astuple(mark) for mark in others]}
        job = world.record(job, "intended", **marks, draft=shown, remarks=remarks)
    if there:
        return stored(world, job, Place(drafts.folder, drafts.uidvalidity, there[0]), (STORED_BY_ANOTHER,))
    try:
        place = wire.session.append(wire.roles.drafts, raw, DRAFT_FLAGS)
    except Busy as error:
        job = world.record(job, "absent")
        ask.wait(world, job, error.reason, least=error.after or 0.0)
        raise
    except Rejection as error:
        job = world.record(job, "absent")
        return _refused(world, job, error)
    return stored(world, job, place)


def _wrong_language(world: World, job: Job, answer: Answer) -> str:
    """What is wrong with the language of the reply, "" when nothing is, or the owner asked for that one. The outline
    writer writes in what the code found."""
    if not job.shape:
        return ""
    reply = addressed.of(world, job)
    fresh = quote.split(reply.mail.text, reply.mail.subject).fresh
    to = reply.recipients
    asked = (job.wish, *context.instructions(world, (*to.to, *to.cc)))
    return named.mismatch(fresh, answer.reply, answer.language, asked)


def _may_ask_again(job: Job) -> bool:
    """Whether a reply in the wrong language is asked for again: only once, and not as the last try, since such a reply
    is better than none. Not either where the owner had a wish, which may have been that language."""
    return not (job.wish or job.reason.startswith(language.WRONG) or job.bad_answers + 1 >= BAD_ANSWERS)


def _composed(world: World, job: Job, answer: Answer) -> tuple[bytes, dict[str, str]]:
    """The bytes of the draft and its envelope as text. Raises Refused when the bytes do not say what was meant."""
    reply = addressed.of(world, job)
    mail, voice = reply.mail, reply.voice
    fresh = quote.split(mail.text, mail.subject).fresh
    written = language.written(answer.reply, answer.language, voice.language)
    draft = compose.compose(
        voice=voice,
        mail=mail,
        recipients=reply.recipients,
        reply=answer.reply,
        account_address=world.account.address,
        generation=job.generation,
        language=language.spoken(fresh, mail.text, written),
        quote=world.account.quote,
        now=world.time(),
        zone=world.config.zone,
    )
    compose.gate(draft)
    return draft.raw, reply.envelope(world, job)


def _now(wire: Wire, job: Job, draft_id: str) -> tuple[frozenset[str], tuple[Mark, ...], Mark, list[int]]:
    """Asked in one breath: the flags of the mail in lower case, none where it is no longer in its place; how far Sent
    and Trash are filled, and Drafts; and the UIDs in Drafts that carry the id already, when another host was faster."""
    place = job.place
    look = wire.current(place.folder) if place else None
    told = None
    if place is not None and look is not None and look.uidvalidity == place.uidvalidity:
        told = wire.session.ask_flags(place.uid)
    marks = wire.ask_marks(wire.roles.sent, wire.roles.trash)
    drafts, there = _drafts(wire, draft_id)
    flags = told().get(place.uid, frozenset()) if told and place else frozenset[str]()
    return frozenset(f.lower() for f in flags), marks(), drafts, there


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
        sent = wire.ids(wire.session.uids_from(before.uidnext))
    except Rejection:
        return False
    return any(original in mail.related for mail in sent)


def _drafts(wire: Wire, draft_id: str) -> tuple[Mark, list[int]]:
    """Opens Drafts and tells how far it is filled, and the UIDs in it that carry the id already. Makes it again when it
    has vanished."""
    drafts = wire.roles.drafts
    try:
        uids = wire.session.with_message_id(draft_id, drafts)
    except Rejection:
        if wire.opened(drafts) is None:
            wire.session.create(drafts)
            wire.session.examine(drafts)
        uids = wire.session.with_message_id(draft_id)
    look = wire.session.selected
    assert look is not None, "a folder that was searched is open"
    if look.uidnext:
        mark = Mark(drafts, look.uidvalidity, look.uidnext)
    else:  # Courier. The search comes after the mark: else a draft that comes between the two lies before the mark
        mark = wire.session.mark(drafts)
        uids = wire.session.with_message_id(draft_id, drafts)
    return mark, [mail.uid for mail in wire.ids(uids) if mail.message_id == draft_id]


def stored(world: World, job: Job, place: Place | None, remarks: Iterable[str] = ()) -> Job:
    job = world.record(job, "appended", place=astuple(place) if place else None, remarks=list(remarks))
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


def mark(world: World, wire: Wire, job: Job) -> Job:
    """Puts the keyword on the mail, for other copies of mailbot, also where the mail was archived since its flag was
    seen. It is a courtesy: no server must know keywords."""
    try:
        if job.place is not None and not _marked(wire, job.place):
            went = fetch.whereabouts(wire, job, [])
            moved = next((place for place in went if fetch.is_by_headers(wire, job, place.uid)), None)
            if moved is not None:
                _marked(wire, moved)
    except Rejection as error:
        log.info("account=%s job=%s keyword=refused reason=%r", world.account.name, job.id, error.text)
    return world.record(job, "marked")


def _marked(wire: Wire, place: Place) -> bool:
    """False where the mail seems not to be there any more."""
    look = wire.session.select(place.folder)
    if look.uidvalidity != place.uidvalidity:
        return False
    return not look.keywords or wire.session.add_keyword(place.uid, DRAFTED_KEYWORD)
