"""One round for one account: look, then take every due job as far as it goes without the model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from mailbot.bot.observe import FOLDERS, Seen, observe
from mailbot.errors import Later, MailbotError, OwnerMustAct, Refused
from mailbot.imap.trouble import Rejection
from mailbot.imap.wire import Wire
from mailbot.job import BACKOFF_MOST, BUGS, NEEDS_IMAP, IllegalEvent, Job, State, Step, is_due, next_step
from mailbot.notices import digest, trouble
from mailbot.notices.tell import tell
from mailbot.world import World, log

REHEARSED = frozenset(Step) - {Step.FETCH, Step.GATHER, Step.PREPARE}
# What a round hands over: it would have to wait for it, or others would wait for the round.
HANDED_OVER = frozenset({Step.GATHER, Step.PREPARE, Step.ASK})
CAN_PARK = frozenset({State.NEW, State.ANSWERED, State.APPENDING})

HandOver = Callable[[Step, Job], None]


@dataclass(slots=True)
class Round:
    """What one round did. ``handed_over`` counts the jobs that now wait for their thread, their prompt or the model's
    answer; ``owner`` is what the owner has to mend."""

    seen: Seen = field(default_factory=Seen)
    handed_over: int = 0
    failed: bool = False
    owner: OwnerMustAct | None = None


def tick(
    world: World,
    wire: Wire,
    hand_over: HandOver = lambda step, job: None,
    expect: Callable[[], None] = lambda: None,
    *,
    look: bool = True,
    include_existing: bool = False,
    retry: bool = False,
) -> Round:
    """One round. Errors of the wire pass through: the caller closes the session and connects anew.

    ``hand_over`` takes at once what others have to do, so that the model works while the round goes on; ``expect``
    hears that there will be something, before the first mail is fetched.
    ``look`` False: only the jobs, after an answer came. ``retry``: also jobs whose back-off still runs."""
    result = Round()
    if look:
        result.seen = observe(world, wire, include_existing=include_existing)
        if result.seen.asked:
            expect()
    due = [job for job in world.journal.open_jobs(world.key) if retry or is_due(job, world.now())]
    due.sort(key=lambda job: next_step(job) in NEEDS_IMAP)  # first what the model can begin with
    for job in due:
        if not job.starts:
            _take(world, wire, job, result, hand_over)
    for job in due:  # a mail that has ended the process may do so again: only when no other is on its way
        if job.starts and not result.handed_over:
            _take(world, wire, job, result, hand_over)
    if look:
        trouble.end(world, *_mended(result))
    tell(world, wire)
    if look:
        digest.tell(world, wire)
    return result


def _mended(result: Round) -> Iterator[str]:
    """Kinds of trouble that a look has proved to be over, unless a job says otherwise."""
    yield trouble.HELD
    if result.seen.everywhere:
        yield FOLDERS
    if result.owner is None:  # no job need wait for these: they may be with the tokens of a sign-in, or the journal
        yield from ("disk", "state", "lock")


def rehearse(world: World, wire: Wire, *, include_existing: bool) -> list[Job]:
    """The jobs as they would be just before the model is asked. For a world whose journal and store are copies."""
    observe(world, wire, include_existing=include_existing)
    for job in world.journal.open_jobs(world.key):
        _take(world, wire, job, Round(), lambda step, job: None, until=REHEARSED)
    return world.journal.open_jobs(world.key)


def _take(
    world: World, wire: Wire, job: Job, result: Round, hand_over: HandOver, until: Collection[Step] = HANDED_OVER
) -> None:
    """Step after step, until one that is somebody else's, or until the job has to wait."""
    while (step := next_step(job)) is not None:
        if step in until:
            result.handed_over += 1
            hand_over(step, job)
            return
        before = job
        job = advance(world, wire, job, step, result)
        if job == before or not is_due(job, world.now()):
            return


def advance(world: World, wire: Wire | None, job: Job, step: Step, result: Round) -> Job:
    """One step of one job; without a ``wire`` one that needs no IMAP. The job as it was, when it cannot get on now."""
    from mailbot.bot import ask, steps  # late: most looks find nothing to do

    try:
        if step in steps.AT_HOME:
            return steps.AT_HOME[step](world, job)
        assert wire is not None, "what needs IMAP is taken on the wire"
        return steps.ON_THE_WIRE[step](world, wire, job)
    except IllegalEvent as error:
        log.info("account=%s job=%s event=late reason=%r", world.account.name, job.id, str(error))
        return job
    except Refused as error:
        return world.record(job, "parked", reason=error.reason)
    except Rejection as error:
        result.failed = True
        return ask.wait(world, job, f"the server refused: {error.text}")
    except OwnerMustAct as error:
        result.failed, result.owner = True, error
        trouble.begin(world, error.kind, error.reason, error.hint)
        return ask.wait(world, job, error.reason, trouble=error.kind)
    except Later:
        if step is Step.STORE:
            _broke(world, job)
        raise
    except MailbotError:
        raise
    except Exception as error:  # a bug, in the program or in a library: it must not stop the other jobs
        log.exception("account=%s job=%s step=%r", world.account.name, job.id, str(step))
        result.failed = True
        reason = f"mailbot has a bug that this mail shows: {type(error).__name__} in step {step}"
        if job.tries + 1 >= BUGS and job.state in CAN_PARK:
            return world.record(job, "parked", reason=reason)
        return world.record(job, "waiting", reason=reason, until=world.now() + BACKOFF_MOST)


def _broke(world: World, job: Job) -> None:
    """The wire broke around an APPEND: the doubt begins now, not when the intent was written."""
    now = world.journal.job(job.id)
    if now is not None and now.state is State.APPENDING:
        world.record(now, "broke")
