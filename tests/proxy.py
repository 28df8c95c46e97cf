"""A proxy on loopback between mailbot and a mail server, which spoils the line exactly where a test says.

    with Scripted() as server, Proxy(server.port) as proxy:
        proxy.spoil("cut", 3, "inside")  # the third command from now on is cut off in its middle

Owns sockets and threads and the order of commands. Knows of IMAP only what a command looks like; refuses to know what
any of them means.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

# Where one send may hold several: commands said in one breath, and a literal that does not wait (RFC 7888).
PIECE = re.compile(rb"(?<=\r\n)(?=[A-P]{4}\d+ )|(?<=\+}\r\n)")
COMMAND = re.compile(rb"[A-P]{4}\d+ ((?:UID )?[A-Z]+)|(DONE)\r\n")  # imaplib's tags

# "drip": from here on one octet after the other, for ever, and never a whole answer.
How = Literal["cut", "stall", "half-close", "drip"]
DRIP = 0.02  # seconds between two octets
# "before" it reaches the server, half of it, half of its literal, carried out and not answered, half of its answer.
Where = Literal["before", "inside", "literal", "after", "answer"]


@dataclass(frozen=True, slots=True)
class Fault:
    how: How
    at: int | str
    where: Where


class Proxy:
    """``with Proxy(port) as proxy``: connect to ``proxy.port`` instead.

    ``commands`` are the names of all that came through, ``connections`` counts. ``delay`` holds back each answer for so
    many seconds; ``drop`` sends one byte at a time, both ways."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.commands: list[str] = []
        self.connections = 0
        self.delay = 0.0
        self.drop = False
        self.spoilt = threading.Event()  # the fault has happened
        self._fault: Fault | None = None
        self._seen = 0
        self._closing = threading.Event()
        self._lines: list[Line] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for line in self._lines:
            line.cut()
            line.join()

    def spoil(self, how: How, at: int | str, where: Where) -> None:
        """The ``at``-th command from now on, over all connections, or the next of this name. 0 is the next connection
        itself, its greeting."""
        self.spoilt.clear()
        self._fault, self._seen = Fault(how, at, where), 0

    def next_command(self, name: str) -> Fault | None:
        """Counts a command; the fault that it meets, which happens once."""
        self.commands.append(name)
        self._seen += 1
        return self.take(self._seen, name)

    def take(self, *names: int | str) -> Fault | None:
        fault = self._fault
        if fault is None or fault.at not in names:
            return None
        self._fault = None
        return fault

    def wait(self, seconds: float) -> bool:
        return self._closing.wait(seconds)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._lines.append(Line(self, client, socket.create_connection(("127.0.0.1", self._to))))


@contextmanager
def dripping(first: bytes) -> Iterator[int]:
    """The port of a server that begins so and goes on with one octet after the other, for ever."""
    over = threading.Event()

    def drip() -> None:
        line, _ = server.accept()
        with line, suppress(OSError):
            line.sendall(first)
            while not over.wait(DRIP):
                line.sendall(b"2")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


class Line:
    """One connection through the proxy, a thread for each direction."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._silent = False
        self._fault = proxy.take(0)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._fault and self._fault.where == "before":
            self._happen(self._fault)
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._up, self._down)]
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        self._client.close()
        self._server.close()

    def _up(self) -> None:
        """From mailbot to the server."""
        with suppress(OSError):
            while data := self._client.recv(65536):
                if hasattr(socket, "TCP_QUICKACK"):  # imapclient writes a SEARCH in pieces, each waits for the ACK
                    self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                for piece in PIECE.split(data):
                    self._pass(piece)
        if self._fault and self._fault.where in ("after", "answer"):
            self._proxy.spoilt.set()  # who leaves before the answer came has got none, as it was to be
        self.cut()

    def _pass(self, data: bytes) -> None:
        """A command, or what comes after its first line."""
        found = COMMAND.match(data)
        if found:
            awaited = self._fault if self._fault and self._fault.where in ("after", "answer") else None
            self._fault = self._proxy.next_command((found[1] or found[2]).decode()) or awaited
        fault = self._fault
        if fault and found and fault.where == "before":
            self._happen(fault)
        elif fault and fault.where == ("inside" if found else "literal"):
            self._send(self._server, data[: len(data) // 2])
            self._happen(fault)
        else:
            self._send(self._server, data)

    def _down(self) -> None:
        """From the server to mailbot."""
        with suppress(OSError):
            while data := self._server.recv(65536):
                fault = self._fault
                if fault and fault.where in ("after", "answer") and not data.startswith(b"+"):
                    if fault.where == "answer":
                        self._send(self._client, data[: len(data) // 2])
                    self._happen(fault)
                elif self._proxy.delay and self._proxy.wait(self._proxy.delay):
                    break
                else:
                    self._send(self._client, data)
        self.cut()

    def _send(self, to: socket.socket, data: bytes) -> None:
        if not self._silent:
            for piece in [data[n : n + 1] for n in range(len(data))] if self._proxy.drop else [data]:
                to.sendall(piece)

    def _happen(self, fault: Fault) -> None:
        self._fault = None
        self._silent = True
        self._proxy.spoilt.set()
        if fault.how == "cut":
            self.cut()
        elif fault.how == "half-close":
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_WR)
        elif fault.how == "drip":
            threading.Thread(target=self._drip, daemon=True).start()

    def _drip(self) -> None:
        with suppress(OSError):
            while not self._proxy.wait(DRIP):
                self._client.sendall(b"*")
