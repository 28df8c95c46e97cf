"""What the scripted server holds: folders, mails, flags, and what FETCH and SEARCH find in them.

Owns the state and its one lock. Refuses to know sockets and sessions; whoever wants to hear of changes adds a listener,
which is called with the lock held.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from listing import listed, section, written
from scripted_wire import Malformed, Token, flag_list, text, uid_set

SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
_CANONICAL = {flag.lower(): flag for flag in SYSTEM_FLAGS}
SPECIAL_USE = {"Drafts": "\\Drafts", "Sent": "\\Sent", "Trash": "\\Trash", "Junk": "\\Junk", "Archive": "\\Archive"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SECTION = re.compile(
    r"BODY\.PEEK\[(|HEADER|TEXT|[\d.]+(?:\.MIME)?|HEADER\.FIELDS \(([^()]+)\))\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE
)


@dataclass(slots=True)
class Message:
    uid: int
    raw: bytes
    flags: frozenset[str]
    arrived: datetime
    labels: tuple[str, ...] = ()  # told as X-GM-LABELS
    thread: int = 0  # the server's name for its thread, told as X-GM-THRID and as THREADID


Test: TypeAlias = Callable[[Message], bool]


@dataclass(slots=True)
class Folder:
    uidvalidity: int
    messages: list[Message] = field(default_factory=list)  # by ascending UID
    uidnext: int = 1

    def add(self, raw: bytes, flags: Iterable[str], arrived: datetime) -> Message:
        message = Message(self.uidnext, raw, canonical(flags), arrived)
        self.uidnext += 1
        self.messages.append(message)
        return message

    def get(self, uid: int) -> Message | None:
        return next((message for message in self.messages if message.uid == uid), None)

    def named(self, token: Token) -> list[Message]:
        """The mails of a UID set."""
        wanted = set(uid_set(token, [message.uid for message in self.messages]))
        return [message for message in self.messages if message.uid in wanted]

    def remove(self, uids: Iterable[int]) -> None:
        gone = set(uids)
        self.messages = [message for message in self.messages if message.uid not in gone]


class Mailbox:
    """One person's folders. Take ``changing()`` around every change, ``lock`` around every look."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.listeners: list[Callable[[], None]] = []
        self.special_use = dict(SPECIAL_USE)
        # What goes wrong for good: folders that take no mail or do not open, with the answer; mails that no FETCH gets.
        self.refusing: dict[str, str] = {}
        self.closed: dict[str, str] = {}
        self.damaged: set[tuple[str, int]] = set()
        self.subscribed = {"INBOX", *SPECIAL_USE}
        self.folders: dict[str, Folder] = {}
        self.changes = 1  # of the whole mailbox: CONDSTORE's count, for every folder
        self._uidvalidity = 1_700_000_000
        for name in ("INBOX", *SPECIAL_USE):
            self.create(name)

    @contextmanager
    def changing(self) -> Iterator[None]:
        with self.lock:
            yield
            self.changes += 1
            for listener in tuple(self.listeners):
                listener()

    def create(self, name: str) -> None:
        self.folders[name] = Folder(self._next_uidvalidity())

    def rebuild(self, name: str) -> None:
        """The same mails under a new UIDVALIDITY and new UIDs, as after a restore."""
        old = self.folders[name]
        new = self.folders[name] = Folder(self._next_uidvalidity(), uidnext=old.uidnext + 100)
        for message in old.messages:
            new.add(message.raw, message.flags, message.arrived)

    def _next_uidvalidity(self) -> int:
        self._uidvalidity += 1
        return self._uidvalidity


def canonical(flags: Iterable[str]) -> frozenset[str]:
    """System flags in their usual spelling; they have no case (RFC 9051, 2.3.2)."""
    return frozenset(_CANONICAL.get(flag.lower(), flag) for flag in flags)


def without(flags: frozenset[str], gone: Iterable[str]) -> frozenset[str]:
    lower = {flag.lower() for flag in gone}
    return frozenset(flag for flag in flags if flag.lower() not in lower)


def fetched(message: Message, items: Iterable[str]) -> bytes:
    """One mail's FETCH data without the parentheses. Raises Malformed for an item that marks a mail as read or that a
    careful client leaves alone (ENVELOPE)."""
    parts = [b"UID %d" % message.uid]
    for item in items:
        match item.upper():
            case "UID":
                pass
            case "FLAGS":
                parts.append(b"FLAGS " + flag_list(message.flags))
            case "INTERNALDATE":
                parts.append(b'INTERNALDATE "' + _date_time(message.arrived) + b'"')
            case "X-GM-THRID":
                parts.append(b"X-GM-THRID %d" % message.thread)
            case "X-GM-LABELS":
                parts.append(b"X-GM-LABELS (%s)" % " ".join(message.labels).encode())
            case "THREADID":
                parts.append(b"THREADID (T%d)" % message.thread)
            case "RFC822.SIZE":
                parts.append(b"RFC822.SIZE %d" % len(message.raw))
            case "BODYSTRUCTURE":
                parts.append(b"BODYSTRUCTURE " + written(listed(message.raw)))
            case _:
                parts.append(_section(message.raw, item))
    return b" ".join(parts)


