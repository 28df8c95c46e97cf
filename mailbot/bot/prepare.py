"""From a mail in the journal to a stored prompt: may it be answered, and from whom and to whom? The archive's names are
chosen, the source is written, and what is going to be asked is on disk before it is asked."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from mailbot.archive.source import prompt_json, render_source
from mailbot.bot import addressed, context, daily, gather
from mailbot.bot.addressed import Addressed
from mailbot.bot.pages import name
from mailbot.job import NOT_JSON, STARTS, Job
from mailbot.language import language
from mailbot.learn import filed
from mailbot.mail import quote
from mailbot.mail.thread import ThreadMail
from mailbot.privacy import audience, seen, sight
from mailbot.privacy.verdict import Verdict, judge
from mailbot.prompt import build, outline, sources
from mailbot.prompt.context import NOTHING
from mailbot.prompt.wanted import Wanted
from mailbot.reply import answerable
from mailbot.world import World


def prepare(world: World, job: Job) -> Job:
    """Decides whether and to whom, chooses names, writes source and prompt. Everything here can be done again."""
    if job.starts >= STARTS:
        return world.record(job, "parked", reason=f"mailbot ended {STARTS} times while it read this mail")
    job = world.record(job, "started")
    reply = addressed.of(world, job)
    verdict = answerable.check(reply.mail, world.account)
    if not job.names:
        job = name(world, job, reply, (*verdict.remarks, *reply.recipients.remarks))
    if job.names["source"] and not world.store.exists(job.names["source"]):
        world.store.write(job.names["source"], render_source(reply.mail, job.fetched_from, world.config.zone))
    if verdict.refusal:
        return world.record(job, "skipped", reason=verdict.refusal)
    if world.endpoint is None:
        return _outline(world, job, reply)
    flagged = ThreadMail(
        reply.mail,
        own=False,
        arrived=0.0,
        folder=job.fetched_from,
        keywords=frozenset(job.keywords),
        labels=frozenset(job.labels),
    )
    where = filed.known(world, [reply.mail.message_id])
    allowed = judge(world.config.privacy, flagged, where, local=world.local)
    if allowed.refusal:
        return world.record(job, "skipped", reason=allowed.refusal)
    return _prompt(world, job, reply, allowed)


def _outline(world: World, job: Job, reply: Addressed) -> Job:
    """The answer of the outline writer, which takes no call: read and stored as a model's is."""
    mail, voice, to = reply.mail, reply.voice, reply.recipients
    correspondent = (to.to or mail.from_)[0].name if (to.to or mail.from_) else ""
    fresh = quote.split(mail.text, mail.subject).fresh
    spoken = language.spoken(fresh, mail.text, voice.language)
    answer = outline.write(mail=mail, fresh=fresh, voice=voice, correspondent=correspondent, language=spoken)
    text = json.dumps(asdict(answer), ensure_ascii=False)
    shown = [{"subject": mail.subject, "text": fresh}]
    said = sources.of(voice, _addresses(world), NOTHING, job.wish, shown, (*to.to, *to.cc), world.time())
    with world.journal.transaction():
        world.journal.keep(job.id, "sources", sources.pack(said))
        return world.record(job, "answered", text=text, shape="schema", model=outline.NAME, temperature=None)


def _addresses(world: World) -> tuple[str, ...]:
    return (world.account.address, *world.account.aliases)


def _wish(job: Job) -> str:
    """The owner's wish; after an answer in the wrong language, what was wrong with it."""
    if job.reason.startswith(language.WRONG):
        return f"{job.wish}\nAn earlier answer was of no use. {job.reason}. Write in the language of the last mail."
    return job.wish


def _prompt(world: World, job: Job, reply: Addressed, allowed: Verdict) -> Job:
    """Builds the prompt from what this model may see, and stores it."""
    assert world.endpoint is not None, "only a model reads a prompt"
    waiting = daily.wait_for_tomorrow(world, job)  # before the prompt is made: it says what day it is
    if waiting is not None:
        return waiting
    wanted, only_inside, left_out = _shown(world, job, reply)
    inside = allowed.inside or only_inside
    spoken = language.spoken(wanted.fresh, wanted.mail.text, reply.voice.language)
    prompt = build.build(
        replace(wanted, wish=_wish(job)),
        voice=reply.voice,
        addresses=_addresses(world),
        now=world.time(),
        nonce=world.nonce(),
        context_tokens=world.config.model.context_tokens if world.config.model else 0,
        shape="plain" if job.not_json >= NOT_JSON else world.endpoint.shape,
        templates=world.templates(),
        context=NOTHING if allowed.analysis else context.lent(world, wanted, language=spoken, inside=inside),
        analysis=bool(allowed.analysis),
    )
    text = prompt_json(
        created=world.time(),
        model=world.endpoint.name,
        temperature=world.endpoint.temperature,
        base_url=world.endpoint.base_url,
        source_file=job.names["source"],
        draft_path=job.names["page"],
        messages=prompt.messages,
    )
    world.store.write(job.names["prompt"], text)
    remarks = [*prompt.remarks, *left_out, *allowed.remarks, *context.remarks(prompt.lent)]
    holds = seen.of(wanted.mail, wanted.thread, prompt.lent.samples)
    judged_by = seen.judged_by(world.config.privacy, holds, filed.known(world, holds.get("ids", ())))
    with world.journal.transaction():
        world.journal.keep(job.id, "prompt", text.encode())
        world.journal.keep(job.id, "sources", sources.pack(prompt.sources))
        return world.record(
            job,
            "prompted",
            shape=prompt.shape,
            remarks=remarks,
            inside=inside,
            seen=holds,
            judged_by=judged_by,
            analysis=allowed.analysis,
        )


def _shown(world: World, job: Job, reply: Addressed) -> tuple[Wanted, bool, tuple[str, ...]]:
    """The reply that is wanted, with what this model may see of the mail and its thread; whether some of it is for a
    model in the owner's own network only; and what was left out, for the page."""
    rules, thread, to = world.config.privacy, gather.kept_thread(world, job), reply.recipients
    where = filed.known(
        world, (id for each in (reply.mail, *(other.mail for other in thread.mails)) for id in each.ids)
    )
    only_inside = world.local and sight.is_for_inside(rules, reply.mail, thread, where)
    mail, thread, kept_back = sight.shown(rules, reply.mail, thread, where, local=world.local)
    thread, withheld = audience.known(thread, mail, to, world.account)
    split = quote.split(mail.text, mail.subject)
    wanted = Wanted(
        mail=mail, fresh=split.fresh, history=split.history, thread=thread, to=to.to, cc=to.cc, wish=job.wish
    )
    return wanted, only_inside, (*withheld, *kept_back)
