"""The server's counts of changes (CONDSTORE, RFC 7162), asked for by STATUS: one line for a folder, whatever lies in
it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from mailbot.imap import gate
from mailbot.imap.answer import Count, counted
from mailbot.imap.breath import status, unselect
from mailbot.imap.said import Said
from mailbot.imap.trouble import Rejection, translated

NEEDED = frozenset({"CONDSTORE", "ENABLE", "UNSELECT"})  # Yahoo tells counts without the first, which mean nothing
ITEMS = "(UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ)"


class Counts:
    """Of one session. ``kept``: the server counts."""

    def __init__(self, client: Any, said: Said) -> None:
        self._client = client
        self._said = said
        self.kept = False

    def begin(self, capabilities: frozenset[str]) -> None:
        """Has the server count, where it can. Before a folder is open."""
        if capabilities >= NEEDED:
            with suppress(Rejection), translated():
                self._client.enable("CONDSTORE")
                self.kept = True

    def ask(self, folders: Sequence[str]) -> Callable[[], dict[str, Count]]:
        """Counts by folder. A folder that is open is closed first: of that one STATUS need not tell more than the
        client knows (RFC 9051, 6.3.11). A server that refuses to tell one count is asked for none any more."""
        names = [gate.text(folder) for folder in folders]
        closed: Callable[[], object] = bytes
        with translated():
            if self._client._imap.state == "SELECTED":  # also one that was to be written to, and may only be read
                closed = self._said.ask(unselect(self._client).answer)
            answers = status(self._client, names, ITEMS)

        def counts() -> dict[str, Count]:
            rows = zip(folders, map(counted, answers()), strict=True)
            return {folder: count for folder, count in rows if count is not None}

        told = self._said.ask(counts)

        def tell() -> dict[str, Count]:
            try:
                closed()
                return told()
            except Rejection:
                self.kept = False
                return {}

        return tell
