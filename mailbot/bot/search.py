"""One search for the mails of a thread, on an open session: what is asked of which folder, and what is fetched.

A server that knows threads is asked for the thread, any other for the ids in the mail's headers. Header searches,
because they also find what lies in another folder than the mail: THREAD=REFERENCES (RFC 5256) tells only which mails of
one folder belong together, and Dovecot reads every header of the folder for it, whatever SINCE says (20,000 mails that
no index knows yet: 1.7 s; the header search with SINCE 0.5 s; both 0.05 s from then on).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from mailbot.imap.folders import Roles
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection
from mailbot.job import Job, Place
from mailbot.mail import thread
from mailbot.mail.mail import Mail

MOST = 16  # mails beside the flagged one: more than a model's context holds
BEGINNING = 24 * 1024  # octets of each that are read
LISTED = 60  # mails of a folder whose headers are looked at, the latest
BACK = timedelta(days=90)  # how long before the mail its thread may have begun, where headers are searched
OLDEST = date(1971, 1, 1)  # no mail is older, and servers dislike years that are
KEYWORDS = 50  # of one mail that are kept
IDENTITY = ("From", "Date", "Subject", "Message-ID", "Received")  # what mail.thread.identity needs

SLOW = "The rest of the thread was not found in time: the server was slow."
FAILED = "The rest of the thread could not be searched for: {}."


@dataclass(frozen=True, slots=True)
class Found:
    """A mail of the thread as it came from the server."""

    raw: bytes
    own: bool
    arrived: float
    truncated: bool
    folder: str
    keywords: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(slots=True)
class Search:
    """What one search has found so far; grows in its thread, and is read in another when the time is up."""

    job: Job
    mail: Mail
    roles: Roles
    known: set[str]  # identities of mails that need not be fetched (again)
    labels: bool  # they are asked for, at Gmail
    found: list[Found] = field(default_factory=list)
    left: int = 0  # older mails that were seen and not fetched
    trouble: str = SLOW  # why it is not whole, for the owner; "" once it came to its end
    filed: bool = False  # what privacy rules ask of the server was read, too
    over: bool = False  # nobody waits for it any more


def look(session: Session, search: Search) -> str:
    """Folder after folder, each to its end, so that a slow one takes nothing from those before it. Returns what was
    refused, as a sentence for the owner, or ""."""
    name, ids = _thread_id(session, search.job), thread.ids(search.mail)
    refused = ""
    if not name and not ids:
        return refused
    for folder in _folders(session, search):
        try:
            uids = session.with_thread_id(name, folder) if name else session.related(ids, _since(search), folder)
            _take(session, search, [uid for uid in uids if not _is_flagged_one(session, search.job, uid)], folder)
        except Rejection as error:
            refused = FAILED.format(error.text.rstrip("."))
    return refused


def _thread_id(session: Session, job: Job) -> str:
    """The server's name for the thread, where it has one and the mail is still where it was fetched."""
    if job.place is None or not session.thread_item:
        return ""
    try:
        opened = session.examine(job.place.folder)
        return session.thread_id(job.place.uid) if opened.uidvalidity == job.place.uidvalidity else ""
    except Rejection:
        return ""


def _folders(session: Session, search: Search) -> Iterable[str]:
    """Sent first: what the owner wrote is worth most. Gmail's All Mail holds all the rest."""
    roles = search.roles
    everywhere = session.is_gmail and roles.everything
    rest = roles.everything if everywhere else (search.job.fetched_from, *roles.watched, *roles.everything)
    return dict.fromkeys(name for name in (roles.sent, *rest) if name)


def _is_flagged_one(session: Session, job: Job, uid: int) -> bool:
    look = session.selected
    return look is not None and job.place == Place(look.folder, look.uidvalidity, uid)


def _since(search: Search) -> date:
    """A date in the future, which a stranger may write, must not hide the thread."""
    asked = date.fromtimestamp(search.job.asked_at)
    written = search.mail.date.date() if search.mail.date else asked
    return min(max(written, OLDEST), asked) - BACK


def _take(session: Session, search: Search, uids: Sequence[int], folder: str) -> None:
    """Fetches the latest mails of a folder that are not known yet."""
    own = folder == search.roles.sent
    listed = session.headers(sorted(uids)[-LISTED:], IDENTITY)
    fresh: dict[str, int] = {}
    for uid, row in sorted(listed.items(), key=lambda item: item[1].arrived):
        identity = thread.identity(row.data)
        unsent = "\\draft" in {flag.lower() for flag in row.flags} and not own  # Gmail has drafts in All Mail
        if identity not in search.known and not unsent:
            fresh.setdefault(identity, uid)
    chosen = list(fresh.values())[-MOST:]
    texts = session.mails(chosen, BEGINNING)
    labels = session.labels(chosen) if search.labels else {}
    search.known |= fresh.keys()
    search.left += max(len(uids) - LISTED, 0) + len(fresh) - len(chosen)
    search.found += [
        Found(
            raw=t.data,
            own=own,
            arrived=t.arrived,
            truncated=t.size > len(t.data),
            folder=folder,
            keywords=keywords(t.flags),
            labels=tuple(sorted(labels.get(uid, ()))),
        )
        for uid, t in texts.items()
    ]


def keywords(flags: Iterable[str]) -> tuple[str, ...]:
    """Those of a mail's flags that people and programs made up (RFC 9051, 2.3.2), in lower case."""
    return tuple(sorted(flag.lower() for flag in flags if not flag.startswith("\\")))[:KEYWORDS]
