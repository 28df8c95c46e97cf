"""One account, kept going: the round that looks, the model calls beside each other, and the session between rounds.

A Poller belongs to one thread. Only ``wake`` and ``stop`` may be called from others. Model calls run on the shared
``Calls``; each wakes the poller when its answer is in the journal."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from mailbot.bot import ask, trouble
from mailbot.bot.tick import Round, connect, tick
from mailbot.bot.world import Wire, World, log
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.job import BACKOFF_MOST, IllegalEvent, Job, backoff

OVERDUE = 3  # intervals without a call from the scheduler: it counts by the wall clock, which may be set back a year


class Calls:
    """At most ``width`` calls at once, in daemon threads: a model that hangs never keeps the process from ending."""

    def __init__(self, width: int) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._width = width
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[[], None]) -> None:
        self._queue.put(call)
        if len(self._threads) < self._width:
            thread = threading.Thread(target=self._run, name=f"model-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self) -> None:
        while True:
            self._queue.get()()


class Poller:
    def __init__(self, world: World, calls: Calls) -> None:
        self.world = world
        self._calls = calls
        self._wire: Wire | None = None
        self._awake = threading.Event()
        self._look = True
        self._stopped = False
        self._asking: set[str] = set()
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._unkept: set[str] = set()  # jobs whose last call left no trace: not asked again before the next look
        self._failures = 0
        self._not_before = 0.0
        self._sent_away = False  # the server itself asked for the wait: an answer does not shorten it

    def wake(self) -> None:
        """Look at the flags soon: the interval is over, or the server said that something changed."""
        self._look = True
        self._awake.set()

    def stop(self) -> None:
        self._stopped = True
        self._awake.set()

    def break_off(self) -> None:
        """Ends a wait for the server, when the process has to end."""
        wire = self._wire
        if wire is not None:
            wire.session.break_off()

    def run(self) -> None:
        """Rounds until ``stop``. Never raises for one account's trouble."""
        while True:
            called = self._awake.wait(OVERDUE * self.world.config.schedule.every)
            self._awake.clear()
            if self._stopped:
                break
            look, self._look = self._look or not called, False
            if self._is_due() or not (look or self._sent_away):
                self._guarded_round(look)
        self.close()

    def _is_due(self) -> bool:
        """Whether the back-off is over; one that is longer than any was counted before the clock was set back."""
        return not 0 < self._not_before - self.world.now() <= BACKOFF_MOST

    def close(self) -> None:
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
            self._unkept.clear()
        try:
            result = self._once(look, include_existing, retry)
        except OwnerMustAct as error:
            self._failed(error.reason)
            trouble.begin(self.world, error.kind, error.reason, error.hint)
            trouble.tell(self.world, None)
            raise
        except MailbotError as error:
            after = error.after if isinstance(error, Later) else None
            if kept and isinstance(error, Later) and after is None and not self._stopped:
                return self.round(look=look, include_existing=include_existing, retry=retry)
            self._failed(str(error), after)
            raise
        if look:
            self._worked()
        for job in result.ask:
            self._submit(job)
        return result

    def _once(self, look: bool, include_existing: bool, retry: bool) -> Round:
        while not self._done.empty():
            self._asking.discard(self._done.get())
        if self._wire is None:
            self._wire = connect(self.world)
        try:
            return tick(self.world, self._wire, look=look, include_existing=include_existing, retry=retry)
        except BaseException:
            self.close()
            raise

    def _submit(self, job: Job) -> None:
        if job.id not in self._asking | self._unkept:
            self._asking.add(job.id)
            self._calls.submit(lambda: self._ask(job))

    def _ask(self, job: Job) -> None:
        try:
            ask.ask(self.world, job)
        except IllegalEvent as error:
            log.info("account=%s job=%s event=late reason=%r", self.world.account.name, job.id, str(error))
        except MailbotError as error:
            log.warning("account=%s job=%s answer=lost reason=%r", self.world.account.name, job.id, str(error))
            self._set_back(job, f"the answer could not be kept: {error}")
        except Exception as error:
            log.exception("account=%s job=%s step=ask", self.world.account.name, job.id)
            self._set_back(job, f"mailbot has a bug that this mail shows: {type(error).__name__} in step ask")
        finally:
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
        """Rounds without a look until no answer is awaited any more; for ``once``. Raises what ``round`` raises."""
        result = Round()
        while self._asking:
            self._awake.wait()
            self._awake.clear()
            result = self.round(look=False)
        result.failed |= bool(self._unkept)
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
