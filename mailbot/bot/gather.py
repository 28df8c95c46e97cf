"""The rest of the thread: searched for on a connection of its own, beside the poll, and never waited for too long.

A server that knows threads is asked for the thread, any other for the ids in the mail's headers, in Sent first. Header
searches, because they also find what lies in another folder than the mail: THREAD=REFERENCES (RFC 5256) tells only
which mails of one folder belong together, and Dovecot reads every header of the folder for it, whatever SINCE says
(20,000 mails that no index knows yet: 1.7 s; the header search with SINCE 0.5 s; both 0.05 s from then on).

Whatever happens here, the draft is made: with what was found until then, and a remark.
"""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from mailbot.bot.world import Wire, World, log
from mailbot.errors import Later, MailbotError
from mailbot.imap.folders import Roles
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection
from mailbot.job import STARTS, Job
from mailbot.mail import parse, thread
from mailbot.mail.mail import Mail
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.reply import answerable

WITHIN = 8.0  # seconds for one search, login included; a cold folder of 100,000 mails can take Courier 35
MOST = 16  # mails beside the flagged one: more than a model's context holds
BEGINNING = 24 * 1024  # octets of each that are read
LISTED = 60  # mails of a folder whose headers are looked at, the latest
BACK = timedelta(days=90)  # how long before the mail its thread may have begun, where headers are searched
OLDEST = date(1971, 1, 1)  # no mail is older, and servers dislike years that are
IDENTITY = ("From", "Date", "Subject", "Message-ID", "Received")  # what mail.thread.identity needs

SLOW = "The rest of the thread was not found in time: the server was slow."
FAILED = "The rest of the thread could not be searched for: {}."
ENDED = f"The rest of the thread was left out: mailbot ended {STARTS} times while it read it."


@dataclass(frozen=True, slots=True)
class Found:
    """A mail of the thread as it came from the server."""

    raw: bytes
    own: bool
    arrived: float
    truncated: bool


@dataclass(slots=True)
class Search:
    """What one search has found so far; grows in its thread, and is read in another when the time is up."""

    job: Job
    mail: Mail
    roles: Roles
    known: set[str]  # identities of mails that need not be fetched (again)
    found: list[Found] = field(default_factory=list)
    left: int = 0  # older mails that were seen and not fetched
    trouble: str = SLOW  # why it is not whole, for the owner; "" once it came to its end
    over: bool = False  # nobody waits for it any more


class Searches:
    """The searches of one account, one after the other. Its connection is kept from one to the next, until ``close``;
    a search that hangs keeps the next ones from beginning, so that there is never a second connection."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session: Session | None = None
        self._thread: threading.Thread | None = None
        self._began = 0.0

    def gather(self, job: Job, roles: Roles, within: float) -> Job:
        """The job with its thread in the journal, after at most ``within`` seconds. Raises what the journal raises."""
        self._began = time.monotonic()
        if job.starts >= STARTS:
            return self._gathered(job, (), 0, ENDED)
        job = self._world.record(job, "started")
        raw = self._world.journal.kept(job.id, "mail")
        assert raw is not None, "an open job that was fetched keeps its mail"
        mail = parse.parse(raw, truncated=job.truncated)
        if answerable.check(mail, self._world.account).refusal:
            return self._gathered(job, (), 0, "")
        search = Search(job, mail, roles, {thread.identity(raw)})
        if within > 0 and not self._is_running():
            self._thread = threading.Thread(target=self._run, args=(search,), name="thread-search", daemon=True)
            self._thread.start()
            self._thread.join(within)
            search.over = True
            if self._is_running():
                self._break_off()
        # The search may still be adding to what it found.
        return self._gathered(job, tuple(search.found), search.left, search.trouble)

    def close(self) -> None:
        """Not while ``gather`` runs."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _break_off(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.break_off()

    def _gathered(self, job: Job, found: tuple[Found, ...], left: int, trouble: str) -> Job:
        seconds = time.monotonic() - self._began
        own = sum(each.own for each in found)
        with self._world.journal.transaction():
            self._world.journal.keep(job.id, "thread", _packed(found, left, whole=not trouble))
            job = self._world.record(job, "gathered", found=len(found), left=left, remarks=[trouble] if trouble else [])
        line = "account=%s job=%s thread=%d own=%d left=%d whole=%s seconds=%.1f"
        log.info(line, self._world.account.name, job.id, len(found), own, left, not trouble, seconds)
        return job

    def _run(self, search: Search) -> None:
        """In the search's own thread. It writes nothing to the journal."""
        try:
            search.trouble = self._searched(search)
            return
        except MailbotError as error:
            trouble = FAILED.format(str(error).rstrip("."))
        except Exception as error:  # a bug, in the program or in a library: it must not stop the draft
            log.exception("account=%s job=%s step=gather", self._world.account.name, search.job.id)
            trouble = FAILED.format(f"a bug in mailbot: {type(error).__name__}")
        self._break_off()
        if not search.over:
            search.trouble = trouble

    def _searched(self, search: Search) -> str:
        kept = self._session
        try:
            return _look_into_folders(kept or self._connected(search), search)
        except Later:
            if kept is None or search.over:
                raise
        return _look_into_folders(self._connected(search), search)  # the kept one died since the search before

    def _connected(self, search: Search) -> Session:
        session = self._world.connect()
        self._session = session  # from here on whoever waits can end it
        if search.over:
            session.close()
            raise Later("nobody waits for the search any more")
        return session


