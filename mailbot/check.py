"""Proves each thing that the job needs: one finding a line, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from mailbot.errors import Later, MailbotError, OwnerMustAct, Refused
from mailbot.imap.folders import roles
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection
from mailbot.mail.parse import parse
from mailbot.mail.thread import Thread
from mailbot.model import NeedsPlain
from mailbot.prompt import answer as answers
from mailbot.prompt import build
from mailbot.reply.identity import Voice

if TYPE_CHECKING:
    from mailbot.config import Account
    from mailbot.wiring import Home

SAMPLE = b"""From: Mara Lindqvist <mara@northwind.example>
To: you@example.org
Subject: A sample mail from mailbot check
Message-ID: <sample@northwind.example>
Date: Mon, 5 Jan 2026 08:00:00 +0100
Content-Type: text/plain; charset=utf-8

Hello, which colour do you like best?
"""

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: str  # "home: login", "archive" ...
    text: str  # what was found, and what to do where it is not ok


def check(home: Home) -> Iterator[Finding]:
    """Yields each finding as soon as it is known. Home should ``insist``, so that a corrected password is tried."""
    yield from _places(home)
    for remark in home.secrets.remarks():
        yield Finding("warn", "secrets", remark)
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
        shape = _answer_shape(home)
        yield Finding("ok", "model", f"{model.name} at {model.base_url} answers a sample mail ({shape})")
    except (Later, OwnerMustAct, Refused) as error:
        yield Finding("fail", "model", str(error))


def _answer_shape(home: Home) -> str:
    """Asks the model to answer a mail of ours, as it would any other, and reads the answer."""
    endpoint = home.endpoint
    assert endpoint is not None, "a model is configured"
    owner = home.config.owner
    address = home.config.accounts[0].address
    mail = parse(SAMPLE)
    for _ in range(2):
        prompt = build.build(
            voice=Voice(address=address, name=owner.name, signature="", about=owner.about, language=owner.language),
            addresses=(address,),
            mail=mail,
            fresh=mail.text,
            history="",
            thread=Thread(),
            to=mail.from_,
            cc=(),
            now=datetime.now(home.config.zone),
            note="",
            nonce="sample",
            context_tokens=home.config.model.context_tokens if home.config.model else 0,
            shape=endpoint.shape,
            fallback_language=owner.language,
        )
        try:
            reply = endpoint.ask(prompt.messages, prompt.shape)
        except NeedsPlain:
            continue
        answers.read(reply.text, reply.shape)
        return "as JSON" if reply.shape == "schema" else "as plain text: the server takes no JSON schema"
    raise Later("the model's server changed its mind about JSON schemas; try again")


def _account(home: Home, account: Account) -> Iterator[Finding]:
    try:
        session = home.connect(account)
    except (Later, OwnerMustAct, Rejection) as error:
        yield Finding("fail", f"{account.name}: login", str(error))
        return
    try:
        how = {
            "tls": "TLS, certificate verified",
            "starttls": "STARTTLS, certificate verified",
            "none": "loopback, no TLS",
        }
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
        look = session.select(name)  # EXAMINE tells no PERMANENTFLAGS
        count = len(session.flagged(account.flag))
        keyword = "" if look.keywords else "; takes no keywords (that is fine: the journal is the memory)"
        yield Finding("ok", what, f"watches {name!r}, {count} flagged{keyword}")
    if not found.watched:
        yield Finding("fail", what, "no folder is watched: set folders under [[account]]")
