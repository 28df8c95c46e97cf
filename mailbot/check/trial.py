"""With the owner's consent: one test draft is stored, read back, marked, seen through IDLE, and moved to Trash.

It is the only thing that check writes into a mailbox, and where it could not be moved away again nothing is stored."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from email.utils import formatdate
from typing import TYPE_CHECKING

from mailbot.check.finding import Finding
from mailbot.config.value import OWN_KEYWORD
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.imap.folders import Roles
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection

if TYPE_CHECKING:
    from mailbot.config import Account
    from mailbot.wiring import Home

SUBJECT = "A test draft of mailbot check"
IDLE_WITHIN = 30.0  # seconds; Courier and Cyrus without its notifier look once a minute: that is no IDLE worth having
SKEW = 300  # seconds between two clocks that are both right enough
BODY = "This draft was stored by `mailbot check --write-test`, which moves it to Trash at once. Grüße, 你好.\r\n"
READ_LIMIT = 65_536  # octets


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
    seen = {raw.rstrip()}  # every form in which it is still ours: Exchange and Proton store it in a form of their own
    try:
        try:
            yield from _stored(home, account, session, found, raw, message_id, seen, tell)
        except (Later, OwnerMustAct, Rejection) as error:
            yield Finding("fail", what, str(error))
    finally:
        gone = _moved_away(home, account, found, message_id, seen)
    if gone:
        yield Finding("ok", what, f"the test draft was moved to {found.trash!r}")
    else:
        yield Finding("warn", what, f"the test draft is still in {found.drafts!r}: delete {SUBJECT!r} there")


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


def _stored(
    home: Home,
    account: Account,
    session: Session,
    found: Roles,
    raw: bytes,
    message_id: str,
    seen: set[bytes],
    tell: Callable[[str], None],
) -> Iterator[Finding]:
    what, began = f"{account.name}: write test", time.time()
    place = session.append(found.drafts, raw, ("\\Draft", "\\Seen"))
    look = session.select(found.drafts)
    uids = _ours(session, message_id)
    if not uids:
        yield Finding("fail", what, f"the server took a draft, and {found.drafts!r} does not show it by its Message-ID")
        return
    uid = uids[-1]
    if place is None:
        yield Finding("ok", what, "a draft was stored; the server does not say where, it was found by its Message-ID")
    elif place.uid == uid:
        yield Finding("ok", what, "a draft was stored, and the server says where (APPENDUID)")
    else:
        yield Finding("warn", what, f"the server says UID {place.uid} and the draft has {uid}; the Message-ID decides")
    stored = session.mail(uid, READ_LIMIT)
    if stored is not None:
        seen.add(stored.data.rstrip())
    if stored is None or stored.data.rstrip() != raw.rstrip():
        yield Finding(
            "warn", what, "the server changes what it stores; look at the first real draft before you send it"
        )
    else:
        yield Finding("ok", what, "the draft was read back as it was stored")
    if stored is not None and abs(skew := began - stored.arrived) > SKEW:
        text = f"this host's clock is {abs(skew) / 60:.0f} minutes {'fast' if skew > 0 else 'slow'}, by the server's"
        yield Finding("warn", f"{account.name}: clock", f"{text}: set it (NTP), or drafts carry a wrong time")
    yield from _marked(home, account, session, found, uid, look.keywords, tell)


def _marked(
    home: Home, account: Account, session: Session, found: Roles, uid: int, keywords: bool, tell: Callable[[str], None]
) -> Iterator[Finding]:
    """Sets one flag on the test draft and watches on a second connection how it arrives: mailbot's keyword, or where
    none is taken ``\\Answered``. Not the star, which a running mailbot could take for a wish."""
    mark = OWN_KEYWORD if keywords else "\\Answered"
    with closing(home.connect(account)) as watcher:
        watcher.examine(found.drafts)
        if "IDLE" in watcher.capabilities:
            yield _idled(f"{account.name}: IDLE", session, watcher, uid, mark, tell)
        else:
            session.add_keyword(uid, mark)
    with closing(home.connect(account)) as witness:
        witness.examine(found.drafts)
        kept = mark.lower() in {flag.lower() for flag in witness.flags([uid]).get(uid, ())}
    what = f"{account.name}: keyword"
    if not keywords:
        yield Finding("ok", what, "takes none (that is fine: the journal is the memory)")
    elif kept:
        yield Finding("ok", what, f"{mark} was set and read back")
    else:
        yield Finding("warn", what, f"{mark} is not kept, though the server says so (that is fine: see the journal)")


def _idled(what: str, session: Session, watcher: Session, uid: int, mark: str, tell: Callable[[str], None]) -> Finding:
    tell(f"waiting for a flag to come through IDLE, {IDLE_WITHIN:g} seconds at most")
    try:
        watcher.idle()
    except Rejection as error:
        session.add_keyword(uid, mark)
        return Finding("warn", what, f"the server names IDLE and refuses it: {error}; a flag is seen at the next poll")
    session.add_keyword(uid, mark)
    began = time.monotonic()
    seen = _flag_came(watcher, began + IDLE_WITHIN)
    took = time.monotonic() - began
    with suppress(MailbotError):
        watcher.idle_done()  # a LOGOUT inside IDLE is not answered
    if seen:
        return Finding("ok", what, f"a flag was seen after {took:.1f} s")
    text = f"a flag did not come through IDLE in {took:.0f} s: it is seen at the next poll"
    return Finding("warn", what, f"{text}; make schedule.every smaller if that is too slow")


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


def _moved_away(home: Home, account: Account, found: Roles, message_id: str, seen: set[bytes]) -> bool:
    """Moves the test draft to Trash, on a connection of its own: the other may be dead. False when it is still there,
    or may be. A draft that was changed meanwhile is a person's, and stays."""
    try:
        with closing(home.connect(account)) as session:
            session.select(found.drafts)
            for uid in _ours(session, message_id):
                mail = session.mail(uid, READ_LIMIT)
                if mail is None or mail.data.rstrip() not in seen:
                    return False
                session.move(uid, found.trash)
            return not _ours(session, message_id)
    except MailbotError:
        return False
