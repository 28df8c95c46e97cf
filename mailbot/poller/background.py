"""What the rounds of one account hand over, because they would have to wait for it: thread searches, prompts, calls of
the model.

A job goes from one to the next without waiting for a round. Searches of an account come one after the other, and so do
its prompts; the calls of the model are made on threads that all accounts share. When a job can get no further here, the
poller is woken, and its next round goes on with the job."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from mailbot.bot.tick import HANDED_OVER, Round, advance
from mailbot.errors import MailbotError, OwnerMustAct
from mailbot.imap.folders import Roles
from mailbot.imap.spare import Spare
from mailbot.job import IllegalEvent, Job, Step, is_due, next_step
from mailbot.poller.calls import Calls
from mailbot.world import World, log

if TYPE_CHECKING:
    from mailbot.bot.gather import Searches

PATIENCE = 30.0  # seconds that a draft waits for its thread at most, where other searches come before its own


class Background:
    """``model_calls`` are shared by all accounts, ``own_calls`` belong to this one (None: they are made here). ``wake``
    is called, from any thread, when a job has ended here. All methods but ``stop`` belong to the poller's thread."""

    def __init__(
        self, world: World, spare: Spare, model_calls: Calls, own_calls: Calls | None, wake: Callable[[], None]
    ) -> None:
        self._world = world
        self._spare = spare
        self._model_calls = model_calls
        self._search_calls = own_calls or Calls(1)
        self._prompt_calls = own_calls or Calls(1)
        self._wake = wake
        self._jobs: set[str] = set()  # ids of the jobs that are here
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()  # ids of those that can get no further here
        # Ids of jobs whose failure could not even be journalled. Asked again at once, they might cost money each time.
        self._unrecorded: set[str] = set()
        self._outcome = Round()
        self._stopped = False

    @cached_property
    def _searches(self) -> Searches:
        from mailbot.bot.gather import Searches

        return Searches(self._world, self._spare)

    @property
    def is_busy(self) -> bool:
        return bool(self._jobs)

    @property
    def has_ended(self) -> bool:
        """Whether a job has ended here since ``collect``."""
        return not self._ended.empty()

    @property
    def failed(self) -> bool:
        """Whether any step failed here since the start."""
        return self._outcome.failed or bool(self._unrecorded)

    @property
    def owner(self) -> OwnerMustAct | None:
        """What the owner has to mend for a step that failed here."""
        return self._outcome.owner

    def collect(self) -> None:
        """Gives the jobs that have ended here back to the rounds."""
        while self.has_ended:
            self._jobs.discard(self._ended.get())

    def retry(self) -> None:
        """Lets in again what failed without a trace in the journal."""
        self._unrecorded.clear()

    def stop(self) -> None:
        """No step begins here any more for which nobody would wait."""
        self._stopped = True

    def take(self, step: Step, job: Job, roles: Roles) -> None:
        """A job with a step that a round hands over; nothing happens where it is here already."""
        if job.id in self._jobs | self._unrecorded:
            return
        self._jobs.add(job.id)
        if step is Step.GATHER and self._world.endpoint is not None:
            self._model_calls.submit(self._world.endpoint.load)
        self._submit(step, job, roles)

    def _submit(self, step: Step, job: Job, roles: Roles) -> None:
        from mailbot.bot import ask  # late, as all that only a flag needs

        if step is Step.GATHER:
            work, calls = partial(self._gather, job, roles, time.monotonic()), self._search_calls
        elif step is Step.PREPARE:
            work, calls = partial(advance, self._world, None, job, step, self._outcome), self._prompt_calls
        else:
            work, calls = partial(ask.ask, self._world, job), self._model_calls
        calls.submit(lambda: self._run(step, job, work, roles))

    def _gather(self, job: Job, roles: Roles, since: float) -> Job:
        from mailbot.bot import gather

        left = since + PATIENCE - time.monotonic()
        return self._searches.gather(job, roles, min(gather.WITHIN, left))

    def _run(self, step: Step, job: Job, work: Callable[[], Job], roles: Roles) -> None:
        """One step, in one of the threads; then the next one, if that is done here, too."""
        goes_on = False
        try:
            after = work()
            following = next_step(after)
            may_go_on = step is not Step.ASK and not self._stopped and is_due(after, self._world.now())
            if may_go_on and following in HANDED_OVER - {step}:
                self._submit(following, after, roles)
                goes_on = True
        except IllegalEvent as error:
            log.info("account=%s job=%s event=late reason=%r", self._world.account.name, job.id, str(error))
        except MailbotError as error:
            log.warning(
                "account=%s job=%s step=%s kept=no reason=%r", self._world.account.name, job.id, step, str(error)
            )
            self._set_back(job, f"what step {step} brought could not be kept: {error}")
        except Exception as error:
            log.exception("account=%s job=%s step=%s", self._world.account.name, job.id, step)
            self._set_back(job, f"mailbot has a bug that this mail shows: {type(error).__name__} in step {step}")
        finally:
            if not goes_on:
                self._ended.put(job.id)
                self._wake()

    def _set_back(self, job: Job, reason: str) -> None:
        """The job waits, so that the next call, which may cost money, is not made at the next poll already."""
        from mailbot.bot import ask

        try:
            ask.wait(self._world, job, reason)
        except (MailbotError, IllegalEvent):
            self._unrecorded.add(job.id)
