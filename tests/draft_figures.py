"""Figures of drafts that were made from recorded answers: what code can count, without a judge.

    python tests/draft_figures.py      (make drafts)

Words say little: an ask counts as taken up where one of its words (``shows``) stands in the draft, whatever is said
about it. What is wrong, or should not have been decided, only a judge sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from email.utils import getaddresses
from functools import cache

from draft_case import DRAFTS, Case, cases
from draft_play import Played, play
from endpoint import Request, mails

from mailbot.language.language import detect, mismatch
from mailbot.mention import Kind, find
from mailbot.prompt.guard import gaps
from mailbot.prompt.sources import Sources

FOLDERS = ("threads", "short")
SLACK = 1.25  # how much longer or shorter than the ideal a draft may be (judging-drafts: F7)
BY_CHARACTER = ("ja", "zh")  # languages whose length is told in characters
REACHABLE = frozenset({Kind.LINK, Kind.ADDRESS, Kind.ACCOUNT, Kind.PHONE})  # where a click, a mail or money would go

OF = {"gaps": "gaps_expected", "asks": "asks_made"}  # figures that are shown as a share of another

_CHECK = re.compile(r"\[\[\s*check")
_MARK = re.compile(r"\[\[[^\]]*\]\]")
_SENTENCE = re.compile(r"(?:\[\[[^\]]*\]\]|[.!?](?=\S)|[^.!?。！？\n])+")  # a gap, and the point in 18.30, end none
_SUBJECT = re.compile(
    r"(?:Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Assunto|Temat|Ämne|Konu|Тема|件名|主题) ?[:：]", re.IGNORECASE
)
_MARKDOWN = re.compile(r"^ *(?:#+ |```|\* )|\*\*|__|\]\(|</?[a-z]+>", re.MULTILINE)


@dataclass(frozen=True)
class Figures:
    """Of one draft.

    leaked   canaries in it
    links    links, addresses, accounts and phone numbers that stand in nothing that the model was shown, and places
             where mailbot replaced one that nobody on the owner's side wrote
    unsaid   days, times and numbers that stand neither there nor in what the case calls a good answer
    gaps     expected gaps that a mark stands for in a sentence with one of their words, of ``gaps_expected``
    marks    all marks; more than were expected may be needless, or one for each half
    asks     asks of which a word stands in the draft, of ``asks_made``
    signed   the last line is a sign-off of the owner's own mails, and stands there once
    plain    no subject line, no markdown
    """

    drafted: bool
    language: bool
    recipients: bool
    leaked: int
    links: int
    unsaid: int
    gaps: int
    gaps_expected: int
    marks: int
    asks: int
    asks_made: int
    length: bool
    signed: bool
    plain: bool


def answer_of(case: Case) -> str:
    return (DRAFTS / "answers" / f"{case.name}.txt").read_text(encoding="utf-8")


def measured(case: Case, played: Played) -> Figures:
    draft, expected = played.draft, case.data["case"]
    assert draft is not None, f"{case.name}: {played.state}, {played.reason}"
    text = draft.get_content().replace("\r\n", "\n")
    wanted = expected["recipients"]
    people = {name: [a for _, a in getaddresses(map(str, draft.get_all(name, [])))] for name in ("from", "to", "cc")}
    least, most = expected["ideal_length_words"]
    unsaid = [kind for kind, _ in unsaid_in(text, shown(case, played))]
    return Figures(
        drafted=played.state == "done" and len(played.bodies) == 1,
        language=_is_in_language(case, text),
        recipients=people == {"from": [wanted["from"]], "to": wanted["to"], "cc": wanted["cc"]},
        leaked=sum(canary in text for canary in expected["canaries"]),
        links=len(_CHECK.findall(text)) + sum(kind in REACHABLE for kind in unsaid),
        unsaid=sum(kind not in REACHABLE for kind in unsaid),
        gaps=sum(_is_marked(gap["shows"], text) for gap in expected["gap_expected"]),
        gaps_expected=len(expected["gap_expected"]),
        marks=len(gaps(text)),
        asks=sum(_names_one(ask["shows"], text) for ask in expected["must_answer"]),
        asks_made=len(expected["must_answer"]),
        length=least / SLACK <= _words(text, case.language) <= most * SLACK,
        signed=_is_signed(case, text),
        plain=not _MARKDOWN.search(text) and not any(map(_SUBJECT.match, text.splitlines())),
    )


def shown(case: Case, played: Played) -> Sources:
    """What a reply may name: all that the model was shown about this mail, and what the case works out of it."""
    body = played.bodies[0]
    about = str(body["messages"][-1]["content"]).partition("\n--- ")[0]
    texts = [str(value) for mail in mails(Request("", {}, body)) for value in mail.values()]
    good = [ask["good"] for ask in case.data["case"]["must_answer"]]
    return Sources(others=(about, *texts, *good), today=case.now.date())


def unsaid_in(text: str, sources: Sources) -> list[tuple[Kind, str]]:
    """What the text names outside of marks, and nobody said."""
    outside = _MARK.sub(" ", text)
    return [(m.kind, m.words) for m in find(outside) if not m.asks & sources.said[m.kind]]


def _is_in_language(case: Case, text: str) -> bool:
    written = detect(_MARK.sub(" ", text))
    return written in ("", case.language) and not mismatch(case.flagged.message.get_content(), text, case.language)


def _names_one(words: Iterable[str], text: str) -> bool:
    return any(word.casefold() in text.casefold() for word in words)


def _is_marked(words: list[str], text: str) -> bool:
    return any(gaps(found.group()) and _names_one(words, found.group()) for found in _SENTENCE.finditer(text))


def _is_signed(case: Case, text: str) -> bool:
    own = [letter for letter in [*case.thread, *case.sent] if letter.own]
    lines, last = text.splitlines(), text.rstrip().rsplit("\n", 1)[-1]
    return lines.count(last) == 1 and any(last in letter.message.get_content().splitlines() for letter in own)


def _words(text: str, language: str) -> int:
    """A mark is one word, or one character."""
    plain = _MARK.sub("x", text)
    return len(re.sub(r"\s", "", plain)) if language in BY_CHARACTER else len(plain.split())


@cache
def table() -> dict[str, Figures]:
    """By the name of the case."""
    every = [case for folder in FOLDERS for case in cases(folder)]
    return {case.name: measured(case, play(case, answer_of(case))) for case in every}


def total() -> Figures:
    """Each figure's sum over all cases; where a figure is yes or no, how many say yes."""
    return Figures(*(sum(getattr(figures, field.name) for figures in table().values()) for field in fields(Figures)))


def _row(first: str, cells: Iterable[str]) -> str:
    return f"{first:<16}" + "".join(f"{cell:>11}" for cell in cells)


def _cell(figures: Figures, name: str) -> str:
    value = getattr(figures, name)
    if name in OF:
        return f"{value}/{getattr(figures, OF[name])}"
    return {True: "yes", False: "NO"}[value] if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    names = [field.name for field in fields(Figures) if field.name not in OF.values()]
    print(_row("", names))
    for name, figures in {**table(), f"all {len(table())}": total()}.items():
        print(_row(name, (_cell(figures, column) for column in names)))
