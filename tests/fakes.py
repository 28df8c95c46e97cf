"""A mailbox in memory with mailbot's own Session interface, and a model that answers from a queue.

For scripted faults and thousands of runs in seconds. ``test_imap_contract`` holds the mailbox to real Dovecot."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from listing import listed, section

from mailbot.errors import Later
from mailbot.imap import gate
from mailbot.imap.answer import Count, Fetched, Folder, Look
from mailbot.imap.trouble import Rejection
from mailbot.job import Mark, Place
from mailbot.model import Learnt, Reply

Watch = Callable[[str], None]
CAPABILITIES = frozenset({"IMAP4REV1", "UIDPLUS", "MOVE", "IDLE", "SPECIAL-USE"})


@dataclass
class Stored:
    raw: bytes
    flags: set[str]
    arrived: float
    thread: str = ""  # the server's name for its thread
    labels: frozenset[str] = frozenset()  # Gmail's


@dataclass
class Box:
    uidvalidity: int
    attributes: frozenset[str] = frozenset()
    uidnext: int = 1
    mails: dict[int, Stored] = field(default_factory=dict)
    subscribed: bool = True


class Mailbox:
    """What a server keeps for one user. ``effect`` is called before and after each change that a session makes."""

    def __init__(self, now: Callable[[], float] = lambda: 0.0) -> None:
        self._validity = itertools.count(1000)
        self.now = now
        self.effect: Watch = lambda name: None
        self.keywords = True
        self.more: frozenset[str] = frozenset()  # capabilities beside the usual ones
        self.uidplus = True
        self.boxes = {"INBOX": Box(next(self._validity))}
        for name in ("Drafts", "Sent", "Trash", "Archive"):
            self.boxes[name] = Box(next(self._validity), frozenset({f"\\{name.lower()}"}))

    def add(self, folder: str, raw: bytes, *flags: str) -> int:
        box = self.boxes[folder]
        uid, box.uidnext = box.uidnext, box.uidnext + 1
        box.mails[uid] = Stored(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), set(flags), self.now())
        return uid

    def rebuild(self, folder: str) -> None:
        """The same mails under new UIDs, as after a repair."""
        old = self.boxes[folder]
        new = self.boxes[folder] = Box(next(self._validity), old.attributes)
        for mail in old.mails.values():
            new.mails[new.uidnext] = mail
            new.uidnext += 1

    def move(self, folder: str, uid: int, to: str) -> int:
        mail = self.boxes[folder].mails.pop(uid)
        new = self.add(to, mail.raw, *mail.flags)
        self.boxes[to].mails[new].arrived = mail.arrived
        return new

    def star(self, uid: int, folder: str = "INBOX", *, up: bool = True) -> None:
        flags = self.boxes[folder].mails[uid].flags
        (flags.add if up else flags.discard)("\\Flagged")

    def raws(self, folder: str = "Drafts") -> list[bytes]:
        return [mail.raw for mail in self.boxes[folder].mails.values()]


class FakeSession:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._look: Look | None = None
        self._writable = False
        self.capabilities = (CAPABILITIES if mailbox.uidplus else frozenset({"IMAP4REV1"})) | mailbox.more
        self.closed = False
        self.commands = 0

    def folders(self) -> tuple[Folder, ...]:
        self._alive()
        return tuple(Folder(name, box.attributes) for name, box in self._mailbox.boxes.items())

    def examine(self, folder: str) -> Look:
        self._writable = False
        return self._open(folder)

    def select(self, folder: str) -> Look:
        self._writable = True
        return self._open(folder)

    def _open(self, folder: str) -> Look:
        self._look = None
        box = self._box(folder)
        self._look = Look(folder, box.uidvalidity, box.uidnext, self._mailbox.keywords)
        return self._look

    @property
    def selected(self) -> Look | None:
        return self._look

    def count_changes(self) -> None:
        self._alive()

    def ask_counts(self, folders: Sequence[str]) -> Callable[[], dict[str, Count]]:
        self._alive()
        return dict

    def ask_flagged(self, folder: str, flag: str) -> Callable[[], tuple[Look, tuple[int, ...]]]:
        try:
            look = self.examine(folder)
        except Rejection as error:
            refused = error

            def refuse() -> tuple[Look, tuple[int, ...]]:
                raise refused

            return refuse
        found = tuple(self.flagged(flag))
        return lambda: (look, found)

    def renew(self) -> None:
        self._alive()

    def ask_marks(self, folders: Sequence[str]) -> Callable[[], tuple[Mark, ...]]:
        return lambda: tuple(self.mark(folder) for folder in folders)

    def mark(self, folder: str) -> Mark:
        box = self._box(folder)
        return Mark(folder, box.uidvalidity, box.uidnext)

    def flagged(self, flag: str) -> frozenset[int]:
        wanted = flag.lower()
        carrying = {u: {f.lower() for f in m.flags} for u, m in self._mails().items()}
        return frozenset(u for u, flags in carrying.items() if wanted in flags and "\\deleted" not in flags)

    def uids_from(self, uid: int) -> tuple[int, ...]:
        return tuple(u for u in sorted(self._mails()) if u >= uid)

    def with_message_id(self, message_id: str, folder: str = "") -> tuple[int, ...]:
        if folder:
            self.examine(folder)
        wanted = gate.text(message_id).encode()
        return tuple(u for u, m in self._mails().items() if wanted in m.raw.partition(b"\r\n\r\n")[0])

    @property
    def is_gmail(self) -> bool:
        return "X-GM-EXT-1" in self.capabilities

    @property
    def thread_item(self) -> str:
        known = (("X-GM-EXT-1", "X-GM-THRID"), ("OBJECTID", "THREADID"))
        return next((item for capability, item in known if capability in self.capabilities), "")

    def thread_id(self, uid: int) -> str:
        mail = self._mails().get(uid)
        return mail.thread if mail and self.thread_item else ""

    def with_thread_id(self, thread: str, folder: str) -> tuple[int, ...]:
        self.examine(folder)
        return tuple(u for u, m in self._mails().items() if m.thread == thread and "\\Deleted" not in m.flags)

    def labels(self, uids: Iterable[int]) -> dict[int, frozenset[str]]:
        mails = self._mails() if self.is_gmail else {}
        return {u: mails[u].labels for u in uids if u in mails}

    def related(self, ids: Sequence[str], since: date, folder: str) -> tuple[int, ...]:
        self.examine(folder)
        assert ids, "a search for no id finds every mail"
        wanted = tuple(gate.ascii_text(i).encode() for i in ids)
        return tuple(
            uid
            for uid, mail in self._mails().items()
            if datetime.fromtimestamp(mail.arrived, UTC).date() >= since
            and "\\Deleted" not in mail.flags
            and any(i in _fields(mail.raw, (b"message-id:", b"in-reply-to:", b"references:")) for i in wanted)
        )

    def flags(self, uids: Iterable[int]) -> dict[int, frozenset[str]]:
        mails = self._mails()
        return {u: frozenset(mails[u].flags) for u in uids if u in mails}

    def ask_flags(self, uid: int) -> Callable[[], dict[int, frozenset[str]]]:
        found = self.flags([uid])
        return lambda: found

    def headers(self, uids: Iterable[int], fields: Iterable[str]) -> dict[int, Fetched]:
        mails = self._mails()
        wanted = tuple(f"{f.lower()}:".encode() for f in fields)
        return {u: _fetched(u, mails[u], _fields(mails[u].raw, wanted)) for u in sorted(uids) if u in mails}

    def mail(self, uid: int, limit: int) -> Fetched | None:
        return self.mails([uid], limit).get(uid)

    def mails(self, uids: Iterable[int], limit: int) -> dict[int, Fetched]:
        mails = self._mails()
        return {u: _fetched(u, mails[u], mails[u].raw[:limit]) for u in sorted(uids) if u in mails}

    def structure(self, uid: int) -> object:
        mail = self._mails().get(uid)
        return listed(mail.raw) if mail else None

    def parts(self, uid: int, pieces: Iterable[tuple[str, int]], header: int) -> dict[str, bytes]:
        mail, found = self._mails().get(uid), {}
        for name, octets in pieces if mail else ():
            found[f"{name}.MIME"] = section(mail.raw, f"{name}.MIME")[:header]  # type: ignore[union-attr]
            if octets:
                found[name] = section(mail.raw, name)[:octets]  # type: ignore[union-attr]
        return found

    def append(self, folder: str, raw: bytes, flags: Iterable[str]) -> Place | None:
        box = self._box(folder)
        self._mailbox.effect("append")
        uid = self._mailbox.add(folder, raw, *flags)
        self._mailbox.effect("appended")
        return Place(folder, box.uidvalidity, uid) if self._mailbox.uidplus else None

    def create(self, folder: str) -> None:
        self._alive()
        self._mailbox.effect("create")
        self._mailbox.boxes[folder] = Box(next(self._mailbox._validity), frozenset({"\\drafts"}))

    def add_keyword(self, uid: int, keyword: str) -> bool:
        assert self._writable, "STORE in a folder opened by EXAMINE"
        self._mailbox.effect("keyword")
        if uid in self._mails():
            self._mails()[uid].flags.add(keyword)
        return uid in self._mails()

    def move(self, uid: int, folder: str) -> bool:
        assert self._writable, "MOVE in a folder opened by EXAMINE"
        if not self._mailbox.uidplus:
            return False
        self._mailbox.effect("move")
        if uid in self._mails() and self._look:
            self._mailbox.move(self._look.folder, uid, folder)
        return True

    def close(self) -> None:
        self.closed = True

    break_off = close

    def _alive(self) -> None:
        if self.closed:
            raise Later("the connection is closed")

    def _box(self, folder: str) -> Box:
        self._alive()
        if folder not in self._mailbox.boxes:
            raise Rejection(f"[NONEXISTENT] there is no {folder}")
        return self._mailbox.boxes[folder]

    def _mails(self) -> dict[int, Stored]:
        """Of the open folder; none when it was rebuilt since it was opened."""
        assert self._look is not None, "no folder is open"
        box = self._box(self._look.folder)
        return box.mails if box.uidvalidity == self._look.uidvalidity else {}


def _fetched(uid: int, mail: Stored, data: bytes) -> Fetched:
    return Fetched(uid, frozenset(mail.flags), mail.arrived, data, len(mail.raw))


def _fields(raw: bytes, wanted: tuple[bytes, ...]) -> bytes:
    kept: list[bytes] = []
    keep = False
    for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if line[:1] not in (b" ", b"\t"):
            keep = line.lower().startswith(wanted)
        if keep:
            kept.append(line)
    return b"\r\n".join([*kept, b"", b""])


ANSWER = {
    "title": "Mara asks about the servers",
    "summary": "Mara asks who buys the hardware.",
    "key_points": ["Say who buys"],
    "urgency": "normal",
    "questions": ["Who buys the hardware?"],
    "language": "en",
    "reply": "Hi Mara,\n\nwe buy it. [[fill: who signs]]\n\nAda",
}


def in_memory(now: Callable[[], float] = time.time) -> Learnt:
    """What is learnt of a server, kept nowhere."""
    kept: dict[str, float] = {}

    def keep(fact: str, at: float | None) -> None:
        kept.pop(fact, None)
        kept.update({} if at is None else {fact: at})

    return Learnt(lambda: dict(kept), keep, now)


class FakeEndpoint:
    """Answers from ``queue`` (texts, or errors to raise), then always with ANSWER."""

    name, base_url, temperature, shape = "fake-1", "http://127.0.0.1:1/v1", 0.3, "schema"

    def __init__(self) -> None:
        self.queue: list[str | Exception] = []
        self.asked: list[Any] = []
        self.effect: Watch = lambda name: None
        self.loaded = False
        self.learnt = in_memory()

    def load(self) -> None:
        self.loaded = True

    def ask(self, messages: Any, shape: str, **how: bool) -> Reply:
        self.effect("ask")
        self.asked.append(messages)
        answer = self.queue.pop(0) if self.queue else json.dumps(ANSWER)
        if isinstance(answer, Exception):
            raise answer
        reply = Reply(
            text=answer,
            model=self.name,
            temperature=0.3,
            prompt_tokens=10,
            completion_tokens=5,
            shape="schema",
            finish="stop",
        )
        self.effect("asked")
        return reply
