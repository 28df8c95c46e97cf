"""An SMTP server on loopback that takes every mail and keeps it: what would have left the house.

Owns the socket and the thread. Refuses to deliver anything. Login is offered, any other than ``user``/``password`` is
refused, and none is required.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

START_WITHIN = 60.0  # seconds; it takes a moment


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came: the envelope's sender and recipients, and the bytes after DATA."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class SmtpSink:
    """``with SmtpSink() as sink``: ``sink.host``, ``sink.port``, and in ``sink.messages`` what arrived, oldest first.
    ``sink.reply`` is what DATA is answered with; any other than a 250 keeps the mail out of ``messages``.
    ``sink.calls`` counts who connected. ``context``: it speaks TLS from the first octet."""

    host = "127.0.0.1"
    user = "notes@example.org"
    password = "correct-horse"

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self.port = 0
        self.messages: list[Received] = []
        self.reply = "250 OK"
        self.calls = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="smtp-sink", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(START_WITHIN):
            raise RuntimeError("The SMTP sink did not start.")
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd once for each mail."""
        if self.reply.startswith("250"):
            content = envelope.content or b""
            raw = content if isinstance(content, bytes) else content.encode()
            self.messages.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw))
        return self.reply

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        sessions: set[SMTP] = set()
        server = await self._loop.create_server(lambda: self._session(sessions), self.host, 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for session in sessions:
            if session.transport is not None:
                session.transport.close()
        await asyncio.sleep(0)  # the closed transports let go of their sockets in the next round of the loop

    def _session(self, sessions: set[SMTP]) -> SMTP:
        self.calls += 1
        session = SMTP(self, authenticator=self._check, auth_require_tls=False, loop=self._loop)
        sessions.add(session)
        return session

    def _check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: object
    ) -> AuthResult:
        right = LoginPassword(self.user.encode(), self.password.encode())
        return AuthResult(success=auth_data == right, handled=False)
