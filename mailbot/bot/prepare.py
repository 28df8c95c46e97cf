"""From a flag to a stored prompt: the mail is fetched once and kept, the archive's names are chosen, the source is
written, and what is going to be asked is on disk before it is asked."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from mailbot.archive.source import prompt_json, render_source, shown
from mailbot.bot import ask, context, daily, gather
from mailbot.bot.context import Wanted
from mailbot.bot.observe import HEADERS
from mailbot.bot.pages import name
from mailbot.bot.search import keywords
from mailbot.bot.world import Wire, World
from mailbot.errors import Later
from mailbot.imap.answer import Fetched
from mailbot.imap.trouble import Rejection
from mailbot.job import STARTS, Job, Place
from mailbot.mail import parse, quote, reduced, structure
from mailbot.mail.key import mail_key, twin_key
from mailbot.mail.mail import Address, Mail
from mailbot.mail.thread import ThreadMail
from mailbot.prompt import build, language, outline, sources
from mailbot.prompt.context import NOTHING
from mailbot.reply import answerable, audience, compose, identity, privacy, recipients
from mailbot.reply.identity import Voice
from mailbot.reply.privacy import Verdict
from mailbot.reply.recipients import Recipients
from mailbot.reply.subject import reply_subject

FETCH_LIMIT = 128 * 1024  # octets of a mail that are fetched at once; most mails are smaller
GONE = "the mail is gone"
LOOKS = 5  # tries, about half an hour, before a mail counts as gone while the server refuses to open a folder


def fetch(world: World, wire: Wire, job: Job) -> Job:
    """Brings the mail into the journal, from where the flag was seen or from where it went."""
    refused: list[Rejection] = []
    found = _at(wire, job, job.place, refused) if job.place else None
    found = found or _elsewhere(wire, job, refused)
    if found is None:
        if refused and job.tries < LOOKS:
            raise refused[0]
        return world.record(job, "skipped", reason=GONE)
    place, mail = found
    too_large = len(mail.data) >= FETCH_LIMIT  # what a server says of the size is sometimes wrong by a few octets
    rebuilt = _rebuilt(world, wire, job, place.uid, mail.data) if too_large else None
    kept = mail.data if rebuilt is None else rebuilt
    with world.journal.transaction():
        world.journal.keep(job.id, "mail", kept)
        whole = rebuilt is not None or not too_large
        return world.record(
            job,
            "fetched",
            folder=place.folder,
            truncated=not whole,
            reduced=rebuilt is not None,
            searches=world.searches,
            keywords=keywords(mail.flags),
        )


def _rebuilt(world: World, wire: Wire, job: Job, uid: int, beginning: bytes) -> bytes | None:
    """A large mail from the parts of it that are read; None where the server's list of them is no good. When the
    connection breaks over that, the beginning has to do the next time."""
    if job.tries:
        return None
    try:
        root = structure.read(wire.session.structure(uid))
        if root is None:
            return None
        wanted = [(piece.section, piece.octets) for piece in reduced.pieces(root)]
        return reduced.rebuild(beginning, root, wire.session.parts(uid, wanted, reduced.MAX_HEADER))
    except Rejection:
        return None
    except Later as error:
        ask.wait(world, job, str(error))
        raise


def _at(wire: Wire, job: Job, place: Place, refused: list[Rejection]) -> tuple[Place, Fetched] | None:
    look = wire.session.selected
    try:
        if look is None or look.folder != place.folder:
            look = wire.opened(place.folder)
    except Rejection as error:
        refused.append(error)
        return None
    if look is None or look.uidvalidity != place.uidvalidity:
        return None
    mail = wire.session.mail(place.uid, FETCH_LIMIT)
    return (place, mail) if mail and (_is(job, mail.data) or _is_by_headers(wire, job, place.uid)) else None


def _elsewhere(wire: Wire, job: Job, refused: list[Rejection]) -> tuple[Place, Fetched] | None:
    """Looks once for a mail that was moved: in the watched folders, Archive and All Mail, by Message-ID.

    What the server did not let us see goes into ``refused``."""
    message_id = job.mail.get("message_id", "")
    if not message_id:
        return None
    for folder in dict.fromkeys((*wire.roles.watched, *wire.roles.everything)):
        try:
            look = wire.opened(folder)
            if look is None:
                continue
            uids = wire.session.with_message_id(message_id)
        except Rejection as error:
            refused.append(error)
            continue
        except ValueError:  # an id that no command may carry
            continue
        for uid in uids:
            found = _at(wire, job, Place(folder, look.uidvalidity, uid), refused)
            if found:
                return found
    return None


def _is(job: Job, raw: bytes) -> bool:
    """Whether these bytes are the job's mail, or its second delivery."""
    return mail_key(raw) == job.key or (bool(job.mail.get("twin")) and twin_key(raw) == job.mail["twin"])


def _is_by_headers(wire: Wire, job: Job, uid: int) -> bool:
    """The same by what the poll looks at: a server that keeps bare LF answers other header lines than it stores."""
    header = wire.session.headers([uid], HEADERS).get(uid)
    return header is not None and _is(job, header.data)


