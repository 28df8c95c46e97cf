"""The owner's privacy rules: which of them holds for a model, and which mails one fits. Pure.

A rule fits a mail by its sender (of an own mail: by who got it), a folder that it lies in, a keyword, or words in it.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mailbot.address.compare import matches, wildcards
from mailbot.mail.thread import ThreadMail
from mailbot.privacy.filed import Filed

if TYPE_CHECKING:
    from mailbot.config import Privacy


def places(rules: Iterable[Privacy]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders (``*`` allowed) and the keywords whose mails some model may not see."""
    strict = [rule for rule in rules if rule.rule in ("never", "local")]
    folders = {folder for rule in strict for folder in rule.folder}
    keywords = {keyword for rule in strict for keyword in rule.keyword}
    return tuple(sorted(folders)), tuple(sorted(keywords))


def stricter(rules: Iterable[Privacy], local: bool) -> list[Privacy]:
    """The rules that keep a mail from this model."""
    return [rule for rule in rules if rule.rule == "never" or (rule.rule == "local" and not local)]


def asks_for_places(rules: Iterable[Privacy]) -> bool:
    return any(rule.folder or rule.keyword for rule in rules)


def fits(rule: Privacy, one: ThreadMail, filed: Filed) -> str:
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


def lies(strict: Iterable[Privacy], ids: Iterable[str], filed: Filed) -> bool:
    """Whether one of the ids is that of a mail in a place that a rule names."""
    where = frozenset[tuple[str, str]]().union(*map(filed.of, ids))
    return any(by_place(rule, where) for rule in strict)