def _section(raw: bytes, item: str) -> bytes:
    found = SECTION.fullmatch(item)
    if not found:
        raise Malformed(f"FETCH {item} is not expected")
    name = found[1].upper()
    head, blank, body = raw.partition(b"\r\n\r\n")
    match name:
        case "":
            data = raw
        case "HEADER":
            data = head + blank
        case "TEXT":
            data = body
        case _ if not found[2]:
            data = section(raw, name)
        case _:
            wanted = found[2].lower().split()
            data = b"".join(line for field, line in _fields(head) if field in wanted) + b"\r\n"
    origin = b""
    if found[3] is not None:
        data = data[int(found[3]) :][: int(found[4])]
        origin = b"<%s>" % found[3].encode()
    return b"BODY[%s]%s {%d}\r\n%s" % (name.encode(), origin, len(data), data)


def _fields(head: bytes) -> Iterator[tuple[str, bytes]]:
    """(name in lower case, the whole field with its folded lines and CRLF)."""
    for line in re.split(rb"\r\n(?![ \t])", head):
        name, colon, _ = line.partition(b":")
        if colon:
            yield name.strip().decode("latin-1").lower(), line + b"\r\n"


def _date_time(moment: datetime) -> bytes:
    return f"{moment.day:02d}-{MONTHS[moment.month - 1]}-{moment:%Y %H:%M:%S %z}".encode()


def read_date_time(value: str) -> datetime:
    """``24-Nov-2026 08:00:00 +0100`` (RFC 9051, 9: date-time). Raises Malformed."""
    found = re.fullmatch(r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4} \d\d:\d\d:\d\d [+-]\d{4})", value)
    if not found or found[2].title() not in MONTHS:
        raise Malformed(f"not a date-time: {value}")
    month = MONTHS.index(found[2].title()) + 1
    return datetime.strptime(f"{found[1]} {month} {found[3]}", "%d %m %Y %H:%M:%S %z")


def search(folder: Folder, criteria: Iterable[Token]) -> list[int]:
    """UIDs that match all criteria. Raises Malformed for a key that is not expected, sequence numbers among them."""
    keys = list(criteria)
    tests = []
    while keys:
        tests.append(_criterion(folder, keys))
    return [message.uid for message in folder.messages if all(test(message) for test in tests)]


def _criterion(folder: Folder, keys: list[Token]) -> Test:
    """Takes one criterion off the front of ``keys``."""
    key = _take(keys)
    if isinstance(key, tuple):
        inner = set(search(folder, key))
        return lambda message: message.uid in inner
    match text(key).upper():
        case "ALL":
            return lambda message: True
        case "UID":
            uids = {message.uid for message in folder.named(_take(keys))}
            return lambda message: message.uid in uids
        case "NOT":
            test = _criterion(folder, keys)
            return lambda message: not test(message)
        case "OR":
            left, right = _criterion(folder, keys), _criterion(folder, keys)
            return lambda message: left(message) or right(message)
        case "HEADER":
            name, value = text(_take(keys)).lower(), text(_take(keys)).lower()
            return lambda message: _has_header(message.raw, name, value)
        case "SINCE":
            day = read_date_time(f"{text(_take(keys))} 00:00:00 +0000").date()
            return lambda message: message.arrived.astimezone(UTC).date() >= day
        case "X-GM-THRID" | "THREADID":
            thread = int(text(_take(keys)).removeprefix("T"))
            return lambda message: message.thread == thread
        case other:
            return _flag_criterion(other, keys)


def _flag_criterion(key: str, keys: list[Token]) -> Test:
    wanted = not key.startswith("UN")
    name = key.removeprefix("UN")
    flag = text(_take(keys)) if name == "KEYWORD" else _CANONICAL.get("\\" + name.lower(), "")
    if not flag:
        raise Malformed(f"SEARCH {key} is not expected")
    lower = flag.lower()
    return lambda message: (lower in {each.lower() for each in message.flags}) is wanted


def _has_header(raw: bytes, name: str, value: str) -> bool:
    """A field that contains the value, without case: a substring is enough (RFC 9051, 6.4.4)."""
    head = raw.partition(b"\r\n\r\n")[0]
    fields = (line.partition(b":")[2].replace(b"\r\n", b"") for field, line in _fields(head) if field == name)
    return any(value in content.strip().decode("utf-8", "replace").lower() for content in fields)


def _take(keys: list[Token]) -> Token:
    if not keys:
        raise Malformed("SEARCH ends too early")
    return keys.pop(0)
