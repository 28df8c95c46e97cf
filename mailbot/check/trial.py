"""With the owner's consent: one test draft is stored, read back, marked, seen through IDLE, and moved to Trash.

It is the only thing that check writes into a mailbox, and where it could not be moved away again nothing is stored."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from mailbot.check.finding import Finding, Level
from mailbot.config.value import OWN_KEYWORD
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.imap.folders import Roles
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection
from mailbot.job import Place

if TYPE_CHECKING:
    from mailbot.config import Account
    from mailbot.wiring import Home

SUBJECT = "A test draft of mailbot check"
IDLE_WITHIN = 30.0  # seconds; Courier and Cyrus without its notifier look once a minute: that is no IDLE worth having
SKEW = 300  # seconds between two clocks that are both right enough
BODY = "This draft was stored by `mailbot check --write-test`, which moves it to Trash at once. Grüße, 你好.\r\n"
READ_LIMIT = 65_536  # octets


@dataclass(frozen=True, slots=True)
class Trial:
    """One test draft. ``seen`` holds every form in which it is still ours: Exchange stores it in a form of its own."""

    home: Home
    account: Account
    found: Roles
    tell: Callable[[str], None]
    message_id: str
    raw: bytes
    seen: set[bytes]

    def finding(self, level: Level, what: str, text: str) -> Finding:
        return Finding(level, f"{self.account.name}: {what}", text)


def trial(
    home: Home, account: Account, session: Session, found: Roles, tell: Callable[[str], None]
) -> Iterator[Finding]:
    what = f"{account.name}: write test"
    if not found.trash or not session.capabilities & {"MOVE", "UIDPLUS"}:
        why = "there is no Trash folder" if not found.trash else "the server has neither MOVE nor UIDPLUS"
        yield Finding("warn", what, f"nothing was stored, because {why} and the test draft would stay")
        return
    message_id = f"<mailbot-check-{secrets.token_hex(12)}@{account.address.rpartition('@')[2]}>"
    raw = draft(account.address, message_id, time.time())
    test = Trial(home, account, found, tell, message_id, raw, {raw.rstrip()})
    try:
        try:
            yield from _stored(test, session)
        except (Later, OwnerMustAct, Rejection) as error:
            yield Finding("fail", what, str(error))
    finally:
        end = _moved_away(test)  # also when the person who watches had enough
    yield end


def draft(address: str, message_id: str, now: float) -> bytes:
    """As mailbot stores its drafts: 8bit UTF-8, CRLF, one part."""
    head = (
        f"From: {address}",
        f"To: {address}",
        f"Subject: {SUBJECT}",
        f"Date: {formatdate(now)}",
        f"Message-ID: {message_id}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    )
    return ("\r\n".join(head) + "\r\n\r\n" + BODY).encode()


def _stored(test: Trial, session: Session) -> Iterator[Finding]:
    began = time.time()
    place = session.append(test.found.drafts, test.raw, ("\\Draft", "\\Seen"))
    look = session.select(test.found.drafts)
    uids = _ours(session, test.message_id)
    if not uids:
        text = f"the server took a draft, and {test.found.drafts!r} does not show it by its Message-ID"
        yield test.finding("fail", "write test", text)
        return
    uid = uids[-1]
    yield _place(test, uid, place)
    stored = session.mail(uid, READ_LIMIT)
    if stored is None:
        yield test.finding("fail", "write test", "the draft was gone at once: does another program tidy Drafts up?")
        return
    test.seen.add(stored.data.rstrip())
    if stored.data.rstrip() == test.raw.rstrip():
        yield test.finding("ok", "write test", "the draft was read back as it was stored")
    else:
        text = "the server changes what it stores; look at the first real draft before you send it"
        yield test.finding("warn", "write test", text)
    if abs(skew := began - stored.arrived) > SKEW:
        text = f"this host's clock is {abs(skew) / 60:.0f} minutes {'fast' if skew > 0 else 'slow'}, by the server's"
        yield test.finding("warn", "clock", f"{text}: set it (NTP), or drafts carry a wrong time")
    yield from _marked(test, session, uid, look.keywords)


def _place(test: Trial, uid: int, place: Place | None) -> Finding:
    if place is None:
        text = "a draft was stored; the server does not say where, it was found by its Message-ID"
        return test.finding("ok", "write test", text)
    if place.uid != uid:
        text = f"the server says UID {place.uid} and the draft has {uid}; mailbot goes by the Message-ID"
        return test.finding("warn", "write test", text)
    return test.finding("ok", "write test", "a draft was stored, and the server says where (APPENDUID)")


def _marked(test: Trial, session: Session, uid: int, keywords: bool) -> Iterator[Finding]:
    """Sets one flag on the test draft and watches on a second connection how it arrives: mailbot's keyword, or where
    none is taken ``\\Answered``. Not the star, which a running mailbot could take for a wish."""
    mark = OWN_KEYWORD if keywords else "\\Answered"
    with closing(test.home.connect(test.account)) as watcher:
        watcher.examine(test.found.drafts)
        if "IDLE" in watcher.capabilities:
            yield _idled(test, session, watcher, uid, mark)
        else:
            session.add_keyword(uid, mark)
    with closing(test.home.connect(test.account)) as witness:
        witness.examine(test.found.drafts)
        kept = mark.lower() in {flag.lower() for flag in witness.flags([uid]).get(uid, ())}
    if not keywords:
        yield test.finding("ok", "keyword", "takes none (that is fine: the journal is the memory)")
    elif kept:
        yield test.finding("ok", "keyword", f"{mark} was set and read back")
    else:
        text = f"{mark} is not kept, though the server says so (that is fine: the journal is the memory)"
        yield test.finding("warn", "keyword", text)


def _idled(test: Trial, session: Session, watcher: Session, uid: int, mark: str) -> Finding:
    test.tell(f"waiting for a flag to come through IDLE, {IDLE_WITHIN:g} seconds at most")
    try:
        watcher.idle()
    except Rejection as error:
        session.add_keyword(uid, mark)
        text = f"the server names IDLE and refuses it: {error}; a flag is seen at the next poll"
        return test.finding("warn", "IDLE", text)
    session.add_keyword(uid, mark)
    began = time.monotonic()
    seen = _flag_came(watcher, began + IDLE_WITHIN)
    took = time.monotonic() - began
    with suppress(MailbotError):
        watcher.idle_done()  # a LOGOUT inside IDLE is not answered
    if seen:
        return test.finding("ok", "IDLE", f"a flag was seen after {took:.1f} s")
    text = f"a flag did not come through IDLE in {took:.0f} s: it is seen at the next poll"
    return test.finding("warn", "IDLE", f"{text}; make schedule.every smaller if that is too slow")


def _flag_came(watcher: Session, deadline: float) -> bool:
    while (left := deadline - time.monotonic()) > 0:
        lines = watcher.idle_check(left)
        if any(isinstance(line, tuple) and line[1:2] == (b"FETCH",) for line in lines):
            return True
        if not lines or any(isinstance(line, tuple) and line[:1] == (b"BYE",) for line in lines):
            return False  # the time is over, or the connection is
    return False


def _ours(session: Session, message_id: str) -> list[int]:
    """UIDs in the open folder that really have this id: SEARCH HEADER also finds ids that only contain it."""
    rows = session.headers(session.with_message_id(message_id), ["MESSAGE-ID"])
    return sorted(uid for uid, row in rows.items() if message_id.encode() in row.data)


def _moved_away(test: Trial) -> Finding:
    """Moves the test draft to Trash, on a connection of its own: the other may be dead. A draft that was changed
    meanwhile is a person's, and stays."""
    drafts, trash = test.found.drafts, test.found.trash
    left = test.finding("warn", "write test", f"the test draft may still be in {drafts!r}: delete {SUBJECT!r} there")
    try:
        with closing(test.home.connect(test.account)) as session:
            session.select(drafts)
            uids = _ours(session, test.message_id)
            for uid in uids:
                mail = session.mail(uid, READ_LIMIT)
                if mail is None or mail.data.rstrip() not in test.seen:
                    return left
                session.move(uid, trash)
            if _ours(session, test.message_id):
                return left
    except MailbotError:
        return left
    text = f"the test draft was moved to {trash!r}" if uids else f"no test draft is in {drafts!r}"
    return test.finding("ok", "write test", text)
