"""What of the owner's own goes into one prompt: how the owner writes, samples of it, instructions. And whom the owner
knows.

Every part is for the readers of this reply (``mailbot.own.readers``). Whatever is wrong with the index, the draft is
made: with less in its prompt, and a line in the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mailbot.bot.world import World, log
from mailbot.index import Unusable
from mailbot.mail.mail import Address, Mail
from mailbot.mail.thread import Thread
from mailbot.own import readers, samples
from mailbot.own.card import card
from mailbot.own.words import telling
from mailbot.prompt.context import Context, Sample
from mailbot.reply.address import fold
from mailbot.reply.recipients import Recipients

TO_THEM, RECENT = 200, 200  # own mails that are looked at: to the same people, in the same language
QUERY = 40  # words of the mail that own mails near to it are looked for by
NEAR = 50  # of those


def lent(world: World, mail: Mail, fresh: str, thread: Thread, to: Recipients, language: str) -> Context:
    """For a reply to these people in ``language`` (BCP 47); ``fresh`` is the new text of the mail."""
    emails = tuple(address.email for address in to.to + to.cc)
    context = Context(instructions=_instructions(world, emails))
    try:
        return _voice(world, context, mail, fresh, thread, to, language.partition("-")[0].lower())
    except Unusable as error:
        log.warning("account=%s voice=no reason=%r", world.account.name, str(error))
    except Exception:  # a bug that the index shows: it must not stop the draft
        log.exception("account=%s voice=no", world.account.name)
    return context


def known(world: World, mail: Mail) -> tuple[str, ...]:
    """Whom of those who may get the reply the owner has written to before: folded addresses."""
    if not world.config.voice.from_sent:
        return ()
    try:
        return tuple(sorted(world.index.sent.known(_folded(mail.from_ + mail.reply_to))))
    except Unusable as error:
        log.warning("account=%s known=no reason=%r", world.account.name, str(error))
    except Exception:  # as above
        log.exception("account=%s known=no", world.account.name)
    return ()


def _instructions(world: World, emails: tuple[str, ...]) -> tuple[str, ...]:
    """Those for every reply, then all that are meant for one of the readers."""
    owner = world.config.owner
    special = [s.instructions for s in owner.special if any(readers.fits(s.match, email) for email in emails)]
    return tuple(line for text in (owner.instructions, *special) if (line := text.strip()))


def _voice(
    world: World, context: Context, mail: Mail, fresh: str, thread: Thread, to: Recipients, language: str
) -> Context:
    """Style card and samples."""
    if not world.config.voice.from_sent:
        return context
    index = world.index.sent
    direct, everybody = _folded(to.to), _folded(to.to + to.cc)
    to_them = index.to(direct, TO_THEM)
    same = to_them if everybody == direct else index.to(everybody, TO_THEM)
    mails = tuple(dict.fromkeys((*same, *to_them, *index.recent(language, RECENT))))
    near = index.near(telling(f"{mail.subject}\n{fresh}", QUERY), everybody, NEAR)
    known = {other.mail.message_id for other in thread.mails}
    chosen = samples.choose(same, readers=everybody, language=language, near=near, known=known)
    return replace(
        context,
        card=card(mails, to=direct, readers=everybody, language=language),
        samples=tuple(
            Sample(f"sample {number}", world.time(own.at), own.text) for number, own in enumerate(chosen, start=1)
        ),
    )


def _folded(addresses: Iterable[Address]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(address.email) for address in addresses))


def remarks(shown: Context) -> tuple[str, ...]:
    """What of it was in the prompt, in sentences for the page."""
    count = len(shown.samples)
    if not count:
        return ()
    mails = f"{count} mails" if count > 1 else "a mail"
    return (f"The model was shown {mails} that you sent to the same readers before, as samples of how you write.",)
