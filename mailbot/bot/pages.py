"""The page of a job: its names are chosen once and journalled before anything is written under them."""

from __future__ import annotations

from collections.abc import Set

from mailbot.archive import name as names_of
from mailbot.archive import page
from mailbot.archive.source import render_source, shown
from mailbot.bot import ask
from mailbot.bot.addressed import Addressed
from mailbot.job import Job, State
from mailbot.mail.mail import Mail
from mailbot.notices import trouble
from mailbot.prompt import remarks as prompt_remarks
from mailbot.prompt.guard import one_line
from mailbot.world import World

SUBJECT = 60  # characters of it in a notice
STATUS = {State.DRAFTED: "pending", State.SKIPPED: "skipped", State.PARKED: "failed"}


def name(world: World, job: Job, reply: Addressed | None, remarks: tuple[str, ...]) -> Job:
    """Chooses the paths of page, prompt and source. ``reply`` is None when the mail was never fetched. Whom the owner
    knows is journalled with them: what the index says may change, the job's recipients may not."""
    subject, summary = job.mail.get("subject", ""), dict(job.mail)
    if reply is not None:
        mail = reply.mail
        subject = mail.subject
        summary |= {"from": shown(mail.from_), "subject": subject, "message_id": mail.message_id}
    with world.journal.transaction():  # accounts share an archive: a name that one has chosen is taken for the others
        chosen = world.journal.chosen_paths()
        stem = names_of.names(subject, day=world.time().date(), taken=lambda s: _is_taken(world, s, chosen))
        names = {"page": names_of.page_path(stem), "prompt": names_of.prompt_path(stem)}
        return world.record(
            job,
            "named",
            names={**names, "source": _source(world, job, reply.mail, chosen) if reply else ""},
            draft=reply.envelope(world, job) if reply else {},
            mail=summary,
            remarks=list(remarks),
            known=list(reply.known) if reply else [],
        )


def _is_taken(world: World, stem: str, chosen: Set[str]) -> bool:
    paths = (names_of.page_path(stem), names_of.prompt_path(stem))
    return any(path in chosen or world.store.exists(path) for path in paths)


def _source(world: World, job: Job, mail: Mail, chosen: Set[str]) -> str:
    """One source for all generations of a mail, also when the state was lost meanwhile; never that of another mail."""
    for earlier in world.journal.generations(world.key, job.key):
        if earlier.names.get("source"):
            return earlier.names["source"]
    text = render_source(mail, job.fetched_from, world.config.zone)
    return names_of.source_path(
        mail,
        world.config.zone,
        world.time(),
        taken=lambda path: path in chosen or world.store.read(path) not in (None, text),
    )


def write(world: World, job: Job) -> Job:
    """Writes the page of a draft that stands, or of a mail that got none, and marks the pages of earlier drafts."""
    if not job.names:
        job = name(world, job, None, ())
    status = STATUS[job.state]
    text = page.render(_page(world, job, status))
    world.store.write(job.names["page"], text)
    if job.state is State.PARKED:
        hint = f"mailbot redo {job.id} tries again, mailbot dismiss {job.id} gives it up"
        subject = one_line(job.mail.get("subject", ""), SUBJECT)
        trouble.begin(world, f"{trouble.PARKED}{job.id}", f"no draft for “{subject}”: {job.reason}", hint)
    if job.state is State.DRAFTED:
        _supersede(world, job)
    job = world.record(job, "paged", status=status, left=page.fingerprint(text))
    trouble.end(world, "archive", "disk", "state")
    return job


def _page(world: World, job: Job, status: str) -> page.Page:
    remarks = [*([f"Your note for this draft: “{job.wish}”"] if job.wish else []), *job.remarks]
    drafted = job.state is State.DRAFTED
    answer = ask.read(world, job) if drafted or (job.state is State.SKIPPED and job.answer) else None
    assert not isinstance(answer, Job), "an answer that came so far can be read"
    if not drafted:
        remarks.append(f"{job.reason[:1].upper()}{job.reason[1:].rstrip('.')}.")
    if answer is not None:
        remarks += prompt_remarks.of(answer) if drafted else prompt_remarks.asked(answer)
        remarks += prompt_remarks.tokens(job.answer.get("tokens_in"), job.answer.get("tokens_out"))
    return page.Page(
        status=status,
        created=world.time(),
        urgency=answer.urgency if answer else "normal",
        to=job.draft.get("to", ""),
        cc=job.draft.get("cc", ""),
        from_=job.draft.get("from", ""),
        subject=job.draft.get("subject", "") or job.mail.get("subject", ""),
        correspondent=job.draft.get("correspondent", "") or job.mail.get("from", ""),
        title=answer.title if answer else "",
        key_points=answer.key_points if answer else (),
        reply=answer.reply if answer and drafted else "",
        summary=answer.summary if answer else "",
        remarks=tuple(remarks),
        source_file=job.names["source"],
        prompt_file=job.names["prompt"] if job.shape else "",
        ai_model=job.answer.get("model", ""),
        ai_temperature=job.answer.get("temperature"),
        account=world.account.name,
        message_id=job.mail.get("message_id", ""),
        draft_message_id=job.draft.get("draft_message_id", "") if drafted else "",
        generation=job.generation,
    )


def _supersede(world: World, job: Job) -> None:
    """The earlier drafts of the mail stay where they are; their pages say that there is a newer one."""
    for earlier in world.journal.generations(world.key, job.key):
        if earlier.generation < job.generation and earlier.state is State.DONE and earlier.status != "superseded":
            text = world.store.read(earlier.names["page"])
            if text is not None and page.fingerprint(text) == earlier.page_left:
                world.store.write(earlier.names["page"], page.update(text, status="superseded"))
            world.record(earlier, "superseded")
