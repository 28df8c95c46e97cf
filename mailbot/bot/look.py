"""One look at every watched folder: which mails carry the flag now, and what is known of those that are new. Nothing is
recorded here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from mailbot.flags import DRAFTED_KEYWORD, Contact, Sighting
from mailbot.imap.answer import Count, Fetched, Look
from mailbot.imap.trouble import Rejection
from mailbot.imap.wire import Wire
from mailbot.job import Mark, Place
from mailbot.mail import parse
from mailbot.mail.key import mail_key, twin_key
from mailbot.reply.identity import is_own
from mailbot.world import World, log

# What the mail key, the thread and a line of `mailbot list` need.
HEADERS = ("From", "To", "Date", "Subject", "Message-ID", "Received", "In-Reply-To", "References")

PASSING = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG"})  # RFC 5530, 3: nothing that the owner could mend
REFUSED_MOST = 8  # mails: a server that refuses more refuses all


@dataclass(frozen=True, slots=True)
class Found:
    """A folder that was opened, and the UIDs that were found in it; None: it was not searched. ``count``: that of the
    server before."""

    look: Look
    uids: frozenset[int] | None
    count: Count | None


@dataclass(frozen=True, slots=True)
class Past:
    """What looks of earlier days have left: the UIDVALIDITY of each folder. ``lost``: they have left nothing, though
    there were some."""

    folders: Mapping[str, int]
    lost: bool

    def contact(self, look: Look) -> Contact:
        before = self.folders.get(look.folder)
        if before is None:
            return Contact.LOST if self.lost else Contact.FIRST
        return Contact.KNOWN if before == look.uidvalidity else Contact.REBUILT


@dataclass(frozen=True, slots=True)
class View:
    """One folder, as it was seen in one look."""

    look: Look
    count: Count | None
    contact: Contact
    known: Mapping[int, str]  # UID -> mail key, as of the look before
    new: tuple[Sighting, ...]
    sent: Mark | None  # how far Sent was filled when the new ones were seen
    gone: Mapping[int, frozenset[str] | None]  # UIDs without the flag now -> their flags; None: no answer
    whole: bool  # all that was found is told here


def open_all(world: World, wire: Wire, folders: Sequence[str], shut: list[str], *, search: bool) -> list[Found]:
    """Opens and searches all folders in one breath, but those that are settled by the server's count of changes;
    ``search``: whatever that says. From the last to the first: what is opened last stays open, and most flags are set
    in the first. For each that cannot be looked at a sentence more in ``shut``; "" where that will pass by itself."""

    def ask(names: Iterable[str]) -> list[tuple[str, Callable[[], tuple[Look, Collection[int]]]]]:
        return [(name, wire.session.ask_flagged(name, world.account.flag)) for name in names]

    told = wire.session.ask_counts(wire.roles.watched)
    at_once = [name for name in reversed(folders) if search or not wire.settled.may_hold(name)]
    asked = ask(at_once)
    counts = told()
    changed = [name for name in folders if not wire.settled.holds(name, counts.get(name), world.now())]
    asked += ask(name for name in reversed(changed) if name not in at_once)
    opened: list[Found] = []
    for name, answer in asked:
        try:
            look, uids = answer()
            opened.append(Found(look, frozenset(uids), counts.get(name)))
        except Rejection:  # by itself, so that it is clear what is refused
            one = open_one(world, wire, name, shut)
            if one is not None:
                opened.append(Found(one, None, counts.get(name)))
    return opened


def view(world: World, wire: Wire, found: Found, past: Past, shut: list[str], *, existing: bool) -> View | None:
    """What is to be known of an opened folder; ``existing``: also of stars that are only remembered. None, and a
    sentence more in ``shut``, where it must be opened again for that, and cannot."""
    look, uids, contact = found.look, found.uids, past.contact(found.look)
    known = world.journal.stars.places(world.key, look.folder) if contact is Contact.KNOWN else {}
    old = {uid for uid, key in known.items() if not existing or _has_job(world, key)}
    is_open = wire.session.selected == look
    if not is_open and (uids is None or uids - old or known.keys() - uids):
        again = open_one(world, wire, look.folder, shut)
        if again is None:
            return None
        return view(world, wire, Found(again, None, found.count), past, shut, existing=existing)
    if uids is None:
        uids = wire.session.flagged(world.account.flag)
    gone = sorted(known.keys() - uids)
    flags_now = wire.session.flags(gone) if gone else {}
    new, sent = _headers(world, wire, sorted(uids - old))
    sightings = tuple(_sighted(world, look, fetched) for fetched in new.values())
    # Who leaves Gmail's starred view lost the star, or lies in Trash; elsewhere a UID that is gone says nothing.
    unanswered: frozenset[str] | None = frozenset() if look.folder == wire.roles.starred else None
    fallen = {uid: flags_now.get(uid, unanswered) for uid in gone}
    return View(look, found.count, contact, known, sightings, sent, fallen, whole=uids - old == new.keys())


def open_one(world: World, wire: Wire, folder: str, shut: list[str]) -> Look | None:
    try:
        look = wire.opened(folder)
    except Rejection as error:
        log.warning("account=%s folder=%r opened=False reason=%r", world.account.name, folder, error.text)
        why = f"the server does not open the folder {folder}: {error.text}"
        shut.append("" if error.code in PASSING else why)
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
