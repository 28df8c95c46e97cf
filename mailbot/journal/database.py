"""The file of the journal: one SQLite connection behind one lock, its version, transactions and troubles.

A damaged file is never written over: ``put_aside`` gives it another name. One that an earlier mailbot wrote is copied
before it is changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from mailbot.errors import BadUsage, Later, MailbotError, OwnerMustAct
from mailbot.journal.migrations import MIGRATIONS

NAME = "journal.sqlite"
ROOM = 65_536  # octets: SQLite needs 32 KiB for the log's index before it can even read (sqlite.org/walformat.html)
BUSY_SECONDS = 10.0  # a second process holds the write lock for milliseconds; longer means it hangs


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
        self._version = 0  # of the schema that this program works with; 0 until the file has it
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

    def shrink(self) -> None:
        """Writes the file anew, so that nothing of what was deleted is left in it, and removes the copies of it that
        were kept before migrations."""
        with self._lock:
            try:
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                for copy in self.path.parent.glob(f"version-*-{NAME}"):
                    copy.unlink(missing_ok=True)
            except (sqlite3.Error, OSError) as error:
                raise _trouble(self.path, error) from error

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    @property
    def changes(self) -> int:
        """Rows that were written since the file was opened."""
        return self._db.total_changes

    def _migrate(self) -> None:
        """Brings the file to today's version. Each step is one transaction, so that a stop between two of them leaves
        a file of a version that there was."""
        first = True
        while self._step(first):
            first = False
        self._version = len(MIGRATIONS)

    def _step(self, first: bool) -> bool:
        """The next migration; False when there is none left. Another process may be at it, too: one of them waits."""
        with self.transaction():
            version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise BadUsage(
                    f"{self.path} was written by a newer mailbot (state {version}; this one knows {len(MIGRATIONS)}): "
                    "install the newer program again, or name another state.folder"
                )
            if version == len(MIGRATIONS):
                return False
            if version and first:
                self._keep_copy(version)
            for statement in MIGRATIONS[version].split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {version + 1}")
        return True

    def _keep_copy(self, version: int) -> None:
        """The file as it is before a migration, under the name of its version; it takes the place of earlier ones.

        Read through a connection of its own: the other is inside the transaction that keeps writers out."""
        kept, temporary = self.path.with_name(f"version-{version}-{NAME}"), self.path.with_name(f"new-copy-{NAME}")
        temporary.unlink(missing_ok=True)
        temporary.touch(0o600)
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(temporary)) as copy:
            source.backup(copy)
        _to_disk(temporary)
        temporary.replace(kept)
        _to_disk(kept.parent)
        for earlier in kept.parent.glob(f"version-*-{NAME}"):
            if earlier != kept:
                earlier.unlink()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost commits. Raises OwnerMustAct when a newer mailbot has changed
        the schema since the file was opened: this one would write nonsense."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._expect_version()
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise _trouble(self.path, error) from error
            except BaseException:
                self._roll_back()
                raise

    def _expect_version(self) -> None:
        if self._version and self._db.execute("PRAGMA user_version").fetchone()[0] != self._version:
            reason = f"the state {self.path} was taken over by a newer mailbot while this one ran"
            raise OwnerMustAct("state", reason, "Start this one again, with the new program")

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


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _trouble(path: Path, error: Exception) -> Exception:
    text = str(error)
    if "locked" in text or "busy" in text:
        return Later(f"the state {path} is locked by another program")
    if "full" in text or getattr(error, "errno", None) == 28 or ("disk I/O" in text and _is_full(path.parent)):
        return OwnerMustAct("disk", f"the disk with {path} is full", "Make room; mailbot goes on by itself")
    if isinstance(error, OSError | sqlite3.OperationalError):
        return OwnerMustAct("state", f"the state {path} cannot be written ({text})", "Check the folder and its owner")
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
        return Damaged(path, text)
    return error


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < ROOM
    except OSError:
        return False


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
