"""Folders in which a look would find the same again, by the server's own count of changes (CONDSTORE, RFC 7162).

The count is believed for a while only, and never again where it was wrong once: a server that miscounts makes a flag
late, and loses none."""

from __future__ import annotations

from mailbot.imap.answer import Look

BELIEVED = 900.0  # seconds


class Settled:
    """Of one session; nothing of it outlives that."""

    def __init__(self) -> None:
        self._looks: dict[str, tuple[Look, float]] = {}
        self._wrong: set[str] = set()

    def holds(self, look: Look, now: float) -> bool:
        """Whether the folder is as it was when it was searched last."""
        before, at = self._looks.get(look.folder, (None, 0.0))
        counted = look.changes is not None and look.folder not in self._wrong
        return counted and before == look and 0 <= now - at < BELIEVED

    def searched(self, look: Look, now: float, *, changed: bool) -> None:
        """The folder was searched, and what was found is in the journal."""
        before, _ = self._looks.get(look.folder, (None, 0.0))
        if changed and before == look:
            self._wrong.add(look.folder)
        self._looks[look.folder] = (look, now)
