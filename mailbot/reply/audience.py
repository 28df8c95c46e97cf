"""Which mails of a thread the correspondents know already. Pure.

A thread has branches: the owner asks a colleague about a customer's mail, and what they say between them never went to
the customer. What a model is not shown, no mail can talk it into repeating, so such a branch stays out of the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mailbot.mail.mail import Address, Mail
from mailbot.mail.thread import Thread
from mailbot.reply.address import fold
from mailbot.reply.recipients import Recipients

WITHHELD = "{} of the thread not shown to the model: not everybody who gets the reply has had {}."


def known(thread: Thread, answered: Mail, to: Recipients) -> tuple[Thread, tuple[str, ...]]:
    """The thread without what went past them, and a remark about that.

    A mail is known when it went to everybody who gets the reply, when the answered mail names it as one before (nobody
    guesses an id: whoever writes it had the mail, and opened it to those in copy), or when it came through the list
    that the answered mail names in To or Cc as well: anybody can write a List-Post."""
    recipients = _folded((*to.to, *to.cc))
    the_list = {fold(answered.list_post)} & _folded((*answered.to, *answered.cc))
    before = {*answered.in_reply_to, *answered.references}
    mails = tuple(
        other
        for other in thread.mails
        if other.mail.message_id in before
        or (recipients and recipients <= _people(other.mail))
        or fold(other.mail.list_post) in the_list
    )
    count = len(thread.mails) - len(mails)
    words = ("1 mail", "it") if count == 1 else (f"{count} mails", "them")
    return replace(thread, mails=mails), (WITHHELD.format(*words),) if count else ()


def _people(mail: Mail) -> set[str]:
    return _folded((*mail.from_, *mail.reply_to, *mail.to, *mail.cc))


def _folded(addresses: Iterable[Address]) -> set[str]:
    return {fold(a.email) for a in addresses}
