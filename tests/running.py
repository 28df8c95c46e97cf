"""mailbot as a person has it: a config on the disk, commands as processes of their own, a service that runs beside.

Owns the folder, the processes and the waiting: everything polls with a deadline, nothing sleeps for luck, and only
processes that were started here are ended. Refuses to know what a test proves.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest
from dovecot import Dovecot
from endpoint import Exchange, Request, polite
from imapclient import IMAPClient
from scripted import Scripted
from worlds import FAST, question

SOON = 60.0  # seconds in which anything must have happened; on a quiet machine it takes a hundredth of it
STEP = 0.03  # seconds between two looks
COMMAND_WITHIN = 120.0  # seconds; a command takes one or two, on a busy machine many
NOBODY = "http://127.0.0.1:1/v1"  # port 1: nothing listens
NUMBERS = itertools.count(1)

T = TypeVar("T")


def until(look: Callable[[], T], what: str, within: float = SOON) -> T:
    """What ``look`` gives as soon as it is true; fails the test when it is not in time."""
    deadline = time.monotonic() + within
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {within:g} s: {what}", pytrace=False)
        time.sleep(STEP)
    return found


class Gate:
    """A model that keeps every call open until ``release``. ``open``: calls under way now; ``most``: ever at once."""

    def __init__(self) -> None:
        self.open = self.most = 0
        self._lock = threading.Lock()
        self._released = threading.Event()

    def act(self, exchange: Exchange, request: Request) -> None:
        with self._lock:
            self.open += 1
            self.most = max(self.most, self.open)
        self._released.wait(COMMAND_WITHIN)
        with self._lock:
            self.open -= 1
        polite(exchange, request)

    def release(self) -> None:
        self._released.set()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Account:
    """One mailbox on a test server, seen as its owner's mail client sees it, and its part of the config."""

    def __init__(self, server: Dovecot | Scripted, name: str = "home", *, tls: bool = True, quota: int | None = None):
        self.server, self.name = server, name
        self.user = server.user(name) if quota is None else server.user(name, quota=quota)  # type: ignore[call-arg]
        self.key = f"{self.user}@{server.host}"
        self._tls = tls and hasattr(server, "tls_port")

    def toml(self) -> str:
        lines = [
            "[[account]]",
            f'name = "{self.name}"',
            'address = "ada@example.org"',
            "[account.imap]",
            f'host = "{self.server.host}"',
            f'user = "{self.user}"',
        ]
        if self._tls:
            lines += [f"port = {self.server.tls_port}", f'ca_file = "{self.server.ca_file}"']
        else:
            lines += [f"port = {self.server.port}", 'security = "none"']
        return "\n".join(lines) + "\n"

    @contextmanager
    def opened(self, folder: str) -> Iterator[IMAPClient]:
        with self.server.client(self.user) as client:
            client.select_folder(folder)
            yield client

    def deliver(self, raw: bytes | None = None, *flags: str, folder: str = "INBOX") -> int:
        """A mail arrives, different from every one before; returns its UID."""
        raw = (raw or question(next(NUMBERS) % 60)).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        with self.opened(folder) as client:
            client.append(folder, raw, flags)
            return max(client.search("ALL"))

    def flag(self, *uids: int, folder: str = "INBOX") -> None:
        with self.opened(folder) as client:
            client.add_flags(uids, ["\\Flagged"])

    def flags(self, uid: int, folder: str = "INBOX") -> set[str]:
        with self.opened(folder) as client:
            return {flag.decode() for flag in client.get_flags([uid])[uid]}

    def mails(self, folder: str = "Drafts") -> list[EmailMessage]:
        """Every mail of a folder, oldest first. Nothing is marked as read by this look."""
        with self.server.client(self.user) as client:
            client.select_folder(folder, readonly=True)
            rows = client.fetch(client.search("ALL"), ["BODY.PEEK[]"]) if client.search("ALL") else {}
        return [message_from_bytes(rows[uid][b"BODY[]"], policy=policy.default) for uid in sorted(rows)]

    def drafts(self, count: int, within: float = SOON) -> list[EmailMessage]:
        """The drafts, as soon as there are ``count``."""
        return until(lambda: found if len(found := self.mails()) >= count else None, f"{count} drafts", within) or []


