"""Counts, after all the kills, what mailbot made of the owner's flags: from the mailbox, the archive and ``mailbot
list``, against the owner's book."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crash_owner import EDITED, WATCHED, Book, Letter, header
from imapclient import IMAPClient
from running import Account, Home

KEYWORD = "$MailbotDrafted"
PARKED_MOST = 1  # design, section 10; of duplicates, losses and all the others: none


@dataclass
class Audit:
    """Figures for reading, by name; ``cases`` are those that break a promise."""

    drafts: int = 0
    cases: dict[str, list[str]] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        return all(len(found) <= (PARKED_MOST if name == "parked" else 0) for name, found in self.cases.items())


@dataclass(frozen=True)
class Draft:
    """A draft as mailbot wrote it, wherever the owner put it."""

    answers: str  # the id of the mail
    id: str
    folder: str  # "" when the owner removed it
    flags: frozenset[str] = frozenset()


def audit(home: Home, account: Account, book: Book) -> Audit:
    """For a mailbox at rest: no service runs, and whatever is still open will stay so."""
    jobs: list[dict[str, Any]] = home.command("list", "--json").json
    with account.server.client(account.user) as client:
        drafts = [*_drafts(client), *(Draft(mail, id, "") for mail, id in book.removed)]
        flags = {mail: found for folder in WATCHED for mail, found in _letters(client, folder)}
    ids = Counter(draft.id for draft in drafts)
    made = {letter.message_id: {d.id for d in drafts if d.answers == letter.message_id} for letter in book.letters}
    found = Audit(len(ids))
    found.cases = {
        "duplicates": [
            *(f"{id} is there {count} times" for id, count in ids.items() if count > 1),
            *(f"{mail.message_id} has {len(made[mail.message_id])}" for mail in book.letters if _many(mail, made)),
        ],
        "losses": [
            *(f"{mail.message_id} has none" for mail in book.letters if mail.up and not made[mail.message_id]),
            *(f"{job['id']} is done, and its draft nowhere" for job in _in(jobs, "done") if not ids[_draft_id(job)]),
            *(f"{job['id']} is {job['state']}: {job['reason']}" for job in jobs if job["state"] not in ENDED),
        ],
        "parked": [f"{job['id']}: {job['reason']}" for job in _in(jobs, "parked")],
        "pages that are not one for each draft": _pages(home, jobs),
        "leftovers in the archive": [name for name in home.files() if Path(name).name.startswith(".mailbot-")],
        "wrong flags of a mail": [
            f"{mail.message_id}: {sorted(flags.get(mail.message_id, {'it is gone'}))}"
            for mail in book.letters
            if flags.get(mail.message_id, {"gone"}) - {KEYWORD} != _expected(mail)
        ],
        "wrong flags of a draft": [d.id for d in drafts if d.folder and not d.flags >= {"\\Draft", "\\Seen"}],
    }
    return found


ENDED = frozenset({"done", "cancelled", "parked"})


def _many(mail: Letter, made: dict[str, set[str]]) -> bool:
    """More drafts than the mail was flagged."""
    return len(made[mail.message_id]) > mail.flagged


def _in(jobs: list[dict[str, Any]], state: str) -> list[dict[str, Any]]:
    return [job for job in jobs if job["state"] == state]


def _draft_id(job: dict[str, Any]) -> str:
    return str(job["draft_message_id"])


def _expected(mail: Letter) -> set[str]:
    return ({"\\Seen"} if mail.seen else set()) | ({"\\Flagged"} if mail.up else set())


def _drafts(client: IMAPClient) -> Iterator[Draft]:
    for folder in ("Drafts", "Sent", "Trash"):
        for raw, flags in _rows(client, folder):
            if EDITED not in raw:
                yield Draft(header(raw, b"In-Reply-To"), header(raw, b"Message-ID"), folder, flags)


def _letters(client: IMAPClient, folder: str) -> Iterator[tuple[str, set[str]]]:
    for raw, flags in _rows(client, folder):
        yield header(raw, b"Message-ID"), set(flags)


def _rows(client: IMAPClient, folder: str) -> Iterator[tuple[bytes, frozenset[str]]]:
    """Header and flags of every mail."""
    client.select_folder(folder, readonly=True)
    uids = client.search("ALL")
    for row in (client.fetch(uids, ["BODY.PEEK[HEADER]", "FLAGS"]) if uids else {}).values():
        yield row[b"BODY[HEADER]"], frozenset(flag.decode() for flag in row[b"FLAGS"]) - {"\\Recent"}


def _pages(home: Home, jobs: list[dict[str, Any]]) -> list[str]:
    """Pages by the draft that they name; those of parked jobs name none."""
    named = Counter(_named(text) for text in home.pages().values())
    pages = [job for job in jobs if job["state"] in ("done", "parked")]
    wrong = [f"{job['id']} has {named[_draft_id(job)]}" for job in _in(jobs, "done") if named[_draft_id(job)] != 1]
    missing = [job["page"] for job in pages if not (home.archive / job["page"]).is_file()]
    prompts = [job["prompt"] for job in _in(jobs, "done") if not (home.archive / job["prompt"]).is_file()]
    extra = named.total() - len(pages)
    return [*wrong, *missing, *prompts, *([f"{extra} that no job has"] if extra else [])]


def _named(page: str) -> str:
    found = re.search(r'^draft_message_id: "(.*)"$', page, re.MULTILINE)
    return found[1] if found else ""
