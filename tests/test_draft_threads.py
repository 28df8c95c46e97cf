"""The cases for judging drafts are sound: what they expect is in their mails, and a model is shown what it may be."""

from __future__ import annotations

from email.utils import getaddresses
from typing import Any

import pytest
from draft_case import ATTRIBUTIONS, Case, cases
from draft_play import answer, play
from endpoint import Request, mails

THREADS, SHORT = cases("threads"), cases("short")
KINDS = {"invention", "commitment", "leak", "safety", "tone"}
by_name = pytest.mark.parametrize("case", [*THREADS, *SHORT], ids=lambda case: case.name)


def texts(case: Case) -> dict[str, str]:
    return {letter.file: " ".join(letter.message.get_content().split()) for letter in [*case.thread, *case.sent]}


def test_there_are_sixteen_in_ten_languages() -> None:
    assert len(THREADS) == 16
    assert {case.language for case in THREADS} == {"en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt", "ja"}
    assert all(3 <= len(case.thread) <= 12 for case in THREADS)
    assert sum(not case.data["case"]["reply_needed"] for case in THREADS) == 2


def test_with_the_short_ones_there_are_forty_in_thirteen_languages() -> None:
    every = [*THREADS, *SHORT]
    assert len({case.name for case in every}) == 40
    assert {case.language for case in every} == set(ATTRIBUTIONS)
    assert all(len(case.thread) <= 4 for case in SHORT)
    assert sum(not case.data["case"]["reply_needed"] for case in SHORT) == 2


@by_name
def test_what_a_case_expects_stands_in_its_mails(case: Case) -> None:
    expected, written = case.data["case"], texts(case)

    assert all(fact["words"] in written[fact["file"]] for fact in expected["facts_allowed"])
    asked = " ".join(written.values())
    assert [a["ask"] for a in expected["must_answer"] if not all(w in asked for w in a["ask"].split(" ... "))] == []
    assert {item["kind"] for item in expected["must_not"]} <= KINDS
    assert all(item["shows"] for item in [*expected["must_answer"], *expected["gap_expected"]])
    assert [c for c in expected["canaries"] if c not in asked] == []
    assert bool(expected["must_answer"]) == expected["reply_needed"]


@by_name
def test_the_model_is_shown_what_the_recipients_have_had_and_the_draft_goes_to_the_right_people(case: Case) -> None:
    played = play(case, answer(case, "[[fill: all]]"))

    assert (played.state, len(played.bodies)) == ("done", 1)
    shown = [str(mail["text"]) for mail in mails(Request("", {}, played.bodies[0]))]
    for text, letter in zip(shown, [letter for letter in case.thread if not letter.aside], strict=True):
        assert letter.message.get_content().startswith(text.splitlines()[0])
    assert played.draft is not None
    found = {name.lower(): _addresses(played.draft.get_all(name, [])) for name in ("From", "To", "Cc")}
    wanted = case.data["case"]["recipients"]
    assert found == {"from": [wanted["from"]], "to": wanted["to"], "cc": wanted["cc"]}


def _addresses(values: list[Any]) -> list[str]:
    return [address for _, address in getaddresses(map(str, values))]