def prepare(world: World, job: Job) -> Job:
    """Decides whether and to whom, chooses names, writes source and prompt. Everything here can be done again."""
    if job.starts >= STARTS:
        return world.record(job, "parked", reason=f"mailbot ended {STARTS} times while it read this mail")
    job = world.record(job, "started")
    mail = kept_mail(world, job)
    verdict = answerable.check(mail, world.account)
    voice = identity.choose(mail, world.account, world.config.owner)
    known = job.known if job.names else context.known(world, mail)
    to = recipients.choose(mail, world.account, known)
    if not job.names:
        job = name(world, job, mail, envelope(world, job, mail, voice, to), (*verdict.remarks, *to.remarks), known)
    if job.names["source"] and not world.store.exists(job.names["source"]):
        world.store.write(job.names["source"], render_source(mail, job.fetched_from, world.config.zone))
    if verdict.refusal:
        return world.record(job, "skipped", reason=verdict.refusal)
    if world.endpoint is None:
        return _outline(world, job, mail, voice, to)
    flagged = ThreadMail(mail, own=False, arrived=0.0, folder=job.fetched_from, keywords=frozenset(job.keywords))
    allowed = privacy.judge(world.config.privacy, flagged, local=world.local)
    if allowed.refusal:
        return world.record(job, "skipped", reason=allowed.refusal)
    return _prompt(world, job, mail, voice, to, allowed)


def kept_mail(world: World, job: Job) -> Mail:
    raw = world.kept(job, "mail")
    # The key is the job's, also where a second delivery stands in: the draft's id follows from it.
    return replace(parse.parse(raw, truncated=job.truncated, reduced=job.reduced), key=job.key)


def envelope(world: World, job: Job, mail: Mail, voice: Voice, to: Recipients) -> dict[str, str]:
    """From, To, Cc, Subject and Message-ID as the draft will have them, as text for people and lists."""
    domain = voice.address.rpartition("@")[2]
    return {
        "from": shown([Address(voice.name, voice.address)]),
        "to": shown(to.to),
        "correspondent": ", ".join(a.name or a.email for a in to.to or mail.from_),
        "cc": shown(to.cc),
        "subject": reply_subject(mail.subject),
        "draft_message_id": compose.draft_id(world.account.address, job.key, job.generation, domain),
    }


def _outline(world: World, job: Job, mail: Mail, voice: Voice, to: Recipients) -> Job:
    correspondent = (to.to or mail.from_)[0].name if (to.to or mail.from_) else ""
    fresh = quote.split(mail.text, mail.subject).fresh
    spoken = language.spoken(fresh, mail.text, voice.language)
    answer = outline.write(mail=mail, fresh=fresh, voice=voice, correspondent=correspondent, language=spoken)
    text = json.dumps(asdict(answer), ensure_ascii=False)
    shown = [{"subject": mail.subject, "text": fresh}]
    said = sources.of(voice, _addresses(world), NOTHING, job.note, shown, (*to.to, *to.cc), world.time())
    with world.journal.transaction():
        world.journal.keep(job.id, "sources", sources.pack(said))
        return world.record(job, "answered", text=text, shape="schema", model=outline.NAME, temperature=None)


def _addresses(world: World) -> tuple[str, ...]:
    return (world.account.address, *world.account.aliases)


def _wish(job: Job) -> str:
    """The owner's note; after an answer in the wrong language, what was wrong with it."""
    if job.reason.startswith(language.WRONG):
        return f"{job.note}\nAn earlier answer was of no use. {job.reason}. Write in the language of the last mail."
    return job.note


def _prompt(world: World, job: Job, mail: Mail, voice: Voice, to: Recipients, allowed: Verdict) -> Job:
    assert world.endpoint is not None
    waiting = daily.wait_for_tomorrow(world, job)  # before the prompt is made: it says what day it is
    if waiting is not None:
        return waiting
    rules, thread = world.config.privacy, gather.kept_thread(world, job)
    inside = allowed.inside or (world.local and privacy.is_for_inside(rules, mail, thread))
    mail, thread, kept_back = privacy.shown(rules, mail, thread, local=world.local)
    split = quote.split(mail.text, mail.subject)
    thread, withheld = audience.known(thread, mail, to, world.account)
    spoken = language.spoken(split.fresh, mail.text, voice.language)
    wanted = Wanted(mail=mail, fresh=split.fresh, thread=thread, to=to, language=spoken, wish=job.note, inside=inside)
    prompt = build.build(
        voice=voice,
        addresses=_addresses(world),
        mail=mail,
        fresh=split.fresh,
        history=split.history,
        thread=thread,
        to=to.to,
        cc=to.cc,
        now=world.time(),
        note=_wish(job),
        nonce=world.nonce(),
        context_tokens=world.config.model.context_tokens if world.config.model else 0,
        shape=world.endpoint.shape,
        fallback_language=voice.language,
        templates=world.templates(),
        context=context.lent(world, wanted),
    )
    text = prompt_json(
        created=world.time(),
        model=world.endpoint.name,
        temperature=world.endpoint.temperature,
        base_url=world.endpoint.base_url,
        source_file=job.names["source"],
        draft_path=job.names["page"],
        messages=prompt.messages,
    )
    world.store.write(job.names["prompt"], text)
    remarks = [*prompt.remarks, *withheld, *kept_back, *allowed.remarks, *context.remarks(prompt.lent)]
    with world.journal.transaction():
        world.journal.keep(job.id, "prompt", text.encode())
        world.journal.keep(job.id, "sources", sources.pack(prompt.sources))
        return world.record(
            job,
            "prompted",
            shape=prompt.shape,
            remarks=remarks,
            inside=inside,
            analysis=allowed.analysis,
        )
