from __future__ import annotations

from typing import Any

import pytest

from mailbot.job import (
    BACKOFF_MOST,
    OPEN,
    TRANSITIONS,
    Event,
    IllegalEvent,
    Job,
    State,
    Step,
    backoff,
    fold,
    job_id,
    next_step,
)

DATA: dict[str, dict[str, Any]] = {
    "asked": {"account": "ada@imap", "key": "k", "generation": 1, "place": ["INBOX", 1, 7]},
    "held": {"account": "ada@imap", "key": "k", "generation": 1, "reason": "burst"},
    "moved": {"place": ["Archive", 2, 1]},
    "fetched": {"folder": "INBOX", "searches": True},
    "named": {"names": {"page": "p", "prompt": "q", "source": "s"}},
    "prompted": {"shape": "schema"},
    "answered": {"text": "{}", "shape": "schema", "model": "m", "temperature": 0.3, "tokens_in": 5, "tokens_out": 2},
    "rejected": {"reason": "empty"},
    "intended": {"drafts": ["Drafts", 1, 5], "others": [["Sent", 2, 9]], "draft": {"to": "mara"}},
    "appended": {"place": ["Drafts", 1, 5]},
    "paged": {"status": "pending", "left": "x"},
    "waiting": {"reason": "down", "until": 99.0},
    "skipped": {"reason": "own"},
    "cancelled": {"reason": "unflagged"},
    "parked": {"reason": "bad"},
}

LINE = (
    "asked",
    "fetched",
    "gathered",
    "started",
    "named",
    "prompted",
    "answered",
    "intended",
    "appended",
    "read",
    "paged",
    "marked",
)


def events(*kinds: str, at: float = 1.0) -> list[Event]:
    return [Event(n, "j", at + n, kind, DATA.get(kind, {})) for n, kind in enumerate(kinds)]


def job(*kinds: str) -> Job:
    folded = fold(events(*kinds))
    assert folded is not None
    return folded


def test_the_straight_line_ends_in_done() -> None:
    assert job(*LINE).state is State.DONE


@pytest.mark.parametrize(
    ("after", "step"),
    [
        (1, Step.FETCH),
        (2, Step.GATHER),
        (3, Step.PREPARE),
        (5, Step.PREPARE),
        (6, Step.ASK),
        (7, Step.STORE),
        (8, Step.RESOLVE),
        (9, Step.READ_BACK),
        (10, Step.PAGE),
        (11, Step.MARK),
        (12, None),
    ],
)
def test_each_step_follows_from_the_events_alone(after: int, step: Step | None) -> None:
    assert next_step(job(*LINE[:after])) is step


def test_a_job_that_an_older_mailbot_fetched_is_not_searched_for() -> None:
    old = fold([*events("asked"), Event(1, "j", 2.0, "fetched", {"folder": "INBOX"})])

    assert old is not None
    assert next_step(old) is Step.PREPARE


def test_a_job_that_is_loaded_in_appending_is_in_doubt_and_never_appended_blindly() -> None:
    assert next_step(job(*LINE[:8])) is Step.RESOLVE
    assert next_step(job(*LINE[:8], "absent")) is Step.STORE


def test_every_state_is_reached_and_every_open_state_has_a_next_step() -> None:
    reached = {after for moves in TRANSITIONS.values() for after in moves.values()}

    assert reached == set(State)
    assert all(next_step(job(*LINE[:n])) for n in range(1, len(LINE)) if job(*LINE[:n]).state in OPEN)


def test_an_event_out_of_order_is_refused_by_name() -> None:
    with pytest.raises(IllegalEvent, match="appended cannot follow new"):
        fold(events("asked", "appended"))


def test_a_draft_that_stands_cannot_be_cancelled() -> None:
    with pytest.raises(IllegalEvent):
        fold(events(*LINE[:9], "cancelled"))


def test_waiting_keeps_the_state_and_counts_and_progress_ends_it() -> None:
    waiting = job("asked", "waiting", "waiting")

    assert (waiting.state, waiting.tries, waiting.waits_for, waiting.until) == (State.NEW, 2, "down", 99.0)
    assert waiting.waiting_since == 2.0
    assert (job("asked", "waiting", "fetched").tries, job("asked", "waiting", "fetched").until) == (0, None)


def test_a_parked_job_owes_a_page_and_keeps_its_reason() -> None:
    parked = job("asked", "fetched", "parked", "named")

    assert next_step(parked) is Step.PAGE
    assert job("asked", "fetched", "parked", "named", "paged").reason == "bad"
    assert next_step(job("asked", "fetched", "parked", "named", "paged")) is None


def test_tokens_add_up_over_rejected_answers() -> None:
    folded = job(*LINE[:7], "rejected", "prompted", "answered")

    assert (folded.tokens_in, folded.tokens_out, folded.bad_answers) == (10, 4, 1)


def test_the_back_off_doubles_from_one_minute_to_one_hour() -> None:
    assert [backoff(n, 1.0) for n in range(8)] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert backoff(0, 0.0) == 30
    assert backoff(10_000, 1.0) == BACKOFF_MOST


def test_ids_are_short_and_differ_by_account_mail_and_generation() -> None:
    ids = {job_id(a, k, g) for a in ("a", "b") for k in ("k", "l") for g in (1, 2)}

    assert len(ids) == 8
    assert all(len(i) == 12 for i in ids)
