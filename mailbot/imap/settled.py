"""Folders in which a look would find the same again, by the server's own count of changes (CONDSTORE, RFC 7162).

The count is believed for a while only, not at all when IDLE tells of a change, and never again where it was wrong once
(a count that stands still, on a broken server): a server that miscounts makes one flag late, and loses none."""

from __future__ import annotations

from collections.abc import Iterable

from mailbot.imap.answer import Count

SCOPE = "miscounted:"  # and the account: of the facts that name folders whose count was wrong, and say when
# Seconds. 5,000 stars are 35 kB of UIDs, so that no line feels what this costs, and nobody waits longer for a draft
# that he flagged on a server that neither counts nor tells.
BELIEVED = 300.0


class Settled:
    """Of one session. ``wrong`` are folders whose count was found wrong before."""

    def __init__(self, wrong: Iterable[str] = ()) -> None:
        self._counts: dict[str, tuple[Count, float]] = {}
        self._told: set[str] = set()
        self._wrong = set(wrong)

    def told(self, folder: str) -> None:
        """The server said by itself that the folder changed."""
        self._told.add(folder)

    def may_hold(self, folder: str) -> bool:
        """Whether it is worth a turn to know the count before the folder is searched."""
        return folder in self._counts and folder not in self._wrong | self._told

    def holds(self, folder: str, count: Count | None, now: float) -> bool:
        """Whether the folder is as it was when it was searched last."""
        before, at = self._counts.get(folder, (None, 0.0))
        return self.may_hold(folder) and count == before and 0 <= now - at < BELIEVED

    def searched(self, folder: str, count: Count | None, now: float, *, changed: bool) -> bool:
        """The folder was searched after it was counted so, and what was found is in the journal. Returns whether that
        had changed while the count stood still."""
        before, _ = self._counts.pop(folder, (None, 0.0))
        self._told.discard(folder)
        if count is not None:
            self._counts[folder] = (count, now)
        return changed and count is not None and count == before and folder not in self._wrong

    def miscounted(self, folder: str) -> None:
        self._wrong.add(folder)
