"""An archived prompt asked again, of the same model or another: judged and verified as a new draft would be. Nothing is
stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailbot.bot import context
from mailbot.errors import BadUsage
from mailbot.job import Job
from mailbot.language import named
from mailbot.learn import filed
from mailbot.mail import address
from mailbot.mail.mail import Address
from mailbot.model import Endpoint, NeedsPlain, Reply
from mailbot.privacy import seen
from mailbot.prompt import answer as answers
from mailbot.prompt import remarks as prompt_remarks
from mailbot.prompt import sources
from mailbot.prompt.answer import Answer
from mailbot.prompt.entry import Entry, read_block
from mailbot.prompt.sources import Sources
from mailbot.prompt.verify import verify
from mailbot.world import World


@dataclass(frozen=True, slots=True)
class Archived:
    """``messages`` as they were sent, ``model`` and ``reply`` as it came; ``mails`` is what was shown of them, the last
    one answered; ``said`` is who said what."""

    messages: list[dict[str, str]]
    model: str
    reply: str
    mails: list[Entry]
    said: Sources


@dataclass(frozen=True, slots=True)
class Replayed:
    """``remarks`` are what the page of such a draft would say of it."""

    reply: Reply
    answer: Answer
    remarks: tuple[str, ...]


def archived(world: World, job: Job) -> Archived:
    """The prompt of a job. Raises BadUsage where there is none, or what is there is none any more."""
    stored = world.store.read(job.names["prompt"]) if job.shape and job.names else None
    if not stored:
        raise BadUsage(f"{job.id} has no prompt in the archive: no model was asked, or it was removed")
    try:
        prompt: dict[str, Any] = json.loads(stored)
        messages = [{"role": str(each["role"]), "content": str(each["content"])} for each in prompt["messages"]]
        around, mails = read_block(messages[-1]["content"])
        said = sources.read(around, mails, datetime.fromisoformat(prompt["created"]).date())
        before = (prompt.get("answer") or {}).get("reply", "")
        return Archived(messages, str(prompt["model"]), str(before), mails, said)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise BadUsage(f"{job.names['prompt']} in the archive is no prompt any more: it was changed") from None


def ask(world: World, job: Job, prompt: Archived, endpoint: Endpoint, *, local: bool) -> Replayed:
    """The answer that comes now. ``local``: the model asked is in the owner's own network. Raises BadUsage where a
    privacy rule, as it stands now, keeps any of the prompt from that model, and what the endpoint raises."""
    if why := job.analysis or _objection(world, job, prompt, local=local):
        raise BadUsage(f"Nothing was asked: {why.rstrip('.')}. mailbot redo {job.id} judges the mail anew")
    assert job.shape, "what was prompted has a shape"
    try:
        reply = endpoint.ask(prompt.messages, job.shape, inside=job.inside)
    except NeedsPlain:  # the same prompt, without the form that this server does not take
        reply = endpoint.ask(prompt.messages, "plain", inside=job.inside)
    answer = verify(answers.read(reply.text, job.shape), prompt.said)
    asked = (job.wish, *context.instructions(world, _readers(job)))
    wrong = named.mismatch(prompt.mails[-1]["text"], answer.reply, answer.language, asked)
    remarks = (*([f"{wrong}: check it."] if wrong else ()), *prompt_remarks.of(answer))
    return Replayed(reply, answer, remarks)


def _readers(job: Job) -> tuple[Address, ...]:
    """Who gets the reply, out of the text that is kept of it."""
    return tuple(a for name in ("to", "cc") for a in address.read(name, [job.draft.get(name, "").encode()]).found)


def _objection(world: World, job: Job, prompt: Archived, *, local: bool) -> str:
    said = "\n".join((*prompt.said.own[1:], *prompt.said.others, *(text for _, text in prompt.said.lent)))
    flagged = frozenset((folder, key) for folder in (job.fetched_from, *job.labels) for key in ("", *job.keywords))
    where = filed.known(world, job.seen.get("ids", ()))
    return seen.objection(world.config.privacy, job.seen, said, flagged, where, local=local)
