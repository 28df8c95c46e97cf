"""The journal: the list of events, in SQLite, from which every state follows; and what was last seen of each folder.

It owns durability: ``record`` returns when the event is on disk (WAL, ``synchronous=FULL``). The table ``job`` is an
index over the folded events, written in the same transaction, so that open jobs are found without reading years of
history. Large bytes (the fetched mail, the draft) lie in ``blob`` while a job is open. It knows no IMAP, no model, no
files but its own. Safe for many threads, and for a second process that adds an event (``mailbot redo`` beside
``mailbot run``).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailbot.errors import BadUsage, Later, OwnerMustAct
from mailbot.flags import Memory
from mailbot.job import OPEN, Event, IllegalEvent, Job, Place, State, apply, fold, job_id

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


class Journal:
    """One connection behind one lock; every method is one transaction of its own unless ``transaction`` is open."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.sqlite"
        self._lock = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self.path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise _trouble(self.path, error) from error

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def copy(self, folder: Path) -> Journal:
        """A journal of its own with the same content, for a rehearsal."""
        other = Journal(folder)
        with self._lock:
            self._db.backup(other._db)
        return other

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

    def _rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(sql, args).fetchall()
            except sqlite3.Error as error:
                raise _trouble(self.path, error) from error

    def _run(self, sql: str, *args: Any) -> None:
        with self.transaction():
            self._db.execute(sql, args)

    # Jobs

    def begin(self, kind: str, at: float, *, account: str, key: str, generation: int, **data: Any) -> Job:
        """The first event of a job: ``asked`` or ``held``."""
        data = {"account": account, "key": key, "generation": generation, **data}
        return self._append(job_id(account, key, generation), at, kind, data)

    def record(self, job: Job | str, kind: str, at: float, **data: Any) -> Job:
        """Adds an event to a job as it stands in the journal now; returns the job after it.

        Raises IllegalEvent when the table of states does not allow the event (any more)."""
        return self._append(job if isinstance(job, str) else job.id, at, kind, data)

    def _append(self, id: str, at: float, kind: str, data: Mapping[str, Any]) -> Job:
        with self.transaction():
            before = fold(self.events(id))
            text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
            event = Event(0, id, at, kind, json.loads(text))
            job = apply(before, event)
            self._db.execute("INSERT INTO event (job, at, kind, data) VALUES (?, ?, ?, ?)", (id, at, kind, text))
            self._db.execute(
                "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET state = excluded.state, "
                "open = excluded.open, limited = excluded.limited, asked_at = excluded.asked_at",
                (id, job.account, job.key, job.generation, job.state, _is_open(job), job.limited, job.asked_at),
            )
            if not _is_open(job) and job.state is not State.HELD:
                self._db.execute("DELETE FROM blob WHERE job = ?", (id,))
        return job

    def events(self, id: str) -> list[Event]:
        rows = self._rows("SELECT seq, job, at, kind, data FROM event WHERE job = ? ORDER BY seq", id)
        return [Event(seq, job, at, kind, json.loads(data)) for seq, job, at, kind, data in rows]

    def last(self) -> int:
        """The number of the newest event."""
        return int(self._rows("SELECT coalesce(max(seq), 0) FROM event")[0][0])

    def events_after(self, seq: int, account: str) -> list[Event]:
        sql = (
            "SELECT e.seq, e.job, e.at, e.kind, e.data FROM event e JOIN job j ON j.id = e.job "
            "WHERE e.seq > ? AND j.account = ? ORDER BY e.seq"
        )
        return [Event(s, job, at, kind, json.loads(data)) for s, job, at, kind, data in self._rows(sql, seq, account)]

    def job(self, id: str) -> Job | None:
        return fold(self.events(id))

    def find(self, prefix: str) -> Job:
        """The job whose id begins with ``prefix``. Raises BadUsage when there is none, or more than one."""
        if not prefix.isalnum():
            raise BadUsage(f"{prefix!r} is not an ID: mailbot list shows them")
        rows = self._rows("SELECT id FROM job WHERE substr(id, 1, ?) = ? LIMIT 9", len(prefix), prefix.lower())
        if not rows:
            raise BadUsage(f"no job has an ID that begins with {prefix!r}: mailbot list shows them")
        if len(rows) > 1:
            raise BadUsage(f"{prefix!r} is the beginning of several IDs: {', '.join(r[0] for r in rows)}")
        return self._job(rows[0][0])

    def _job(self, id: str) -> Job:
        job = self.job(id)
        assert job is not None, "the index has a row only where there is an event"
        return job

    def open_jobs(self, account: str) -> list[Job]:
        """Jobs with something left to do, oldest first."""
        rows = self._rows("SELECT id FROM job WHERE account = ? AND open ORDER BY asked_at, rowid", account)
        return [self._job(row[0]) for row in rows]

    def jobs(self, account: str | None = None) -> list[Job]:
        """Every job, newest first."""
        rows = self._rows(
            "SELECT id FROM job WHERE ? IS NULL OR account = ? ORDER BY asked_at DESC, rowid DESC", account, account
        )
        return [self._job(row[0]) for row in rows]

    def held_jobs(self) -> list[Job]:
        rows = self._rows("SELECT id FROM job WHERE state = ? ORDER BY asked_at, rowid", State.HELD)
        return [self._job(row[0]) for row in rows]

    def generations(self, account: str, key: str) -> list[Job]:
        """The jobs of one mail, oldest first."""
        rows = self._rows("SELECT id FROM job WHERE account = ? AND key = ? ORDER BY generation", account, key)
        return [self._job(row[0]) for row in rows]

    def asked_since(self, account: str, at: float) -> list[float]:
        """When flags that count for the limit were seen."""
        rows = self._rows("SELECT asked_at FROM job WHERE account = ? AND asked_at >= ? AND limited", account, at)
        return [row[0] for row in rows]

    def model_calls_since(self, at: float) -> int:
        sql = "SELECT count(*) FROM event WHERE kind = 'prompted' AND at >= ? AND json_extract(data, '$.asks') = 1"
        return int(self._rows(sql, at)[0][0])

    # Bytes that an open job needs

    def keep(self, id: str, name: str, data: bytes) -> None:
        self._run("INSERT OR REPLACE INTO blob VALUES (?, ?, ?)", id, name, data)

    def kept(self, id: str, name: str) -> bytes | None:
        rows = self._rows("SELECT data FROM blob WHERE job = ? AND name = ?", id, name)
        return rows[0][0] if rows else None

    # What was last seen of folders and flags

    def uidvalidity(self, account: str, folder: str) -> int | None:
        """As of the last look; None before the first contact."""
        rows = self._rows("SELECT uidvalidity FROM folder WHERE account = ? AND folder = ?", account, folder)
        return rows[0][0] if rows else None

    def knows(self, account: str) -> bool:
        return bool(self._rows("SELECT 1 FROM folder WHERE account = ? LIMIT 1", account))

    def look(self, account: str, folder: str, uidvalidity: int) -> None:
        """Records the UIDVALIDITY of a look; where it is another than before, the folder's places are void."""
        with self.transaction():
            if self.uidvalidity(account, folder) != uidvalidity:
                self._run("DELETE FROM place WHERE account = ? AND folder = ?", account, folder)
                self._run("INSERT OR REPLACE INTO folder VALUES (?, ?, ?)", account, folder, uidvalidity)

    def places(self, account: str, folder: str) -> dict[int, str]:
        """UID -> mail key of every flagged mail of the folder at the last look."""
        return dict(self._rows("SELECT uid, key FROM place WHERE account = ? AND folder = ?", account, folder))

    def flagged_at(self, account: str, key: str, twin: str, place: Place) -> None:
        """Remembers that the mail carries its flag, and where."""
        with self.transaction():
            sql = "INSERT INTO star VALUES (?, ?, ?, 1) ON CONFLICT (account, key) DO UPDATE SET up = 1"
            self._run(sql, account, key, twin)
            self._run("INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)", account, place.folder, place.uid, key)

    def unflagged(self, account: str, key: str) -> None:
        self._run("UPDATE star SET up = 0 WHERE account = ? AND key = ?", account, key)

    def forget_place(self, account: str, folder: str, uid: int) -> None:
        self._run("DELETE FROM place WHERE account = ? AND folder = ? AND uid = ?", account, folder, uid)

    def first_of(self, account: str, key: str, twin: str) -> str:
        """The key under which the mail is known: its own, else that of its first delivery (same Message-ID, From,
        Date)."""
        if not twin or self._rows("SELECT 1 FROM star WHERE account = ? AND key = ?", account, key):
            return key
        rows = self._rows("SELECT key FROM star WHERE account = ? AND twin = ? ORDER BY rowid LIMIT 1", account, twin)
        return rows[0][0] if rows else key

    def memory(self, account: str, key: str) -> Memory:
        stars = self._rows("SELECT up FROM star WHERE account = ? AND key = ?", account, key)
        jobs = self._rows(
            "SELECT state, generation FROM job WHERE account = ? AND key = ? ORDER BY generation DESC LIMIT 1",
            *(account, key),
        )
        state, generation = jobs[0] if jobs else (None, 0)
        return Memory(bool(stars[0][0]) if stars else None, State(state) if state else None, generation)

    # Small facts that outlive the process: learnt quirks, troubles that were told, refused logins, the last poll

    def note(self, scope: str, name: str, value: Any) -> None:
        """Keeps one JSON value; None removes it."""
        if value is None:
            self._run("DELETE FROM note WHERE scope = ? AND name = ?", scope, name)
        else:
            self._run("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", scope, name, json.dumps(value))

    def noted(self, scope: str, name: str) -> Any:
        rows = self._rows("SELECT value FROM note WHERE scope = ? AND name = ?", scope, name)
        return json.loads(rows[0][0]) if rows else None

    def notes(self, scope: str) -> dict[str, Any]:
        rows = self._rows("SELECT name, value FROM note WHERE scope = ? ORDER BY name", scope)
        return {name: json.loads(value) for name, value in rows}


def _is_open(job: Job) -> bool:
    return job.state in OPEN or (job.state in (State.SKIPPED, State.PARKED) and not job.paged)


def _trouble(path: Path, error: Exception) -> Exception:
    text = str(error)
    if "locked" in text or "busy" in text:
        return Later(f"the state {path} is locked by another program")
    if "full" in text or getattr(error, "errno", None) == 28:
        return OwnerMustAct("disk", f"the disk with {path} is full", "Make room; mailbot goes on by itself")
    if isinstance(error, OSError) or "unable to open" in text or "readonly" in text:
        return OwnerMustAct("state", f"the state {path} cannot be written ({text})", "Check the folder and its owner")
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
        hint = f"Move it aside (keep it) and start again: stars of unknown age are then held. File: {path}"
        return OwnerMustAct("state", f"the state {path} is damaged ({text})", hint)
    return error


__all__ = ["IllegalEvent", "Journal"]
