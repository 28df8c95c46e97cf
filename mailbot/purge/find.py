"""What mailbot keeps of a person, a mail or a time, and taking it away: pages, prompts, sources, rows of the journal,
own mails in the index.

Looks only; ``removal`` takes away. A job under way is left alone, and so is a page that the owner wrote in, unless he
says otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from mailbot.address.compare import fold
from mailbot.archive import escape
from mailbot.archive.page import fingerprint
from mailbot.archive.store import Store
from mailbot.job import OPEN, Job, State
from mailbot.journal import Journal

_EMAIL = re.compile(r"[^\s<>()\[\]\"',;:“”]{1,200}@[^\s<>()\[\]\"',;:“”]{1,200}")
PROMPTS, SOURCES = "Outbox/_prompts/", "Sources/Email/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is to be forgotten; what fits one of these is meant. ``mails`` are (account, mail key), ``before`` is aware,
    and means what was drafted earlier."""

    mails: frozenset[tuple[str, str]] = frozenset()
    address: str = ""
    message_id: str = ""
    before: datetime | None = None


@dataclass(slots=True)
class Found:
    """``jobs`` are over and fit; ``busy`` fit and are under way or held. ``files`` are mailbot's own, ``edited`` pages
    that the owner wrote in, moved, or whose rows are gone, so that nobody can tell. ``naming`` still name the address
    and belong to others. ``hosts`` are those of models that were sent something of it."""

    jobs: list[Job] = field(default_factory=list)
    busy: list[Job] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    naming: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


def find(journal: Journal, store: Store, target: Target) -> Found:
    """What is there of it. Changes nothing."""
    found, kept = Found(), set[str]()
    there = dict(store.everywhere())
    for job in journal.jobs():
        if not _is_meant(job, target, there):
            kept.update(job.names.values())
        elif job.state in OPEN or job.state is State.HELD or not _is_over(job):
            found.busy.append(job)
            kept.update(job.names.values())
        else:
            found.jobs.append(job)
    for job in found.jobs:
        _add_files(store, job, found, kept)
    known = {path for job in (*found.jobs, *found.busy) for path in job.names.values()} | kept
    drafts = {job.draft.get("draft_message_id", "") for job in found.jobs} - {""}
    for path, keys in there.items():
        if path not in known and (_fits(keys, target) or keys.get("draft_message_id") in drafts):
            _add_stray(store, path, keys, found, kept)
    found.files, found.edited = list(dict.fromkeys(found.files)), list(dict.fromkeys(found.edited))
    found.hosts = sorted({host for path in found.files if path.startswith(PROMPTS) and (host := _host(store, path))})
    if target.address:
        found.naming = _naming(store, target.address, {*found.files, *found.edited})
    return found


def _is_over(job: Job) -> bool:
    return job.paged or job.state not in (State.SKIPPED, State.PARKED)


def _is_meant(job: Job, target: Target, there: Mapping[str, Mapping[str, object]]) -> bool:
    if (job.account, job.key) in target.mails:
        return True
    if target.before is not None and job.asked_at < target.before.timestamp():
        return True
    if target.message_id and job.mail.get("message_id") == target.message_id:
        return True
    source = there.get(job.names.get("source", ""), {})
    texts = (job.mail.get("from", ""), *(job.draft.get(name, "") for name in ("to", "cc")), job.reason)
    return bool(target.address) and (_names(target.address, texts) or _fits(source, target))


def _fits(keys: Mapping[str, object], target: Target) -> bool:
    """Whether a page or a source, by its front matter, is of that person, mail or time."""
    kind = keys.get("type")
    if kind not in ("draft-reply", "email"):
        return False
    if target.message_id and keys.get("message_id") == target.message_id:
        return True
    if target.address and _names(target.address, (str(keys.get(name) or "") for name in ("from", "to", "cc"))):
        return True
    return target.before is not None and kind == "draft-reply" and _is_before(keys.get("created"), target.before)


def _is_before(created: object, before: datetime) -> bool:
    try:
        when = datetime.fromisoformat(str(created))
    except ValueError:
        return False
    return when.tzinfo is not None and when < before


def _names(address: str, texts: Iterable[str]) -> bool:
    """Whether the address is among those in texts such as ``Mara Lindqvist <mara@northwind.example>, bo@x.example``."""
    wanted = fold(address)
    return any(fold(found.group().rstrip(".")) == wanted for text in texts for found in _EMAIL.finditer(text))


def _add_files(store: Store, job: Job, found: Found, kept: set[str]) -> None:
    page = job.names.get("page", "")
    text = store.read(page) if page else None
    if text is not None:
        (found.files if fingerprint(text) == job.page_left else found.edited).append(page)
    for path in (job.names.get("prompt", ""), job.names.get("source", "")):
        if path and path not in kept and store.exists(path):
            found.files.append(path)


def _add_stray(store: Store, path: str, keys: Mapping[str, object], found: Found, kept: set[str]) -> None:
    """A file that no row knows: moved by the owner, or its rows are gone."""
    if keys.get("type") == "email":
        if path.startswith(SOURCES):  # elsewhere, another program's notes may say so, too
            found.files.append(path)
        return
    found.edited.append(path)
    for name, folder in (("prompt_file", PROMPTS), ("source_file", SOURCES)):
        other = str(keys.get(name) or "")
        if other.startswith(folder) and ".." not in other and other not in kept and store.exists(other):
            found.files.append(other)


def _host(store: Store, path: str) -> str:
    """Whom a prompt was sent to."""
    try:
        return urlsplit(str(json.loads(store.read(path) or "")["base_url"])).hostname or ""
    except (ValueError, KeyError, TypeError):
        return ""


def _naming(store: Store, address: str, removed: set[str]) -> list[str]:
    """Other files of mailbot's in which the address stands."""
    wanted = address.casefold()
    own = (path for pattern in ("*.md", "*.prompt.json") for path in store.files(pattern))
    ours = (path for path in own if path.startswith(("Outbox/", SOURCES)) and path not in removed)
    return [path for path in ours if wanted in escape.plain(store.read(path) or "").casefold()]
