"""What the owner's privacy rules keep from a model: this mail, other mails of its thread, and what they quote. Pure.

A rule fits a mail by its sender (of an own mail: by who got it), its folder, a keyword, or words in it. Where several
fit, all of them hold, and "never" leaves nothing to the others. Words that were quoted without any mark, and files,
cannot be told from the writer's own: nothing here finds them.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mailbot.mail import quote
from mailbot.mail.body import ATTACHED
from mailbot.mail.mail import Mail
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.reply.address import matches

if TYPE_CHECKING:
    from mailbot.config import Privacy

NEVER = "Your privacy rule “never” ({}) keeps this mail from every model: answer it in your mail client."
LOCAL = (
    "Your privacy rule “local” ({}) keeps this mail from a model outside of your own network: answer it in your mail "
    "client, or let a model of your own write."
)
ANALYSIS = "Your privacy rule “analysis-only” ({}) lets a model read this mail and write no draft."
INSIDE = "Your privacy rule “local” ({}) applied: only a model in your own network was asked."
WITHHELD = "{} of the thread not shown to the model: your privacy rules keep {} from it ({})."
UNQUOTED = "What the mails quote was not shown to the model: it may hold words that your privacy rules keep from it."

_EMAIL = re.compile(r"[^\s<>()\[\]\"',;:]{1,200}@[^\s<>()\[\]\"',;:]{1,200}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refusal``: why no model may be asked, "" when one may. ``inside``: only one in the owner's own network.
    ``analysis``: why there will be no draft, "" when there will. ``remarks`` are for the page."""

    refusal: str = ""
    inside: bool = False
    analysis: str = ""
    remarks: tuple[str, ...] = ()


def judge(rules: Iterable[Privacy], answered: ThreadMail, *, local: bool) -> Verdict:
    """What holds for the mail to be answered. ``local``: the model is in the owner's own network."""
    fitting = {rule.rule: by for rule in rules if (by := _fits(rule, answered))}
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


def shown(rules: Iterable[Privacy], mail: Mail, thread: Thread, *, local: bool) -> tuple[Mail, Thread, tuple[str, ...]]:
    """The mail and its thread as a model may see them, and what was left out, for the page.

    Where a mail of the thread stays out, so does everything that the others quote, and so where an address of somebody
    whose mails stay out stands in them: a quoted header, an attribution, a forward."""
    strict = [rule for rule in rules if rule.rule == "never" or (rule.rule == "local" and not local)]
    kept: list[ThreadMail] = []
    why: dict[str, None] = {}
    for other in thread.mails:
        fitting = [f"{rule.rule}, {by}" for rule in strict if (by := _fits(rule, other))]
        why |= dict.fromkeys(fitting)
        if not fitting:
            kept.append(other)
    count = len(thread.mails) - len(kept)
    words = ("1 mail", "it") if count == 1 else (f"{count} mails", "them")
    remarks = [WITHHELD.format(*words, "; ".join(why))] if count else []
    bare = mail if mail.text == (text := _own_words(mail.text, strict, count)) else replace(mail, text=text)
    others = [_bare(other, strict, count) for other in kept]
    if bare is not mail or any(after is not before for after, before in zip(others, kept, strict=True)):
        remarks.append(UNQUOTED)
    return bare, replace(thread, mails=tuple(others)), tuple(remarks)


def is_for_inside(rules: Iterable[Privacy], mail: Mail, thread: Thread) -> bool:
    """Whether a model in the owner's own network is shown something of them that no other may see."""
    every = tuple(rules)
    return shown(every, mail, thread, local=True)[:2] != shown(every, mail, thread, local=False)[:2]


def may_see(rules: Iterable[Privacy], readers: Iterable[str], said: str, *, local: bool) -> bool:
    """Whether a model may see an own mail from another time: who got it, and its subject and text."""
    strict = [rule for rule in rules if rule.rule == "never" or (rule.rule == "local" and not local)]
    addresses = tuple(readers)
    return not any(
        any(matches(sender, address) for sender in rule.from_ for address in addresses)
        or any(_says(said, words) for words in rule.words)
        for rule in strict
    )


def _fits(rule: Privacy, one: ThreadMail) -> str:
    """By what the rule fits the mail, in words; "" when it does not."""
    mail = one.mail
    people = (*mail.from_, *mail.reply_to, *(mail.to + mail.cc if one.own else ()))
    if any(matches(sender, person.email) for sender in rule.from_ for person in people):
        return "by its sender" if not one.own else "by who got it"
    if any(_is_like(folder, one.folder) for folder in rule.folder):
        return f"by its folder {one.folder}"
    for keyword in rule.keyword:
        if keyword.lower() in one.keywords:
            return f"by its keyword {keyword}"
    said = f"{mail.subject}\n{mail.text}"
    return next((f"by the words “{words}”" for words in rule.words if _says(said, words)), "")


def _is_like(pattern: str, folder: str) -> bool:
    """Folders by name, ``*`` for anything; without case, because one that is missed would leave the house."""
    mask = re.sub(r"[?\[]", r"[\g<0>]", pattern.casefold())
    return bool(folder) and fnmatch.fnmatchcase(folder.casefold(), mask)


def _says(text: str, words: str) -> bool:
    """Whole words in this order, whatever blanks and line ends stand between them."""
    wanted = r"\s+".join(map(re.escape, words.split()))
    return bool(wanted) and re.search(rf"(?<!\w){wanted}(?!\w)", text, re.IGNORECASE) is not None


def _bare(other: ThreadMail, strict: Iterable[Privacy], withheld: int) -> ThreadMail:
    text = _own_words(other.mail.text, strict, withheld)
    return other if text == other.mail.text else replace(other, mail=replace(other.mail, text=text))


def _own_words(text: str, strict: Iterable[Privacy], withheld: int) -> str:
    """The text as it is, or only what its writer typed."""
    named = [found.group() for found in _EMAIL.finditer(text)]
    if not withheld and not any(matches(sender, email) for rule in strict for sender in rule.from_ for email in named):
        return text
    typed = "" if text.startswith(ATTACHED) else quote.typed(text)
    return text if typed.strip() == text.strip() else typed
