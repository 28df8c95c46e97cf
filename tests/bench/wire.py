"""A line on loopback between a mail client and a server: each octet takes half a round trip, and everything is counted.

A *turn* begins when the client speaks after it has heard the server: what it says in one breath is one turn, however
many commands it is. Turns are what latency multiplies. One thread carries all connections.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

COMMAND = re.compile(rb"(?:^|\r\n)(?:[A-P]{4}\d+ ((?:UID )?[A-Z]+)|(DONE)\r\n)")  # imaplib's tags
CHUNK = 65_536  # octets
START_WITHIN = 60.0  # seconds; it takes a moment


@dataclass(slots=True)
class Turn:
    """``at``: when its first octet came, on the monotonic clock."""

    at: float
    commands: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """One connection. ``spoke``: when either side last did."""

    turns: list[Turn] = field(default_factory=list)
    octets: int = 0
    spoke: float = 0.0
    heard: bool = True  # the server spoke last, as far as the client can know

    def said(self, *commands: str) -> bool:
        """Whether one of the commands was ever sent on it."""
        return any(command in turn.commands for turn in self.turns for command in commands)

    def up(self, data: bytes) -> None:
        self.spoke = time.monotonic()
        if self.heard:
            self.turns.append(Turn(self.spoke))
            self.heard = False
        self.turns[-1].commands += [(name or done).decode() for name, done in COMMAND.findall(data)]
        self.octets += len(data)

    def down(self, data: bytes) -> None:
        self.spoke = time.monotonic()
        self.octets += len(data)


@dataclass(frozen=True, slots=True)
class Tally:
    connections: int = 0
    turns: int = 0
    octets: int = 0

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.connections - other.connections, self.turns - other.turns, self.octets - other.octets)


class Wire:
    """``with Wire(port) as wire``: connect to ``wire.port`` instead. ``round_trip``, in seconds, may be changed."""

    def __init__(self, to: int, round_trip: float = 0.0) -> None:
        self.round_trip = round_trip
        self.lines: list[Line] = []
        self.port = 0
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(START_WITHIN):
            raise RuntimeError("the wire did not start")
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def tally(self) -> Tally:
        """What went over it so far."""
        lines = tuple(self.lines)
        return Tally(len(lines), sum(len(line.turns) for line in lines), sum(line.octets for line in lines))

    def quiet_for(self) -> float:
        """Seconds since anybody said anything."""
        return time.monotonic() - max((line.spoke for line in self.lines), default=0.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        line = Line()
        self.lines.append(line)
        await asyncio.sleep(1.5 * self.round_trip)  # the server sees a client when the third packet of TCP is there
        server, to_server = await asyncio.open_connection("127.0.0.1", self._to)

        def heard() -> None:
            line.heard = True

        with suppress(asyncio.CancelledError):  # the wire is taken down
            await asyncio.gather(
                self._carry(client, to_server, line.up, lambda: None), self._carry(server, to_client, line.down, heard)
            )
        to_client.close()
        to_server.close()

    async def _carry(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        left: Callable[[bytes], None],
        arrives: Callable[[], None],
    ) -> None:
        """One direction, until it ends."""

        def deliver(data: bytes) -> None:
            arrives()
            with suppress(OSError, RuntimeError):
                target.write(data)

        with suppress(OSError):
            while data := await source.read(CHUNK):
                left(data)
                self._loop.call_later(self.round_trip / 2, deliver, data)
        await asyncio.sleep(self.round_trip / 2)
        with suppress(OSError, RuntimeError):
            target.write_eof()
