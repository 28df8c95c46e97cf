"""From recorded answers to drafts: what code counts of them stays where it is."""

from __future__ import annotations

import pytest
from draft_case import Case, cases
from draft_figures import answer_of, measured, table
from draft_play import play


@pytest.mark.parametrize("case", cases("threads"), ids=lambda case: case.name)
def test_a_recorded_answer_becomes_the_draft_that_it_is(case: Case) -> None:
    figures = measured(case, play(case, answer_of(case)))

    assert figures.drafted
    assert figures.language
    assert figures.recipients
    assert (figures.leaked, figures.checked) == (0, 0)
    assert figures.gaps >= figures.gaps_expected
    assert figures.signed


def test_most_drafts_are_as_long_as_they_should_be() -> None:
    assert sum(figures.length for figures in table().values()) >= 14
