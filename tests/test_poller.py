"""What runs beside the rounds of an account: whatever happens to it, nobody waits for it for ever."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from running import SOON
from worlds import Lab

from mailbot.bot.calls import Calls
from mailbot.poller import Poller


def test_a_call_that_shows_a_bug_costs_no_other_its_turn() -> None:
    calls, ended = Calls(1), threading.Event()

    def bug() -> None:
        raise ZeroDivisionError

    calls.submit(bug)
    calls.submit(ended.set)

    assert ended.wait(SOON)


@pytest.mark.timeout(60)
def test_an_answer_that_cannot_be_kept_for_a_bug_is_not_awaited_any_more(lab: Lab) -> None:
    journal, endpoint = lab.journal, lab.endpoint
    assert journal is not None
    assert endpoint is not None
    lab.poller = Poller(lab.world, Calls(1), Calls(1))
    lab.flag()
    endpoint.effect = lambda name: journal.close()

    with pytest.raises(sqlite3.ProgrammingError):
        lab.cycle()
