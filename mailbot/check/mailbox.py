"""One account's mailbox, looked at only: login, capabilities, folders, stars. Nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from mailbot.check import trial
from mailbot.check.finding import Finding
from mailbot.errors import Later, OwnerMustAct
from mailbot.imap.answer import Folder
from mailbot.imap.folders import UNUSABLE, Roles, roles
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection

if TYPE_CHECKING:
    from mailbot.config import Account, Imap
    from mailbot.wiring import Home

# Worth naming: by these servers differ in what mailbot can do.
TELLING = ("IDLE", "UIDPLUS", "MOVE", "SPECIAL-USE", "CONDSTORE", "QRESYNC", "OBJECTID", "X-GM-EXT-1")
SMALL = 1_000_000  # octets: a draft with a long quoted history has a tenth of it
HOW = {"tls": "TLS, certificate verified", "starttls": "STARTTLS, certificate verified", "none": "loopback, no TLS"}
LOOKED_INTO = 50  # folders; each costs two round trips
LATEST = 50  # UIDs at the end of INBOX, among which the newest mail is looked for
# Folders whose stars nobody means as a wish for a reply.
ASIDE = frozenset({"\\drafts", "\\sent", "\\trash", "\\junk", "\\all", "\\flagged", "\\important"})


def mailbox(home: Home, account: Account, *, write_test: bool, tell: Callable[[str], None]) -> Iterator[Finding]:
    try:
        session = home.connect(account)
    except (Later, OwnerMustAct, Rejection) as error:
        yield Finding("fail", f"{account.name}: login", str(error))
        return
    try:
        imap = account.imap
        text = f"{imap.user} at {imap.host}:{imap.port} ({HOW[imap.security]}; {_entrance(imap)})"
        yield Finding("ok", f"{account.name}: login", text)
        yield from _capabilities(account, session)
        folders = session.folders()
        used = home.journal.facts.get("drafts", account.key) or ""
        found = roles(account, folders, gmail=session.is_gmail, used_drafts=used)
        yield from _roles(account, session, found)
        yield from _watched(account, session, found)
        yield from _unwatched(account, session, unwatched(folders, found))
        yield from _clock(account, session, found)
        if write_test:
            yield from trial.trial(home, account, session, found, tell)
        else:
            text = "nothing was written: --write-test stores a draft and proves keyword and IDLE with it"
            yield Finding("ok", f"{account.name}: write test", text)
    except (Later, OwnerMustAct, Rejection) as error:
        yield Finding("fail", f"{account.name}: mailbox", str(error))
    finally:
        session.close()


def _entrance(imap: Imap) -> str:
    if imap.auth == "password":
        return "with a password"
    return "with a sign-in" if imap.client_id else "with a token of token_command"


def _capabilities(account: Account, session: Session) -> Iterator[Finding]:
    what, has = f"{account.name}: capabilities", session.capabilities
    yield Finding("ok", what, ", ".join(name for name in TELLING if name in has) or "only those that every server has")
    if "IDLE" not in has:
        yield Finding("warn", what, "no IDLE: a flag is seen at the next poll (schedule.every)")
    if "UIDPLUS" not in has:
        yield Finding("warn", what, "no UIDPLUS: the draft is found again by its Message-ID; nothing to do")
    if not has & {"MOVE", "UIDPLUS"}:
        yield Finding("warn", what, "neither MOVE nor UIDPLUS: a double draft is left for you to delete")
    if (most := _limit(has, "APPENDLIMIT")) is not None and most < SMALL:
        yield Finding("warn", what, f"no mail above {most:,} octets: a draft with a long quote may not fit")
    if (most := _limit(has, "MESSAGELIMIT")) is not None:
        text = f"looks at {most:,} mails of a folder at a time: a star on an older mail of a large folder may be missed"
        yield Finding("warn", what, f"{text}; keep watched folders smaller than that")


def _limit(capabilities: Iterable[str], name: str) -> int | None:
    """The number behind a capability (RFC 7889, RFC 9738)."""
    values = (c.partition("=")[2] for c in capabilities if c.startswith(f"{name}="))
    return next((int(value) for value in values if value.isascii() and value.isdecimal()), None)


def _roles(account: Account, session: Session, found: Roles) -> Iterator[Finding]:
    what = f"{account.name}: folders"
    yield Finding("ok", what, f"drafts go to {found.drafts!r}")
    session.mark(found.drafts)  # the count from which an interrupted draft is looked for; raises where there is none
    for role, name in (("sent", found.sent), ("trash", found.trash)):
        if not name:
            yield Finding("warn", what, f"no {role} folder is marked by the server: set {role} under [[account]]")
    for name in found.missing:
        yield Finding("fail", what, f"{name!r} is not on the server: correct folders under [[account]]")


def _watched(account: Account, session: Session, found: Roles) -> Iterator[Finding]:
    what = f"{account.name}: folders"
    for name in found.watched:
        look = session.select(name)  # EXAMINE tells no PERMANENTFLAGS
        count = len(session.flagged(account.flag))
        keyword = "" if look.keywords else "; takes no keywords (that is fine: the journal is the memory)"
        yield Finding("ok", what, f"watches {name!r}, {count} flagged{keyword}")
        if account.flag != "\\Flagged" and not look.keywords and not count:
            text = f"{name!r} takes no new keywords, so {account.flag!r} may never be set: use another account.flag"
            yield Finding("warn", what, text)
    if not found.watched:
        yield Finding("fail", what, "no folder is watched: set folders under [[account]]")


def unwatched(folders: Iterable[Folder], found: Roles) -> tuple[str, ...]:
    """The folders in which a flag means nothing, those aside left out. () at Gmail, whose starred view shows the flags
    of all."""
    if found.starred:
        return ()
    used = {found.drafts, found.sent, found.trash, *found.watched}
    return tuple(f.name for f in folders if not f.attributes & (UNUSABLE | ASIDE) and f.name not in used)


def _unwatched(account: Account, session: Session, rest: tuple[str, ...]) -> Iterator[Finding]:
    """Stars in folders that are not watched: the owner may wait for drafts that never come."""
    what = f"{account.name}: folders"
    for name in rest[:LOOKED_INTO]:
        try:
            session.examine(name)
            count = len(session.flagged(account.flag))
        except Rejection as error:
            yield Finding("warn", what, f"{name!r} cannot be opened, and is not watched: {error}")
            continue
        if count:
            text = f"{count} flagged in {name!r}, which is not watched: add it to folders under [[account]]"
            yield Finding("warn", what, f"{text}, if these are wishes for a reply")
    if len(rest) > LOOKED_INTO:
        yield Finding("warn", what, f"{len(rest) - LOOKED_INTO} more folders are not watched and were not looked into")


def _clock(account: Account, session: Session, found: Roles) -> Iterator[Finding]:
    """The newest mail cannot have come later than now. That shows a clock that is slow; --write-test shows any."""
    end = session.mark(found.inbox).uidnext
    session.examine(found.inbox)
    rows = session.headers(session.uids_from(max(1, end - LATEST)), ["DATE"])
    ahead = max((row.arrived for row in rows.values()), default=0.0) - time.time()
    if ahead > trial.SKEW:
        text = f"the newest mail came {ahead / 60:.0f} minutes from now: set the clock of this host (NTP)"
        yield Finding("warn", f"{account.name}: clock", text)
