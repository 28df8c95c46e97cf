"""When the next round may begin: looks must not follow each other too fast, and after a failure there is a wait."""

from __future__ import annotations

import time
from collections import deque

from mailbot.job import BACKOFF_MOST, backoff

# Some mailboxes never rest: another client marks thousands of mails, and IDLE tells of each. So many looks may follow
# each other at once, and no more in so many seconds.
LOOKS, WITHIN = 6, 6.0


class Pace:
    """How fast looks follow each other."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque(maxlen=LOOKS)

    def left(self) -> float:
        """Seconds until the next look may begin."""
        full = len(self._begun) == LOOKS
        return max(0.0, self._begun[0] + WITHIN - time.monotonic()) if full else 0.0

    def count(self) -> None:
        self._begun.append(time.monotonic())


class Backoff:
    """The wait after rounds that failed. Times are in seconds since the epoch, by the world's clock.

    ``by_server``: the server itself asked for the wait, so that not even an answer of the model shortens it."""

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0.0
        self.by_server = False

    def is_over(self, now: float) -> bool:
        """Also where it would last longer than any wait does: then the clock was set back meanwhile."""
        return not 0 < self.until - now <= BACKOFF_MOST

    def failed(self, now: float, jitter: float, after: float | None) -> None:
        """``after``: the seconds for which the server wants to be left alone; None when it did not say."""
        self.until = now + max(backoff(self.failures, jitter) - 1, after or 0.0)  # before the poll a minute later
        self.by_server = after is not None
        self.failures += 1

    def waive(self) -> None:
        """Once, unless the server itself asked for the wait."""
        if not self.by_server:
            self.until = 0.0

    def worked(self) -> None:
        self.failures, self.until, self.by_server = 0, 0.0, False
