"""One account, kept going: the round that looks, what runs beside it, and the session between rounds.

A Poller belongs to one thread. Only ``wake``, ``hint``, ``stop``, ``break_off``, ``sign`` and ``is_failing`` may be
called from others. Thread searches run one after the other on ``Calls`` of the account's own, prompts are made on
others, and model calls run on those that all accounts share: a job goes from one to the next without waiting for the
round, which is woken when there is an answer."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from mailbot.bot import ask, gather, notes, notices, trouble
from mailbot.bot.calls import Calls
from mailbot.bot.gather import Searches
from mailbot.bot.learn import Learning
from mailbot.bot.spare import Spare
from mailbot.bot.tick import BESIDE, Round, advance, tick
from mailbot.bot.wire import Wire, connect
from mailbot.bot.world import World, log
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.imap.folders import Roles
from mailbot.job import BACKOFF_MOST, IllegalEvent, Job, Step, backoff, is_due, next_step

OVERDUE = 3  # intervals without a call from the scheduler: it counts by the wall clock, which may be set back a year
PATIENCE = 30.0  # seconds that a draft waits for its thread at most, where other searches come before its own
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


class Poller:
    def __init__(self, world: World, calls: Calls, alone: Calls | None = None) -> None:
        self.world = world
        self._calls = calls
        self._alone = alone or Calls(1)
        self._desk = alone or Calls(1)
        self._spare = Spare(world.connect)
        self._searches = Searches(world, self._spare)
        self._learning = Learning(world, self._spare)
        self._wire: Wire | None = None
        self._awake = threading.Event()
        self._look = True
        self._hinted = False
        self._pace = Pace()
        self._stopped = False
        self._beside: set[str] = set()  # ids of jobs whose thread, prompt or answer is awaited
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._apart = Round()  # what went wrong beside the rounds
        self._unkept: set[str] = set()  # jobs whose last call left no trace: not asked again before the next look
        self._rounds = 0
        self._at_work = False
        self._failures = 0
        self._not_before = 0.0
        self._sent_away = False  # the server itself asked for the wait: an answer does not shorten it

    def wake(self) -> None:
        """Look at the flags soon: the interval is over."""
        self._look = True
        self._awake.set()

    def hint(self) -> None:
        """The same, because the server said that something changed in the first folder."""
        self._hinted = True
        self.wake()

    def stop(self) -> None:
        self._stopped = True
        self._awake.set()

    def break_off(self) -> None:
        """Ends a wait for the server, when the process has to end."""
        wire = self._wire
        if wire is not None:
            wire.session.break_off()

    def sign(self) -> tuple[int, int] | None:
        """Something that changes while the round under way gets on; None between rounds."""
        wire = self._wire
        return (self._rounds, wire.session.commands if wire is not None else 0) if self._at_work else None

    @property
    def is_failing(self) -> bool:
        return self._failures > 0

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
            look = self._pace.left() == 0 if self._look else not (called or wanted)
            if look:
                self._look = False
            elif self._done.empty():
                continue
            if self._is_due() or not (look or self._sent_away):
                self._guarded_round(look)
        self.close()

    def _is_due(self) -> bool:
        """Whether the back-off is over; one that is longer than any was counted before the clock was set back."""
        return not 0 < self._not_before - self.world.now() <= BACKOFF_MOST

    def close(self) -> None:
        """Ends the connections. A search under way goes on: what it would lose, the next start would not look for."""
        self._learning.give_way()
        if not self._beside:
            self._spare.close()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.session.close()
            self._wire = None

    def _guarded_round(self, look: bool) -> None:
        try:
            try:
                self.round(look=look)
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
            self._unkept.clear()
        try:
            result = self._once(look, include_existing, retry)
        except OwnerMustAct as error:
            self._failed(error.reason)
            trouble.begin(self.world, error.kind, error.reason, error.hint)
            notices.tell(self.world, None)
            raise
        except MailbotError as error:
            after = error.after if isinstance(error, Later) else None
            if kept and isinstance(error, Later) and after is None and not self._stopped:
                return self.round(look=look, include_existing=include_existing, retry=retry)
            self._failed(str(error), after)
            raise
        if look:
            self._worked()
        if look:
            self._learn()
        return result

    def _learn(self) -> None:
        """In an idle moment; the spare connection is not kept over one."""
        if self._beside or self._wire is None:
            return
        if not self._learning.begin(self._wire.roles):
            self._spare.close()

    def _once(self, look: bool, include_existing: bool, retry: bool) -> Round:
        while not self._done.empty():
            self._beside.discard(self._done.get())
        if self._wire is None:
            self._wire = connect(self.world)
        if look and self._hinted:
            self._hinted = False
            self._wire.settled.told(self._wire.roles.idled)
        try:
            return tick(self.world, self._wire, self._submit, look=look, include_existing=include_existing, retry=retry)
        except BaseException:
            self._hang_up()
            raise

    def _submit(self, step: Step, job: Job) -> None:
        if job.id in self._beside | self._unkept or self._wire is None:
            return
        self._beside.add(job.id)
        if step is Step.GATHER:
            self._learning.give_way()
            if self.world.endpoint is not None:
                self._calls.submit(self.world.endpoint.load)
        self._pass_on(step, job, self._wire.roles)

    def _pass_on(self, step: Step, job: Job, roles: Roles) -> None:
        """To those whose step it is."""
        if step is Step.GATHER:
            work, calls = partial(self._gather, job, roles, time.monotonic()), self._alone
        elif step is Step.PREPARE:
            work, calls = partial(advance, self.world, None, job, step, self._apart), self._desk
        else:
            work, calls = partial(ask.ask, self.world, job), self._calls
        calls.submit(lambda: self._run_beside(step, job, work, roles))

    def _gather(self, job: Job, roles: Roles, since: float) -> Job:
        left = since + PATIENCE - time.monotonic()
        return self._searches.gather(job, roles, min(gather.WITHIN, left))

    def _run_beside(self, step: Step, job: Job, work: Callable[[], Job], roles: Roles) -> None:
        passed_on = False
        try:
            after = work()
            following = next_step(after)
            goes_on = step is not Step.ASK and not self._stopped and is_due(after, self.world.now())
            if goes_on and following in BESIDE - {step}:
                self._pass_on(following, after, roles)
                passed_on = True
        except IllegalEvent as error:
            log.info("account=%s job=%s event=late reason=%r", self.world.account.name, job.id, str(error))
        except MailbotError as error:
            log.warning(
                "account=%s job=%s step=%s kept=no reason=%r", self.world.account.name, job.id, step, str(error)
            )
            self._set_back(job, f"what step {step} brought could not be kept: {error}")
        except Exception as error:
            log.exception("account=%s job=%s step=%s", self.world.account.name, job.id, step)
            self._set_back(job, f"mailbot has a bug that this mail shows: {type(error).__name__} in step {step}")
        finally:
            if not passed_on:
                self._done.put(job.id)
                self._awake.set()

    def _set_back(self, job: Job, reason: str) -> None:
        """So that the next call, which may cost money, is not made at the next poll already; nor at once, where not
        even that can be written down."""
        try:
            ask.wait(self.world, job, reason)
        except (MailbotError, IllegalEvent):
            self._unkept.add(job.id)

    def finish(self) -> Round:
        """Rounds without a look until nothing is awaited any more; for ``once``. Raises what ``round`` raises."""
        result = Round()
        while self._beside:
            self._awake.wait()
            self._awake.clear()
            result = self.round(look=False)
        self._learn()
        self._learning.wait()
        result.failed |= self._apart.failed or bool(self._unkept)
        result.owner = result.owner or self._apart.owner
        return result

    def _worked(self) -> None:
        self._failures, self._not_before, self._sent_away = 0, 0.0, False
        now = self.world.now()
        self.world.journal.note("poll", self.world.key, {"at": now, "ok": now, "error": ""})

    def _failed(self, reason: str, after: float | None = None) -> None:
        """``after`` are the seconds that the server wants to be left alone."""
        wait = max(backoff(self._failures, self.world.chance()) - 1, after or 0.0)
        self._not_before, self._sent_away = self.world.now() + wait, after is not None
        self._failures += 1
        before = self.world.journal.noted("poll", self.world.key) or {"ok": None}
        self.world.journal.note("poll", self.world.key, {**before, "at": self.world.now(), "error": reason})
