"""The model's part: asks what is stored, journals what comes back before anything is checked on it, then reads it."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache

from mailbot.archive.source import completed_prompt
from mailbot.bot import daily
from mailbot.errors import Later, OwnerMustAct
from mailbot.job import BAD_ANSWERS, NOT_JSON, Job, backoff
from mailbot.learn import filed
from mailbot.model import NeedsPlain, Reply
from mailbot.notices import trouble
from mailbot.privacy import seen
from mailbot.prompt import answer as answers
from mailbot.prompt import sources
from mailbot.prompt.answer import Answer, BadAnswer, CutOff, NotJson, Shape
from mailbot.prompt.template import KIND as PROMPT
from mailbot.prompt.verify import verify
from mailbot.world import World

STALE = 12 * 3600.0  # seconds that a prompt may wait for a model that is down: it says what day it is
DRAFT_AND_PAGE = 4  # answers that are remembered as they were read: the page comes a moment after the draft
AWAY_TRIES = 6  # of one prompt, then the owner is told that the model is away: a quarter to half an hour
AWAY_HINT = "See that it runs, mailbot check asks it. What is flagged is drafted as soon as it answers"


def ask(world: World, job: Job) -> Job:
    """Sends the stored prompt. Runs without an IMAP connection, beside other calls.

    Each call is in the journal before it is made: where nothing can be written, nothing is asked and nothing paid."""
    assert world.endpoint is not None, "only a configured model is asked"
    shape = job.shape
    assert shape, "a job that was prompted knows the shape of its prompt"
    assert job.prompted_at is not None, "a prompt waits for its answer"
    stored = world.kept(job, "prompt")
    if world.now() - job.prompted_at > STALE or job.judged_by != _judged_by(world, job):
        return world.record(job, "expired")
    with world.journal.transaction():
        if (waiting := daily.wait_for_tomorrow(world, job)) is not None:
            return waiting
        job = world.record(job, "called")
    try:
        messages = json.loads(stored)["messages"]
        how = {"analysis": bool(job.analysis), "twice_the_room": job.cut_off, "inside": job.inside}
        reply = world.endpoint.ask(messages, shape, **how)
    except NeedsPlain as error:
        return world.record(job, "rejected", reason=str(error), counts=0)
    except BadAnswer as error:
        return _refused(world, job, error)
    except OwnerMustAct as error:
        # A missing key of the model must not be noted as "secret": the next login to the mailbox would end that.
        kind = "model" if error.kind == "secret" else error.kind
        trouble.begin(world, kind, error.reason, error.hint)
        job = world.record(job, "expired")  # the prompt is made anew: its size or shape may be what the owner mends
        return wait(world, job, error.reason, trouble=kind)
    except Later as error:
        if job.tries + 1 >= AWAY_TRIES:
            trouble.begin(world, trouble.AWAY, error.reason, AWAY_HINT)
        return wait(world, job, error.reason, least=error.after or 0.0)
    job = _journalled(world, job, reply)
    trouble.end(world, "model", "quota", PROMPT, daily.KIND, trouble.AWAY)
    return job


def _judged_by(world: World, job: Job) -> str:
    """What the stored prompt would be judged by now: the rules may be others since the model did not answer, or since
    an earlier version of mailbot made it."""
    return seen.judged_by(world.config.privacy, job.seen, filed.known(world, job.seen.get("ids", ())))


def _journalled(world: World, job: Job, reply: Reply) -> Job:
    return world.record(
        job,
        "answered",
        text=reply.text,
        shape=reply.shape,
        model=reply.model,
        temperature=reply.temperature,
        tokens_in=reply.prompt_tokens,
        tokens_out=reply.completion_tokens,
    )


def read(world: World, job: Job) -> Answer | Job:
    """The stored answer, read and held against what was said to the model; or the job after it was rejected. The same
    at each call."""
    data, said = job.answer, world.journal.kept(job.id, "sources")
    try:
        return verified(data["text"], data["shape"], said, analysis=bool(job.analysis))
    except BadAnswer as error:
        return _refused(world, job, error)


@lru_cache(maxsize=DRAFT_AND_PAGE)
def verified(text: str, shape: Shape, said: bytes | None, *, analysis: bool) -> Answer:
    """What a model's text holds, held against the sources in ``said``. Raises BadAnswer."""
    return verify(answers.read(text, shape, analysis=analysis), sources.unpack(said))


def complete(world: World, job: Job, answer: Answer) -> None:
    """Writes the answer into the file of its prompt; there is none where no model was asked."""
    stored, data = world.journal.kept(job.id, "prompt"), job.answer
    if stored is not None:
        usage = {"prompt_tokens": data["tokens_in"], "completion_tokens": data["tokens_out"]}
        text = completed_prompt(stored.decode(), asdict(answer), usage, data["temperature"])
        world.store.write(job.names["prompt"], text)


def analyse(world: World, job: Job) -> Job:
    """For a mail that a model may read and nobody may draft for: the answer is read for its page."""
    answer = read(world, job)
    if isinstance(answer, Job):
        return answer
    complete(world, job, answer)
    return world.record(job, "skipped", reason=job.analysis)


def _refused(world: World, job: Job, error: BadAnswer) -> Job:
    """What is learnt from a bad answer: that it needs more room, or that the schema was not held."""
    if isinstance(error, NotJson) and job.not_json + 1 == NOT_JSON and world.endpoint is not None:
        world.endpoint.learnt.schema_ignored()
    return reject(world, job, error.reason, not_json=isinstance(error, NotJson), cut_off=isinstance(error, CutOff))


def reject(world: World, job: Job, reason: str, **more: bool) -> Job:
    """A bad answer is asked for again, three times in all."""
    if job.bad_answers + 1 >= BAD_ANSWERS:
        why = f"the model gave no usable answer {BAD_ANSWERS} times, at last: {reason}"
        return world.record(job, "parked", reason=why)
    return world.record(job, "rejected", reason=reason, **more)


def wait(world: World, job: Job, reason: str, *, least: float = 0.0, trouble: str = "") -> Job:
    """Tried again later, for ever: from one minute to one hour. ``trouble`` is the kind that the owner has to mend."""
    seconds = max(backoff(job.tries, world.chance()), least)
    return world.record(job, "waiting", reason=reason, until=world.now() + seconds, trouble=trouble)
