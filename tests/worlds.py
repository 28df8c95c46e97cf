"""A whole mailbot for tests: real journal, real archive, the line from flag to draft; mailbox and model in memory."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fakes import FakeEndpoint, FakeSession, Mailbox

from mailbot import templates
from mailbot.archive.store import Store
from mailbot.bot.tick import Round
from mailbot.config import Config, load
from mailbot.errors import MailbotError
from mailbot.index import Index
from mailbot.journal import Journal
from mailbot.poller import Poller
from mailbot.world import World

START = 1_767_600_000.0  # 5 January 2026, 08:00 UTC
# fsync on a disk takes milliseconds and proves nothing here: no test cuts the power.
FAST = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())

CONFIG = """
[owner]
name = "Ada Example"
timezone = "Europe/Berlin"
[archive]
folder = "archive"
[state]
folder = "state"
[model]
base_url = "http://127.0.0.1:1/v1"
name = "fake-1"
[[account]]
name = "home"
address = "ada@example.org"
aliases = ["ada@example.com"]
[account.imap]
host = "127.0.0.1"
port = 1
security = "none"
"""

QUESTION = b"""\
Return-Path: <mara@northwind.example>
Delivered-To: ada@example.org
Received: from mx.northwind.example by mx.example.org; Mon, 5 Jan 2026 08:00:00 +0100
From: Mara Lindqvist <mara@northwind.example>
To: Ada Example <ada@example.org>, Bo <bo@northwind.example>
Subject: Servers for =?utf-8?q?M=C3=BCnchen?=
Date: Mon, 5 Jan 2026 08:00:00 +0100
Message-ID: <5666.1766332362@northwind.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hi Ada,

who buys the hardware? And can we meet on Friday?

Mara
"""


def question(number: int = 1, **headers: str) -> bytes:
    """The sample mail, different for each number; ``headers`` are put on top (Message_ID for Message-ID)."""
    raw = QUESTION.replace(b"5666.", f"{number}.".encode()).replace(b"08:00:00 +0100\n", b"08:%02d:00 +0100\n" % number)
    for name, value in headers.items():
        field = name.replace("_", "-").encode()
        lines = [line for line in raw.split(b"\n") if not line.startswith(field + b":")]
        raw = b"\n".join([field + b": " + value.encode(), *lines])
    return raw


class Inline:
    """What runs beside the poll, at once and in the calling thread."""

    def submit(self, call: Callable[[], None]) -> None:
        call()


class Lab:
    """One account with its mailbox, clock and folder; ``boot`` starts mailbot anew on what is on the disk."""

    def __init__(self, config: str = CONFIG, folder: Path | None = None, environ: Mapping[str, str] = {}) -> None:
        self._own = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="mailbot-lab-", dir=FAST))
        self.clock = START
        self.mailbox = Mailbox(lambda: self.clock)
        self.endpoint: FakeEndpoint | None = FakeEndpoint()
        self.notices: list[bytes] = []
        self._words = itertools.count(1)
        self.config: Config = self._load(config, environ)
        self.world: World
        self.poller: Poller
        self.journal: Journal | None = None
        self.index: Index
        self.boot()

    def _load(self, config: str, environ: Mapping[str, str]) -> Config:
        path = self.folder / "config.toml"
        text = config.replace('folder = "archive"', f'folder = "{self.folder}/archive"')
        path.write_text(text.replace('folder = "state"', f'folder = "{self.folder}/state"'))
        return load(path, environ)

    def boot(self, wrap: Callable[[World], World] = lambda world: world) -> None:
        if self.journal is not None:
            self.journal.close()
            self.index.close()
        self.journal = Journal(self.config.state.folder)
        self.index = Index(self.config.state.folder)
        world = World(
            config=self.config,
            account=self.config.accounts[0],
            journal=self.journal,
            index=self.index,
            store=Store(self.config.archive.folder, self.config.archive.mode),
            endpoint=self.endpoint,  # type: ignore[arg-type]
            templates=lambda: templates.read(self.config.prompt.folder),
            connect=lambda: FakeSession(self.mailbox),  # type: ignore[arg-type, return-value]
            send=self.notices.append,
            now=lambda: self.clock,
            chance=lambda: 0.5,
            nonce=lambda: f"n{next(self._words):04d}",
        )
        self.world = wrap(world)
        self.poller = Poller(self.world, Inline(), Inline())  # type: ignore[arg-type]

    def cycle(self, **options: Any) -> Round:
        """One ``mailbot once``; the clock moves on a minute."""
        self.clock += 60
        first = self.poller.round(**options)
        self.poller.finish()
        self.poller.close()
        return first

    def settle(self, cycles: int = 12) -> None:
        """Cycles until nothing is open any more; the clock jumps over every back-off."""
        for _ in range(cycles):
            try:
                self.cycle()
            except MailbotError:
                self.poller.close()
            if not self.world.journal.open_jobs(self.world.key):
                return
            self.clock += 4000

    def flag(self, raw: bytes | None = None, folder: str = "INBOX", *flags: str) -> int:
        """A new mail arrives and is flagged."""
        return self.mailbox.add(folder, raw or question(), "\\Flagged", *flags)

    def jobs(self) -> list[Any]:
        return self.world.journal.jobs()

    def pages(self) -> dict[str, str]:
        outbox = self.config.archive.folder / "Outbox"
        return {p.name: p.read_text() for p in sorted(outbox.glob("*.md"))} if outbox.is_dir() else {}

    def close(self) -> None:
        self.poller.close()
        if self.journal is not None:
            self.journal.close()
            self.index.close()
        if self._own:
            shutil.rmtree(self.folder)
