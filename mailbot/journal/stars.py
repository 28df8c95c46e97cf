"""What was last seen of folders and flags: which mail a UID was, and whether it carried its flag."""

from __future__ import annotations

from mailbot.flags import Memory
from mailbot.job import Place, State
from mailbot.journal.database import Database
from mailbot.journal.forgotten import Forgotten


class Stars:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._forgotten = Forgotten(database)

    def folders(self, account: str) -> dict[str, int]:
        """The UIDVALIDITY of each folder, as of the last look; {} before the first contact."""
        return dict(self._db.rows("SELECT folder, uidvalidity FROM folder WHERE account = ?", account))

    def look(self, account: str, folder: str, uidvalidity: int) -> None:
        """Records the UIDVALIDITY of a look; where it is another than before, the folder's places are void."""
        with self._db.transaction():
            if self.folders(account).get(folder) != uidvalidity:
                self._db.run("DELETE FROM place WHERE account = ? AND folder = ?", account, folder)
                self._db.run("INSERT OR REPLACE INTO folder VALUES (?, ?, ?)", account, folder, uidvalidity)

    def places(self, account: str, folder: str) -> dict[int, str]:
        """UID -> mail key of every flagged mail of the folder at the last look."""
        return dict(self._db.rows("SELECT uid, key FROM place WHERE account = ? AND folder = ?", account, folder))

    def flagged_at(self, account: str, key: str, twin: str, place: Place) -> None:
        """Remembers that the mail carries its flag, and where."""
        with self._db.transaction():
            sql = "INSERT INTO star VALUES (?, ?, ?, 1) ON CONFLICT (account, key) DO UPDATE SET up = 1"
            self._db.run(sql, account, key, twin)
            self._db.run("INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)", account, place.folder, place.uid, key)

    def unflagged(self, account: str, key: str) -> None:
        self._db.run("UPDATE star SET up = 0 WHERE account = ? AND key = ?", account, key)

    def forget_place(self, account: str, folder: str, uid: int) -> None:
        self._db.run("DELETE FROM place WHERE account = ? AND folder = ? AND uid = ?", account, folder, uid)

    def first_of(self, account: str, key: str, twin: str) -> str:
        """The key under which the mail is known: its own, else that of its first delivery (same Message-ID, From,
        Date)."""
        if not twin or self._db.rows("SELECT 1 FROM star WHERE account = ? AND key = ?", account, key):
            return key
        rows = self._db.rows(
            "SELECT key FROM star WHERE account = ? AND twin = ? ORDER BY rowid LIMIT 1", account, twin
        )
        return rows[0][0] if rows else key

    def memory(self, account: str, key: str) -> Memory:
        stars = self._db.rows("SELECT up FROM star WHERE account = ? AND key = ?", account, key)
        jobs = self._db.rows(
            "SELECT state, generation FROM job WHERE account = ? AND key = ? ORDER BY generation DESC LIMIT 1",
            *(account, key),
        )
        newest = [(State(state), generation) for state, generation in jobs]
        state, generation = max([*newest, self._forgotten.of(account, key)], key=lambda each: each[1])
        return Memory(bool(stars[0][0]) if stars else None, state, generation)
