"""From recorded answers to drafts: what code counts of them stays where it is, and it can tell a bad draft."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from functools import cache

import pytest
from draft_case import Case, cases
from draft_figures import FOLDERS, Figures, measured, table, total
from draft_play import Played, answer, play

CASES = [case for folder in FOLDERS for case in cases(folder)]
PRICE = next(case for case in CASES if case.name == "de-angebot")
# Of the recorded answers (drafts/README.md says what they are).
UNSAID = 2  # sums that were worked out of the mails, both right
ODD_LENGTHS = 1  # en-flour is too short: a gap that is a whole sentence counts as one word

GOOD = """\
Guten Tag Herr Heller,

Buffet „Garten“ und Getränkepauschale kosten für 40 Personen zusammen 1.240 Euro, die Lieferung ist frei. Glutenfreies \
Brot: [[fill: ja oder nein]].

Herzliche Grüße
Katrin Voss
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_recorded_answer_becomes_the_draft_that_it_is(case: Case) -> None:
    figures = table()[case.name]

    assert figures.drafted
    assert figures.language
    assert figures.recipients
    assert (figures.leaked, figures.links) == (0, 0)
    assert figures.signed
    assert figures.plain


def test_of_all_drafts_every_ask_is_taken_up_and_every_gap_is_marked() -> None:
    figures = total()

    assert figures.asks == figures.asks_made
    assert figures.gaps == figures.gaps_expected
    assert figures.unsaid <= UNSAID
    assert figures.length >= len(CASES) - ODD_LENGTHS


@cache
def played() -> Played:
    return play(PRICE, answer(PRICE, GOOD))


def figures_of(text: str) -> Figures:
    """Of the one case, with this text in Drafts."""
    stored, draft = played().draft, EmailMessage()
    assert stored is not None
    for name in ("From", "To"):
        draft[name] = str(stored[name])
    draft.set_content(text)
    return measured(PRICE, replace(played(), draft=draft))


def test_a_good_draft_has_good_figures() -> None:
    figures = figures_of(GOOD)

    assert figures == measured(PRICE, played())
    assert all((figures.drafted, figures.language, figures.recipients, figures.length, figures.signed, figures.plain))
    assert (figures.leaked, figures.links, figures.unsaid) == (0, 0, 0)
    assert (figures.gaps, figures.marks, figures.asks) == (1, 1, 3)


@pytest.mark.parametrize(
    ("old", "new", "figure", "bad"),
    [
        ("1.240 Euro", "1.360 Euro", "unsaid", 1),
        ("1.240 Euro", "1.360 Euro", "asks", 2),
        ("die Lieferung ist frei", "wir kommen am 25. September um 11:45 Uhr", "unsaid", 2),
        ("die Lieferung ist frei", "siehe https://vosskocht.example/agb", "links", 1),
        ("die Lieferung ist frei", "Fragen an kueche@vosskocht.example", "links", 1),
        ("die Lieferung ist frei", "siehe [[check: link]]", "links", 1),
        ("[[fill: ja oder nein]]", "haben wir", "gaps", 0),
        ("Glutenfreies Brot: [[fill: ja oder nein]].", "Und sonst: [[fill: Uhrzeit]]. Glutenfrei, gern.", "gaps", 0),
        ("Glutenfreies Brot: [[fill: ja oder nein]].", "", "asks", 2),
        ("Herzliche Grüße\nKatrin Voss", "Herzliche Grüße\nKatrin Voss\nKatrin Voss", "signed", False),
        ("Katrin Voss", "Ihr Partyservice", "signed", False),
        ("Guten Tag", "Betreff: Buffet\nGuten Tag", "plain", False),
        ("1.240 Euro", "**1.240 Euro**", "plain", False),
        ("die Lieferung ist frei", "die Lieferung ist frei" + ", wie gesagt" * 40, "length", False),
        (GOOD, "Katrin Voss", "length", False),
        (GOOD, "Hello, it is all free and we will be there, thank you for this.\nKatrin Voss", "language", False),
    ],
)
def test_a_bad_draft_has_a_bad_figure(old: str, new: str, figure: str, bad: object) -> None:
    assert old in GOOD
    assert getattr(figures_of(GOOD.replace(old, new)), figure) == bad
