"""What one account's bot works with: values that do not change, the edges, and the clock as a function."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mailbot.job import IllegalEvent, Job

if TYPE_CHECKING:  # whoever reads the journal only, as `mailbot status`, needs none of these
    from mailbot.archive.store import Store
    from mailbot.config import Account, Config
    from mailbot.imap.session import Session
    from mailbot.index import Index
    from mailbot.journal import Journal
    from mailbot.model import Endpoint
    from mailbot.prompt.template import Templates

log = logging.getLogger("mailbot")

# The reasons of these events may name other mails, or quote what the model wrote. The log holds no text from mails.
NOT_LOGGED = frozenset({"skipped", "rejected", "parked"})


@dataclass(frozen=True, kw_only=True)
class World:
    """``now`` gives seconds since the epoch, ``chance`` a number from 0 to 1, ``nonce`` a fresh word.

    ``connect`` logs in anew, ``send`` hands a notice to the owner's SMTP server (None: not configured)."""

    config: Config
    account: Account
    journal: Journal
    store: Store
    index: Index
    endpoint: Endpoint | None  # None: the outline writer
    templates: Callable[[], Templates]  # of the prompt, as the files are now
    connect: Callable[[], Session]
    send: Callable[[bytes], None] | None
    now: Callable[[], float]
    chance: Callable[[], float]
    nonce: Callable[[], str]

    @property
    def key(self) -> str:
        return self.account.key

    @property
    def searches(self) -> bool:
        """Whether the rest of a thread is searched for: only a model reads it."""
        return self.endpoint is not None and self._has_spare

    @property
    def learns(self) -> bool:
        """Whether Sent is read into the index, also for the outline writer: it tells whom the owner knows."""
        return self.config.voice.from_sent and self._has_spare

    @property
    def _has_spare(self) -> bool:
        """Whether the config allows a connection beside those for work and IDLE."""
        return self.account.imap.connections - 1 - self.config.schedule.idle > 0

    @property
    def local(self) -> bool:
        """Whether the model, if there is one, is in the owner's own network."""
        return self.config.model is not None and self.config.model.is_local

    def time(self, seconds: float | None = None) -> datetime:
        """A moment (default: now) in the owner's zone."""
        return datetime.fromtimestamp(self.now() if seconds is None else seconds, self.config.zone)

    def kept(self, job: Job, name: str) -> bytes:
        """What an open job keeps under this name. Raises IllegalEvent where it was ended meanwhile, in another thread:
        the owner took the flag away."""
        data = self.journal.kept(job.id, name)
        if data is None:
            raise IllegalEvent(f"job {job.id} keeps no {name} any more")
        return data

    def record(self, job: Job, kind: str, **data: Any) -> Job:
        """Adds an event; one log line per transition, without text from mails."""
        after = self.journal.record(job, kind, self.now(), **data)
        reason = f" reason={data['reason']!a}" if "reason" in data and kind not in NOT_LOGGED else ""
        log.info(
            "account=%s job=%s event=%s state=%s->%s%s", self.account.name, job.id, kind, job.state, after.state, reason
        )
        return after
