"""What of a mail and its thread a model may see under the privacy rules, and what they quote. Pure.

An own mail that answers one that stays out stays out, too: it says what it answers. Words that were quoted without any
mark, and files, cannot be told from the writer's own: nothing here finds them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from mailbot.address.compare import any_matches, matches, named
from mailbot.counted import counted
from mailbot.mail import quote
from mailbot.mail.body import ATTACHED
from mailbot.mail.mail import Mail
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.privacy.filed import NOWHERE, Filed
from mailbot.privacy.rules import asks_for_places, fits, lies, says, stricter

if TYPE_CHECKING:
    from mailbot.config import Privacy

WITHHELD = "{} of the thread {} not shown to the model: your privacy rules keep {} from it ({})."
UNQUOTED = "What the mails quote was not shown to the model: it may hold words that your privacy rules keep from it."

ANSWER = "an answer to such a mail"


def shown(
    rules: Iterable[Privacy], mail: Mail, thread: Thread, filed: Filed = NOWHERE, *, local: bool
) -> tuple[Mail, Thread, tuple[str, ...]]:
    """The mail and its thread as a model may see them, and what was left out, for the page.

    What the mails quote stays out, too: all of it where a mail of the thread stays out, or an earlier one that they
    name would have to, or nobody knows which ones would; else where an address of somebody whose mails stay out stands
    in it (a quoted header, an attribution, a forward)."""
    strict = stricter(rules, local)
    why = {id(other): by for other in thread.mails if (by := _kept_back(strict, other, filed))}
    out = {other.mail.message_id for other in thread.mails if id(other) in why}
    for other in thread.mails:
        answered = other.mail.in_reply_to or other.mail.references[-1:]
        if other.own and id(other) not in why and (out & set(answered) or lies(strict, answered, filed)):
            why[id(other)] = ANSWER
            out.add(other.mail.message_id)
    kept = [other for other in thread.mails if id(other) not in why]
    words = (counted(len(why), "mail"), *(("was", "it") if len(why) == 1 else ("were", "them")))
    remarks = [WITHHELD.format(*words, "; ".join(dict.fromkeys(why.values())))] if why else []
    before = {id for each in (mail, *(other.mail for other in kept)) for id in (*each.in_reply_to, *each.references)}
    hidden = bool(why) or lies(strict, before, filed) or (not filed.whole and asks_for_places(strict))
    bare = mail if mail.text == (text := _own_words(mail.text, strict, hidden)) else replace(mail, text=text)
    others = [_bare(other, strict, hidden) for other in kept]
    if bare is not mail or any(after is not before for after, before in zip(others, kept, strict=True)):
        remarks.append(UNQUOTED)
    return bare, replace(thread, mails=tuple(others)), tuple(remarks)


def is_for_inside(rules: Iterable[Privacy], mail: Mail, thread: Thread, filed: Filed = NOWHERE) -> bool:
    """Whether a model in the owner's own network is shown something of them that no other may see."""
    every = tuple(rules)
    return shown(every, mail, thread, filed, local=True)[:2] != shown(every, mail, thread, filed, local=False)[:2]


def may_see(
    rules: Iterable[Privacy], readers: Iterable[str], said: str, ids: Iterable[str], filed: Filed, *, local: bool
) -> bool:
    """Whether a model may see an own mail from another time: who got it, its subject and text, and the ids of itself
    and of all that it answers."""
    strict = stricter(rules, local)
    addresses, names = tuple(readers), tuple(ids)
    if asks_for_places(strict) and (not filed.whole or not names or lies(strict, names, filed)):
        return False
    return not any(
        any(matches(sender, address) for sender in rule.from_ for address in addresses)
        or any(says(said, words) for words in rule.words)
        for rule in strict
    )


def _kept_back(strict: Iterable[Privacy], one: ThreadMail, filed: Filed) -> str:
    return "; ".join(f"{rule.rule}, {by}" for rule in strict if (by := fits(rule, one, filed)))


def _bare(other: ThreadMail, strict: Iterable[Privacy], hidden: bool) -> ThreadMail:
    text = _own_words(other.mail.text, strict, hidden)
    return other if text == other.mail.text else replace(other, mail=replace(other.mail, text=text))


def _own_words(text: str, strict: Iterable[Privacy], hidden: bool) -> str:
    """The text as it is, or only what its writer typed."""
    senders = [sender for rule in strict for sender in rule.from_]
    if not hidden and not (senders and any_matches(senders, named(text))):
        return text
    typed = "" if text.startswith(ATTACHED) else quote.typed(text)
    return text if typed.strip() == text.strip() else typed
