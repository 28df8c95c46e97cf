"""To whom a reply goes. Pure; it decides from the headers of the mail alone, never from a model's answer.

    Mail-Followup-To             exactly those, in To
    Reply-To, else From          To: all of them; empty when they can be read in two ways
    the others of To and Cc      Cc, when the mail had several recipients and the owner was named openly

One exception: when the owner has written to the author before, and never to a foreign address in Reply-To (or to one
that only Mail-Followup-To names), the reply goes to the author. That is how frauds are begun: a known name, and an
answer that somebody else gets.

Own addresses are nowhere. What looks unusual becomes a remark. Whether a reply makes sense is a question for
``answerable``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.address.compare import distinct, fold, named, organisation, usable
from mailbot.address.lookalike import suspects
from mailbot.mail.address import u_label
from mailbot.mail.mail import Address, Mail
from mailbot.reply.identity import is_own, owner_addresses

if TYPE_CHECKING:
    from mailbot.config import Account

NAMED_IN_A_REMARK = 5  # addresses; a remark is a sentence, not a list
LOOK = 250  # characters of a name that are searched for an address: no more of it is written either
SHOWN_NAME = 60  # characters of a name in a remark

NO_ADDRESS = "Neither From nor Reply-To holds an address that can be read: fill in To yourself."
TWO_READINGS = "The sender's address can be read in two ways ({}): fill in To yourself."
DIVERTED = (
    "The mail asks for replies to {}, where you never wrote before; you know {}, so the draft goes there. "
    "Ask in another way before you change it."
)
FOREIGN = "Replies go to another domain than the sender's: {}. Make sure that this is meant."
ANOTHER = "Replies go to another mailbox than the sender's: {}. Make sure that this is meant."
REWRITTEN = "The list {} sent this in its own name; the mail asks for replies to {}."
FOLLOWUP = "The sender asks that replies go to exactly these (Mail-Followup-To): {}."
OTHER_NAME = "The name “{}” looks like an address, but the mail comes from {}. Make sure who it is."
BLIND = "You are in neither To nor Cc (a blind copy), so nobody is in Cc. Is one of them you? Add it to aliases."
BLIND_ALONE = "You are in neither To nor Cc (a blind copy)."
BEYOND_ASCII = "Your mail server must support letters beyond ASCII before the @ (SMTPUTF8) to send to {}."
LOOK_ALIKE = "Letters beyond a to z can look like others: {}. Make sure who it is."
LEFT_OUT = "Left out, because it cannot be written as an address: {}."
AMBIGUOUS = "Left out, because it can be read in two ways: {}."

_ADDRESS = re.compile(r"[^\s<>()\"',;:@]+@[^\s<>()\"',;:@]+\.[^\s<>()\"',;:@.]+")


@dataclass(frozen=True, slots=True)
class Recipients:
    """``remarks`` are sentences for the owner."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    remarks: tuple[str, ...]


def choose(mail: Mail, account: Account, known: Collection[str] = ()) -> Recipients:
    """Each address at most once, compared without case; ``to`` is empty when nobody can be named for certain.
    ``known`` are the folded addresses that the owner has written to before, as far as they matter here."""
    blind = _is_blind_copy(mail, account)
    strange = _strange(mail, account, known)
    followup = _others(_certain(mail.mail_followup_to), account)
    hidden = _hidden(followup, mail, account, known)
    if followup and not hidden and account.reply_all and not blind:
        to, remarks = followup, [FOLLOWUP.format(_named(followup))]
        cc: tuple[Address, ...] = ()
    else:
        to, remarks = _to(mail, account, strange)
        cc = () if blind or not account.reply_all else _cc(mail, account, to, strange)
        remarks += [DIVERTED.format(_named(hidden), _named(to))] if hidden and to else []
    if blind:
        remarks.append(BLIND if mail.to + mail.cc else BLIND_ALONE)
    return Recipients(to, cc, (*remarks, *_oddities(mail, account, to + cc)))


