"""An owner at work beside mailbot: gets mails, flags, unflags and archives them; edits, discards and sends the drafts.

Owns one IMAP connection, the chance by which it acts, and the book of what it did, against which the audit counts.
Refuses to know mailbot: it sees a mailbox, as a person's mail client does."""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from imapclient import IMAPClient
from running import Account
from worlds import question

EDITED = b"X-Edited: by the owner\r\n"  # marks what the owner's client wrote; mailbot's own drafts have no such field
WATCHED = ("INBOX", "Archive")
PAUSE = 0.12  # seconds between two acts, on average
BEYOND = 4  # mails that wait in INBOX without a flag ever set; more come when fewer are left


@dataclass
class Letter:
    """A mail that came in, and what the owner did to it."""

    message_id: str
    folder: str = "INBOX"
    seen: bool = False
    up: bool = False
    flagged: int = 0  # times
    unflagged: int = 0  # times


@dataclass
class Book:
    """``removed`` are the ids of mailbot's drafts that the owner sent and removed without leaving them in Trash."""

    letters: list[Letter] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)  # (id of the mail, id of the draft)
    acts: dict[str, int] = field(default_factory=dict)


class Owner:
    """Acts in a thread of its own between ``start`` and ``stop``; ``book`` may be read afterwards. ``error`` is why it
    ended before it was told to. While it is ``busy``, it flags nothing."""

    def __init__(self, account: Account, seed: int, busy: Callable[[], bool]) -> None:
        self.book = Book()
        self._busy = busy
        self.error: Exception | None = None
        self._chance = random.Random(seed)
        self._account = account
        self._numbers = itertools.count(1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="owner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        acts = {"flag": 4, "unflag": 1, "archive": 1, "edit": 1, "discard": 1, "send": 1, "send another": 1}
        try:
            with self._account.server.client(self._account.user) as client:
                while not self._stop.wait(self._chance.expovariate(1 / PAUSE)):
                    while sum(not letter.flagged for letter in self.book.letters) < BEYOND:
                        self._receive(client)
                    act = self._chance.choices(list(acts), list(acts.values()))[0]
                    if act == "flag" and self._busy():
                        continue
                    done = self._on_a_mail(client, act) if act in MAIL_ACTS else self._on_a_draft(client, act)
                    if done:
                        self.book.acts[act] = self.book.acts.get(act, 0) + 1
        except Exception as error:
            self.error = error

    def _receive(self, client: IMAPClient) -> None:
        number = next(self._numbers)
        letter = Letter(f"<{number}.crash@northwind.example>", seen=self._chance.random() < 0.3)
        raw = question(number % 60, Message_ID=letter.message_id, Subject=f"Question {number}")
        client.append("INBOX", raw.replace(b"\n", b"\r\n"), ["\\Seen"] if letter.seen else [])
        self.book.letters.append(letter)

    def _on_a_mail(self, client: IMAPClient, act: str) -> bool:
        wanted = {
            "flag": lambda letter: not letter.up,
            "unflag": lambda letter: letter.up,
            "archive": lambda letter: letter.folder == "INBOX",
        }[act]
        letters = [letter for letter in self.book.letters if wanted(letter)]
        if not letters:
            return False
        # What came last is what people work on, and where mailbot is at work.
        letter = letters[-1 - min(int(self._chance.expovariate(0.3)), len(letters) - 1)]
        client.select_folder(letter.folder)
        (uid,) = client.search(["HEADER", "Message-ID", letter.message_id])
        if act == "flag":
            client.add_flags([uid], ["\\Flagged"])
            letter.up, letter.flagged = True, letter.flagged + 1
        elif act == "unflag":
            client.remove_flags([uid], ["\\Flagged"])
            letter.up, letter.unflagged = False, letter.unflagged + 1
        else:
            client.move([uid], "Archive")
            letter.folder = "Archive"
        return True

    def _on_a_draft(self, client: IMAPClient, act: str) -> bool:
        client.select_folder("Drafts")
        uids = client.search("ALL")
        if not uids:
            return False
        uid = max(uids) if self._chance.random() < 0.5 else self._chance.choice(uids)
        raw: bytes = client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
        kept = self._chance.random() < 0.5
        own_id = header(raw, b"Message-ID") if kept else f"<{next(self._numbers)}@client.example>"
        if act == "edit":
            client.append("Drafts", edited(raw, own_id), ["\\Draft", "\\Seen"])
            client.move([uid], "Trash")
        elif act == "discard":
            client.move([uid], "Trash")
        elif act == "send":
            client.move([uid], "Sent")
        else:  # as most clients send: a message of their own into Sent, and the draft is gone for good
            client.append("Sent", edited(raw, own_id), ["\\Seen"])
            client.delete_messages([uid])
            client.uid_expunge([uid])
            if EDITED not in raw:
                self.book.removed.append((header(raw, b"In-Reply-To"), header(raw, b"Message-ID")))
        return True


MAIL_ACTS = frozenset({"flag", "unflag", "archive"})


def edited(raw: bytes, message_id: str) -> bytes:
    """The draft as a mail client stores it anew."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    head = re.sub(rb"(?im)^Message-ID:.*?\r?$", f"Message-ID: {message_id}".encode(), head)
    mark = b"" if EDITED in raw else EDITED
    return mark + head + blank + b"I wrote this.\r\n\r\n" + body


def header(raw: bytes, name: bytes) -> str:
    """The first field of this name, which is on one line in what mailbot writes."""
    found = re.search(rb"(?im)^%s:[ \t]*(.*?)\r?$" % name, raw.partition(b"\r\n\r\n")[0])
    return found[1].decode() if found else ""
