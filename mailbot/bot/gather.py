"""The rest of the thread: searched for on a connection of its own, beside the poll, and never waited for too long.

Whatever happens here, the draft is made: with what was found until then, and a remark.
"""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterable
from functools import partial

from mailbot.bot import addressed
from mailbot.bot.search import FAILED, MOST, SLOW, Found, Search, look
from mailbot.errors import MailbotError
from mailbot.imap.folders import Roles
from mailbot.imap.session import Session
from mailbot.imap.spare import Spare
from mailbot.imap.wire import Wire
from mailbot.index import Unusable
from mailbot.job import STARTS, Job
from mailbot.learn import filed
from mailbot.mail import parse, thread
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.reply import answerable
from mailbot.world import World, log

WITHIN = 8.0  # seconds for one search, login included; a cold folder of 100,000 mails can take Courier 35
LINGERING = 0.5  # seconds for a search that was broken off to end, before the next one begins

BUSY = "The rest of the thread was not searched for: too many searches came before this one."
ENDED = f"The rest of the thread was left out: mailbot ended {STARTS} times while it read it."


class Searches:
    """The searches of one account, one after the other."""

    def __init__(self, world: World, spare: Spare) -> None:
        self._world = world
        self._spare = spare
        self._began = 0.0

    def gather(self, job: Job, roles: Roles, within: float) -> Job:
        """The job with its thread in the journal, after at most ``within`` seconds. Raises what the journal raises."""
        self._began = time.monotonic()
        if job.starts >= STARTS:
            filed.cannot_be_read(self._world)
            return self._gathered(job, (), 0, ENDED)
        job = self._world.record(job, "started")
        raw = self._world.kept(job, "mail")
        try:
            mail = addressed.read(raw, job.truncated, job.reduced)
            refused = bool(answerable.check(mail, self._world.account).refusal)
        except Exception:  # a bug that this mail shows: whoever prepares it meets it again, and parks the job
            log.exception("account=%s job=%s step=gather", self._world.account.name, job.id)
            return self._gathered(job, (), 0, "")
        if refused:
            return self._gathered(job, (), 0, "")
        if within <= 0:
            filed.cannot_be_read(self._world)
            return self._gathered(job, (), 0, BUSY)
        search = Search(job, mail, roles, {thread.identity(raw)}, filed.asks_for_folders(self._world))
        # Learning that gives way may be logging in just now. Its login serves the search, so it is worth the wait.
        patience = within / 2 if self._spare.gives_way else min(LINGERING, within)
        if not self._spare.is_busy(patience):
            self._spare.begin("thread-search", partial(self._run, search))
            search.over = self._spare.is_busy(self._began + within - time.monotonic())
            if search.over:
                self._spare.break_off()
        if not search.filed:
            filed.cannot_be_read(self._world)
        trouble = search.trouble  # read first: the search may still add to what it found, until it sets this
        return self._gathered(job, tuple(search.found), search.left, trouble)

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
            self._spare.use(partial(self._look, search=search), lambda: search.over)
            return
        except Unusable as error:
            log.warning("account=%s filed=no reason=%r", self._world.account.name, str(error))
            return
        except MailbotError as error:
            trouble = FAILED.format(str(error).rstrip("."))
        except Exception as error:  # a bug, in the program or in a library: it must not stop the draft
            log.exception("account=%s job=%s step=gather", self._world.account.name, search.job.id)
            trouble = FAILED.format(f"a bug in mailbot: {type(error).__name__}")
        self._spare.break_off()
        if not search.over and search.trouble == SLOW:  # else it broke behind the search, which came to its end
            search.trouble = trouble

    def _look(self, session: Session, search: Search) -> None:
        search.trouble = look(session, search)
        filed.read(self._world, session, search.roles, lambda: search.over)
        search.filed = not search.over


def alone(world: World, wire: Wire, job: Job) -> Job:
    """One search by itself, for a rehearsal."""
    spare = Spare(world.connect)
    try:
        return Searches(world, spare).gather(job, wire.roles, WITHIN)
    finally:
        spare.close()


def _packed(found: Iterable[Found], left: int, whole: bool) -> bytes:
    rows = [
        {
            "raw": b64encode(each.raw).decode(),
            "own": each.own,
            "at": each.arrived,
            "truncated": each.truncated,
            "folder": each.folder,
            "keywords": each.keywords,
            "labels": each.labels,
        }
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
        ThreadMail(
            parse.parse(b64decode(row["raw"]), truncated=row["truncated"]),
            row["own"],
            row["at"],
            row.get("folder", ""),  # "" in what an earlier version gathered
            frozenset(row.get("keywords", ())),
            frozenset(row.get("labels", ())),
        )
        for row in data["mails"]
    ]
    chosen = thread.newest(mails, MOST)
    return Thread(chosen, data["left"] + len(mails) - len(chosen), data["whole"])
