"""Taking away what a purge found. The journal has the plan first, so that a purge that was interrupted, by a power cut
or by its owner, is brought to its end when mailbot is called the next time. It takes no lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from mailbot.address.compare import fold
from mailbot.archive.page import fingerprint
from mailbot.archive.store import Store
from mailbot.index import Index, Unusable
from mailbot.journal import Journal
from mailbot.purge.find import Found, Target

SCOPE = "purge"  # of the plans: two purges may go on at once, each has its own


@dataclass(frozen=True, slots=True)
class Removed:
    """``trouble`` says why the index could not be asked, "" when it could. It is asked again at the next start."""

    jobs: tuple[str, ...]
    files: tuple[str, ...]
    own_mails: int
    trouble: str


def remove(journal: Journal, store: Store, index: Index, target: Target, found: Found, *, edited: bool) -> Removed:
    """Takes away what was found. ``edited``: also the pages that the owner wrote in, until now."""
    pages = {} if edited else {job.names.get("page", ""): job.page_left for job in found.jobs}
    plan = {
        "jobs": [job.id for job in found.jobs],
        "files": {
            **{path: pages.get(path) or _seen(store, path) for path in found.files},
            **{path: _seen(store, path) for path in found.edited if edited},
        },
        **_asked(target),
    }
    name = uuid4().hex
    journal.facts.put(SCOPE, name, plan)
    return _carry_out(journal, store, index, name, plan)


def own_mails(index: Index, target: Target) -> int | None:
    """How many own mails would go; None where the index cannot be asked now."""
    try:
        return index.count(**_asked(target))
    except Unusable:
        return None


def _asked(target: Target) -> dict[str, Any]:
    """What the index is asked to forget."""
    return {
        "address": fold(target.address) if target.address else "",
        "message_id": target.message_id,
        "before": target.before.timestamp() if target.before else None,
    }


def finish(journal: Journal, store: Store, index: Index) -> bool:
    """Brings purges that were interrupted to their end; False when none was, or the index still cannot be asked. One
    that goes on in another process loses nothing by it."""
    plans = journal.facts.all(SCOPE)
    if plans:
        troubles = [_carry_out(journal, store, index, *plan).trouble for plan in plans.items()]
        return not any(troubles)
    if journal.forgotten.is_unfinished:
        journal.forgotten.shrink()
        return True
    return False


def _carry_out(journal: Journal, store: Store, index: Index, name: str, plan: dict[str, Any]) -> Removed:
    """Each part may be there already, or gone. What came to be meanwhile is left: a file that another job has by now, a
    page that its owner wrote in."""
    jobs = set(plan["jobs"])
    others = {path for job in journal.jobs() if job.id not in jobs for path in job.names.values()}
    files = [path for path, seen in plan["files"].items() if path not in others and _seen(store, path) == seen]
    gone = tuple(path for path in files if store.remove(path))
    own, trouble = 0, ""
    try:
        if plan["address"] or plan["message_id"] or plan["before"]:
            own = index.forget(address=plan["address"], message_id=plan["message_id"], before=plan["before"])
    except Unusable as error:
        trouble = str(error)
    with journal.transaction():
        forgotten = journal.forgotten.forget(plan["jobs"])
        if not trouble:  # else the next start asks the index again
            journal.facts.put(SCOPE, name, None)
    journal.forgotten.shrink()
    return Removed(forgotten, gone, own, trouble)


def _seen(store: Store, path: str) -> str:
    return fingerprint(store.read(path) or "")
