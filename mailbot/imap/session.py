"""One IMAP connection, in mailbot's words. It belongs to one thread.

It reads with EXAMINE and BODY.PEEK only, so that nothing is marked as read and ``\\Recent`` stays; it selects a
folder for writing only to set the keyword or to move a double of its own to Trash. CLOSE and EXPUNGE without UIDs are
never sent. After any error the connection is dead: close it and connect again (a timed-out socket file cannot be read
again).

Errors: Later (transport), Unknown (transport, during a command with an effect), OwnerMustAct (login, certificate),
Rejection.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import imapclient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from mailbot.errors import Later, MailbotError, OwnerMustAct, Unknown
from mailbot.imap import gate
from mailbot.job import Mark, Place

CONNECT_TIMEOUT = 15.0  # seconds
READ_TIMEOUT = 60.0  # seconds; Outlook can be silent for half a minute while it throttles
APPENDUID = re.compile(rb"\[APPENDUID (\d{1,10}) (\d{1,10})\]", re.IGNORECASE)  # RFC 4315
CODE = re.compile(r"\[([A-Z-]{1,32})")
# Refused logins that say nothing about the password (RFC 5530; Exchange, Gmail and Dovecot put it in words).
NOT_THE_PASSWORD = re.compile(
    r"UNAVAILABLE|INUSE|LIMIT|THROTTL|too many|temporar|try again|not connected|backoff|rate", re.IGNORECASE
)


class Rejection(MailbotError):
    """The server answered NO or BAD: the command had no effect. ``code`` is its response code (RFC 5530), or ""."""

    def __init__(self, text: str) -> None:
        found = CODE.search(text)
        super().__init__(text)
        self.text = text
        self.code = found.group(1) if found else ""


@dataclass(frozen=True, slots=True)
class Folder:
    name: str
    attributes: frozenset[str]  # lower case: Cyrus sends \\drafts


@dataclass(frozen=True, slots=True)
class Look:
    """What EXAMINE or SELECT said. ``uidnext`` is None where the server does not tell (Courier)."""

    folder: str
    uidvalidity: int
    uidnext: int | None
    keywords: bool  # new keywords may be made


@dataclass(frozen=True, slots=True)
class Fetched:
    uid: int
    flags: frozenset[str]
    arrived: float  # INTERNALDATE, seconds since the epoch
    data: bytes
    size: int


class Session:
    """Made by ``connect``. ``selected`` is the folder that is open, read-only unless ``writable``."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._look: Look | None = None
        self.capabilities = self._ask_capabilities()

    def _ask_capabilities(self) -> frozenset[str]:
        with _translated():
            return frozenset(c.decode("ascii", "replace").upper() for c in self._client.capabilities())

    def folders(self) -> tuple[Folder, ...]:
        with _translated():
            rows = self._client.list_folders()
        return tuple(Folder(str(name), frozenset(_text(a).lower() for a in attributes)) for attributes, _, name in rows)

    def examine(self, folder: str) -> Look:
        """Opens the folder read-only, anew each time: only so Dovecot shows what others changed, and a rebuilt
        folder."""
        return self._open(folder, readonly=True)

    def select(self, folder: str) -> Look:
        return self._open(folder, readonly=False)

    def _open(self, folder: str, *, readonly: bool) -> Look:
        name = gate.text(folder)
        with _translated():
            answer = self._client.select_folder(name, readonly=readonly)
            permanent = answer.get(b"PERMANENTFLAGS", ())
            uidnext = answer.get(b"UIDNEXT")
            look = Look(folder, int(answer[b"UIDVALIDITY"]), int(uidnext) if uidnext else None, rb"\*" in permanent)
        self._look = look
        return look

    @property
    def selected(self) -> Look | None:
        return self._look

    def mark(self, folder: str) -> Mark:
        """How far a folder is filled, by STATUS."""
        name = gate.text(folder)
        with _translated():
            answer = self._client.folder_status(name, ["UIDVALIDITY", "UIDNEXT"])
            return Mark(folder, int(answer[b"UIDVALIDITY"]), int(answer[b"UIDNEXT"]))

    def flagged(self, flag: str) -> frozenset[int]:
        """UIDs in the open folder that carry the flag and are not marked as deleted."""
        what = ["FLAGGED"] if flag.lower() == "\\flagged" else ["KEYWORD", gate.flag(flag)]
        with _translated():
            return frozenset(int(uid) for uid in self._client.search([*what, "UNDELETED"]))

    def uids_from(self, uid: int) -> tuple[int, ...]:
        """Every UID of the open folder that is at least ``uid``."""
        with _translated():
            found = self._client.search(["UID", f"{int(uid)}:*"])
        return tuple(sorted(int(u) for u in found if int(u) >= uid))

    def with_message_id(self, message_id: str) -> tuple[int, ...]:
        """UIDs in the open folder whose Message-ID contains the given one (SEARCH HEADER looks for substrings:
        compare)."""
        value = gate.ascii_text(message_id)
        with _translated():
            found = self._client.search(["HEADER", "Message-ID", value])
        return tuple(int(uid) for uid in found)

    def flags(self, uids: Iterable[int]) -> dict[int, frozenset[str]]:
        """Flags of the UIDs that still exist."""
        return {f.uid: f.flags for f in self._fetch(uids, ["FLAGS"])}

    def headers(self, uids: Iterable[int], fields: Iterable[str]) -> dict[int, Fetched]:
        names = " ".join(gate.flag(f).upper() for f in fields)
        items = ["FLAGS", "INTERNALDATE", f"BODY.PEEK[HEADER.FIELDS ({names})]"]
        return {f.uid: f for f in self._fetch(uids, items)}

    def mail(self, uid: int, limit: int) -> Fetched | None:
        """The first ``limit`` octets of a mail and its whole size; None when the UID is gone."""
        items = ["FLAGS", "INTERNALDATE", "RFC822.SIZE", f"BODY.PEEK[]<0.{int(limit)}>"]
        return next(iter(self._fetch([uid], items)), None)

    def _fetch(self, uids: Iterable[int], items: list[str]) -> Iterator[Fetched]:
        for lot in gate.uids(uids):
            with _translated():
                answer: Mapping[int, Mapping[bytes, Any]] = self._client.fetch(lot, items)
                found = [_fetched(uid, row) for uid, row in sorted(answer.items()) if uid in lot]
            wanted = any("BODY" in item for item in items)
            yield from (f for f in found if f is not None and (f.data or not wanted))

    def append(self, folder: str, raw: bytes, flags: Iterable[str]) -> Place | None:
        """Stores a mail; returns its place where the server tells it (UIDPLUS).

        Raises Rejection: it is not stored. Raises Unknown: it may be stored."""
        name, names = gate.text(folder), [gate.flag(f) for f in flags]
        with _translated(effect=True):
            answer = self._client.append(name, raw, names)
        told = APPENDUID.search(answer if isinstance(answer, bytes) else str(answer).encode())
        return Place(folder, int(told[1]), int(told[2])) if told else None

    def create(self, folder: str) -> None:
        """Makes a folder and subscribes to it: Thunderbird shows no others."""
        name = gate.text(folder)
        with _translated(effect=True):
            self._client.create_folder(name)
            with suppress(IMAPClientError):
                self._client.subscribe_folder(name)

    def add_keyword(self, uid: int, keyword: str) -> None:
        """In the folder opened by ``select``."""
        lot, name = next(gate.uids([uid])), gate.flag(keyword)
        with _translated(effect=True):
            self._client.add_flags(lot, [name], silent=True)

    def move(self, uid: int, folder: str) -> bool:
        """Moves one mail of the folder opened by ``select``; False where the server has neither MOVE nor UIDPLUS."""
        lot, name = next(gate.uids([uid])), gate.text(folder)
        with _translated(effect=True):
            if "MOVE" in self.capabilities:
                self._client.move(lot, name)
            elif "UIDPLUS" in self.capabilities:
                self._client.copy(lot, name)
                self._client.add_flags(lot, [imapclient.DELETED], silent=True)
                self._client.uid_expunge(lot)
            else:
                return False
        return True

    def idle(self) -> None:
        with _translated():
            self._client.idle()

    def idle_check(self, seconds: float) -> list[Any]:
        with _translated():
            return list(self._client.idle_check(timeout=seconds))

    def idle_done(self) -> list[Any]:
        with _translated():
            return list(self._client.idle_done()[1])

    def close(self) -> None:
        """Says goodbye if the server listens; never raises."""
        with suppress(IMAPClientError, OSError, ValueError):
            self._client.logout()
        self.break_off()

    def break_off(self) -> None:
        """Ends the connection at once. The only method that another thread may call: it ends a wait."""
        with suppress(IMAPClientError, OSError, ValueError, AttributeError):
            self._client.socket().shutdown(socket.SHUT_RDWR)
        with suppress(IMAPClientError, OSError, ValueError, AttributeError):
            self._client.shutdown()


