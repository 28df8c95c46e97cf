"""Where mails lie that a privacy rule names by folder or keyword: their ids, so that an answer to one is known as such.

Of an id only a hash is kept. A listing is one folder, or one keyword in a folder; ``asked`` says which were wanted, so
that other rules are read for anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256

from mailbot.index.database import Database

LOT = 500  # ids that one statement asks for


class Filed:
    """A part of ``Index``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, account: str, listings: Collection[tuple[str, str]]) -> None:
        """Forgets all listings but these (folder; keyword, or ""): no rule asks for the others any more."""
        with self._db.transaction():
            rows = self._db.rows("SELECT id, folder, keyword FROM listing WHERE account = ?", account)
            for id, folder, keyword in rows:
                if (folder, keyword) not in listings:
                    self._drop(id)

    def open(self, account: str, folder: str, keyword: str, uidvalidity: int) -> int:
        """The listing's number; emptied where another UIDVALIDITY means that its UIDs are other mails now."""
        with self._db.transaction():
            sql = "SELECT id, uidvalidity FROM listing WHERE account = ? AND folder = ? AND keyword = ?"
            for id, known in self._db.rows(sql, account, folder, keyword):
                if known == uidvalidity:
                    return int(id)
                self._drop(id)
            sql = "INSERT INTO listing (account, folder, keyword, uidvalidity) VALUES (?, ?, ?, ?)"
            return self._db.insert(sql, account, folder, keyword, uidvalidity)

    def _drop(self, listing: int) -> None:
        self._db.run("DELETE FROM filed WHERE listing = ?", listing)
        self._db.run("DELETE FROM listing WHERE id = ?", listing)

    def uids(self, listing: int) -> frozenset[int]:
        return frozenset(row[0] for row in self._db.rows("SELECT uid FROM filed WHERE listing = ?", listing))

    def add(self, listing: int, mails: Iterable[tuple[int, str]]) -> None:
        """UIDs and their Message-IDs, "" for those without."""
        rows = [(listing, uid, _hash(id)) for uid, id in mails]
        self._db.many("INSERT OR REPLACE INTO filed VALUES (?, ?, ?)", rows)

    def remove(self, listing: int, uids: Iterable[int]) -> None:
        self._db.many("DELETE FROM filed WHERE listing = ? AND uid = ?", [(listing, uid) for uid in uids])

    def came_through(self, account: str, asked: str) -> None:
        """All that the rules ask for was read to its end; "": it cannot be."""
        self._db.run("INSERT OR REPLACE INTO filed_for VALUES (?, ?)", account, asked)

    def is_whole(self, account: str, asked: str) -> bool:
        """Whether that holds for this account, and for every other that own mails were learnt from."""
        sql = "SELECT ? UNION SELECT account FROM folder EXCEPT SELECT account FROM filed_for WHERE asked = ?"
        return not self._db.rows(sql, account, asked)

    def places(self, ids: Iterable[str]) -> dict[str, frozenset[tuple[str, str]]]:
        """Folder and keyword of each listing that one of the ids stands in, by id; without the ids that stand in none.
        A mail of another account counts: one mail may have come to two addresses."""
        names = {_hash(id): id for id in ids if id}
        wanted, found = list(names), dict[str, set[tuple[str, str]]]()
        for at in range(0, len(wanted), LOT):
            lot = wanted[at : at + LOT]
            marks = ", ".join("?" * len(lot))
            sql = "SELECT message, folder, keyword FROM filed JOIN listing ON id = listing"
            for message, folder, keyword in self._db.rows(f"{sql} WHERE message IN ({marks})", *lot):
                found.setdefault(names[message], set()).add((folder, keyword))
        return {id: frozenset(places) for id, places in found.items()}


def _hash(message_id: str) -> bytes:
    return sha256(message_id.encode(errors="surrogateescape")).digest()[:16] if message_id else b""
