"""What the owner must know: each kind of trouble is told once, and once when it is over.

A trouble lives in the journal, so that it is told exactly as often over restarts, and so that ``status`` can show it
when no note can be stored (login refused, mailbox full). The note then follows as soon as one can."""

from __future__ import annotations

from typing import Any

from mailbot.bot.world import Wire, World, log
from mailbot.errors import MailbotError, Unknown
from mailbot.reply import notice

SCOPE = "trouble:"
# Kinds that stop an account, or all of mailbot, until the owner acts; the others are for the owner to know.
BLOCKING = frozenset(
    {"login", "sign-in", "tls", "drafts", "secret", "archive", "disk", "state", "model", "quota", "prompt", "mailbox"}
)
PARKED = "parked:"  # followed by the job's id: told once, without an end
ASIDE = "aside"  # the state was damaged: told once, without an end


def troubles(world: World) -> dict[str, dict[str, Any]]:
    """By kind: reason, hint, since, told, over."""
    return world.journal.notes(SCOPE + world.key)


def begin(world: World, kind: str, reason: str, hint: str) -> None:
    """Notes a trouble; one that is known already stays as it is, with its time."""
    known = world.journal.noted(SCOPE + world.key, kind)
    if known and not known["over"]:
        return
    told = "" if kind.startswith(PARKED) else f" reason={reason!a} hint={hint!a}"  # the reason names the mail
    log.warning("account=%s trouble=%s%s", world.account.name, kind, told)
    trouble = {"reason": reason, "hint": hint, "since": world.now(), "told": False, "over": False}
    world.journal.note(SCOPE + world.key, kind, trouble)


def end(world: World, *kinds: str) -> None:
    """Call it after the event that proves it, so that no job that got on counts as waiting."""
    for kind in kinds:
        known = world.journal.noted(SCOPE + world.key, kind)
        if known and not known["over"] and not _awaited(world, kind):
            log.info("account=%s trouble=%s over=True", world.account.name, kind)
            world.journal.note(SCOPE + world.key, kind, {**known, "over": True})


def _awaited(world: World, kind: str) -> bool:
    """Whether a job still waits for this, in whatever words: a draft that is too big stays so when the next fits."""
    return any(job.trouble == kind for job in world.journal.open_jobs(world.key))


def tell(world: World, wire: Wire | None) -> None:
    """Sends what is untold. A notice that cannot go out now is tried again at the next poll.

    Without a ``wire`` only SMTP can bring one."""
    if wire is None and not _by_smtp(world):
        return
    for kind, trouble in troubles(world).items():
        if trouble["told"] and not trouble["over"]:
            continue
        if world.config.notify.by != "off":
            try:
                _send(world, wire, kind, trouble)
            except Unknown:
                world.journal.note(SCOPE + world.key, kind, {**trouble, "told": True})
                raise
            except MailbotError as error:
                log.warning("account=%s notice=%s sent=False reason=%r", world.account.name, kind, str(error))
                continue
        once = trouble["over"] or kind == ASIDE or kind.startswith(PARKED)
        with world.journal.transaction():  # it may have ended while the notice was on its way
            now = world.journal.noted(SCOPE + world.key, kind) or trouble
            world.journal.note(SCOPE + world.key, kind, None if once else {**now, "told": True})


def _by_smtp(world: World) -> bool:
    return world.config.notify.by == "smtp" and world.send is not None


def _send(world: World, wire: Wire | None, kind: str, trouble: dict[str, Any]) -> None:
    raw = notice.compose(
        to=world.config.notify.to or world.account.address,
        account=world.account.name,
        reason=trouble["reason"],
        hint=trouble["hint"],
        since=world.time(trouble["since"]),
        over=trouble["over"],
        now=world.time(),
        word=world.nonce(),
    )
    if world.send is not None and _by_smtp(world):
        world.send(raw)
    elif wire is not None:
        wire.session.append(wire.roles.inbox, raw, ())
    log.info("account=%s notice=%s over=%s", world.account.name, kind, trouble["over"])