def _hidden(followup: tuple[Address, ...], mail: Mail, account: Account, known: Collection[str]) -> tuple[Address, ...]:
    """What a known author's Mail-Followup-To names beside those who got the mail: as with Reply-To, nobody whom the
    owner never wrote to."""
    openly = {fold(a.email) for a in mail.to + mail.cc}
    homes = {organisation(a.email) for a in mail.from_}
    authors = _others(mail.from_, account)
    if not authors or not all(fold(a.email) in known for a in authors):
        return ()
    strange = (a for a in followup if organisation(a.email) not in homes and fold(a.email) not in known)
    return tuple(a for a in strange if fold(a.email) not in openly)


def _strange(mail: Mail, account: Account, known: Collection[str]) -> tuple[Address, ...]:
    """Whom a known author's Reply-To names in a foreign domain, although the owner never wrote there. A list that the
    mail was openly sent to is no such stranger, and no author either where it writes in its own name."""
    authors = _others(mail.from_, account)
    if not authors or not all(fold(a.email) in known and not _is_open_list(mail, a) for a in authors):
        return ()
    return tuple(a for a in _elsewhere(mail, account) if fold(a.email) not in known)


def _elsewhere(mail: Mail, account: Account) -> tuple[Address, ...]:
    """Whom Reply-To names in another domain than the author's."""
    homes = {organisation(a.email) for a in mail.from_}
    foreign = (a for a in _asked_for(mail, account) if organisation(a.email) not in homes)
    return tuple(a for a in foreign if not _is_open_list(mail, a))


def _to(mail: Mail, account: Account, strange: tuple[Address, ...]) -> tuple[tuple[Address, ...], list[str]]:
    reply_to, authors = _asked_for(mail, account), _others(mail.from_, account)
    use_authors = not reply_to or bool(strange) or (_repeats_list(mail) and bool(authors))
    chosen = authors if use_authors else reply_to
    readings = _two_readings(mail.from_ if chosen is authors else mail.reply_to)
    if readings:
        return (), [TWO_READINGS.format(_named(readings))]
    if not chosen:
        return (), [NO_ADDRESS]
    if strange:
        return authors, [DIVERTED.format(_named(strange), _named(authors))]
    elsewhere = _elsewhere(mail, account)
    foreign = _named(a for a in chosen if a in elsewhere)
    if foreign and all(_is_open_list(mail, a) for a in mail.from_):
        return chosen, [REWRITTEN.format(mail.list_post, foreign)] if mail.from_ else []
    same = {a.email.rpartition("@")[2] for a in chosen} <= {a.email.rpartition("@")[2] for a in mail.from_}
    return chosen, [(ANOTHER if same else FOREIGN).format(foreign)] if foreign and mail.from_ else []


def _asked_for(mail: Mail, account: Account) -> tuple[Address, ...]:
    """Reply-To, which is often a bare address; where it is the author's, the author has a name."""
    names = {fold(a.email): a.name for a in mail.from_}
    return _others((Address(a.name or names.get(fold(a.email), ""), a.email) for a in mail.reply_to), account)


def _cc(mail: Mail, account: Account, to: tuple[Address, ...], strange: tuple[Address, ...]) -> tuple[Address, ...]:
    """A list whose Reply-To was passed over for its author still gets its copy, but not where only List-Post, which
    anybody can write, says that a stranger is one."""
    the_list = mail.reply_to if _repeats_list(mail) and not strange else ()
    named = _certain(the_list) + _certain(mail.to) + _certain(mail.cc)
    in_to = {fold(a.email) for a in to}
    return tuple(a for a in _others(named, account) if fold(a.email) not in in_to)


