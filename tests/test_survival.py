"""The table of what mailbot must survive is complete, and says the truth."""

from __future__ import annotations

import pytest
from survival import CASES, TABLE, held, table


def test_every_mark_names_a_case_of_the_table() -> None:
    assert set(held()) <= set(CASES)


@pytest.mark.parametrize("number", CASES)
def test_every_case_is_held_by_a_test_on_each_of_the_ways_it_needs(number: int) -> None:
    played = {way for test in held().get(number, ()) for way in test.ways}

    assert CASES[number].least - played == set()


def test_the_table_says_what_the_tests_say() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "write it anew: python tests/survival.py"
