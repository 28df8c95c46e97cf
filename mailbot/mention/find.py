"""All that a text names, each stretch of it once: what is surer comes first, so that no IBAN is taken for a number."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace

from mailbot.mention import account, day, link, number
from mailbot.mention.mention import Mention, plain

_FINDERS = (
    link.links,
    link.addresses,
    account.accounts,
    day.days,
    day.ordinals,
    number.phones,
    day.times,
    number.numbers,
)


def find(text: str) -> tuple[Mention, ...]:
    """In the order of the text."""
    folded = plain(text)
    kept: list[Mention] = []
    for finder in _FINDERS:
        kept = _merged(kept, finder(folded))
    return tuple(replace(mention, words=text[mention.start : mention.end]) for mention in kept)


def _merged(kept: list[Mention], found: Iterable[Mention]) -> list[Mention]:
    """Those that are there already, and of the others those that overlap none, the longest of several at one place."""
    starts = [mention.start for mention in kept]
    free = []
    for mention in found:
        at = bisect_left(starts, mention.end)
        if at == 0 or kept[at - 1].end <= mention.start:
            free.append(mention)
    fresh: list[Mention] = []
    for mention in sorted(free, key=lambda m: (m.start, -m.end)):
        if not fresh or fresh[-1].end <= mention.start:
            fresh.append(mention)
    return sorted([*kept, *fresh], key=lambda m: m.start)