def alone(world: World, wire: Wire, job: Job) -> Job:
    """One search by itself, for a rehearsal."""
    searches = Searches(world)
    try:
        return searches.gather(job, wire.roles, WITHIN)
    finally:
        searches.close()


def _look_into_folders(session: Session, search: Search) -> str:
    """Folder after folder, each to its end, so that a slow one takes nothing from those before it. Returns what was
    refused, as a sentence for the owner, or ""."""
    name, ids = _thread_id(session, search.job), thread.ids(search.mail)
    refused = ""
    if not name and not ids:
        return refused
    for folder in _folders(session, search):
        try:
            session.examine(folder)
            uids = session.with_thread_id(name) if name else session.related(ids, _since(search))
            _take(session, search, uids, own=folder == search.roles.sent)
        except Rejection as error:
            refused = FAILED.format(error.text.rstrip("."))
    return refused


def _thread_id(session: Session, job: Job) -> str:
    """The server's name for the thread, where it has one and the mail is still where it was fetched."""
    if job.place is None or not session.thread_item:
        return ""
    try:
        look = session.examine(job.place.folder)
        return session.thread_id(job.place.uid) if look.uidvalidity == job.place.uidvalidity else ""
    except Rejection:
        return ""


def _folders(session: Session, search: Search) -> Iterable[str]:
    """Sent first: what the owner wrote is worth most. Gmail's All Mail holds all the rest."""
    roles = search.roles
    everywhere = "X-GM-EXT-1" in session.capabilities and roles.everything
    rest = roles.everything if everywhere else (search.job.fetched_from, *roles.watched, *roles.everything)
    return dict.fromkeys(name for name in (roles.sent, *rest) if name)


def _since(search: Search) -> date:
    """A date in the future, which a stranger may write, must not hide the thread."""
    asked = date.fromtimestamp(search.job.asked_at)
    written = search.mail.date.date() if search.mail.date else asked
    return min(max(written, OLDEST), asked) - BACK


def _take(session: Session, search: Search, uids: Sequence[int], *, own: bool) -> None:
    """Fetches the latest mails of a folder that are not known yet."""
    listed = session.headers(sorted(uids)[-LISTED:], IDENTITY)
    fresh: dict[str, int] = {}
    for uid, row in sorted(listed.items(), key=lambda item: item[1].arrived):
        identity = thread.identity(row.data)
        unsent = "\\draft" in {flag.lower() for flag in row.flags} and not own  # Gmail has drafts in All Mail
        if identity not in search.known and not unsent:
            fresh.setdefault(identity, uid)
    chosen = list(fresh.values())[-MOST:]
    texts = session.mails(chosen, BEGINNING)
    search.known |= fresh.keys()
    search.left += max(len(uids) - LISTED, 0) + len(fresh) - len(chosen)
    search.found += [Found(t.data, own, t.arrived, t.size > len(t.data)) for t in texts.values()]


def _packed(found: Iterable[Found], left: int, whole: bool) -> bytes:
    rows = [
        {"raw": b64encode(each.raw).decode(), "own": each.own, "at": each.arrived, "truncated": each.truncated}
        for each in found
    ]
    return json.dumps({"mails": rows, "left": left, "whole": whole}).encode()


def kept_thread(world: World, job: Job) -> Thread:
    """What was gathered, in order; only the latest where several folders gave many."""
    stored = world.journal.kept(job.id, "thread")
    if stored is None:
        return Thread()
    data = json.loads(stored)
    mails = [
        ThreadMail(parse.parse(b64decode(row["raw"]), truncated=row["truncated"]), row["own"], row["at"])
        for row in data["mails"]
    ]
    chosen = thread.newest(mails, MOST)
    return Thread(chosen, data["left"] + len(mails) - len(chosen), data["whole"])
