"""Proves each thing that the job needs: one finding a line, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mailbot.errors import Later, MailbotError, OwnerMustAct, Refused
from mailbot.imap.folders import roles
from mailbot.imap.session import Rejection, Session

if TYPE_CHECKING:
    from mailbot.config import Account
    from mailbot.wiring import Home

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: str  # "home: login", "archive" ...
    text: str  # what was found, and what to do where it is not ok


def check(home: Home) -> Iterator[Finding]:
    """Yields each finding as soon as it is known. Home should ``insist``, so that a corrected password is tried."""
    yield from _places(home)
    yield from _model(home)
    for account in home.config.accounts:
        yield from _account(home, account)


def _places(home: Home) -> Iterator[Finding]:
    try:
        home.store.check_writable()
        yield Finding("ok", "archive", f"{home.config.archive.folder} can be written")
    except MailbotError as error:
        yield Finding("fail", "archive", str(error))
    try:
        yield Finding("ok", "state", f"{home.journal.path} can be read and written")
    except MailbotError as error:
        yield Finding("fail", "state", str(error))


def _model(home: Home) -> Iterator[Finding]:
    model = home.config.model
    if model is None:
        text = "none is configured: drafts come from the outline writer (set [model] name for real ones)"
        yield Finding("warn", "model", text)
        return
    try:
        assert home.endpoint is not None
        home.endpoint.probe()
        yield Finding("ok", "model", f"{model.name} at {model.base_url} answers in the shape that mailbot needs")
    except (Later, OwnerMustAct, Refused) as error:
        yield Finding("fail", "model", str(error))


def _account(home: Home, account: Account) -> Iterator[Finding]:
    try:
        session = home.connect(account)
    except (Later, OwnerMustAct, Rejection) as error:
        yield Finding("fail", f"{account.name}: login", str(error))
        return
    try:
        how = {"tls": "TLS, certificate verified", "starttls": "STARTTLS, certificate verified", "none": "loopback, no TLS"}
        imap = account.imap
        yield Finding("ok", f"{account.name}: login", f"{imap.user} at {imap.host}:{imap.port} ({how[imap.security]})")
        yield from _capabilities(account, session)
        yield from _folders(home, account, session)
    except (Later, OwnerMustAct, Rejection) as error:
        yield Finding("fail", f"{account.name}: mailbox", str(error))
    finally:
        session.close()


def _capabilities(account: Account, session: Session) -> Iterator[Finding]:
    what = f"{account.name}: capabilities"
    if "IDLE" in session.capabilities:
        yield Finding("ok", what, "IDLE: a flag is seen at once")
    else:
        yield Finding("warn", what, "no IDLE: a flag is seen at the next poll (schedule.every)")
    if "UIDPLUS" not in session.capabilities:
        yield Finding("warn", what, "no UIDPLUS: the draft is found again by its Message-ID")


def _folders(home: Home, account: Account, session: Session) -> Iterator[Finding]:
    what = f"{account.name}: folders"
    folders = session.folders()
    used = home.journal.noted("drafts", account.key) or ""
    found = roles(account, folders, gmail="X-GM-EXT-1" in session.capabilities, used_drafts=used)
    yield Finding("ok", what, f"drafts go to {found.drafts!r}")
    for role, name in (("sent", found.sent), ("trash", found.trash)):
        if not name:
            yield Finding("warn", what, f"no {role} folder is marked by the server: set {role} under [[account]]")
    for name in found.missing:
        yield Finding("fail", what, f"{name!r} is not on the server: correct folders under [[account]]")
    for name in found.watched:
        look = session.examine(name)
        count = len(session.flagged(account.flag))
        keyword = "" if look.keywords else "; takes no keywords (that is fine: the journal is the memory)"
        yield Finding("ok", what, f"watches {name!r}, {count} flagged{keyword}")
    if not found.watched:
        yield Finding("fail", what, "no folder is watched: set folders under [[account]]")