def connect(imap: Any, secret: str, context: ssl.SSLContext | None) -> Session:
    """Connects and logs in. ``imap`` is config.Imap; ``context`` is shared between connections (one costs a
    megabyte)."""
    timeout = imapclient.SocketTimeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)
    with _translated(imap.host):
        client = imapclient.IMAPClient(
            imap.host, imap.port, ssl=imap.security == "tls", ssl_context=context, timeout=timeout
        )
        try:
            if imap.security == "starttls":
                client.starttls(context)
            _login(client, imap, secret)
        except BaseException:
            with suppress(IMAPClientError, OSError):
                client.shutdown()
            raise
    return Session(client)


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Verifies chain and name; ``ca_file`` for a home server's own certificate. Raises OwnerMustAct."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise OwnerMustAct("tls", f"the certificates in {ca_file} cannot be read ({error})", "Check ca_file") from error


def _login(client: Any, imap: Any, secret: str) -> None:
    try:
        if imap.auth == "xoauth2":
            client.oauth2_login(gate.text(imap.user), gate.text(secret))
        elif client.has_capability("AUTH=PLAIN"):
            client.plain_login(gate.text(imap.user), gate.text(secret))
        elif client.has_capability("LOGINDISABLED"):
            raise OwnerMustAct(
                "login",
                f"{imap.host} takes no password from mailbot",
                'Set auth = "xoauth2", or make an app password if the provider has them',
            )
        else:
            quoted = imap.user.replace("\\", "\\\\").replace('"', '\\"')
            client.login(f'"{gate.text(quoted)}"', gate.ascii_text(secret))
    except LoginError as error:
        text = _sentence(error)
        if NOT_THE_PASSWORD.search(text):
            raise Later(f"{imap.host} does not let {imap.user} in for now: {text}") from error
        raise OwnerMustAct(
            "login",
            f"{imap.host} refused the login of {imap.user}: {text}",
            "Check user and password (many providers want an app password), then run mailbot check",
        ) from error


