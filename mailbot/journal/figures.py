"""What mailbot has done for an account, counted: for `mailbot status`."""

from __future__ import annotations

from mailbot.journal.database import Database

_OF_ACCOUNT = "FROM event e JOIN job j ON j.id = e.job WHERE e.kind = ? AND e.at >= ? AND j.account = ?"


class Figures:
    def __init__(self, database: Database) -> None:
        self._db = database

    def drafts(self, account: str, since: float) -> list[tuple[float, float | None]]:
        """Of each draft that was stored from then on: when it was stored, and how many seconds after it was asked
        for; None where it was held, or had to wait for anything but an answer."""
        kept = "SELECT 1 FROM event w WHERE w.job = e.job AND w.seq < e.seq AND w.kind IN ('held', 'waiting')"
        took = f"CASE WHEN EXISTS ({kept}) THEN NULL ELSE max(0, e.at - j.asked_at) END"  # 0: the clock was set back
        return self._db.rows(f"SELECT e.at, {took} {_OF_ACCOUNT} ORDER BY e.at", "appended", since, account)

    def tokens(self, account: str, since: float) -> tuple[int, int]:
        """What the model's server counted from then on, in and out."""
        sums = ", ".join(f"coalesce(sum(json_extract(e.data, '$.tokens_{way}')), 0)" for way in ("in", "out"))
        (row,) = self._db.rows(f"SELECT {sums} {_OF_ACCOUNT}", "answered", since, account)
        return int(row[0]), int(row[1])

    def differing(self, account: str, since: float) -> list[str]:
        """The ids of jobs whose draft was not read back as it had been written, newest first."""
        sql = f"SELECT e.job {_OF_ACCOUNT} AND json_array_length(e.data, '$.remarks') > 0 ORDER BY e.at DESC"
        return [row[0] for row in self._db.rows(sql, "read", since, account)]
