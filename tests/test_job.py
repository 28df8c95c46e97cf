from __future__ import annotations

from typing import Any

import pytest

from mailbot.job import (
    BACKOFF_MOST,
    OPEN,
    TRANSITIONS,
    Event,
    IllegalEvent,
    Intent,
    Job,
    Mark,
    Place,
    State,
    Step,
    apply,
    backoff,
    fold,
    is_due,
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


# Events of another kind than LINE's, each told all that it can tell: what is lost here is lost after a restart.
TOLD: dict[str, dict[str, Any]] = {
    "asked": {
        **{"account": "ada@imap", "key": "k", "generation": 2, "place": ["INBOX", 1, 7], "sent": ["Sent", 2, 9]},
        **{"was_answered": True, "note": "shorter", "limited": False, "mail": {"from": "mara"}, "reason": "why"},
    },
    "fetched": {
        **{"folder": "Archive", "truncated": True, "reduced": True, "searches": True},
        **{"keywords": ["todo"], "labels": ["Club"]},
    },
    "named": {"names": {"page": "p"}, "draft": {"to": "mara"}, "mail": {"subject": "x"}, "known": ["m@x"]},
    "prompted": {"shape": "plain", "inside": True, "seen": {"ids": ["<1@x>"]}, "judged_by": "ab", "analysis": "a rule"},
    "rejected": {"reason": "cut off", "counts": 0, "not_json": True, "cut_off": True},
    "waiting": {"reason": "full", "trouble": "mailbox", "until": 99.0},
}


def told(*kinds: str) -> Job:
    folded = fold(Event(n, "j", 1.0 + n, kind, TOLD.get(kind, {})) for n, kind in enumerate(kinds))
    assert folded is not None
    return folded


def test_what_the_events_tell_is_what_the_job_says() -> None:
    job = told("asked", "fetched", "waiting", "named", "prompted")

    assert (job.place, job.sent_mark) == (Place("INBOX", 1, 7), Mark("Sent", 2, 9))
    assert (job.was_answered, job.wish, job.limited, job.reason, job.generation) == (True, "shorter", False, "why", 2)
    assert (job.fetched_from, job.truncated, job.reduced, job.searches) == ("Archive", True, True, True)
    assert (job.keywords, job.labels, job.known) == (("todo",), ("Club",), ("m@x",))
    assert (job.names, job.draft, job.mail) == ({"page": "p"}, {"to": "mara"}, {"subject": "x"})
    assert (job.shape, job.inside, job.seen) == ("plain", True, {"ids": ["<1@x>"]})
    assert (job.judged_by, job.analysis) == ("ab", "a rule")


def test_what_the_events_do_not_tell_is_nothing_unusual() -> None:
    plain = job("asked", "fetched", "named", "prompted", "rejected")

    assert (plain.was_answered, plain.wish, plain.limited, plain.mail) == (False, "", True, {})
    assert (plain.truncated, plain.reduced, plain.keywords, plain.labels) == (False, False, (), ())
    assert (plain.inside, plain.seen, plain.judged_by, plain.analysis) == (False, {}, "", "")
    assert (plain.bad_answers, plain.not_json, plain.cut_off) == (1, False, False)


def test_an_answer_that_ended_too_early_is_remembered_whatever_comes_after() -> None:
    cut = told("asked", "fetched", "prompted", "rejected")
    again = apply(
        apply(cut, Event(9, "j", 9.0, "prompted", DATA["prompted"])), Event(10, "j", 9.0, "rejected", DATA["rejected"])
    )

    assert (cut.bad_answers, cut.not_json, cut.cut_off, cut.prompted_at) == (0, True, True, None)
    assert (again.bad_answers, again.not_json, again.cut_off) == (1, False, True)


def test_waiting_tells_what_for_and_a_prompt_keeps_the_count_of_tries() -> None:
    waiting = told("asked", "fetched", "started", "waiting")
    prompted = apply(waiting, Event(9, "j", 9.0, "prompted", DATA["prompted"]))

    assert (waiting.waits_for, waiting.trouble, waiting.starts) == ("full", "mailbox", 0)
    assert (prompted.tries, prompted.until, prompted.waits_for) == (1, None, "full")


def test_what_was_held_no_longer_counts_once_it_is_released() -> None:
    released = job("held", "moved", "released")

    assert (released.state, released.limited, released.reason, released.asked_at) == (State.NEW, False, "", 3.0)
    assert released.place == Place("Archive", 2, 1)


def test_remarks_stand_once_and_in_their_order() -> None:
    folded = fold(
        [
            *events(*LINE[:8]),
            Event(20, "j", 20.0, "appended", {"place": None, "remarks": ["a", "b"]}),
            Event(21, "j", 21.0, "read", {"remarks": ["b", "c"]}),
        ]
    )

    assert folded is not None
    assert (folded.remarks, folded.draft_place, folded.drafted_at) == (("a", "b", "c"), None, 20.0)


def test_the_remarks_of_a_prompt_that_was_made_anew_take_the_place_of_the_earlier_ones() -> None:
    named, first, second = (
        {**DATA["named"], "remarks": ["name"]},
        {**DATA["prompted"], "remarks": ["name", "shown two", "left out"]},
        {**DATA["prompted"], "remarks": ["shown three", "left out"]},
    )
    folded = job(*LINE[:4])
    for number, (kind, data) in enumerate(
        [("named", named), ("prompted", first), ("expired", {}), ("prompted", second)], start=20
    ):
        folded = apply(folded, Event(number, "j", float(number), kind, data))

    assert folded.remarks == ("name", "shown three", "left out")


def test_where_a_draft_stands_and_what_it_cost_are_kept() -> None:
    assert job(*LINE).draft_place == Place("Drafts", 1, 5)
    assert job(*LINE[:7], "rejected", "prompted", "answered", "rejected").bad_answers == 2
    unpriced = Event(7, "j", 8.0, "answered", {"text": "{}", "tokens_in": None})
    priced = apply(job(*LINE[:6]), unpriced)
    assert (priced.tokens_in, priced.tokens_out) == (0, 0)


def test_an_answer_that_may_be_no_draft_is_only_analysed() -> None:
    assert next_step(apply(told("asked", "fetched", "prompted"), events("answered")[0])) is Step.ANALYSE


def test_the_intent_and_the_doubt_are_those_of_the_last_try() -> None:
    broken = fold([*events(*LINE[:8]), Event(20, "j", 20.0, "broke", {})])

    assert broken is not None
    assert broken.intent == Intent(8.0, Mark("Drafts", 1, 5), (Mark("Sent", 2, 9),))
    assert (job(*LINE[:8]).doubt_since, broken.doubt_since, broken.draft) == (8.0, 20.0, {"to": "mara"})


def test_a_newer_draft_of_the_same_mail_leaves_the_page_superseded() -> None:
    assert job(*LINE, "superseded").status == "superseded"
    assert (job(*LINE).status, job(*LINE).page_left) == ("pending", "x")
    assert job("held", "dismissed").reason == "given up by you"


def test_a_wait_is_over_at_its_time_and_when_the_clock_was_set_back() -> None:
    waiting = job("asked", "waiting")  # changed at 2, until 99

    assert [is_due(waiting, now) for now in (2.0, 98.0, 99.0, 1.0)] == [False, False, True, True]
    assert is_due(job("asked"), 1.0)


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
