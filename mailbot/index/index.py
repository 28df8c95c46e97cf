"""The index as the rest of mailbot knows it."""

from __future__ import annotations

from pathlib import Path

from mailbot.index.database import Database
from mailbot.index.filed import Filed
from mailbot.index.notes import Notes
from mailbot.index.sent import Sent


class Index:
    """``folder`` is that of the state. ``sent`` are the owner's mails, ``notes`` the owner's notes, ``filed`` where
    mails lie that privacy rules name. Everything raises Unusable."""

    def __init__(self, folder: Path) -> None:
        self._db = Database(folder)
        self.path = self._db.path
        self.sent = Sent(self._db)
        self.notes = Notes(self._db)
        self.filed = Filed(self._db)

    def close(self) -> None:
        self._db.close()

    def forget(self, *, address: str = "", message_id: str = "", before: float | None = None) -> int:
        """Takes out own mails: those that the folded ``address`` got, the one with the Message-ID, those sent
        ``before`` (seconds since the epoch). Returns how many. Nothing is left of their words, also not in the free
        pages of the file; their places stay known, so that they are not learnt again while they lie in Sent."""
        with self._db.transaction():
            found = self._meant(address, message_id, before)
            self.sent.empty(found)
            self._db.run("INSERT INTO mail_word (mail_word) VALUES ('rebuild')")
        self._db.shrink()
        return len(found)

    def count(self, *, address: str = "", message_id: str = "", before: float | None = None) -> int:
        """How many own mails ``forget`` would take out."""
        return len(self._meant(address, message_id, before)) if self.path.exists() else 0

    def _meant(self, address: str, message_id: str, before: float | None) -> tuple[int, ...]:
        asked = (
            ("id IN (SELECT mail FROM reader WHERE address = ?)", address or None),
            ("message_id = ?", message_id or None),
            ("at < ?", before),
        )
        found = (
            row[0]
            for condition, value in asked
            if value is not None
            for row in self._db.rows(f"SELECT id FROM mail WHERE data <> '' AND {condition}", value)
        )
        return tuple(dict.fromkeys(found))

    def unlearn(self) -> None:
        """Takes out all that was read from Sent, places too: the owner has switched it off."""
        if self.path.exists() and self._db.rows("SELECT 1 FROM folder LIMIT 1"):
            with self._db.transaction():
                for table in ("mail_word", "reader", "mail", "folder"):
                    self._db.run(f"DELETE FROM {table}")
                self._db.run("INSERT INTO mail_word (mail_word) VALUES ('rebuild')")
            self._db.shrink()