class Home:
    """One person's mailbot: ``with Home(account, ..., model=base_url) as home``; keywords are those of ``write``."""

    def __init__(self, *accounts: Account, model: str = "", extra: str = "", options: str = "", more: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mailbot-home-", dir=FAST))
        self.config = self.folder / "config.toml"
        self.archive = self.folder / "archive"
        self.state = self.folder / "state"
        self.accounts = accounts
        self.services: list[Service] = []
        self.environ = {
            "HOME": str(self.folder),
            "PATH": os.environ.get("PATH", ""),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "MAILBOT_MODEL_KEY": "sk-test",
            "PYTHONPATH": str(Path(__file__).parents[1]),
            **{f"MAILBOT_{a.name.upper()}_IMAP": a.server.password for a in accounts},
        }
        self.write(model, extra=extra, options=options, more=more)

    def write(self, model: str = "", *, extra: str = "", options: str = "", more: str = "") -> None:
        """The config anew. ``model`` is a base URL, "" for the outline writer, ``options`` more keys of its table;
        ``extra`` are tables, ``more`` what comes after the last account."""
        tables = [
            f'[owner]\nname = "Ada Example"\ntimezone = "Europe/Berlin"\n[archive]\nfolder = "{self.archive}"\n',
            f'[state]\nfolder = "{self.state}"\n',
            extra,
            f'[model]\nbase_url = "{model}"\nname = "test-1"\n{options}' if model else "",
            *(account.toml() for account in self.accounts),
            more,
        ]
        self.config.write_text("\n".join(tables))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        for service in self.services:
            service.kill()
        logs = "".join(service.log for service in self.services)
        shutil.rmtree(self.folder, ignore_errors=True)
        assert exc[0] is not None or "Traceback" not in logs, logs

    def command(self, *words: str, environ: Mapping[str, str] = {}, input: str = "") -> Outcome:
        """Runs one command to its end. Whatever happens, nobody sees a traceback."""
        done = subprocess.run(
            [sys.executable, "-m", "mailbot", *words],
            env={**self.environ, "MAILBOT_CONFIG": str(self.config), **environ},
            input=input,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Outcome(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def begun(self, *words: str, environ: Mapping[str, str] = {}) -> Iterator[subprocess.Popen[str]]:
        """A command under way; what it prints is one text. It is killed when it outlives the block."""
        with subprocess.Popen(
            [sys.executable, "-m", "mailbot", *words],
            env={**self.environ, "MAILBOT_CONFIG": str(self.config), **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def start(self) -> Service:
        """``mailbot run``, back when it has looked at the first account once: a flag is new from here on."""
        service = Service(self)
        self.services.append(service)
        service.wait_for_look(self.accounts[0])
        return service

    def pages(self) -> dict[str, str]:
        return {page.name: page.read_text() for page in sorted((self.archive / "Outbox").glob("*.md"))}

    def files(self) -> set[str]:
        """Every file of the archive."""
        return {str(path.relative_to(self.archive)) for path in self.archive.rglob("*") if path.is_file()}

    def looked_at(self, account: Account) -> float:
        """When the account was last looked at, from the state as it lies on the disk; 0 before the first time."""
        path = self.state / "journal.sqlite"
        if not path.exists():
            return 0.0
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as journal:
            if not journal.execute("SELECT 1 FROM sqlite_master WHERE name = 'note'").fetchone():
                return 0.0
            sql = "SELECT value FROM note WHERE scope = 'poll' AND name = ?"
            row = journal.execute(sql, (account.key,)).fetchone()
        return float(json.loads(row[0])["ok"] or 0.0) if row else 0.0


class Service:
    """A ``mailbot run`` of its own."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._before = {account.key: home.looked_at(account) for account in home.accounts}
        self._asked, self._took = 0.0, float("inf")
        self._waiter = threading.Thread()
        self._log = (home.folder / f"log-{len(home.services)}").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mailbot", "run"],
            env={**home.environ, "MAILBOT_CONFIG": str(home.config)},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def log(self) -> str:
        return Path(self._log.name).read_text()

    def wait_for_look(self, account: Account) -> None:
        before = self._before[account.key]

        def looked() -> bool:
            assert self.process.poll() is None, f"the service ended: {self.log}"
            return self.home.looked_at(account) > before

        until(looked, f"a look at {account.name}")

    def ask_to_end(self) -> None:
        """SIGTERM, to this process only. The clock for ``ended`` runs from here."""
        self._asked = time.monotonic()
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        self._waiter.start()
        self.process.send_signal(signal.SIGTERM)

    def _wait(self) -> None:
        self.process.wait()
        self._took = time.monotonic() - self._asked

    def ended(self, within: float = 10.0) -> int:
        """Its exit code, when it ended in time after ``ask_to_end``. Ten seconds are the contract's."""
        self._waiter.join(max(0.0, self._asked + within - time.monotonic()))
        assert self._took <= within, f"the service took more than {within:g} s to end: {self.log}"
        code: int = self.process.returncode
        return code

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()
