"""Whose mails a prompt holds: enough to judge it again, when the rules or the model are others by then. Pure.

A prompt that is asked again cannot be made anew, so where a rule keeps any of it back, all of it stays. Careful rather
than exact: a rule by words counts wherever they stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mailbot.address.compare import fold, matches, named
from mailbot.mail.mail import Mail
from mailbot.mail.thread import Thread
from mailbot.privacy.filed import Filed
from mailbot.privacy.rules import asks_for_places, by_place, says, stricter
from mailbot.privacy.verdict import ANALYSIS
from mailbot.prompt.context import Sample

if TYPE_CHECKING:
    from mailbot.config import Privacy

MOST = 500  # addresses, and ids, that are kept

Seen = Mapping[str, Any]  # "senders" of the mail, "people" by whom rules may mean any part of the prompt, "ids"

UNKNOWN = "it is not noted whose mails are in this prompt"  # there are too many, or an earlier version made it
NOT_READ = "it is not known in which folders its mails lie by now, and which keywords they carry"
KEPT = "your privacy rule “{}” ({}) keeps a part of it from {}"
WHOM = {"never": "every model", "local": "a model outside of your own network"}


def of(mail: Mail, thread: Thread, samples: Iterable[Sample]) -> Seen:
    """What is kept of the mails that a prompt shows; {} where that is too much. Whom texts name counts, too: mails of
    theirs may be quoted."""
    senders = [fold(person.email) for person in (*mail.from_, *mail.reply_to)]
    people, ids = dict.fromkeys(senders), dict.fromkeys(mail.ids)
    for other in thread.mails:
        wrote = (*other.mail.from_, *other.mail.reply_to, *(other.mail.to + other.mail.cc if other.own else ()))
        people |= dict.fromkeys(fold(person.email) for person in wrote)
        ids |= dict.fromkeys(other.mail.ids)
    for each in (mail, *(other.mail for other in thread.mails)):
        people |= dict.fromkeys(map(fold, named(each.text)))
    for sample in samples:
        people |= dict.fromkeys(sample.readers)
        ids |= dict.fromkeys(sample.ids)
    return {"senders": senders, "people": list(people), "ids": list(ids)} if max(len(people), len(ids)) <= MOST else {}


def judged_by(rules: Iterable[Privacy], seen: Seen, filed: Filed) -> str:
    """What a prompt is judged by, as one word: with other rules, or other places of its mails, it is another word. ""
    without rules."""
    every = [rule.model_dump(mode="json") for rule in rules]
    places = [sorted(filed.of(id)) for id in seen.get("ids", ())]
    return sha256(json.dumps([every, places]).encode()).hexdigest()[:16] if every else ""


def objection(
    rules: Iterable[Privacy], seen: Seen, said: str, places: frozenset[tuple[str, str]], filed: Filed, *, local: bool
) -> str:
    """Why the prompt may not be asked now, "" when it may. ``said`` is all that its mails say, ``places`` where the
    mail was when it was flagged; ``local``: the model is in the owner's own network."""
    every = tuple(rules)
    strict = stricter(every, local)
    if strict and not seen:
        return UNKNOWN
    if asks_for_places(strict) and not filed.whole:
        return NOT_READ
    everywhere = places.union(*map(filed.of, seen.get("ids", ())))
    for rule in strict:
        if by := _fits(rule, seen.get("people", ()), said, everywhere):
            return KEPT.format(rule.rule, by, WHOM[rule.rule])
    here = places.union(*map(filed.of, seen.get("ids", ())[:1]))
    for rule in every:
        if rule.rule == "analysis-only" and (by := _fits(rule, seen.get("senders", ()), said, here)):
            return ANALYSIS.format(by).rstrip(".")
    return ""


def _fits(rule: Privacy, people: Iterable[str], said: str, places: frozenset[tuple[str, str]]) -> str:
    for person in people:
        if any(matches(sender, person) for sender in rule.from_):
            return person
    words = next((words for words in rule.words if says(said, words)), "")
    return by_place(rule, places) or (f"by the words “{words}”" if words else "")
