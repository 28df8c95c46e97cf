"""Own mails in the index: read once for each place, found by reader, by language and by words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mailbot.index.database import Database
from mailbot.own.frame import Phrase
from mailbot.own.habits import Habits
from mailbot.own.sent import MOST_READERS, OwnMail
from mailbot.own.words import words

NOTHING = ""  # the data of a mail that is known by its place only: not a letter, not readable, or forgotten


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a folder has been read. ``tried_at`` in seconds since the epoch, ``failures`` in a row."""

    tried_at: float = 0.0
    failures: int = 0
    complete: bool = False


class Sent:
    """A part of ``Index``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # What has been read

    def reading(self, account: str, folder: str) -> Reading:
        sql = "SELECT tried_at, failures, complete FROM folder WHERE account = ? AND folder = ?"
        for tried_at, failures, complete in self._db.rows(sql, account, folder):
            return Reading(tried_at, failures, bool(complete))
        return Reading()

    def uids(self, account: str, folder: str) -> frozenset[int]:
        """What has been read of it."""
        rows = self._db.rows("SELECT uid FROM mail WHERE account = ? AND folder = ?", account, folder)
        return frozenset(row[0] for row in rows)

    def open(self, account: str, folder: str, uidvalidity: int) -> None:
        """Before the UIDs of a folder are compared: another UIDVALIDITY means that all of them are other mails now.
        Whatever lies in other folders of the account is no longer Sent."""
        with self._db.transaction():
            row = self._db.rows("SELECT folder, uidvalidity FROM folder WHERE account = ?", account)
            for name, known in row:
                if (name, known) != (folder, uidvalidity):
                    self.drop(account, name)
                    self._db.run("DELETE FROM folder WHERE account = ? AND folder = ?", account, name)
            sql = "INSERT OR IGNORE INTO folder VALUES (?, ?, ?, 0, 0, 0)"
            self._db.run(sql, account, folder, uidvalidity)

    def tried(self, account: str, folder: str, at: float, failures: int, complete: bool) -> None:
        sql = "UPDATE folder SET tried_at = ?, failures = ?, complete = ? WHERE account = ? AND folder = ?"
        self._db.run(sql, at, failures, complete, account, folder)

    def drop_abandoned(self, before: float) -> None:
        """Forgets folders that were tried last before then (seconds since the epoch): nobody learns from them now."""
        with self._db.transaction():
            sql = "SELECT account, folder FROM folder WHERE tried_at > 0 AND tried_at < ?"
            for account, folder in self._db.rows(sql, before):
                self.drop(account, folder)
                self._db.run("DELETE FROM folder WHERE account = ? AND folder = ?", account, folder)

    def begin(self, account: str, folder: str, uids: Iterable[int]) -> None:
        """Before mails are read: one that ends the process is not read a second time."""
        sql = "INSERT OR IGNORE INTO mail (account, folder, uid, message_id, at, language, data)"
        self._db.many(f"{sql} VALUES (?, ?, ?, '', 0, '', '')", [(account, folder, uid) for uid in uids])

    def add(self, account: str, folder: str, mails: Iterable[tuple[int, OwnMail]]) -> None:
        """What was read of mails that ``begin`` named."""
        with self._db.transaction():
            for uid, mail in mails:
                self._add(account, folder, uid, mail)

    def _add(self, account: str, folder: str, uid: int, mail: OwnMail) -> None:
        where = "WHERE account = ? AND folder = ? AND uid = ?"
        data = json.dumps(asdict(mail), ensure_ascii=False, separators=(",", ":"))
        sql = f"UPDATE mail SET message_id = ?, at = ?, language = ?, data = ? {where}"
        self._db.run(sql, mail.message_id, mail.at, mail.language, data, account, folder, uid)
        for (id,) in self._db.rows(f"SELECT id FROM mail {where}", account, folder, uid):
            self._db.many("INSERT OR IGNORE INTO reader VALUES (?, ?)", [(reader, id) for reader in mail.readers])
            found = " ".join(words(f"{mail.subject}\n{mail.text}"))
            self._db.run("INSERT OR REPLACE INTO mail_word (rowid, words) VALUES (?, ?)", id, found)

    def drop(self, account: str, folder: str, uids: Collection[int] | None = None) -> None:
        """Mails that lie there no longer, or that are to be read after all; None: all of the folder."""
        with self._db.transaction():
            sql = "SELECT id, uid FROM mail WHERE account = ? AND folder = ?"
            ids = [id for id, uid in self._db.rows(sql, account, folder) if uids is None or uid in uids]
            self._unlink(ids)
            self._db.many("DELETE FROM mail WHERE id = ?", [(id,) for id in ids])

    def empty(self, ids: Sequence[int]) -> None:
        """Nothing is left of these rows but their places."""
        with self._db.transaction():
            self._unlink(ids)
            sql = "UPDATE mail SET message_id = '', at = 0, language = '', data = '' WHERE id = ?"
            self._db.many(sql, [(id,) for id in ids])

    def _unlink(self, ids: Sequence[int]) -> None:
        self._db.many("DELETE FROM mail_word WHERE rowid = ?", [(id,) for id in ids])
        self._db.many("DELETE FROM reader WHERE mail = ?", [(id,) for id in ids])

    # What is found

    def known(self, addresses: Iterable[str]) -> frozenset[str]:
        """Those of the folded addresses that the owner has written to."""
        wanted = tuple(dict.fromkeys(addresses))[:MOST_READERS]
        marks = ", ".join("?" * len(wanted))
        return frozenset(
            row[0] for row in self._db.rows(f"SELECT address FROM reader WHERE address IN ({marks})", *wanted)
        )

    def to(self, addresses: Iterable[str], most: int) -> list[OwnMail]:
        """Mails that all of the folded addresses got, the newest first; none for nobody."""
        wanted = tuple(dict.fromkeys(addresses))
        if not wanted or len(wanted) > MOST_READERS:
            return []
        marks = ", ".join("?" * len(wanted))
        readers = f"SELECT mail FROM reader WHERE address IN ({marks}) GROUP BY mail HAVING count(*) = ?"
        sql = f"SELECT data FROM mail WHERE id IN ({readers}) ORDER BY at DESC LIMIT ?"
        return self._mails(self._db.rows(sql, *wanted, len(wanted), most))

    def recent(self, language: str, most: int) -> list[OwnMail]:
        """The newest in a language; of any for ""."""
        sql = "SELECT data FROM mail WHERE data <> '' AND (? = '' OR language = ?) ORDER BY at DESC LIMIT ?"
        return self._mails(self._db.rows(sql, language, language, most))

    def near(self, asked: Iterable[str], readers: Iterable[str], most: int) -> tuple[str, ...]:
        """Message-IDs of mails to all of the readers that hold some of the words, those that hold most of the rare ones
        first."""
        everybody = tuple(dict.fromkeys(readers))
        query = " OR ".join(f'"{word}"' for word in asked if word.isalnum())
        if not query or not everybody or len(everybody) > MOST_READERS:
            return ()
        marks = ", ".join("?" * len(everybody))
        mine = f"SELECT mail FROM reader WHERE address IN ({marks}) GROUP BY mail HAVING count(*) = ?"
        sql = (
            "SELECT m.message_id FROM mail_word w JOIN mail m ON m.id = w.rowid "
            f"WHERE mail_word MATCH ? AND w.rowid IN ({mine}) ORDER BY bm25(mail_word) LIMIT ?"
        )
        rows = self._db.rows(sql, query, *everybody, len(everybody), most)
        return tuple(dict.fromkeys(row[0] for row in rows if row[0]))

    def _mails(self, rows: Iterable[tuple[Any, ...]]) -> list[OwnMail]:
        try:
            return [_own_mail(json.loads(data)) for (data,) in rows if data != NOTHING]
        except (ValueError, TypeError, KeyError) as error:
            raise self._db.damaged(f"{type(error).__name__} in a mail") from error


def _own_mail(data: dict[str, Any]) -> OwnMail:
    frames = {name: Phrase(**data[name]) for name in ("greeting", "signoff")}
    lists = {name: tuple(data[name]) for name in ("answers", "to", "readers")}
    return OwnMail(**{**data, **frames, **lists, "habits": Habits(**data["habits"])})
