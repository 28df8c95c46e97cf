"""Jobs taken out of the journal for good. Of each mail only hashes and numbers stay: its key, how often it was drafted
and how that ended, so that its star does not ask for a second first draft."""

from __future__ import annotations

import json
from collections.abc import Iterable

from mailbot.job import State
from mailbot.journal.database import Database

SCOPE = "forgotten:"  # facts by account, named by mail key
SHRUNK = "shrunk"  # the fact that says whether anything of the last jobs may be left in the file
_TROUBLES = "DELETE FROM note WHERE scope LIKE 'trouble:%' AND name = ?"


class Forgotten:
    """A part of ``Journal``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def forget(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Takes out the events of jobs that are over; one that is under way or held by now stays. Returns the ids of
        those that are gone. Their words are still in the file until ``shrink``."""
        gone: list[str] = []
        with self._db.transaction():
            for id in ids:
                sql = "SELECT account, key, generation, state FROM job WHERE id = ? AND NOT open AND state <> ?"
                for account, key, generation, state in self._db.rows(sql, id, State.HELD):
                    self._remember(account, key, generation, state)
                    for table in ("event", "blob"):
                        self._db.run(f"DELETE FROM {table} WHERE job = ?", id)
                    self._db.run("DELETE FROM job WHERE id = ?", id)
                    self._db.run(_TROUBLES, f"parked:{id}")
                    gone.append(id)
            self._db.run("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", SHRUNK, "", "false")
        return tuple(gone)

    def _remember(self, account: str, key: str, generation: int, state: str) -> None:
        if generation > self.of(account, key)[1]:
            value = json.dumps([state, generation])
            self._db.run("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", SCOPE + account, key, value)

    def of(self, account: str, key: str) -> tuple[State | None, int]:
        """State and generation of the newest job of a mail that was forgotten; None and 0 when none was."""
        for (value,) in self._db.rows("SELECT value FROM note WHERE scope = ? AND name = ?", SCOPE + account, key):
            state, generation = json.loads(value)
            return State(state), int(generation)
        return None, 0

    def shrink(self) -> None:
        """Writes the file anew, so that nothing of what was deleted is left in it, and removes the copies that were
        made before the schema changed: they hold what was forgotten, too."""
        self._db.shrink()
        self._db.run("DELETE FROM note WHERE scope = ?", SHRUNK)

    @property
    def is_unfinished(self) -> bool:
        """Whether the process ended between ``forget`` and ``shrink``."""
        return bool(self._db.rows("SELECT 1 FROM note WHERE scope = ?", SHRUNK))