@contextmanager
def _translated(host: str = "the server", *, effect: bool = False) -> Iterator[None]:
    """Turns what imapclient, imaplib, ssl and the socket raise into mailbot's errors."""
    broken = Unknown if effect else Later
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        why = f"the certificate of {host} is not trusted: {error.verify_message}"
        hint = "Check host and port; name the server's own certificate with ca_file"
        raise OwnerMustAct("tls", why, hint) from error
    except (IMAPClientAbortError, OSError) as error:
        raise broken(f"the connection to {host} broke: {_sentence(error)}") from error
    except IMAPClientError as error:
        raise Rejection(_sentence(error)) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        # imapclient parses answers with these; the connection's state is then unknown.
        raise broken(f"{host} sent an answer that cannot be read: {_sentence(error)}") from error


def _sentence(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return "".join(c if c.isprintable() else " " for c in text)[:300]


def _text(value: bytes | str) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value


def _fetched(uid: int, row: Mapping[bytes, Any]) -> Fetched | None:
    """One row of a FETCH answer. Body keys differ between servers (Courier quotes the names of fields)."""
    data = next((v for k, v in row.items() if k.startswith(b"BODY[")), b"") or b""
    arrived = row.get(b"INTERNALDATE")
    seconds = arrived.timestamp() if isinstance(arrived, datetime) else 0.0
    flags = frozenset(_text(f) for f in row.get(b"FLAGS", ()))
    return Fetched(uid, flags, seconds, data, int(row.get(b"RFC822.SIZE", len(data))))
