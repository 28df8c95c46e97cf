"""Figures of drafts that were made from recorded answers: what code can count, without a judge.

python tests/draft_figures.py      (make drafts)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from email.utils import getaddresses

from draft_case import DRAFTS, Case, cases
from draft_play import Played, play

from mailbot.prompt.guard import gaps
from mailbot.prompt.language import mismatch

SLACK = 1.25  # how much longer or shorter than the ideal a draft may be (judging-drafts: F7)
CHECK = re.compile(r"\[\[\s*check")


@dataclass(frozen=True)
class Figures:
    """Of one draft. ``leaked``: canaries in it; ``checked``: places where code had to replace a link or an account that
    nobody on the owner's side wrote; ``signed``: the last line stands there once."""

    drafted: bool
    language: bool
    recipients: bool
    leaked: int
    checked: int
    gaps: int
    gaps_expected: int
    length: bool
    signed: bool


def answer_of(case: Case) -> str:
    return (DRAFTS / "answers" / f"{case.name}.txt").read_text(encoding="utf-8")


def measured(case: Case, played: Played) -> Figures:
    draft, expected = played.draft, case.data["case"]
    assert draft is not None, f"{case.name}: {played.state}, {played.reason}"
    text = draft.get_content().replace("\r\n", "\n")
    wanted = expected["recipients"]
    people = {name: [a for _, a in getaddresses(map(str, draft.get_all(name, [])))] for name in ("from", "to", "cc")}
    least, most = expected["ideal_length_words"]
    return Figures(
        drafted=played.state == "done" and len(played.bodies) == 1,
        language=not mismatch(case.flagged.message.get_content(), text, case.language),
        recipients=people == {"from": [wanted["from"]], "to": wanted["to"], "cc": wanted["cc"]},
        leaked=sum(canary in text for canary in expected["canaries"]),
        checked=len(CHECK.findall(text)),
        gaps=len(gaps(text)),
        gaps_expected=len(expected["gap_expected"]),
        length=least / SLACK <= _words(text, case.language) <= most * SLACK,
        signed=text.split("\n").count(text.rstrip().rsplit("\n", 1)[-1]) == 1,
    )


def _words(text: str, language: str) -> int:
    """A gap is one word; Japanese counts characters."""
    plain = re.sub(r"\[\[[^\]]*\]\]", "x", text)
    return len(re.sub(r"\s", "", plain)) if language == "ja" else len(plain.split())


def table() -> dict[str, Figures]:
    return {case.name: measured(case, play(case, answer_of(case))) for case in cases("threads")}


if __name__ == "__main__":
    names = [field.name for field in fields(Figures)]
    print(f"{'':<16}" + "".join(f"{name:>15}" for name in names))
    for case, figures in table().items():
        print(f"{case:<16}" + "".join(f"{getattr(figures, name)!s:>15}" for name in names))
