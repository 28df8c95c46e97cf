"""One IMAP connection, in mailbot's words. It belongs to one thread.

It reads with EXAMINE and BODY.PEEK only, so that nothing is marked as read and ``\\Recent`` stays; it selects a
folder for writing only to set the keyword or to move a double of its own to Trash. CLOSE and EXPUNGE without UIDs are
never sent. After any error the connection is dead: close it and connect again (a timed-out socket file cannot be read
again).

Errors: Later (transport), Unknown (transport, during a command with an effect), OwnerMustAct (login, certificate),
Rejection.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from imapclient.exceptions import IMAPClientError

from mailbot.imap import criteria, effects, gate, parts, threads
from mailbot.imap.answer import Count, Fetched, Folder, Look, capabilities, fetched, opened, plain, sections
from mailbot.imap.breath import Asked, Opening, fetch, status
from mailbot.imap.counts import Counts
from mailbot.imap.said import Said
from mailbot.imap.trouble import translated
from mailbot.job import Mark, Place


class Session:
    """Made by ``login.connect``. ``selected`` is the folder that is open: for reading, unless ``select`` opened it.

    What is asked (``ask_...``) is said at once, in one breath with the next command, and costs no turn of its own; what
    is returned tells the answer, or raises what the command would have raised."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._look: Look | None = None
        self._said = Said()
        self._counts = Counts(client, self._said)
        with translated():
            self.capabilities = capabilities(tuple(client.capabilities()))

    @property
    def commands(self) -> int:
        """How many were sent: whoever looks twice sees whether the connection gets on. Any thread may look."""
        return int(self._client._imap.tagnum)

    def folders(self) -> tuple[Folder, ...]:
        with self._said.before():
            rows = self._client.list_folders()
        named = [(str(name), attributes) for attributes, _, name in rows]
        return tuple(
            Folder(name, frozenset(plain(a).lower() for a in of)) for name, of in named if gate.is_sayable(name)
        )

    def count_changes(self) -> None:
        """Has the server count the changes of folders, where it can. Before a folder is open."""
        self._counts.begin(self.capabilities)

    def ask_counts(self, folders: Sequence[str]) -> Callable[[], dict[str, Count]]:
        """The server's counts, by folder; {} where it keeps none. No folder is open afterwards."""
        if not self._counts.kept or not folders:
            return dict
        self._look = None
        return self._counts.ask(folders)

    def examine(self, folder: str) -> Look:
        """Opens the folder read-only, anew each time: so Dovecot shows what others changed, and a rebuilt folder. After
        a refusal no folder is open (RFC 9051, 6.3.2)."""
        opening = self._opening(folder)
        return self._said.ask(lambda: self._opened(folder, opening))()

    def _opening(self, folder: str, words: str = "") -> Opening:
        name = gate.text(folder)
        self._look = None
        with translated():
            return Opening(self._client, name, words)

    def _opened(self, folder: str, opening: Opening) -> Look:
        self._look = None
        self._look = opened(folder, opening.answer())
        return self._look

    def select(self, folder: str) -> Look:
        """Opens the folder for writing."""
        name = gate.text(folder)
        with self._said.before():
            self._look = None
            try:
                self._look = opened(folder, self._client.select_folder(name))
            finally:  # else imaplib refuses all that comes after the server's word that it may only be read
                self._client._imap.is_readonly = True
        return self._look

    @property
    def selected(self) -> Look | None:
        return self._look

    def renew(self) -> None:
        """Has the next FETCH tell what others changed in the open folder: NOOP, said in one breath with it."""
        with translated():
            self._said.ask(Asked(self._client, "NOOP").answer)

    def mark(self, folder: str) -> Mark:
        """How far a folder is filled."""
        return self.ask_marks([folder])()[0]

    def ask_marks(self, folders: Sequence[str]) -> Callable[[], tuple[Mark, ...]]:
        """How far folders are filled, by STATUS. Raises Rejection, when told, where the server refuses one of them."""
        names = [gate.text(folder) for folder in folders]
        with translated():
            answers = status(self._client, names, "(UIDVALIDITY UIDNEXT)")

        def marks() -> tuple[Mark, ...]:
            rows = zip(names, answers(), strict=True)
            return tuple(Mark(name, int(row[b"UIDVALIDITY"]), int(row[b"UIDNEXT"])) for name, row in rows)

        return self._said.ask(marks)

    def flagged(self, flag: str) -> frozenset[int]:
        """UIDs in the open folder that carry the flag and are not marked as deleted."""
        return frozenset(self._search(criteria.flagged(flag)))

    def ask_flagged(self, folder: str, flag: str) -> Callable[[], tuple[Look, tuple[int, ...]]]:
        """The same of a folder, which it opens as ``examine`` does, in one breath with what else is asked."""
        return self._ask_found(folder, criteria.flagged(flag))

    def uids_from(self, uid: int) -> tuple[int, ...]:
        """Every UID of the open folder that is at least ``uid``."""
        return tuple(sorted(u for u in self._search(criteria.uids_from(uid)) if u >= uid))

    def with_message_id(self, message_id: str, folder: str = "") -> tuple[int, ...]:
        """UIDs in the open folder, or in ``folder``, which is opened in one breath with the search, whose Message-ID
        contains the given one (SEARCH HEADER looks for substrings: compare)."""
        return self._search(criteria.with_message_id(message_id), folder)

    def thread_id(self, uid: int) -> str:
        """The server's name for the thread of a mail in the open folder, the same in every folder (Gmail's X-GM-EXT-1,
        RFC 8474); "" where it has none."""
        if not self.thread_item:
            return ""
        lot = next(gate.uids([uid]))
        with self._said.before():
            return threads.name(self._client, lot, self.thread_item)

    def with_thread_id(self, thread: str, folder: str) -> tuple[int, ...]:
        """UIDs in a folder, which it opens, that belong to the thread and are not marked as deleted."""
        return self._search(criteria.with_thread_id(self.thread_item, thread), folder)

    @property
    def is_gmail(self) -> bool:
        return threads.GMAIL in self.capabilities

    @property
    def thread_item(self) -> str:
        """By what the server tells threads apart; "" where it does not."""
        return threads.item(self.capabilities)

    def labels(self, uids: Iterable[int]) -> dict[int, frozenset[str]]:
        """Gmail's labels of mails in the open folder (X-GM-EXT-1): the names of folders that they lie in, too. {} on
        any other server."""
        found: dict[int, frozenset[str]] = {}
        for lot in gate.uids(uids) if self.is_gmail else ():
            with self._said.before():
                found |= threads.labels(self._client, lot)
        return found

    def related(self, ids: Sequence[str], since: date, folder: str) -> tuple[int, ...]:
        """UIDs in a folder, which it opens, that carry one of the ids in Message-ID, In-Reply-To or References, arrived
        on that day or later and are not marked as deleted."""
        return self._search(criteria.related(ids, since), folder)

    def _search(self, words: str, folder: str = "") -> tuple[int, ...]:
        if folder:
            return self._ask_found(folder, words)()[1]
        with self._said.before():
            return tuple(int(uid) for uid in self._client.search(words))

    def _ask_found(self, folder: str, words: str) -> Callable[[], tuple[Look, tuple[int, ...]]]:
        """Where the folder does not open, ``selected`` is None then; where only the search is refused, it is not."""
        opening = self._opening(folder, words)
        return self._said.ask(lambda: (self._opened(folder, opening), tuple(opening.found())))

    def flags(self, uids: Iterable[int]) -> dict[int, frozenset[str]]:
        """Flags of the UIDs that still exist."""
        return {f.uid: f.flags for f in self._fetch(uids, ["FLAGS"])}

    def ask_flags(self, uid: int) -> Callable[[], dict[int, frozenset[str]]]:
        """The same, of one mail."""
        told = self._ask_fetch(next(gate.uids([uid])), ["FLAGS"])
        return lambda: {f.uid: f.flags for f in told()}

    def headers(self, uids: Iterable[int], fields: Iterable[str]) -> dict[int, Fetched]:
        names = " ".join(gate.flag(f).upper() for f in fields)
        items = ["FLAGS", "INTERNALDATE", f"BODY.PEEK[HEADER.FIELDS ({names})]"]
        return {f.uid: f for f in self._fetch(uids, items)}

    def mail(self, uid: int, limit: int) -> Fetched | None:
        """The first ``limit`` octets of a mail and its whole size; None when the UID is gone."""
        return self.mails([uid], limit).get(uid)

    def mails(self, uids: Iterable[int], limit: int) -> dict[int, Fetched]:
        """The same of several mails at once; without those that are gone. Some servers know no partial FETCH and send
        all."""
        items = ["FLAGS", "INTERNALDATE", "RFC822.SIZE", f"BODY.PEEK[]<0.{int(limit)}>"]
        return {f.uid: replace(f, data=f.data[:limit]) for f in self._fetch(uids, items)}

    def structure(self, uid: int) -> object:
        """What the server lists as the parts of a mail (BODYSTRUCTURE), as imapclient reads it; None when it refuses
        or sends what nobody can read. The connection is good afterwards."""
        lot = next(gate.uids([uid]))
        with self._said.before():
            return parts.structure(self._client, lot)

    def parts(self, uid: int, pieces: Iterable[tuple[str, int]], header: int) -> dict[str, bytes]:
        """Parts of a mail by section: of each the first ``header`` octets of its own header, as "1.2.MIME", and so
        many octets of its content as ``pieces`` says, as "1.2". What the server leaves out is left out."""
        lot, items = next(gate.uids([uid])), parts.items(pieces, header)
        with self._said.before():
            return sections(self._client.fetch(lot, items).get(uid, {}))

    def _fetch(self, uids: Iterable[int], items: list[str]) -> Iterator[Fetched]:
        for lot in gate.uids(uids):
            yield from self._ask_fetch(lot, items)()

    def _ask_fetch(self, lot: Sequence[int], items: list[str]) -> Callable[[], list[Fetched]]:
        with translated():
            answer = fetch(self._client, lot, items)
        wanted = any("BODY" in item for item in items)

        def rows() -> list[Fetched]:
            found = [fetched(uid, row) for uid, row in sorted(answer().items()) if uid in lot]
            return [f for f in found if f is not None and (f.data or not wanted)]

        return self._said.ask(rows)

    def append(self, folder: str, raw: bytes, flags: Iterable[str]) -> Place | None:
        """Stores a mail; returns its place where the server tells it (UIDPLUS).

        Raises Rejection: it is not stored. Raises Unknown: it may be stored."""
        name, names = gate.text(folder), [gate.flag(f) for f in flags]
        with self._said.before(effect=True):
            return effects.append(self._client, self.capabilities, name, raw, names)

    def create(self, folder: str) -> None:
        """Makes a folder and subscribes to it: Thunderbird shows no others."""
        name = gate.text(folder)
        with self._said.before(effect=True):
            effects.create(self._client, name)

    def add_keyword(self, uid: int, keyword: str) -> bool:
        """In the folder opened by ``select``. Whether that was seen to change a mail: none is there, or it had it."""
        lot, name = next(gate.uids([uid])), gate.flag(keyword)
        with self._said.before(effect=True):
            return effects.add_flag(self._client, lot, name)

    def move(self, uid: int, folder: str) -> bool:
        """Moves one mail of the folder opened by ``select``; False where the server has neither MOVE nor UIDPLUS."""
        lot, name = next(gate.uids([uid])), gate.text(folder)
        with self._said.before(effect=True):
            return effects.move(self._client, self.capabilities, lot, name)

    def idle(self) -> None:
        with self._said.before():
            self._client.idle()

    def idle_check(self, seconds: float) -> list[Any]:
        with self._said.before():
            return list(self._client.idle_check(timeout=seconds))

    def idle_done(self) -> list[Any]:
        with self._said.before():
            return list(self._client.idle_done()[1])

    def close(self) -> None:
        """Says goodbye if the server listens; never raises."""
        with suppress(IMAPClientError, OSError, ValueError):
            self._client.logout()
        self.break_off()

    def break_off(self) -> None:
        """Ends the connection at once. The only command that another thread may give: it ends a wait."""
        with suppress(IMAPClientError, OSError, ValueError, AttributeError):
            self._client.socket().shutdown(socket.SHUT_RDWR)
        with suppress(IMAPClientError, OSError, ValueError, AttributeError):
            self._client.shutdown()
