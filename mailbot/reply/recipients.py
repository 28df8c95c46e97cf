"""To whom a reply goes. Pure; it decides from the headers of the mail alone, never from a model's answer.

    Mail-Followup-To             exactly those, in To
    Reply-To, else From          To: all of them; empty when they can be read in two ways
    the others of To and Cc      Cc, when the mail had several recipients and the owner was named openly

Own addresses are nowhere. What looks unusual becomes a remark. Whether a reply makes sense is a question for
``answerable``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.mail.mail import Address, Mail
from mailbot.reply.address import distinct, fold, organisation, usable
from mailbot.reply.identity import is_own

if TYPE_CHECKING:
    from mailbot.config import Account

NAMED_IN_A_REMARK = 5  # addresses; a remark is a sentence, not a list

NO_ADDRESS = "Neither From nor Reply-To holds an address that can be read: fill in To yourself."
TWO_READINGS = "The sender's address can be read in two ways ({}): fill in To yourself."
FOREIGN = "Replies go to another domain than the sender's: {}. Make sure that this is meant."
FOLLOWUP = "The sender asks that replies go to exactly these (Mail-Followup-To): {}."
BLIND = "You are in neither To nor Cc (a blind copy), so nobody is in Cc. Is one of them you? Add it to aliases."
BEYOND_ASCII = "Your mail server must support letters beyond ASCII before the @ (SMTPUTF8) to send to {}."
LEFT_OUT = "Left out, because it cannot be written as an address: {}."


@dataclass(frozen=True, slots=True)
class Recipients:
    """``remarks`` are sentences for the owner."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    remarks: tuple[str, ...]


def choose(mail: Mail, account: Account) -> Recipients:
    """Each address at most once, compared without case; ``to`` is empty when nobody can be named for certain."""
    blind = _is_blind_copy(mail, account)
    followup = _others(mail.mail_followup_to, account)
    if followup and account.reply_all and not blind:
        to, remarks = followup, [FOLLOWUP.format(_named(followup))]
        cc: tuple[Address, ...] = ()
    else:
        to, remarks = _to(mail, account)
        cc = () if blind or not account.reply_all else _cc(mail, account, to)
        remarks += [BLIND] if blind else []
    beyond_ascii = [a for a in to + cc if not a.email.isascii()]
    if beyond_ascii:
        remarks.append(BEYOND_ASCII.format(_named(beyond_ascii)))
    unusable = [a for a in mail.from_ + mail.reply_to + mail.to + mail.cc if not usable(a.email)]
    if unusable:
        remarks.append(LEFT_OUT.format(_named(unusable)))
    return Recipients(to, cc, tuple(remarks))


def _to(mail: Mail, account: Account) -> tuple[tuple[Address, ...], list[str]]:
    reply_to, authors = _others(mail.reply_to, account), _others(mail.from_, account)
    use_authors = not reply_to or (_repeats_list(mail) and bool(authors))
    chosen = authors if use_authors else reply_to
    readings = _two_readings(mail.from_ if use_authors else mail.reply_to)
    if readings:
        return (), [TWO_READINGS.format(_named(readings))]
    if not chosen:
        return (), [NO_ADDRESS]
    homes = {organisation(a.email) for a in mail.from_}
    foreign = [a for a in chosen if organisation(a.email) not in homes]
    return chosen, [FOREIGN.format(_named(foreign))] if foreign and homes else []


def _cc(mail: Mail, account: Account, to: tuple[Address, ...]) -> tuple[Address, ...]:
    """A list whose Reply-To was passed over for its author still gets its copy."""
    the_list = mail.reply_to if _repeats_list(mail) else ()
    in_to = {fold(a.email) for a in to}
    return tuple(a for a in _others(the_list + mail.to + mail.cc, account) if fold(a.email) not in in_to)


def _others(addresses: Iterable[Address], account: Account) -> tuple[Address, ...]:
    return distinct(a for a in addresses if usable(a.email) and not is_own(account, a.email))


def _repeats_list(mail: Mail) -> bool:
    """Reply-To names nobody but the list itself (the list software put it there, not the author)."""
    return bool(mail.list_post) and {fold(a.email) for a in mail.reply_to} == {fold(mail.list_post)}


def _is_blind_copy(mail: Mail, account: Account) -> bool:
    through_list = bool(mail.list_post) or mail.bulk
    return not through_list and not any(is_own(account, a.email) for a in mail.to + mail.cc)


def _two_readings(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """``a@good.example <b@evil.example>`` is one address to some programs and another to others. ``mail.address``
    reports both, the second with the first as its name. Several authors who are simply named are no such case."""
    emails = {fold(a.email) for a in addresses}
    for address in addresses:
        if fold(address.name) in emails - {fold(address.email)}:
            return addresses
    return ()


def _named(addresses: Iterable[Address]) -> str:
    emails = [a.email for a in addresses]
    shown = ", ".join(emails[:NAMED_IN_A_REMARK])
    more = len(emails) - NAMED_IN_A_REMARK
    return f"{shown} and {more} more" if more > 0 else shown
