"""The file of the journal: one SQLite connection behind one lock, its schema, transactions and troubles.

A damaged file is never written over: ``put_aside`` gives it another name."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailbot.errors import BadUsage, Later, MailbotError, OwnerMustAct

NAME = "journal.sqlite"
SCHEMA_VERSION = 1
BUSY_SECONDS = 10.0  # a second process holds the write lock for milliseconds; longer means it hangs

_SCHEMA = """
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX event_job ON event (job, seq);
CREATE INDEX event_kind ON event (kind, at);
CREATE TABLE job (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, key TEXT NOT NULL, generation INTEGER NOT NULL, state TEXT NOT NULL,
    open INTEGER NOT NULL, limited INTEGER NOT NULL, asked_at REAL NOT NULL, UNIQUE (account, key, generation));
CREATE INDEX job_open ON job (account) WHERE open;
CREATE INDEX job_asked ON job (account, asked_at);
CREATE TABLE blob (job TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (job, name));
CREATE TABLE folder (
    account TEXT NOT NULL, folder TEXT NOT NULL, uidvalidity INTEGER NOT NULL, PRIMARY KEY (account, folder));
CREATE TABLE star (
    account TEXT NOT NULL, key TEXT NOT NULL, twin TEXT NOT NULL, up INTEGER NOT NULL, PRIMARY KEY (account, key));
CREATE INDEX star_twin ON star (account, twin);
CREATE TABLE place (
    account TEXT NOT NULL, folder TEXT NOT NULL, uid INTEGER NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (account, folder, uid));
CREATE TABLE note (scope TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, name));
"""


class Damaged(OwnerMustAct):
    """The file is not what SQLite wrote: a dying disk, or another program."""

    def __init__(self, path: Path, said: str) -> None:
        hint = "Start mailbot run or mailbot once: it keeps the file aside and begins a new one"
        super().__init__("state", f"the state {path} is damaged ({said})", hint)


class Database:
    """Safe for many threads; every method is one transaction of its own unless ``transaction`` is open."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._lock = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        except (sqlite3.Error, OSError) as error:
            raise _trouble(self.path, error) from error
        try:
            self.path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            self._db.close()
            raise _trouble(self.path, error) from error
        except MailbotError:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def check(self) -> None:
        """Reads every page. Raises Damaged."""
        said = self.rows("PRAGMA quick_check(1)")[0][0]
        if said != "ok":
            raise Damaged(self.path, str(said).splitlines()[0])

    def copy_into(self, other: Database) -> None:
        with self._lock:
            self._db.backup(other._db)

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    @property
    def changes(self) -> int:
        """Rows that were written since the file was opened."""
        return self._db.total_changes

    def _migrate(self) -> None:
        with self.transaction():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise BadUsage(
                    f"{self.path} was written by a newer mailbot (state {version}; this one knows {SCHEMA_VERSION}): "
                    "install the newer program again, or name another state.folder"
                )
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost commits."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise _trouble(self.path, error) from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(sql, args).fetchall()
            except sqlite3.Error as error:
                raise _trouble(self.path, error) from error

    def run(self, sql: str, *args: Any) -> None:
        with self.transaction():
            self._db.execute(sql, args)


def _trouble(path: Path, error: Exception) -> Exception:
    text = str(error)
    if "locked" in text or "busy" in text:
        return Later(f"the state {path} is locked by another program")
    if "full" in text or getattr(error, "errno", None) == 28:
        return OwnerMustAct("disk", f"the disk with {path} is full", "Make room; mailbot goes on by itself")
    if isinstance(error, OSError | sqlite3.OperationalError):
        return OwnerMustAct("state", f"the state {path} cannot be written ({text})", "Check the folder and its owner")
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
        return Damaged(path, text)
    return error


def put_aside(folder: Path, word: str) -> Path:
    """Gives a damaged file another name, with ``word`` in it, and returns that. Only for who holds an account's lock:
    nobody else may have the file open. Raises OwnerMustAct."""
    kept = folder / f"damaged-{word}-{NAME}"
    try:
        for end in ("-wal", "-shm", ""):  # the log before the file: beside a new one, SQLite would play it back
            part = folder / f"{NAME}{end}"
            if part.exists():
                part.replace(f"{kept}{end}")
    except OSError as error:
        raise _trouble(folder / NAME, error) from error
    return kept
