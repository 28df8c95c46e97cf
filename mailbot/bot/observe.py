"""What carries a flag now, and what that means for the jobs: looks at every watched folder, then records all in one
transaction, so that a look is taken over whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from hashlib import sha256

from mailbot import flags
from mailbot.bot import settled, trouble
from mailbot.bot.wire import Wire
from mailbot.bot.world import World, log
from mailbot.flags import DRAFTED_KEYWORD, Contact, Meaning, Sighting
from mailbot.imap.answer import Fetched, Look
from mailbot.imap.trouble import Rejection
from mailbot.job import OPEN, Job, Mark, Place, State
from mailbot.mail import parse
from mailbot.mail.key import mail_key, twin_key
from mailbot.reply.identity import is_own

# What the mail key, the thread and a line of `mailbot list` need.
HEADERS = ("From", "To", "Date", "Subject", "Message-ID", "Received", "In-Reply-To", "References")

PASSING = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG"})  # RFC 5530, 3: nothing that the owner could mend
FOLDERS = "folders"
REFUSED_MOST = 8  # mails: a server that refuses more refuses all


@dataclass(frozen=True, slots=True)
class View:
    """One folder, as it was seen in one look."""

    look: Look
    contact: Contact
    known: Mapping[int, str]  # UID -> mail key, as of the look before
    new: tuple[Sighting, ...]
    sent: Mark | None  # how far Sent was filled when the new ones were seen
    gone: Mapping[int, frozenset[str] | None]  # UIDs without the flag now -> their flags; None: no answer
    searched: bool  # and all that was found is told here


@dataclass(slots=True)
class Seen:
    """What an observation found, for the one line that is printed about it."""

    remembered: int = 0
    asked: list[str] = field(default_factory=list)  # job ids
    held: list[str] = field(default_factory=list)


def observe(world: World, wire: Wire, *, include_existing: bool = False) -> Seen:
    """Looks and records. Errors of the wire pass through: nothing is recorded then."""
    first = not world.journal.stars.knows(world.key)
    aside = world.journal.noted("aside", world.key)
    lost = first and (bool(aside) or _has_pages(world))
    unread = {world.account.sent, world.account.trash}  # a flag in there means nothing, also when one comes back
    watched = (*wire.roles.watched, *(f for f in wire.roles.missing if f not in unread))
    shut: list[str] = []
    there = [_opened(world, wire, f, shut) is not None for f in wire.roles.missing if f in unread]
    # From the last to the first: what is opened last stays open, and most flags are set in the first.
    looks = [_view(world, wire, f, shut, lost, include_existing) for f in watched[::-1]]
    views = [view for view in looks[::-1] if view is not None]
    if shut:
        trouble.begin(world, FOLDERS, "; ".join(shut), "Correct folders under [[account]] in the config")
    elif len(views) == len(watched) and all(there):
        trouble.end(world, FOLDERS)
    seen = Seen()
    with world.journal.transaction():
        if aside:
            hint = f"It is kept as {aside['kept']}. Stars of unknown age are held: mailbot release --all drafts them"
            trouble.begin(world, trouble.ASIDE, f"{aside['reason']}; mailbot began a new one", hint)
            world.journal.note("aside", world.key, None)
        for view in views:
            world.journal.stars.look(world.key, view.look.folder, view.look.uidvalidity)
            _fallen(world, view)
        _risen(world, views, seen, include_existing=include_existing)
        if not include_existing:
            _hold_burst(world, seen)
    for view in views:
        if view.searched and wire.settled.searched(view.look, world.now(), changed=bool(view.new or view.gone)):
            _suspect(world, wire, view.look)
    return seen


def _suspect(world: World, wire: Wire, look: Look) -> None:
    """What the search found, the count did not tell. It is wrong, unless the change came between the two."""
    if wire.opened(look.folder) == look:
        log.warning("account=%s folder=%r miscounted=True", world.account.name, look.folder)
        wire.settled.miscounted(look.folder)
        world.journal.note(settled.SCOPE + world.key, look.folder, world.now())


def _has_pages(world: World) -> bool:
    return any(keys.get("account") == world.account.name for _, keys in world.store.pages())


def _view(world: World, wire: Wire, folder: str, shut: list[str], lost: bool, include_existing: bool) -> View | None:
    """None, and a sentence more in ``shut``, where the folder cannot be looked at."""
    look = _opened(world, wire, folder, shut)
    if look is None:
        return None
    before = world.journal.stars.uidvalidity(world.key, folder)
    if before is None:
        contact = Contact.LOST if lost else Contact.FIRST
    else:
        contact = Contact.KNOWN if before == look.uidvalidity else Contact.REBUILT
    if contact is Contact.KNOWN and not include_existing and wire.settled.holds(look, world.now()):
        return View(look, contact, {}, (), None, {}, searched=False)
    uids = wire.session.flagged(world.account.flag)
    known = world.journal.stars.places(world.key, folder) if contact is Contact.KNOWN else {}
    gone = sorted(known.keys() - uids)
    flags_now = wire.session.flags(gone) if gone else {}
    old = {uid for uid, key in known.items() if not include_existing or _has_job(world, key)}
    new, sent = _headers(world, wire, sorted(uids - old))
    sightings = tuple(_sighted(world, look, fetched) for fetched in new.values())
    # Who leaves Gmail's starred view lost the star, or lies in Trash; elsewhere a UID that is gone says nothing.
    unanswered: frozenset[str] | None = frozenset() if folder == wire.roles.starred else None
    fallen = {uid: flags_now.get(uid, unanswered) for uid in gone}
    return View(look, contact, known, sightings, sent, fallen, searched=uids - old == new.keys())


def _opened(world: World, wire: Wire, folder: str, shut: list[str]) -> Look | None:
    try:
        look = wire.opened(folder)
    except Rejection as error:
        log.warning("account=%s folder=%r opened=False reason=%r", world.account.name, folder, error.text)
        if error.code not in PASSING:
            shut.append(f"the server does not open the folder {folder}: {error.text}")
        return None
    if look is None:
        shut.append(f"the folder {folder} is not on the server")
    return look


def _headers(world: World, wire: Wire, uids: Sequence[int]) -> tuple[dict[int, Fetched], Mark | None]:
    """What the poll wants to know of mails, and how far Sent is filled now. Where the server refuses a lot for one mail
    that it cannot read itself (Exchange answers NO for a damaged one), the others come without it."""
    if not uids:
        return {}, None
    refused: list[int] = []

    def ask(lot: Sequence[int]) -> dict[int, Fetched]:
        try:
            return wire.session.headers(lot, HEADERS)
        except Rejection:
            if len(lot) > 1:
                half = len(lot) // 2
                return ask(lot[:half]) | ask(lot[half:])
            refused.append(lot[0])
            if len(refused) > REFUSED_MOST:
                raise
            return {}

    sent = wire.ask_marks(wire.roles.sent)
    found = ask(uids)
    if refused:
        log.warning("account=%s uids=%s fetched=False", world.account.name, refused)
    return found, next(iter(sent()), None)


def _has_job(world: World, key: str) -> bool:
    return world.journal.stars.memory(world.key, key).generation > 0


def _sighted(world: World, look: Look, fetched: Fetched) -> Sighting:
    """A mail whose header shows a bug is seen, too, with nothing but its key: its job will park, the others go on."""
    try:
        return _sighting(world, look, fetched)
    except Exception:  # a bug, in the program or in a library: it must not stop the other mails
        log.exception("account=%s folder=%r uid=%d step=look", world.account.name, look.folder, fetched.uid)
    return Sighting(
        place=Place(look.folder, look.uidvalidity, fetched.uid),
        key=_any_key(fetched.data),
        twin="",
        drafted=DRAFTED_KEYWORD.lower() in {f.lower() for f in fetched.flags},
        answered=False,
        message_id="",
        related=(),
        sender="",
        own=False,
        subject="",
        date=None,
    )


def _any_key(header: bytes) -> str:
    """The mail key, else one that no mail has: the fetch shows the bug again, and the job parks."""
    try:
        return mail_key(header)
    except Exception:  # as above
        return sha256(header).hexdigest()


def _sighting(world: World, look: Look, fetched: Fetched) -> Sighting:
    mail = parse.parse(fetched.data)
    sender = mail.from_[0] if mail.from_ else None
    lower = {f.lower() for f in fetched.flags}
    return Sighting(
        place=Place(look.folder, look.uidvalidity, fetched.uid),
        key=mail_key(fetched.data),
        twin=twin_key(fetched.data),
        drafted=DRAFTED_KEYWORD.lower() in lower,
        answered="\\answered" in lower,
        message_id=mail.message_id,
        related=(*mail.in_reply_to, *mail.references),
        sender=f"{sender.name} <{sender.email}>".strip() if sender else "",
        own=bool(sender and is_own(world.account, sender.email)),
        subject=mail.subject,
        date=mail.date,
    )


def _fallen(world: World, view: View) -> None:
    """Flags that were there at the last look and are not now. In Gmail's starred view a star that was taken away and
    set again has a new UID; between two looks that is the same flag."""
    back = {world.journal.stars.first_of(world.key, s.key, s.twin) for s in view.new}
    for uid, flags_now in view.gone.items():
        key = view.known[uid]
        world.journal.stars.forget_place(world.key, view.look.folder, uid)
        if key in back or not flags.is_unflagged(flags_now, world.account.flag):
            continue
        world.journal.stars.unflagged(world.key, key)
        for job in world.journal.generations(world.key, key)[-1:]:
            unasked = not job.shape or bool(job.waits_for)  # what waits has no answer coming
            if job.state is State.HELD or (job.state is State.NEW and unasked):
                world.record(job, "cancelled", reason="you took the flag away before the draft was made")


def _risen(world: World, views: Sequence[View], seen: Seen, *, include_existing: bool) -> None:
    """Flags at places that were not known."""
    asked: dict[str, tuple[Sighting, Job]] = {}
    for view in views:
        for sighting in view.new:
            key = world.journal.stars.first_of(world.key, sighting.key, sighting.twin)
            memory = world.journal.stars.memory(world.key, key)
            what, why = flags.meaning(sighting, memory, view.contact, include_existing=include_existing)
            world.journal.stars.flagged_at(world.key, key, sighting.twin, sighting.place)
            if what is Meaning.REMEMBERED:
                seen.remembered += 1
            elif what is Meaning.MOVED:
                _follow(world, key, sighting)
            else:
                again = memory.state is State.CANCELLED and memory.generation > 0
                earlier = max(memory.generation, sighting.drafted)  # the keyword: another copy made a first draft
                job = _begin(world, key, earlier + 1, sighting, view.sent, what, why, not (include_existing or again))
                (seen.asked if what is Meaning.ASKED else seen.held).append(job.id)
                if what is Meaning.ASKED:
                    asked[sighting.key] = (sighting, job)
    for key, chosen in flags.together([sighting for sighting, _ in asked.values()]).items():
        job = asked[key][1]
        world.record(job, "skipped", reason=f"answered together with “{chosen.subject}” from {chosen.sender}")
        seen.asked.remove(job.id)


def _begin(
    world: World, key: str, generation: int, s: Sighting, sent: Mark | None, what: Meaning, why: str, limited: bool
) -> Job:
    job = world.journal.begin(
        "asked" if what is Meaning.ASKED else "held",
        world.now(),
        account=world.key,
        key=key,
        generation=generation,
        place=astuple(s.place),
        sent=astuple(sent) if sent else None,
        was_answered=s.answered,
        limited=limited,
        reason="" if what is Meaning.ASKED else why,
        mail={"from": s.sender, "subject": s.subject, "message_id": s.message_id, "twin": s.twin},
    )
    log.info("account=%s job=%s event=%s generation=%d reason=%r", world.account.name, job.id, what, generation, why)
    return job


def _follow(world: World, key: str, sighting: Sighting) -> None:
    """The mail of a job is at another place now."""
    for job in world.journal.generations(world.key, key)[-1:]:
        if job.state is State.HELD or job.state in OPEN:
            world.record(job, "moved", place=astuple(sighting.place))


def _hold_burst(world: World, seen: Seen) -> None:
    """Too many new flags at once are rather a rule or a slip than wishes: what the model has not seen yet is held."""
    if not seen.asked:
        return
    times = world.journal.asked_since(world.key, world.now() - flags.BURST_WINDOW)
    if not flags.is_burst(times, world.now(), world.config.schedule.hold_above):
        return
    for job in world.journal.open_jobs(world.key):
        if job.state is State.NEW and job.limited and not job.shape:
            world.record(job, "held", reason=flags.BURST)
            seen.held.append(job.id)
    seen.asked.clear()
