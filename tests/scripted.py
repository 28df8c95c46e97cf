"""A scripted IMAP server on loopback: small, right, and broken exactly where a test says.

It speaks IMAP4rev1 with several sessions on one mailbox, and answers BAD to every command that a careful client has no
use for; those are in ``violations``. Owns the socket, the threads and the script of faults. The rest is in
scripted_session (the conversation), scripted_commands, scripted_mailbox (the state) and scripted_wire (the syntax).
"""

from __future__ import annotations

import secrets
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from socket import SHUT_RDWR, socket
from types import TracebackType
from typing import Literal, Self, cast

from imapclient import IMAPClient
from mail_server import logged_in
from scripted_mailbox import SYSTEM_FLAGS, Folder, Mailbox, canonical, without
from scripted_session import Session

CAPABILITIES = "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN ID IDLE UIDPLUS MOVE UNSELECT SPECIAL-USE"
POLL = 0.02  # seconds until a stopping server notices

When = Literal["before", "prompt", "literal", "after", "answer"]
Then = Literal["close", "stall"] | bytes | Callable[[bytes], bytes]


@dataclass(slots=True)
class Fault:
    command: str
    when: When
    then: Then
    times: int


class Scripted:
    """``with Scripted() as server``. Every user name is let in with ``password`` and sees the one mailbox.

    ``greeting``, ``capabilities``, ``permanent_flags`` and ``mailbox.special_use`` may be changed at any time.
    ``structure`` is what BODYSTRUCTURE answers instead of the truth: a list, or the words of a refusal. ``log`` has
    (session, first line) of each command, ``round_trips`` how often a client had to wait, ``octets`` what went both
    ways."""

    host = "127.0.0.1"

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls  # None: plain text
        self.password = "correct-horse"
        self.greeting = b"* OK scripted server ready"
        self.capabilities = CAPABILITIES.split()
        self.permanent_flags: tuple[str, ...] = (*SYSTEM_FLAGS, r"\*")
        self.mailbox = Mailbox()
        self.structure = b""
        self.log: list[tuple[int, str]] = []
        self.violations: list[str] = []
        self.round_trips = 0
        self.octets = 0
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._listener = _Listener(self)
        self.port: int = self._listener.server_address[1]
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(POLL,), name="scripted-imap")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.disconnect(for_good=True)
        self._listener.server_close()

    def user(self, name: str = "ada") -> str:
        """A user name that nobody had before; it opens the same mailbox as every other."""
        return f"{name}-{secrets.token_hex(4)}@example.org"

    def client(self, user: str) -> IMAPClient:
        """A connection that is logged in as ``user``, to be used in a ``with``."""
        return logged_in(self.host, self.port, user, self.password)

    # The script.

    def fault(self, command: str, *, when: When, then: Then, times: int = 1) -> None:
        """The next ``times`` of this command (as "APPEND", "UID FETCH", or "GREETING" for a new connection) go wrong.

        ``when``: "before" it is carried out (and before its literal is asked for), in place of the "prompt" of IDLE
        (these octets as they are), in the middle of its "literal", "after" it was carried out and in place of its
        answer, or in the middle of its "answer".
        ``then``: "close", "stall" (silence, the line stays up), a tagged answer such as ``b"NO [OVERQUOTA] full"``
        (not for "answer"), or for "after" a function of the whole answer."""
        with self._lock:
            self._faults.append(Fault(command, when, then, times))

    def met(self, command: str, when: When) -> Fault | None:
        """The fault that this command meets at this point, used up by one. For sessions."""
        with self._lock:
            fault = next((f for f in self._faults if (f.command, f.when) == (command, when) and f.times), None)
            if fault:
                fault.times -= 1
            return fault

    def count_round_trip(self) -> None:
        with self._lock:
            self.round_trips += 1

    def disconnect(self) -> None:
        """Ends every connection, as a reboot does."""
        self._listener.disconnect()

    # The mailbox, past the wire: as another client of the same person.

    def folder(self, name: str) -> Folder:
        return self.mailbox.folders[name]

    def append(self, folder: str, raw: bytes, flags: Iterable[str] = (), *, thread: int = 0) -> int:
        """Delivers a mail; returns its UID."""
        with self.mailbox.changing():
            message = self.folder(folder).add(raw, flags, datetime.now(UTC).replace(microsecond=0))
            message.thread = thread
            return message.uid

    def store(self, folder: str, uid: int, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Changes the flags of a mail. Raises KeyError when it is not there."""
        with self.mailbox.changing():
            message = self.folder(folder).get(uid)
            if message is None:
                raise KeyError(uid)
            message.flags = without(message.flags, remove) | canonical(add)

    def expunge(self, folder: str, *uids: int) -> None:
        with self.mailbox.changing():
            self.folder(folder).remove(uids)

    def rebuild(self, folder: str) -> None:
        """The same mails under a new UIDVALIDITY and new UIDs; whoever has it open is disconnected."""
        with self.mailbox.changing():
            self.mailbox.rebuild(folder)

    def delete(self, folder: str) -> None:
        """Removes a folder, as alpine does with Drafts; whoever has it open is disconnected."""
        with self.mailbox.changing():
            del self.mailbox.folders[folder]


class _Listener(socketserver.ThreadingTCPServer):
    """Accepts connections, each with a thread that is waited for at the end."""

    allow_reuse_address = True

    def __init__(self, server: Scripted) -> None:
        super().__init__((Scripted.host, 0), _Connection)
        self.script = server
        self._lock = threading.Lock()
        self._open: set[socket] = set()
        self._over = False
        self._count = 0

    def get_request(self) -> tuple[socket, object]:
        connection, address = super().get_request()
        tls = self.script.tls
        return (tls.wrap_socket(connection, server_side=True) if tls else connection), address

    def opened(self, connection: socket) -> int:
        """Its number, from 1."""
        with self._lock:
            self._open.add(connection)
            if self._over:  # it was accepted before, and its thread began only now
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)
            self._count += 1
            return self._count

    def closed(self, connection: socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def disconnect(self, *, for_good: bool = False) -> None:
        with self._lock:
            self._over = for_good
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A bug of this server fails the test like a violation; socketserver would print it."""
        self.script.violations.append(f"the scripted server itself failed: {sys.exception()!r}")


class _Connection(socketserver.StreamRequestHandler):
    server: _Listener
    disable_nagle_algorithm = True  # else small answers wait 40 ms for the client's acknowledgement

    def handle(self) -> None:
        connection: socket = self.request
        number = self.server.opened(connection)
        try:
            Session(self.server.script, connection, cast(BufferedReader, self.rfile), number).run()
        finally:
            self.server.closed(connection)
