"""The owner's notes in the index: read again when time or size of a file changed, found by words.

Files are read in a thread of their own: a disk over the network may hang, and nobody waits for it longer than he
said."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from mailbot.index import files
from mailbot.index.database import Database, Unusable
from mailbot.own.notes import Passage, passages
from mailbot.own.words import words


class Notes:
    """A part of ``Index``."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._troubles: dict[Path, str] = {}

    def refresh(self, folders: Collection[Path], without: Collection[str], within: float) -> dict[Path, str]:
        """Reads what changed in the folders, and is waited for so many seconds; the rest goes on by itself. Files below
        ``without`` (real paths) are no notes, and what lies in other folders is taken out. Returns what is wrong with
        which folder, as far as that is known: nothing is found there until it is over."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._read, args=(tuple(folders), without), name="notes", daemon=True
                )
                self._thread.start()
        self._thread.join(within)
        return dict(self._troubles)

    def find(self, folder: Path, asked: Sequence[str], most: int) -> list[Passage]:
        """Passages with some of the words, those with most of the rare ones first."""
        query = " OR ".join(f'"{word}"' for word in asked if word.isalnum())
        if not query or folder in self._troubles:
            return []
        sql = (
            "SELECT p.title, p.text FROM passage_word w JOIN passage p ON p.id = w.rowid JOIN note n ON n.id = p.note "
            "WHERE passage_word MATCH ? AND n.folder = ? ORDER BY bm25(passage_word) LIMIT ?"
        )
        return [Passage(title, text) for title, text in self._db.rows(sql, query, str(folder), most)]

    def _read(self, folders: Sequence[Path], without: Collection[str]) -> None:
        for folder in folders:
            try:
                self._look(folder, without)
            except Unusable as error:
                self._troubles[folder] = str(error)
            except OSError as error:
                self._troubles[folder] = error.strerror or str(error)
            except Exception as error:  # a bug that a note shows
                self._troubles[folder] = f"a bug in mailbot: {type(error).__name__}"
            else:
                self._troubles.pop(folder, None)
        self._keep(folders)

    def _look(self, folder: Path, without: Collection[str]) -> None:
        there = {file.path: file for file in files.listed(folder, without)}
        sql = "SELECT path, id, changed, size FROM note WHERE folder = ?"
        known = {path: (id, changed, size) for path, id, changed, size in self._db.rows(sql, str(folder))}
        self._drop([id for path, (id, _, _) in known.items() if path not in there])
        for path, file in there.items():
            id, *as_it_was = known.get(path, (0,))
            if as_it_was != [file.changed, file.size]:
                found = passages(Path(path).stem, files.text(folder, path))
                self._replace(folder, file, id, found)

    def _replace(self, folder: Path, file: files.File, before: int, found: Iterable[Passage]) -> None:
        with self._db.transaction():
            self._drop([before])
            sql = "INSERT INTO note (folder, path, changed, size) VALUES (?, ?, ?, ?)"
            note = self._db.insert(sql, str(folder), file.path, file.changed, file.size)
            for passage in found:
                sql = "INSERT INTO passage (note, title, text) VALUES (?, ?, ?)"
                id = self._db.insert(sql, note, passage.title, passage.text)
                text = " ".join(words(f"{passage.title}\n{passage.text}"))
                self._db.run("INSERT INTO passage_word (rowid, words) VALUES (?, ?)", id, text)

    def _drop(self, notes: Iterable[int]) -> None:
        with self._db.transaction():
            for note in notes:
                self._db.run("DELETE FROM passage_word WHERE rowid IN (SELECT id FROM passage WHERE note = ?)", note)
                self._db.run("DELETE FROM passage WHERE note = ?", note)
                self._db.run("DELETE FROM note WHERE id = ?", note)

    def _keep(self, folders: Iterable[Path]) -> None:
        """Takes out what lies in other folders: the config names them no longer."""
        wanted = {str(folder) for folder in folders}
        try:
            rows = self._db.rows("SELECT id, folder FROM note")
            self._drop([id for id, folder in rows if folder not in wanted])
        except Unusable:  # the next look does it
            return
