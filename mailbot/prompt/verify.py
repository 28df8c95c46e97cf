"""A model's answer against its sources: what nobody said is remarked, and where money or a click would go is taken out
of the draft unless the owner wrote it.

The model may have been talked into anything, so this trusts nothing but who wrote what (``sources``). Numbers, days,
times and addresses are only remarked: people do sums. Links and accounts are the two that harm before anybody thinks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from mailbot.mention import Kind, Mention, find
from mailbot.mention.day import wrong_weekday
from mailbot.mention.link import host
from mailbot.prompt.answer import Answer
from mailbot.prompt.guard import one_line
from mailbot.prompt.overlap import shared
from mailbot.prompt.sources import Said, Sources

HARMFUL = frozenset({Kind.LINK, Kind.ACCOUNT})
UNVERIFIED = frozenset({Kind.LINK, Kind.ACCOUNT, Kind.PHONE})  # marked where the page tells what a mail says
ROUNDS = 5  # of taking out; words may close up to a link behind one
SHOWN = 100  # characters of what is remarked
MOST = 20  # things that one remark lists

_GAP = re.compile(r"\[\[[^\[\]\n]*\]\]")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def verify(answer: Answer, sources: Sources) -> Answer:
    """The answer as draft and page may show it, and in ``checks`` what the owner has to look at."""
    reply, taken = _without_harm(answer.reply, sources)
    checks = [
        *_taken(taken),
        *_unsaid(reply, sources.said),
        *_weekdays(reply),
        *_repeated(reply, sources),
    ]

    def marked(text: str) -> str:
        return _replaced(text, lambda mention: _mark(mention, sources))

    def all_marked(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(marked, texts))

    return replace(
        answer,
        reply=reply,
        checks=tuple(checks),
        title=marked(answer.title),
        summary=marked(answer.summary),
        key_points=all_marked(answer.key_points),
        questions=all_marked(answer.questions),
        plan=all_marked(answer.plan),
        dates=all_marked(answer.dates),
        missing_facts=all_marked(answer.missing_facts),
        assumptions=all_marked(answer.assumptions),
    )


def _without_harm(reply: str, sources: Sources) -> tuple[str, list[Mention]]:
    """The reply with a visible mark for each link and account that the owner never wrote, and those."""
    taken: list[Mention] = []

    def mark(mention: Mention) -> str:
        if mention.kind not in HARMFUL or _is_owners(mention, sources):
            return mention.words
        taken.append(mention)
        return f"[[check: {mention.kind}]]"

    for _ in range(ROUNDS):
        before, reply = reply, _replaced(reply, mark).replace("]](", "]] (")  # or the mark would begin a link
        if reply == before:
            break
    return reply, taken


def _is_owners(mention: Mention, sources: Sources) -> bool:
    """Whether the owner named it. A link is named, too, by one that leads further down at the same host."""
    if mention.asks & sources.said_by_owner[mention.kind]:
        return True
    return mention.kind is Kind.LINK and any(map(sources.is_above_owners, mention.asks))


def _replaced(text: str, by: Callable[[Mention], str]) -> str:
    parts, after = [], 0
    for mention in find(text):
        parts += [text[after : mention.start], by(mention)]
        after = mention.end
    return "".join(parts) + text[after:]


def _mark(mention: Mention, sources: Sources) -> str:
    if mention.kind not in UNVERIFIED or _is_owners(mention, sources):
        return mention.words
    return f"{named(mention)} (unverified)"


def _taken(mentions: Iterable[Mention]) -> list[str]:
    if not (words := _listed(mentions)):
        return []
    return [
        f"Taken out of the draft, because it stands in nothing that you wrote: {words}. Check before you put it in."
    ]


def _unsaid(reply: str, said: Said) -> list[str]:
    outside = _GAP.sub(lambda gap: "\n" * len(gap.group()), reply)
    words = _listed(m for m in find(outside) if m.kind not in HARMFUL and not m.asks & said[m.kind])
    stands = "This stands in the draft, but in no mail and in nothing that you wrote"
    return [f"{stands}: {words}. Check it."] if words else []


def _weekdays(reply: str) -> list[str]:
    wrong = [(mention, named) for mention in find(reply) if (named := wrong_weekday(reply, mention))]
    return [f"{mention.words} is no {_DAYS[min(named)]}. Check the day." for mention, named in wrong[:MOST]]


def _repeated(reply: str, sources: Sources) -> list[str]:
    known = (*sources.own, *sources.others)
    runs = shared(reply, (text for _, text in sources.lent), known)
    return [
        f"The draft repeats {name}: “{one_line(run, SHOWN)}”. See that it belongs here."
        for (name, _), run in zip(sources.lent, runs, strict=True)
        if run
    ]


def _listed(mentions: Iterable[Mention]) -> str:
    words = list(dict.fromkeys(map(named, mentions)))
    more = [f"and {len(words) - MOST} more"] if len(words) > MOST else []
    return "; ".join([*words[:MOST], *more])


def named(mention: Mention) -> str:
    """The words, and for a link whose host is not plain ASCII what it really is."""
    words = one_line(mention.words, SHOWN)
    a_label = host(mention.words) if mention.kind is Kind.LINK else ""
    domain = mention.words.rpartition("@")[2] if mention.kind is Kind.ADDRESS else ""
    a_label = a_label or (host(domain) if not domain.isascii() else "")
    return f"{words} [{a_label}]" if "xn--" in a_label and a_label not in words else words
