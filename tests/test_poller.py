"""What runs beside the rounds of an account: whatever happens to it, nobody waits for it for ever."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from running import SOON, until
from worlds import Lab

from mailbot.poller import Poller
from mailbot.poller import calls as calls_of
from mailbot.poller.calls import Calls


def test_a_call_that_shows_a_bug_costs_no_other_its_turn() -> None:
    calls, ended = Calls(1), threading.Event()

    def bug() -> None:
        raise ZeroDivisionError

    calls.submit(bug)
    calls.submit(ended.set)

    assert ended.wait(SOON)


def test_a_thread_without_calls_ends_and_the_next_call_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_of, "LINGER", 0.01)
    calls, used = Calls(1), []

    for count in (1, 2):
        calls.submit(lambda: used.append(threading.current_thread()))
        until(lambda count=count: len(used) == count and not used[-1].is_alive(), "the end of the thread")

    assert len(set(used)) == 2


def test_no_call_is_lost_where_threads_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_of, "LINGER", 0.0)
    calls, done = Calls(2), []

    for number in range(2000):
        calls.submit(lambda number=number: done.append(number))

    until(lambda: len(done) == 2000, "every call")
    assert sorted(done) == list(range(2000))


def test_a_thread_that_the_host_does_not_give_is_tried_again_with_the_next_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls, done = Calls(1), []

    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as poor:
        poor.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            calls.submit(lambda: done.append(1))
    calls.submit(lambda: done.append(2))

    until(lambda: done == [1, 2], "both calls")


def test_an_answer_that_cannot_be_kept_for_a_bug_is_not_awaited_any_more(lab: Lab) -> None:
    journal, endpoint = lab.journal, lab.endpoint
    assert journal is not None
    assert endpoint is not None
    lab.poller = Poller(lab.world, Calls(1), Calls(1))
    lab.flag()
    endpoint.effect = lambda name: journal.close()

    with pytest.raises(sqlite3.ProgrammingError):
        lab.cycle()
