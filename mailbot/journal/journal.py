"""The list of events, and the jobs that follow from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailbot.errors import BadUsage
from mailbot.job import OPEN, Event, Job, State, apply, fold, job_id
from mailbot.journal.database import Database
from mailbot.journal.facts import Facts
from mailbot.journal.figures import Figures
from mailbot.journal.forgotten import Forgotten
from mailbot.journal.stars import Stars


class Journal:
    """``stars`` is what was last seen of folders and flags, ``facts`` are small ones that outlive the process,
    ``figures`` counts what was done, ``forgotten`` takes jobs out; all lie in the same file, in the same
    transactions."""

    def __init__(self, folder: Path) -> None:
        self._db = Database(folder)
        self.path = self._db.path
        self.stars = Stars(self._db)
        self.facts = Facts(self._db)
        self.figures = Figures(self._db)
        self.forgotten = Forgotten(self._db)

    def close(self) -> None:
        self._db.close()

    def check(self) -> None:
        """Reads all of the file. Raises Damaged."""
        self._db.check()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost commits."""
        with self._db.transaction():
            yield

    def copy(self, folder: Path) -> Journal:
        """A journal of its own with the same content, for a rehearsal."""
        other = Journal(folder)
        self._db.copy_into(other._db)
        return other

    def begin(self, kind: str, at: float, *, account: str, key: str, generation: int, **data: Any) -> Job:
        """The first event of a job: ``asked`` or ``held``."""
        data = {"account": account, "key": key, "generation": generation, **data}
        return self._append(job_id(account, key, generation), at, kind, data)

    def record(self, job: Job | str, kind: str, at: float, **data: Any) -> Job:
        """Adds an event to a job as it stands in the journal now; returns the job after it.

        Raises IllegalEvent when the table of states does not allow the event (any more)."""
        return self._append(job if isinstance(job, str) else job.id, at, kind, data)

    def _append(self, id: str, at: float, kind: str, data: Mapping[str, Any]) -> Job:
        with self._db.transaction():
            before = fold(self.events(id))
            text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
            event = Event(0, id, at, kind, json.loads(text))
            job = apply(before, event)
            self._db.run("INSERT INTO event (job, at, kind, data) VALUES (?, ?, ?, ?)", id, at, kind, text)
            self._db.run(
                "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET state = excluded.state, "
                "open = excluded.open, limited = excluded.limited, asked_at = excluded.asked_at",
                *(id, job.account, job.key, job.generation, job.state, _is_open(job), job.limited, job.asked_at),
            )
            if not _is_open(job) and job.state is not State.HELD:
                self._db.run("DELETE FROM blob WHERE job = ?", id)
        return job

    def events(self, id: str) -> list[Event]:
        rows = self._db.rows("SELECT seq, job, at, kind, data FROM event WHERE job = ? ORDER BY seq", id)
        return [Event(seq, job, at, kind, json.loads(data)) for seq, job, at, kind, data in rows]

    def last(self) -> int:
        """The number of the newest event."""
        return int(self._db.rows("SELECT coalesce(max(seq), 0) FROM event")[0][0])

    def events_after(self, seq: int, account: str) -> list[Event]:
        sql = (
            "SELECT e.seq, e.job, e.at, e.kind, e.data FROM event e JOIN job j ON j.id = e.job "
            "WHERE e.seq > ? AND j.account = ? ORDER BY e.seq"
        )
        return [
            Event(s, job, at, kind, json.loads(data)) for s, job, at, kind, data in self._db.rows(sql, seq, account)
        ]

    def job(self, id: str) -> Job | None:
        return fold(self.events(id))

    def find(self, prefix: str) -> Job:
        """The job whose id begins with ``prefix``. Raises BadUsage when there is none, or more than one."""
        if not prefix.isalnum():
            raise BadUsage(f"{prefix!r} is not an ID: mailbot list shows them")
        rows = self._db.rows("SELECT id FROM job WHERE substr(id, 1, ?) = ? LIMIT 9", len(prefix), prefix.lower())
        if not rows:
            raise BadUsage(f"no job has an ID that begins with {prefix!r}: mailbot list shows them")
        if len(rows) > 1:
            raise BadUsage(f"{prefix!r} is the beginning of several IDs: {', '.join(r[0] for r in rows)}")
        return self._job(rows[0][0])

    def _job(self, id: str) -> Job:
        job = self.job(id)
        assert job is not None, "the index has a row only where there is an event"
        return job

    def open_jobs(self, account: str | None = None) -> list[Job]:
        """Jobs with something left to do, oldest first; of all accounts when none is named."""
        sql = "SELECT id FROM job WHERE (? IS NULL OR account = ?) AND open ORDER BY asked_at, rowid"
        rows = self._db.rows(sql, account, account)
        return [self._job(row[0]) for row in rows]

    def chosen_paths(self) -> frozenset[str]:
        """The paths in the archive that jobs with something left to do have chosen, of all accounts."""
        sql = "SELECT e.data FROM job j CROSS JOIN event e ON e.job = j.id WHERE j.open AND +e.kind = 'named'"
        rows = self._db.rows(sql)  # CROSS and +: not by the kind of event, of which there are those of years
        return frozenset(path for (data,) in rows for path in json.loads(data)["names"].values())

    def jobs(self, account: str | None = None) -> list[Job]:
        """Every job, newest first."""
        rows = self._db.rows(
            "SELECT id FROM job WHERE ? IS NULL OR account = ? ORDER BY asked_at DESC, rowid DESC", account, account
        )
        return [self._job(row[0]) for row in rows]

    def held_jobs(self) -> list[Job]:
        return self._last_in_state(State.HELD)

    def parked_jobs(self) -> list[Job]:
        return self._last_in_state(State.PARKED)

    def _last_in_state(self, state: State) -> list[Job]:
        """Oldest first. One whose mail was asked for again since is not among them."""
        later = "SELECT 1 FROM job l WHERE l.account = j.account AND l.key = j.key AND l.generation > j.generation"
        sql = f"SELECT id FROM job j WHERE state = ? AND NOT EXISTS ({later}) ORDER BY asked_at, rowid"
        return [self._job(row[0]) for row in self._db.rows(sql, state)]

    def with_drafts(self, account: str, message_ids: Iterable[str]) -> list[Job]:
        """The jobs whose draft was to have one of these ids, oldest first."""
        sql = (
            "SELECT DISTINCT e.job FROM event e JOIN job j ON j.id = e.job WHERE e.kind = 'intended' AND j.account = ? "
            "AND json_extract(e.data, '$.draft.draft_message_id') IN (SELECT value FROM json_each(?)) ORDER BY e.seq"
        )
        return [self._job(row[0]) for row in self._db.rows(sql, account, json.dumps(list(message_ids)))]

    def answering(self, account: str, message_ids: Iterable[str]) -> list[Job]:
        """The jobs of mails with one of these Message-IDs, oldest first."""
        sql = (
            "SELECT DISTINCT e.job FROM event e JOIN job j ON j.id = e.job WHERE e.kind IN ('asked', 'held') "
            "AND j.account = ? AND json_extract(e.data, '$.mail.message_id') IN (SELECT value FROM json_each(?)) "
            "ORDER BY e.seq"
        )
        return [self._job(row[0]) for row in self._db.rows(sql, account, json.dumps(list(message_ids)))]

    def generations(self, account: str, key: str) -> list[Job]:
        """The jobs of one mail, oldest first."""
        rows = self._db.rows("SELECT id FROM job WHERE account = ? AND key = ? ORDER BY generation", account, key)
        return [self._job(row[0]) for row in rows]

    def asked_since(self, account: str, at: float) -> list[float]:
        """When flags that count for the limit were seen."""
        rows = self._db.rows("SELECT asked_at FROM job WHERE account = ? AND asked_at >= ? AND limited", account, at)
        return [row[0] for row in rows]

    def asked_before(self, at: float) -> list[str]:
        """Ids of the jobs that were asked for earlier."""
        return [row[0] for row in self._db.rows("SELECT id FROM job WHERE asked_at < ?", at)]

    def unsent_prompts(self, since: float) -> list[str]:
        """Paths of prompts, named from then on, of jobs that were cancelled or held before any call was made for
        them, and that no other job has."""
        path = "json_extract({}.data, '$.names.prompt')"
        sql = (
            f"SELECT {path.format('e')} FROM event e JOIN job j ON j.id = e.job WHERE e.kind = 'named' AND e.at >= ? "
            "AND j.state IN (?, ?) AND NOT EXISTS (SELECT 1 FROM event c WHERE c.job = j.id AND c.kind = 'called') "
            "AND NOT EXISTS (SELECT 1 FROM event o WHERE o.kind = 'named' AND o.at >= ? AND o.job <> j.id "
            f"AND {path.format('o')} = {path.format('e')})"
        )
        return [row[0] for row in self._db.rows(sql, since, State.CANCELLED, State.HELD, since) if row[0]]

    def model_calls(self, first: float, end: float) -> int:
        """How many began from ``first`` on and before ``end``."""
        sql = "SELECT count(*) FROM event WHERE kind = 'called' AND at >= ? AND at < ?"
        return int(self._db.rows(sql, first, end)[0][0])

    # Bytes that an open job needs

    def keep(self, id: str, name: str, data: bytes) -> None:
        self._db.run("INSERT OR REPLACE INTO blob VALUES (?, ?, ?)", id, name, data)

    def kept(self, id: str, name: str) -> bytes | None:
        rows = self._db.rows("SELECT data FROM blob WHERE job = ? AND name = ?", id, name)
        return rows[0][0] if rows else None


def _is_open(job: Job) -> bool:
    return job.state in OPEN or (job.state in (State.SKIPPED, State.PARKED) and not job.paged)
