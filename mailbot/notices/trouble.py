"""What the owner must know: each kind of trouble is told once, and once when it is over.

A trouble lives in the journal, so that it is told exactly as often over restarts, and so that ``status`` can show it
when no notice can be stored (login refused, mailbox full). It then follows as soon as one can: ``tell``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailbot.world import World, log

SCOPE = "trouble:"
# Kinds that stop an account, or all of mailbot, until the owner acts; the others are for the owner to know.
BLOCKING = frozenset(
    {"login", "sign-in", "tls", "drafts", "secret", "lock", "archive", "disk", "state"}
    | {"model", "quota", "prompt", "mailbox"}
)
PARKED = "parked:"  # followed by the job's id: told once, without an end, together with others
AWAY = "away"  # the model's server does not answer for long: tried again for ever, but nobody should wonder why
ASIDE = "aside"  # the state was damaged: told once, without an end
HELD = "held"  # flagged mails wait for the owner's word


def troubles(world: World) -> dict[str, dict[str, Any]]:
    """By kind: reason, hint, since, told, over."""
    return world.journal.facts.all(SCOPE + world.key)


def begin(world: World, kind: str, reason: str, hint: str) -> None:
    """Notes a trouble; one that is known already stays as it is, with its time."""
    known = world.journal.facts.get(SCOPE + world.key, kind)
    if known and not known["over"]:
        return
    told = "" if kind.startswith(PARKED) else f" reason={reason!a} hint={hint!a}"  # the reason names the mail
    log.warning("account=%s trouble=%s%s", world.account.name, kind, told)
    trouble = {"reason": reason, "hint": hint, "since": world.now(), "told": False, "over": False}
    world.journal.facts.put(SCOPE + world.key, kind, trouble)


def end(world: World, *kinds: str) -> None:
    """Notes that troubles are over. Call it after the event that proves it: a trouble is not over as long as a job
    waits for the owner to mend it, or for his word."""
    for kind, known in troubles(world).items():
        if kind in kinds and not known["over"] and not _awaited(world, kind):
            log.info("account=%s trouble=%s over=True", world.account.name, kind)
            world.journal.facts.put(SCOPE + world.key, kind, {**known, "over": True})


def _awaited(world: World, kind: str) -> bool:
    """Whether a job still waits for the end of this trouble: that one draft fits into the mailbox does not mean that
    the larger one before it does."""
    if kind == HELD:
        return any(job.account == world.key for job in world.journal.held_jobs())
    return any(job.trouble == kind for job in world.journal.open_jobs(world.key))


def told(world: World, names: Iterable[str]) -> None:
    """The owner knows of these now. One may have ended while the notice was on its way."""
    for name in names:
        known = world.journal.facts.get(SCOPE + world.key, name)
        if known:
            world.journal.facts.put(SCOPE + world.key, name, {**known, "told": True})


def close(world: World, names: Iterable[str]) -> None:
    """Nothing more is to be said of these."""
    for name in names:
        world.journal.facts.put(SCOPE + world.key, name, None)
