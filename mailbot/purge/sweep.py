"""Once a day: takes away what is older than the owner wants to keep. Nothing, unless the config says so (0 days = for
ever).

Files are chosen by the day in their names, which is that of drafting. A page goes with its source, and only when nobody
wrote in it; rows go only when their job is over and its page is no longer wanted either (``config`` sees to that)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import PurePosixPath

from mailbot.archive.page import fingerprint
from mailbot.archive.store import Store
from mailbot.config import Config
from mailbot.job import Job
from mailbot.journal import Journal

log = logging.getLogger("mailbot")

SCOPE, LAST = "sweep", "at"  # of the fact that says when
EVERY = 86_400.0  # seconds
UNSENT = 7 * 86_400.0  # seconds back in which prompts are looked for that were never sent
PAGES, PROMPTS = "Outbox", "Outbox/_prompts"


def sweep(config: Config, journal: Journal, store: Store, now: float) -> None:
    """Takes away prompts that were never sent and, once a day, what is too old. ``now`` is in seconds since the epoch.
    Raises MailbotError; what is left then is taken the next time."""
    _unsent(journal, store, now)
    if not _is_due(config, journal.facts.get(SCOPE, LAST), now):
        return
    journal.facts.put(SCOPE, LAST, now)
    today = datetime.fromtimestamp(now, config.zone).date()
    under_way = {path for job in journal.open_jobs() for path in job.names.values()}
    counts = [
        _prompts(store, _day(today, config.archive.keep_prompts_days), under_way),
        _pages(journal, store, _day(today, config.archive.keep_pages_days), under_way),
        _jobs(config, journal, _day(today, config.state.keep_jobs_days)),
    ]
    if any(counts):
        log.info("sweep=done prompts=%d pages=%d jobs=%d", *counts)


def _unsent(journal: Journal, store: Store, now: float) -> None:
    """Prompts that were on disk when their job was cancelled or held, and are of nothing that left the house. Inside a
    transaction, so that no job is released, and its prompt written anew, between question and removal."""
    with journal.transaction():
        gone = sum(store.remove(path) for path in journal.unsent_prompts(now - UNSENT))
    if gone:
        log.info("sweep=done unsent=%d", gone)


def _is_due(config: Config, last: float | None, now: float) -> bool:
    wanted = config.archive.keep_prompts_days or config.archive.keep_pages_days or config.state.keep_jobs_days
    return bool(wanted) and (last is None or not 0 <= now - last < EVERY)  # less: the clock was set back


def _day(today: date, days: int) -> date:
    """The first day that is kept."""
    return today - timedelta(days=days) if days else date.min


def _prompts(store: Store, first: date, under_way: set[str]) -> int:
    old = _older(store, PROMPTS, "*.prompt.json", first)
    return sum(store.remove(path) for path in old if path not in under_way)


def _pages(journal: Journal, store: Store, first: date, under_way: set[str]) -> int:
    old = {path for path in _older(store, PAGES, "*.md", first) if path not in under_way}
    if not old:
        return 0
    jobs = [job for job in journal.jobs() if job.names]
    gone = [job for job in jobs if job.names["page"] in old and _is_untouched(store, job)]
    for job in gone:
        store.remove(job.names["page"])
    kept = {job.names["source"] for job in jobs if store.exists(job.names["page"])} | under_way
    for source in {job.names["source"] for job in gone} - kept - {""}:
        store.remove(source)
    return len(gone)


def _is_untouched(store: Store, job: Job) -> bool:
    text = store.read(job.names["page"])
    return text is not None and fingerprint(text) == job.page_left


def _jobs(config: Config, journal: Journal, first: date) -> int:
    if first == date.min:
        return 0
    before = datetime.combine(first, time(), config.zone).timestamp()
    gone = journal.forgotten.forget(journal.asked_before(before))
    if gone:
        journal.forgotten.shrink()
    return len(gone)


def _older(store: Store, folder: str, pattern: str, first: date) -> Iterable[str]:
    """Files right in the folder whose names begin with an earlier day."""
    if first == date.min:
        return []
    found = (path for path in store.files(pattern) if str(PurePosixPath(path).parent) == folder)
    return [path for path in found if PurePosixPath(path).name[:10] < first.isoformat() and _is_dated(path)]


def _is_dated(path: str) -> bool:
    try:
        date.fromisoformat(PurePosixPath(path).name[:10])
    except ValueError:
        return False
    return True
