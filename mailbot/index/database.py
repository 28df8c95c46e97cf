"""The file of the index: one SQLite connection behind one lock, made when it is first asked for.

It holds nothing that could not be read again elsewhere. So there are no migrations, a damaged file or one of another
version is deleted, and durability is cheap: WAL without an fsync for each transaction."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mailbot.errors import MailbotError

NAME = "index.sqlite"
VERSION = 3
BUSY_SECONDS = 0.5  # another process writes for milliseconds; a draft does not wait for one that hangs
PAGE = 4096  # octets
MOST_PAGES = 128 * 2**20 // PAGE  # the file never grows beyond: then it is full, as a disk is

_SCHEMA = """
CREATE TABLE folder (
    account TEXT NOT NULL, folder TEXT NOT NULL, uidvalidity INTEGER NOT NULL, tried_at REAL NOT NULL,
    failures INTEGER NOT NULL, complete INTEGER NOT NULL, PRIMARY KEY (account, folder));
CREATE TABLE mail (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, folder TEXT NOT NULL, uid INTEGER NOT NULL, message_id TEXT NOT NULL,
    at REAL NOT NULL, language TEXT NOT NULL, data TEXT NOT NULL, UNIQUE (account, folder, uid));
CREATE INDEX mail_language ON mail (language, at);
CREATE TABLE reader (address TEXT NOT NULL, mail INTEGER NOT NULL, PRIMARY KEY (address, mail)) WITHOUT ROWID;
CREATE INDEX reader_mail ON reader (mail);
CREATE TABLE note (
    id INTEGER PRIMARY KEY, folder TEXT NOT NULL, path TEXT NOT NULL, changed INTEGER NOT NULL, size INTEGER NOT NULL,
    UNIQUE (folder, path));
CREATE TABLE passage (id INTEGER PRIMARY KEY, note INTEGER NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX passage_note ON passage (note);
CREATE VIRTUAL TABLE passage_word USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE listing (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, folder TEXT NOT NULL, keyword TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL, UNIQUE (account, folder, keyword));
CREATE TABLE filed (
    listing INTEGER NOT NULL, uid INTEGER NOT NULL, message BLOB NOT NULL, PRIMARY KEY (listing, uid)) WITHOUT ROWID;
CREATE INDEX filed_message ON filed (message);
CREATE TABLE filed_for (account TEXT PRIMARY KEY, asked TEXT NOT NULL);
CREATE VIRTUAL TABLE mail_word USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2');
"""


class Unusable(MailbotError):
    """The index cannot be used now; ``str()`` says why."""


class Database:
    """Safe for many threads. Everything raises Unusable and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._inode = 0
        self._closed = False

    def close(self) -> None:
        """For good: what still reads notes must not make the file again."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            db, self._db = self._db, None
            if db is not None:
                with suppress(sqlite3.Error):
                    db.close()

    def delete(self) -> None:
        """The file and all that belongs to it."""
        with self._lock, self._translated():
            self._let_go()
            for end in ("-wal", "-shm", ""):
                self.path.with_name(f"{NAME}{end}").unlink(missing_ok=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost commits."""
        with self._lock, self._translated():
            db = self._opened()
            if db.in_transaction:
                yield
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        with self._lock, self._translated():
            return self._opened().execute(sql, args).fetchall()

    def run(self, sql: str, *args: Any) -> int:
        """Returns how many rows it changed."""
        with self.transaction():
            return self._opened().execute(sql, args).rowcount

    def insert(self, sql: str, *args: Any) -> int:
        """Returns the row's id."""
        with self.transaction():
            return self._opened().execute(sql, args).lastrowid or 0

    def many(self, sql: str, rows: Iterator[tuple[Any, ...]] | list[tuple[Any, ...]]) -> None:
        with self.transaction():
            self._opened().executemany(sql, rows)

    def shrink(self) -> None:
        """Writes the file anew, so that nothing of what was deleted is left in it."""
        with self._lock, self._translated():
            db = self._opened()
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def damaged(self, said: str) -> Unusable:
        """For a value in it that nobody can have written: the file goes, the next look begins a new one."""
        self.delete()
        return Unusable(f"the index {self.path} was damaged ({said}) and is built again")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # full, locked, read-only, no FTS5
            raise Unusable(f"the index {self.path} cannot be used ({error})") from error
        except sqlite3.DatabaseError as error:
            raise self.damaged(str(error)) from error
        except OSError as error:
            raise Unusable(f"the index {self.path} cannot be used ({error.strerror or error})") from error

    def _opened(self) -> sqlite3.Connection:
        """The connection; a new one after the file was deleted under it."""
        if self._closed:
            raise Unusable(f"the index {self.path} is closed")
        if self._db is not None and self._inode != _inode(self.path):
            self._let_go()
        if self._db is None:
            try:
                self._db = self._open()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:  # no file of ours, or of another version
                self.delete()
                self._db = self._open()
        return self._db

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self.path.chmod(0o600)
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
                db.execute(f"PRAGMA {pragma}")
            db.execute(f"PRAGMA max_page_count = {MOST_PAGES}")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise sqlite3.DatabaseError(f"it is of version {version}")
            if version == 0:
                db.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {VERSION};COMMIT;")
        except BaseException:
            db.close()
            raise
        self._inode = _inode(self.path)
        return db


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return -1
