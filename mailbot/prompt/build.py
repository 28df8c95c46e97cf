"""The prompt: what a model is shown of a mail, in which order, and what is left out when it does not fit.

    system   the rules (system.jinja, or analysis.jinja where no draft is written), the form of the answer
    user     who writes (owner.jinja), what is for this reply (reply.jinja), the mails as data, the task (task.jinja)

What is the same for every mail comes first, so that servers find it in their cache; then what is trusted, then the
mails between two lines that nobody can foresee. The form and the mails are never up to a template. Decides nothing
about who may be answered, and knows no model: only how much room there is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from mailbot.errors import OwnerMustAct
from mailbot.prompt import context as contexts
from mailbot.prompt import form, mails, sources, values
from mailbot.prompt.budget import tokens
from mailbot.prompt.context import NOTHING, Context
from mailbot.prompt.entry import block
from mailbot.prompt.form import Shape
from mailbot.prompt.sources import Sources
from mailbot.prompt.template import KIND, Templates, render
from mailbot.prompt.wanted import Wanted

if TYPE_CHECKING:
    from mailbot.reply.identity import Voice

__all__ = ["Message", "Prompt", "build", "output_tokens"]

OUTPUT_PART = 4  # one part in four of the context is kept for the answer
LENT_PART = 8  # two samples of the owner's mails have one part in eight of the room, however long the mail is
LEAST = 500  # tokens that the mails get, or there is no prompt
FRAME = 60  # tokens for the lines around the parts

Message = dict[str, str]  # role and content


@dataclass(frozen=True, slots=True)
class Prompt:
    """``remarks`` says in sentences for the page what of the thread the model was shown, and what it was not; ``lent``
    is what was shown of the context, ``sources`` all that was shown, by who said it."""

    messages: tuple[Message, ...]
    shape: Shape
    remarks: tuple[str, ...]
    lent: Context
    sources: Sources


def output_tokens(context_tokens: int) -> int:
    """How much of the context is kept for the answer."""
    return context_tokens // OUTPUT_PART


def build(
    wanted: Wanted,
    *,
    voice: Voice,
    addresses: tuple[str, ...],
    now: datetime,
    nonce: str,
    context_tokens: int,
    shape: Shape,
    templates: Templates,
    context: Context = NOTHING,
    analysis: bool = False,
) -> Prompt:
    """The prompt for a reply.

    ``addresses`` are the owner's, ``*`` allowed; ``now`` is aware and in the owner's zone; ``nonce`` is a word that no
    mail can know; ``context`` is what every reader may know of the owner's; ``analysis``: what the mail says is wanted,
    and no reply.
    Raises OwnerMustAct (kind "prompt") where one of the ``templates`` is broken, or the context too small for a mail.
    """
    rules = render(templates["analysis" if analysis else "system"], {})
    system = f"{rules}\n\n{form.words(shape, analysis=analysis)}"
    owner = render(templates["owner"], values.owner(voice, addresses, context.card))
    task = render(templates["task"], {"analysis": analysis})

    def reply(shown: Context) -> str:
        return render(templates["reply"], {**values.reply(wanted, shown, now), "analysis": analysis})

    def left(before: str) -> int:
        return context_tokens - output_tokens(context_tokens) - FRAME - sum(map(tokens, (system, owner, before, task)))

    bare = replace(context, samples=(), notes=())
    room = left(reply(bare))
    _refuse_too_little(room, context_tokens)
    letter = mails.letter(wanted, now, room)
    context = contexts.trimmed(context, context_tokens, room - letter.need(room), room // LENT_PART)
    if left(reply(context)) < LEAST:
        context = bare
    before = reply(context)
    room = left(before)
    entries, remarks = mails.entries(letter, wanted.thread, now, room)
    user = "\n\n".join((owner, before, block(entries, nonce), task))
    messages: tuple[Message, ...] = ({"role": "system", "content": system}, {"role": "user", "content": user})
    said = sources.of(voice, addresses, context, wanted.wish, entries, wanted.readers, now)
    return Prompt(messages, shape, remarks, context, said)


def _refuse_too_little(room: int, context_tokens: int) -> None:
    if room < LEAST:
        needed = (context_tokens - output_tokens(context_tokens) - room + LEAST) * OUTPUT_PART // (OUTPUT_PART - 1) + 1
        reason = f"model.context_tokens = {context_tokens} has no room for a mail beside the rest of the prompt"
        hint = f"Set it to {needed} or more, or shorten owner.about, your instructions, wishes and templates"
        raise OwnerMustAct(KIND, reason, hint)