def _look_alikes(mail: Mail, account: Account, written_to: tuple[Address, ...]) -> tuple[Address, ...]:
    """Beside the people in the mail, it may be somebody of the thread whose place is taken: whom the mail quotes, or
    whose mail it answers."""
    lettered = [a for a in distinct((*mail.from_, *mail.reply_to, *written_to)) if "xn--" in a.email.lower()]
    if not lettered:
        return ()
    people = (*mail.from_, *mail.reply_to, *mail.to, *mail.cc, *mail.mail_followup_to)
    others = (*named(mail.text), *(id.strip("<>") for id in mail.ids))
    return suspects(lettered, (*owner_addresses(account), *(a.email for a in people), *others))


def _oddities(mail: Mail, account: Account, written_to: tuple[Address, ...]) -> list[str]:
    """What is unusual about single addresses, whatever field they stand in."""
    remarks: list[str] = []
    beyond_ascii = [a for a in written_to if not a.email.isascii()]
    if beyond_ascii:
        remarks.append(BEYOND_ASCII.format(_named(beyond_ascii)))
    remarks += [OTHER_NAME.format(a.name[:SHOWN_NAME], a.email) for a in mail.from_[:1] if _names_another(a)]
    copied = (mail.to, mail.cc, mail.mail_followup_to)
    if suspect := _look_alikes(mail, account, written_to):
        remarks.append(LOOK_ALIKE.format(", ".join(map(_with_letters, suspect[:NAMED_IN_A_REMARK]))))
    unusable = distinct(a for a in (*mail.from_, *mail.reply_to, *sum(copied, ())) if not usable(a.email))
    if unusable:
        remarks.append(LEFT_OUT.format(_named(unusable)))
    ambiguous = distinct(a for field in copied for a in _two_readings(field))
    if ambiguous:
        remarks.append(AMBIGUOUS.format(_named(ambiguous)))
    return remarks


def _names_another(address: Address) -> bool:
    """Whether the name that people see is an address, and not this one."""
    named = {fold(found) for found in _ADDRESS.findall(address.name[:LOOK])}
    return bool(named) and fold(address.email) not in named


def _with_letters(address: Address) -> str:
    """The address, and its domain as mail programs show it."""
    return f"{address.email} (shown as {u_label(address.email.rpartition('@')[2])})"


def _others(addresses: Iterable[Address], account: Account) -> tuple[Address, ...]:
    return distinct(a for a in addresses if usable(a.email) and not is_own(account, a.email))


def _certain(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """Those that everybody reads alike."""
    doubtful = {fold(a.email) for a in _two_readings(addresses)}
    return tuple(a for a in addresses if fold(a.email) not in doubtful)


def _repeats_list(mail: Mail) -> bool:
    """Reply-To names nobody but the list itself (the list software put it there, not the author)."""
    return bool(mail.list_post) and {fold(a.email) for a in mail.reply_to} == {fold(mail.list_post)}


def _is_open_list(mail: Mail, address: Address) -> bool:
    """The list that the mail was openly sent to: it reads the answer in any case."""
    folded = fold(address.email)
    return folded == fold(mail.list_post) and any(fold(a.email) == folded for a in mail.to + mail.cc)


def _is_blind_copy(mail: Mail, account: Account) -> bool:
    """A newsletter without an address to post to may have been copied blindly as well: only a real list explains why
    the owner is not named."""
    return not mail.list_post and not any(is_own(account, a.email) for a in mail.to + mail.cc)


def _two_readings(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """All readings of what can be read in two ways. ``a@good.example <b@evil.example>`` is one address to some programs
    and another to others; ``mail.address`` reports both, the second with the first as its name. Several authors who are
    simply named are no such case."""
    emails = {fold(a.email) for a in addresses}
    doubtful = {fold(a.email): fold(a.name) for a in addresses if fold(a.name) in emails - {fold(a.email)}}
    either = doubtful.keys() | doubtful.values()
    return tuple(a for a in addresses if fold(a.email) in either)


def _named(addresses: Iterable[Address]) -> str:
    emails = [a.email for a in addresses]
    shown = ", ".join(emails[:NAMED_IN_A_REMARK])
    more = len(emails) - NAMED_IN_A_REMARK
    return f"{shown} and {more} more" if more > 0 else shown
