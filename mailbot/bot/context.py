"""What of the owner's own goes into one prompt: instructions for those who read the reply."""

from __future__ import annotations

from mailbot.bot.world import World
from mailbot.own import readers
from mailbot.prompt.context import Context
from mailbot.reply.recipients import Recipients


def lent(world: World, to: Recipients) -> Context:
    """For a reply to these."""
    emails = tuple(address.email for address in to.to + to.cc)
    return Context(instructions=_instructions(world, emails))


def _instructions(world: World, emails: tuple[str, ...]) -> tuple[str, ...]:
    """Those for every reply, then all that are meant for one of the readers."""
    owner = world.config.owner
    special = [s.instructions for s in owner.special if any(readers.fits(s.match, email) for email in emails)]
    return tuple(line for text in (owner.instructions, *special) if (line := text.strip()))
