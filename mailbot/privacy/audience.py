"""Which mails of a thread the correspondents know already. Pure.

A thread has branches: the owner asks a colleague about a customer's mail, and what they say between them never went to
the customer. What a model is not shown, no mail can talk it into repeating, so such a branch stays out of the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from mailbot.address.compare import fold, organisation
from mailbot.counted import counted
from mailbot.mail.mail import Address, Mail
from mailbot.mail.thread import Thread
from mailbot.reply.identity import is_own
from mailbot.reply.recipients import Recipients

if TYPE_CHECKING:
    from mailbot.config import Account

WITHHELD = "{} of the thread {} not shown to the model: not everybody who gets the reply has had {}."


def known(thread: Thread, answered: Mail, to: Recipients, account: Account) -> tuple[Thread, tuple[str, ...]]:
    """The thread without what went past them, and a remark about that.

    A mail is known when it went to everybody who gets the reply; when the answered mail names it as one before, and
    its list had it, or somebody of its author's house, to which the reply goes: an id alone proves little, as ids
    travel in References, and so does a name in From; or when it came through the list that the answered mail names in
    To or Cc as well: anybody can write a List-Post."""
    recipients = _folded((*to.to, *to.cc))
    the_list = {fold(answered.list_post)} & _folded((*answered.to, *answered.cc))
    before = {*answered.in_reply_to, *answered.references}
    houses = {organisation(a.email) for a in answered.from_}
    if not {organisation(a.email) for a in to.to} <= houses:  # who is asked for elsewhere is of nobody's house
        houses = set()

    def has_had(mail: Mail) -> bool:
        people = (*mail.from_, *mail.reply_to, *mail.to, *mail.cc)
        folded = _folded(people)
        others = {organisation(a.email) for a in people if not is_own(account, a.email)}
        return (
            bool(recipients and recipients <= folded)
            or (mail.message_id in before and bool(houses & others or the_list & folded))
            or fold(mail.list_post) in the_list
        )

    mails = tuple(other for other in thread.mails if has_had(other.mail))
    count = len(thread.mails) - len(mails)
    words = (counted(count, "mail"), *(("was", "it") if count == 1 else ("were", "them")))
    return replace(thread, mails=mails), (WITHHELD.format(*words),) if count else ()


def _folded(addresses: Iterable[Address]) -> set[str]:
    return {fold(a.email) for a in addresses}
