"""What of the owner's own goes into one prompt: how the owner writes, samples of it, notes, instructions. And whom the
owner knows.

Every part is for the readers of this reply (``mailbot.address.readers``). Whatever is wrong with the index or the
notes, the draft is made: with less in its prompt, and a line in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from mailbot.address import readers
from mailbot.address.compare import fold
from mailbot.counted import counted
from mailbot.index import Unusable
from mailbot.learn import filed, notes
from mailbot.mail import quote
from mailbot.mail.mail import Address, Mail
from mailbot.mail.thread import Thread
from mailbot.own import habits, samples
from mailbot.own.card import card
from mailbot.own.query import Asking
from mailbot.own.sent import OwnMail
from mailbot.own.words import telling
from mailbot.privacy import sight
from mailbot.prompt.context import Context, Note, Sample
from mailbot.prompt.wanted import Wanted
from mailbot.world import World, log

TO_THEM, RECENT = 200, 200  # own mails that are looked at: to the same people, in the same language
QUERY = 40  # words of the mail that own mails near to it are looked for by
NEAR = 50  # of those

T = TypeVar("T")


def lent(world: World, wanted: Wanted, *, language: str, inside: bool) -> Context:
    """What the model is lent for it. ``language`` is that of the reply (BCP 47); ``inside``: only a model in the
    owner's own network will see its prompt."""
    nothing: dict[str, Any] = {}
    spoken = language.partition("-")[0].lower()
    voice = _unharmed(world, "voice", lambda: _voice(world, wanted, spoken, inside), nothing)
    return Context(
        instructions=instructions(world, wanted.readers),
        notes=_unharmed(world, "notes", lambda: _notes(world, wanted), ()),
        **voice,
    )


def known(world: World, mail: Mail) -> tuple[str, ...]:
    """Whom of those who may get the reply the owner has written to before: folded addresses."""

    def found() -> tuple[str, ...]:
        return tuple(sorted(world.index.sent.known(_folded(mail.from_ + mail.reply_to + mail.mail_followup_to))))

    return _unharmed(world, "known", found, ()) if world.config.voice.from_sent else ()


def _unharmed(world: World, what: str, look: Callable[[], T], nothing: T) -> T:
    try:
        return look()
    except Unusable as error:
        log.warning("account=%s %s=no reason=%r", world.account.name, what, str(error))
    except Exception:  # a bug that the index or a note shows: it must not stop the draft
        log.exception("account=%s %s=no", world.account.name, what)
    return nothing


def instructions(world: World, to: Iterable[Address]) -> tuple[str, ...]:
    """Those for every reply, then all that are meant for one of the readers."""
    owner, emails = world.config.owner, [address.email for address in to]
    special = [s.instructions for s in owner.special if any(readers.fits(s.match, email) for email in emails)]
    return tuple(line for text in (owner.instructions, *special) if (line := text.strip()))


def _voice(world: World, wanted: Wanted, language: str, inside: bool) -> dict[str, Any]:
    """Style card and samples."""
    if not world.config.voice.from_sent:
        return {}
    direct, everybody = _folded(wanted.to), _folded(wanted.readers)
    to_them = _allowed(world, inside, world.index.sent.to(direct, TO_THEM))
    same = to_them if everybody == direct else _allowed(world, inside, world.index.sent.to(everybody, TO_THEM))
    recent = _allowed(world, inside, world.index.sent.recent(language, RECENT))
    mails = tuple(dict.fromkeys((*same, *to_them, *recent)))
    words = telling(f"{wanted.mail.subject}\n{wanted.fresh}", QUERY)
    chosen = samples.choose(
        same,
        readers=everybody,
        language=language,
        near=world.index.sent.near(words, everybody, NEAR),
        known={other.mail.message_id for other in wanted.thread.mails},
    )
    shown = [
        Sample(f"sample {n}", world.time(own.at), own.text, (own.message_id, *own.answers), own.readers)
        for n, own in enumerate(chosen, start=1)
    ]
    form = habits.address(wanted.fresh, language)
    lines = card(mails, to=direct, readers=everybody, language=language, address=form)
    return {"samples": tuple(shown), "card": lines}


def _notes(world: World, wanted: Wanted) -> tuple[Note, ...]:
    """Passages from the folders that every reader may read."""
    emails = tuple(address.email for address in wanted.readers)
    if not notes.open_to(world, emails):
        return ()
    before: list[OwnMail] = []
    if world.config.voice.from_sent:
        before = world.index.sent.to(_folded(wanted.readers), TO_THEM)
    asking = Asking(
        own=(*_own_words(wanted.thread), wanted.wish),
        before=[own.text for own in before],
        theirs=f"{wanted.mail.subject}\n{wanted.fresh}",
        readers=wanted.readers,
    )
    found = notes.find(world, asking, emails)
    return tuple(Note(f"note {n}", passage.title, passage.text) for n, passage in enumerate(found, start=1))


def _own_words(thread: Thread) -> list[str]:
    """What the owner wrote in the thread, and its subject where the owner began it."""
    own = [other.mail for other in thread.mails if other.own]
    begun = [mail.subject for mail in own if not (mail.in_reply_to or mail.references)]
    return [*begun, *(quote.typed(mail.text) for mail in own)]


def _allowed(world: World, inside: bool, mails: Sequence[OwnMail]) -> list[OwnMail]:
    """Those that no privacy rule keeps from the model. One without an id of its own cannot be looked for."""
    ids = {id(mail): (mail.message_id, *mail.answers) if mail.message_id else () for mail in mails}
    where = filed.known(world, (name for names in ids.values() for name in names))

    def may_see(mail: OwnMail) -> bool:
        said, rules = f"{mail.subject}\n{mail.text}", world.config.privacy
        return sight.may_see(rules, mail.readers, said, ids[id(mail)], where, local=inside)

    return [mail for mail in mails if may_see(mail)]


def _folded(addresses: Iterable[Address]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(address.email) for address in addresses))


def remarks(shown: Context) -> tuple[str, ...]:
    """What of it was in the prompt, in sentences for the page."""
    said = []
    if count := len(shown.samples):
        mails, samples = counted(count, "mail"), "a sample" if count == 1 else "samples"
        said.append(
            f"The model was shown {mails} that you sent to the same readers before, as {samples} of how you write."
        )
    if shown.notes:
        titles = "; ".join(f"“{title}”" for title in dict.fromkeys(note.title for note in shown.notes))
        said.append(f"The model was shown these of your notes: {titles}.")
    return tuple(said)
