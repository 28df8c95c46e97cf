"""What the owner's privacy rules keep from a model: this mail, other mails of its thread, and what they quote. Pure.

A rule fits a mail by its sender (of an own mail: by who got it), a folder that it lies in, a keyword, or words in it.
Where several fit, all of them hold, and "never" leaves nothing to the others. An own mail that answers one that stays
out stays out, too: it says what it answers. Words that were quoted without any mark, and files, cannot be told from the
writer's own: nothing here finds them.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mailbot.address.compare import any_matches, matches, named, wildcards
from mailbot.counted import counted
from mailbot.mail import quote
from mailbot.mail.body import ATTACHED
from mailbot.mail.mail import Mail
from mailbot.mail.thread import Thread, ThreadMail

if TYPE_CHECKING:
    from mailbot.config import Privacy

NEVER = "Your privacy rule “never” ({}) keeps this mail from every model: answer it in your mail client."
LOCAL = (
    "Your privacy rule “local” ({}) keeps this mail from a model outside of your own network: answer it in your mail "
    "client, or let a model of your own write."
)
ANALYSIS = "Your privacy rule “analysis-only” ({}) lets a model read this mail and write no draft."
INSIDE = "Your privacy rule “local” ({}) applied: only a model in your own network was asked."
WITHHELD = "{} of the thread {} not shown to the model: your privacy rules keep {} from it ({})."
UNQUOTED = "What the mails quote was not shown to the model: it may hold words that your privacy rules keep from it."

ANSWER = "an answer to such a mail"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refusal``: why no model may be asked, "" when one may. ``inside``: only one in the owner's own network.
    ``analysis``: why there will be no draft, "" when there will. ``remarks`` are for the page."""

    refusal: str = ""
    inside: bool = False
    analysis: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filed:
    """Where mails lie: folder and keyword (or ""), by Message-ID, as far as rules ask for it. ``whole``: the server was
    asked for all of that; a mail that is not here then lies in no such place."""

    places: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    whole: bool = True

    def of(self, message_id: str) -> frozenset[tuple[str, str]]:
        return self.places.get(message_id, frozenset())


NOWHERE = Filed()


def places(rules: Iterable[Privacy]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders (``*`` allowed) and the keywords whose mails some model may not see."""
    strict = [rule for rule in rules if rule.rule in ("never", "local")]
    folders = {folder for rule in strict for folder in rule.folder}
    keywords = {keyword for rule in strict for keyword in rule.keyword}
    return tuple(sorted(folders)), tuple(sorted(keywords))


def judge(rules: Iterable[Privacy], answered: ThreadMail, filed: Filed = NOWHERE, *, local: bool) -> Verdict:
    """What holds for the mail to be answered. ``local``: the model is in the owner's own network."""
    fitting = {rule.rule: by for rule in rules if (by := _fits(rule, answered, filed))}
    if "never" in fitting:
        return Verdict(refusal=NEVER.format(fitting["never"]))
    if "local" in fitting and not local:
        return Verdict(refusal=LOCAL.format(fitting["local"]))
    inside, analysis = fitting.get("local", ""), fitting.get("analysis-only", "")
    return Verdict(
        inside=bool(inside),
        analysis=ANALYSIS.format(analysis) if analysis else "",
        remarks=(INSIDE.format(inside),) if inside else (),
    )


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
        if other.own and id(other) not in why and (out & set(answered) or _lies(strict, answered, filed)):
            why[id(other)] = ANSWER
            out.add(other.mail.message_id)
    kept = [other for other in thread.mails if id(other) not in why]
    words = (counted(len(why), "mail"), *(("was", "it") if len(why) == 1 else ("were", "them")))
    remarks = [WITHHELD.format(*words, "; ".join(dict.fromkeys(why.values())))] if why else []
    before = {id for each in (mail, *(other.mail for other in kept)) for id in (*each.in_reply_to, *each.references)}
    hidden = bool(why) or _lies(strict, before, filed) or (not filed.whole and asks_for_places(strict))
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
    if asks_for_places(strict) and (not filed.whole or not names or _lies(strict, names, filed)):
        return False
    return not any(
        any(matches(sender, address) for sender in rule.from_ for address in addresses)
        or any(says(said, words) for words in rule.words)
        for rule in strict
    )


def stricter(rules: Iterable[Privacy], local: bool) -> list[Privacy]:
    """The rules that keep a mail from this model."""
    return [rule for rule in rules if rule.rule == "never" or (rule.rule == "local" and not local)]


def asks_for_places(rules: Iterable[Privacy]) -> bool:
    return any(rule.folder or rule.keyword for rule in rules)


def _kept_back(strict: Iterable[Privacy], one: ThreadMail, filed: Filed) -> str:
    return "; ".join(f"{rule.rule}, {by}" for rule in strict if (by := _fits(rule, one, filed)))


def _lies(strict: Iterable[Privacy], ids: Iterable[str], filed: Filed) -> bool:
    """Whether one of the ids is that of a mail in a place that a rule names."""
    where = frozenset[tuple[str, str]]().union(*map(filed.of, ids))
    return any(by_place(rule, where) for rule in strict)


def _fits(rule: Privacy, one: ThreadMail, filed: Filed) -> str:
    """By what the rule fits the mail, in words; "" when it does not."""
    mail = one.mail
    people = (*mail.from_, *mail.reply_to, *(mail.to + mail.cc if one.own else ()))
    if any(matches(sender, person.email) for sender in rule.from_ for person in people):
        return "by its sender" if not one.own else "by who got it"
    here = {(folder, keyword) for folder in (one.folder, *one.labels) for keyword in ("", *one.keywords)}
    if by := by_place(rule, filed.of(mail.message_id) | here):
        return by
    said = "\n".join((mail.subject, mail.text, *(text for file in mail.attachments for text in (file.name, file.text))))
    return next((f"by the words “{words}”" for words in rule.words if says(said, words)), "")


def by_place(rule: Privacy, places: frozenset[tuple[str, str]]) -> str:
    """By which of the places (folder, and keyword or "") the rule fits, in words; "" when by none."""
    for folder in sorted({folder for folder, _ in places}):
        if any(is_like(pattern, folder) for pattern in rule.folder):
            return f"by its folder {folder}"
    carried = {keyword.lower() for _, keyword in places}
    return next((f"by its keyword {keyword}" for keyword in rule.keyword if keyword.lower() in carried), "")


def is_like(pattern: str, folder: str) -> bool:
    """Folders by name, ``*`` for anything; without case, because one that is missed would leave the house."""
    return bool(folder) and fnmatch.fnmatchcase(folder.casefold(), wildcards(pattern.casefold()))


def says(text: str, words: str) -> bool:
    """Whole words in this order, whatever blanks and line ends stand between them."""
    wanted = r"\s+".join(map(re.escape, words.split()))
    return bool(wanted) and re.search(rf"(?<!\w){wanted}(?!\w)", text, re.IGNORECASE) is not None


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
