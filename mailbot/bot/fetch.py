"""Brings the mail into the journal: from the place where its flag was seen, or from where it has been moved since."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.bot import ask
from mailbot.bot.look import HEADERS
from mailbot.bot.search import keywords
from mailbot.errors import Later
from mailbot.imap.answer import Fetched
from mailbot.imap.trouble import Rejection
from mailbot.imap.wire import Wire
from mailbot.job import Job, Place
from mailbot.learn import filed
from mailbot.mail import reduced, structure
from mailbot.mail.key import mail_key, twin_key
from mailbot.world import World

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
    labels = wire.session.labels([place.uid]) if filed.asks_for_folders(world) else {}
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
            labels=sorted(labels.get(place.uid, ())),
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
    return (place, mail) if mail and (_is(job, mail.data) or is_by_headers(wire, job, place.uid)) else None


def _elsewhere(wire: Wire, job: Job, refused: list[Rejection]) -> tuple[Place, Fetched] | None:
    """Looks once for a mail that was moved."""
    for place in whereabouts(wire, job, refused):
        found = _at(wire, job, place, refused)
        if found:
            return found
    return None


def whereabouts(wire: Wire, job: Job, refused: list[Rejection]) -> Iterator[Place]:
    """Where a mail that was moved may lie: in the watched folders, Archive and All Mail, by Message-ID. The folder of
    the place is open. What the server did not let us see goes into ``refused``."""
    message_id = job.mail.get("message_id", "")
    if not message_id:
        return
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
            yield Place(folder, look.uidvalidity, uid)


def _is(job: Job, raw: bytes) -> bool:
    """Whether these bytes are the job's mail, or its second delivery."""
    return mail_key(raw) == job.key or (bool(job.mail.get("twin")) and twin_key(raw) == job.mail["twin"])


def is_by_headers(wire: Wire, job: Job, uid: int) -> bool:
    """The same of a mail in the open folder, by what the poll looks at: a server that keeps bare LF answers other
    header lines than it stores."""
    header = wire.session.headers([uid], HEADERS).get(uid)
    return header is not None and _is(job, header.data)
