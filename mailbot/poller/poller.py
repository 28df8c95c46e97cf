"""The rounds of one account, and the session between them.

A Poller belongs to one thread. Only ``wake``, ``heard``, ``nudge``, ``stop``, ``break_off``, ``sign`` and
``is_failing`` may be called from others."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mailbot.bot.connect import connect
from mailbot.bot.tick import Round, tick
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.imap.spare import Spare
from mailbot.imap.wire import Wire
from mailbot.job import Job, Step
from mailbot.learn import notes
from mailbot.learn.sent import Learning
from mailbot.notices import trouble
from mailbot.notices.tell import tell
from mailbot.poller.background import Background
from mailbot.poller.calls import Calls
from mailbot.poller.pace import Backoff, Pace
from mailbot.world import World, log

OVERDUE = 3  # intervals without a call from the scheduler: it counts by the wall clock, which may be set back a year


class Poller:
    """``model_calls`` are shared by all accounts; ``own_calls`` are for the rest that runs beside the rounds (None: the
    usual threads)."""

    def __init__(self, world: World, model_calls: Calls, own_calls: Calls | None = None) -> None:
        self.world = world
        self.on_login: Callable[[], None] = lambda: None  # after each login of the rounds that worked
        self._spare = Spare(world.connect)
        self._learning = Learning(world, self._spare)
        self._awake = threading.Event()
        self._background = Background(world, self._spare, model_calls, own_calls, self._awake.set)
        self._wire: Wire | None = None
        self._look = True  # the flags are to be looked at
        self._heard = False  # of a change, by IDLE
        self._nudged = False  # by the owner
        self._pace = Pace()
        self._backoff = Backoff()
        self._stopped = False
        self._rounds = 0
        self._at_work = False

    def wake(self) -> None:
        """Look at the flags soon: the interval is over."""
        self._look = True
        self._awake.set()

    def heard(self) -> None:
        """The same, because the server said that something changed in the first folder."""
        self._heard = True
        self.wake()

    def nudge(self) -> None:
        """The same, because the owner asked for something or mended it: no back-off of our own keeps the look, and what
        waits for its next try has it now."""
        self._nudged = True
        self.wake()

    def stop(self) -> None:
        self._stopped = True
        self._background.stop()
        self._awake.set()

    def break_off(self) -> None:
        """Ends a wait for the server, when the process has to end."""
        wire = self._wire
        if wire is not None:
            wire.session.break_off()

    def sign(self) -> tuple[int, int] | None:
        """A sign of life: it changes as long as the round under way gets on. None between rounds."""
        wire = self._wire
        return (self._rounds, wire.session.commands if wire is not None else 0) if self._at_work else None

    @property
    def is_failing(self) -> bool:
        return self._backoff.failures > 0

    def run(self) -> None:
        """Rounds until ``stop``. Never raises for one account's trouble."""
        notes.refresh(self.world, 0.0)
        while True:
            self._at_work = False
            wanted = self._look
            called = self._awake.wait(self._pace.left() if wanted else OVERDUE * self.world.config.schedule.every)
            self._rounds, self._at_work = self._rounds + 1, True
            self._awake.clear()
            if self._stopped:
                break
            # Woken by an answer there is no look; after a long silence there is, though nobody asked for one.
            look = self._pace.left() == 0 if self._look else not (called or wanted)
            nudged = False
            if look:
                self._look = False
                nudged = self._heed()
            elif not self._background.has_ended:
                continue
            if self._is_due() or not (look or self._backoff.by_server):
                self._guarded_round(look, retry=nudged)
        self.close()

    def _heed(self) -> bool:
        """Whether the owner nudged."""
        nudged, self._nudged = self._nudged, False
        if nudged:
            self._backoff.waive()
        return nudged

    def _is_due(self) -> bool:
        return self._backoff.is_over(self.world.now())

    def close(self) -> None:
        """Ends the connections. A search under way goes on: what it would lose, the next start would not look for."""
        self._learning.give_way()
        if not self._background.is_busy:
            self._spare.close()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.session.close()
            self._wire = None

    def _guarded_round(self, look: bool, *, retry: bool) -> None:
        try:
            try:
                self.round(look=look, retry=retry)
            except MailbotError as error:
                log.warning("account=%s round=failed reason=%r", self.world.account.name, str(error))
            except Exception:
                log.exception("account=%s round=failed reason='a bug'", self.world.account.name)
                self._failed("a bug in mailbot ended the round: see the log")
        except MailbotError as error:  # not even that could be written down
            log.error("account=%s round=failed journal=failed reason=%r", self.world.account.name, str(error))

    def round(self, *, look: bool = True, include_existing: bool = False, retry: bool = False) -> Round:
        """One round on a live session. Raises MailbotError when the account cannot be worked on now.

        A session that was kept from the round before may have died meanwhile: then once more on a fresh one."""
        kept = self._wire is not None
        if look:
            self._pace.count()
            self._background.retry()
        try:
            result = self._once(look=look, include_existing=include_existing, retry=retry)
        except OwnerMustAct as error:
            self._failed(error.reason)
            trouble.begin(self.world, error.kind, error.reason, error.hint)
            tell(self.world, None)
            raise
        except MailbotError as error:
            after = error.after if isinstance(error, Later) else None
            if kept and isinstance(error, Later) and after is None and not self._stopped:
                return self.round(look=look, include_existing=include_existing, retry=retry)
            self._failed(str(error), after)
            raise
        if look:
            self._worked()
            self._learn()
        return result

    def _learn(self) -> None:
        """In an idle moment; the spare connection is not kept over one."""
        if self._background.is_busy or self._wire is None:
            return
        if not self._learning.begin(self._wire.roles):
            self._spare.close()

    def _once(self, *, look: bool, **options: bool) -> Round:
        self._background.collect()
        if self._wire is None:
            self._wire = connect(self.world)
            self.on_login()
        if look and self._heard:
            self._heard = False
            self._wire.settled.told(self._wire.roles.idled)
        try:
            return tick(self.world, self._wire, self._hand_over, self._expect, look=look, **options)
        except BaseException:
            self._hang_up()
            raise

    def _expect(self) -> None:
        """A thread search: logging in for it takes longer than the fetch of the mail, which comes first."""
        if self.world.searches and not self._background.is_busy:
            self._spare.get_ready()

    def _hand_over(self, step: Step, job: Job) -> None:
        assert self._wire is not None, "a round hands over while it has its session"
        if step is Step.GATHER:
            self._learning.give_way()
        self._background.take(step, job, self._wire.roles)

    def finish(self) -> Round:
        """Rounds without a look until nothing is awaited any more; for ``once``. Raises what ``round`` raises."""
        result = Round()
        while self._background.is_busy:
            self._awake.wait()
            self._awake.clear()
            result = self.round(look=False)
        self._learn()
        self._learning.wait()
        result.failed |= self._background.failed
        result.owner = result.owner or self._background.owner
        return result

    def _worked(self) -> None:
        self._backoff.worked()
        now = self.world.now()
        self.world.journal.facts.put("poll", self.world.key, {"at": now, "ok": now, "error": ""})

    def _failed(self, reason: str, after: float | None = None) -> None:
        """``after`` are the seconds that the server wants to be left alone."""
        now = self.world.now()
        self._backoff.failed(now, self.world.chance(), after)
        before = self.world.journal.facts.get("poll", self.world.key) or {"ok": None}
        self.world.journal.facts.put("poll", self.world.key, {**before, "at": now, "error": reason})
