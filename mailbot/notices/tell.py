"""Notices: which troubles are told now, how often, and by which way they go to the owner.

A kind of trouble that comes and goes is told at most once an hour, and mails that gave up together are one notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailbot.errors import MailbotError, Unknown
from mailbot.imap.wire import Wire
from mailbot.notices import notice, trouble
from mailbot.notices.trouble import ASIDE, PARKED
from mailbot.world import World, log

TOLD = "told:"  # by account: when a notice of a kind went out last
APART = 3600.0  # seconds from a notice to the next that says that trouble of this kind began
NAMED = 10  # mails in one notice; `mailbot list` has all

Trouble = Mapping[str, Any]


def tell(world: World, wire: Wire | None) -> None:
    """Sends what is untold. A notice that cannot go out now is tried again at the next poll.

    Without a ``wire`` only SMTP can bring one."""
    if wire is None and not _by_smtp(world):
        return
    kinds: dict[str, dict[str, Trouble]] = {}
    for name, each in trouble.troubles(world).items():
        if each["over"] or not each["told"]:
            kinds.setdefault(PARKED if name.startswith(PARKED) else name, {})[name] = each
    for kind, group in kinds.items():
        if any(each["told"] for each in group.values()) or not _is_too_soon(world, kind):
            _tell(world, wire, kind, group)
        else:  # too soon to tell; what is over by now need not be told any more
            trouble.close(world, [name for name, each in group.items() if each["over"]])


def deliver(world: World, wire: Wire | None, raw: bytes) -> None:
    """Brings a notice to the owner as ``[notify]`` says. Raises MailbotError."""
    if world.send is not None and _by_smtp(world):
        world.send(raw)
    elif wire is not None and world.config.notify.by != "off":
        wire.session.append(wire.roles.inbox, raw, ())


def _by_smtp(world: World) -> bool:
    return world.config.notify.by == "smtp" and world.send is not None


def _is_too_soon(world: World, kind: str) -> bool:
    last = world.journal.facts.get(TOLD + world.key, kind)
    return last is not None and last <= world.now() < last + APART  # later than now: the clock was set back


def _tell(world: World, wire: Wire | None, kind: str, group: Mapping[str, Trouble]) -> None:
    """One notice for all that is untold of one kind."""
    over = all(each["over"] for each in group.values())
    if world.config.notify.by != "off":
        try:
            deliver(world, wire, _composed(world, group, over=over))
        except Unknown:
            _told(world, kind, group)
            raise
        except MailbotError as error:
            log.warning("account=%s notice=%s sent=False reason=%r", world.account.name, kind, str(error))
            return
        log.info("account=%s notice=%s count=%d over=%s", world.account.name, kind, len(group), over)
    _told(world, kind, group)


def _told(world: World, kind: str, group: Mapping[str, Trouble]) -> None:
    ended = [name for name, each in group.items() if each["over"] or kind in (PARKED, ASIDE)]
    with world.journal.transaction():
        world.journal.facts.put(TOLD + world.key, kind, world.now())
        trouble.close(world, ended)
        trouble.told(world, group.keys() - set(ended))


def _composed(world: World, group: Mapping[str, Trouble], *, over: bool) -> bytes:
    first, *others = group.values()
    reason, hint, named = first["reason"], first["hint"], []
    if others:  # mails that gave up; of every other kind there is one
        reason = f"no draft for {len(group)} mails"
        hint = "mailbot list has their IDs: mailbot redo ID tries again, mailbot dismiss ID gives it up"
        named = [each["reason"] for each in list(group.values())[:NAMED]]
        named += [f"and {len(group) - NAMED} more"] if len(group) > NAMED else []
    return notice.of_trouble(
        to=world.config.notify.to or world.account.address,
        account=world.account.name,
        reason=reason,
        hint=hint,
        named=named,
        since=world.time(min(each["since"] for each in group.values())),
        over=over,
        now=world.time(),
        word=world.nonce(),
    )
