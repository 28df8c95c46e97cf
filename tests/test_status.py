"""mailbot status: the page for a person, the lines for a program, the figures behind both."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime
from email.header import Header
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dovecot import Dovecot
from endpoint import Endpoint, Text
from running import NOBODY, Account, Home
from terminal import converse
from worlds import CONFIG, Lab, question

from mailbot.cli.columns import columns_of, fitted, wrapped
from mailbot.cli.status.lines import lines as for_a_program
from mailbot.cli.status.page import ago, moment, page
from mailbot.errors import Later
from mailbot.journal import Journal

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NOW = datetime(2026, 11, 28, 7, 30, tzinfo=ZoneInfo("Europe/Berlin"))
WELL = {
    "account": "home",
    "address": "ada@example.org",
    "healthy": True,
    "running": True,
    "late": False,
    "last_poll": "2026-11-28T07:29:41+01:00",
    "error": "",
    "open": 0,
    "waiting": [],
    "held": 0,
    "held_why": [],
    "parked": [],
    "troubles": [],
    "miscounted": [],
    "drafts_today": 3,
    "drafts_week": 17,
    "median_seconds": 41.2,
    "tokens_in_week": 182_044,
    "tokens_out_week": 39_112,
    "differing": [],
}
NEW = {"last_poll": "", "running": False, "drafts_week": 0, "median_seconds": None, "tokens_in_week": 0}
WHY = "imap.example.org refused the login of ada@example.org: [AUTHENTICATIONFAILED] Authentication failed"
LOGIN = {"kind": "login", "reason": WHY, "hint": "Check user and password", "since": "2026-11-27T21:03:00+01:00"}
AWAY = {**LOGIN, "kind": "away", "reason": "The model's server cannot be reached", "hint": "See that it runs"}
HELD = {"held": 25, "held_why": ["more than 20 flags within 10 minutes"]}
PARKED = {"id": "9f8e7d6c5b4a", "subject": "关于十二月的会议安排" * 9, "reason": "the model gave no usable answer"}
WAITING = {
    "id": "1a2b3c4d5e6f",
    "subject": "Servers for München " * 20,
    "reason": "https://" + "x" * 500,
    "since": "2026-11-28T06:12:00+01:00",
    "until": "2026-11-28T07:41:00+01:00",
}
STOPPED = {"healthy": False, "running": False, "late": True, "last_poll": "2026-11-25T07:29:41+01:00"}
STATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "healthy": (
        {},
        ["mailbot: all is well", "3 today, 17 in 7 days; median 41 s from flag to draft", "waiting  nothing"],
    ),
    "new": (NEW, ["mailbot: nothing done yet", "not yet; mailbot once makes the first contact", "not running"]),
    "login refused": (
        {"healthy": False, "error": WHY, "troubles": [LOGIN]},
        ["mailbot: not well", "the last try failed", "since 27 Nov 21:03", "Check user and password."],
    ),
    "model away": ({"troubles": [AWAY]}, ["something waits for you", "since 27 Nov 21:03: The model's server"]),
    "held": (HELD, ["something waits for you", "25: more than 20 flags", "mailbot release --all drafts what is held"]),
    "parked": ({"parked": [PARKED] * 7}, ["9f8e7d6c", "and 2 more: mailbot list", "mailbot redo ID tries again"]),
    "waiting": (
        {"open": 1, "waiting": [WAITING], "running": False},
        ["1a2b3c4d  Servers", "since 06:12", "tried again at 07:41, or now"],
    ),
    "stopped": (STOPPED, ["not well", "3 days ago; nobody looks: start mailbot run"]),
    "quiet": (
        {"running": False, "last_poll": "2026-11-28T04:00:00+01:00"},
        ["3 hours ago; start mailbot run, unless cron does the work"],
    ),
    "hung": ({**STOPPED, "running": True}, ["3 days ago; it runs and looks no more: see its log"]),
    "late flag": ({"miscounted": ["INBOX"]}, ["INBOX is searched at each look"]),
    "changed": ({"differing": [PARKED]}, ["stored otherwise than it was written"]),
}


def shown(*changes: dict[str, Any], width: int = 80) -> list[str]:
    return list(page([{**WELL, **change} for change in changes], NOW, width))


def plain(text: str) -> str:
    return COLOUR.sub("", text)


@pytest.mark.parametrize("state", STATES)
def test_the_page_says_what_is_and_what_to_do(state: str) -> None:
    change, words = STATES[state]
    text = plain("\n".join(shown(change)))

    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("width", [80, 50])
def test_no_line_of_the_page_is_wider_than_the_terminal(state: str, width: int) -> None:
    lines = shown(STATES[state][0], {**STATES[state][0], "account": "a" * 90}, {}, width=width)

    assert [line for line in lines if columns_of(plain(line)) > width] == []


def test_a_reason_that_several_share_is_said_once() -> None:
    assert plain("\n".join(shown({"parked": [PARKED] * 3}))).count(PARKED["reason"]) == 1


def test_beside_a_mailbot_that_runs_nobody_is_sent_to_once() -> None:
    running = {"open": 1, "waiting": [WAITING], "running": True}

    assert "tried again at 07:41" in plain("\n".join(shown(running)))
    assert "mailbot once" not in plain("\n".join([*shown(running), *for_a_program([{**WELL, **running}])]))


def test_foreign_text_cannot_act_on_the_terminal() -> None:
    evil = "\x1b[2J\x1b]0;owned\x07\r\n"
    lines = shown({"waiting": [{**WAITING, "subject": evil, "reason": evil}], "error": evil, "address": evil})

    assert all(plain(line).isprintable() for line in lines)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("2026-11-28T07:29:59+01:00", "just now"),
        ("2026-11-28T07:29:00+01:00", "60 seconds ago"),
        ("2026-11-28T07:20:00+01:00", "10 minutes ago"),
        ("2026-11-28T01:20:00+01:00", "6 hours ago"),
        ("2026-11-20T01:20:00+01:00", "8 days ago"),
        ("2026-11-28T07:40:00+01:00", "just now"),  # the clock was set back
    ],
)
def test_how_long_ago(then: str, words: str) -> None:
    assert ago(then, NOW) == words


def test_a_moment_is_as_short_as_today_allows() -> None:
    assert moment("2026-11-28T06:12:00+01:00", NOW) == "06:12"
    assert moment("2026-11-27T20:03:00+00:00", NOW) == "27 Nov 21:03"
    assert moment("2025-01-03T20:03:00+00:00", NOW) == "3 Jan 2025"


def test_wide_characters_take_two_columns() -> None:
    assert (columns_of("会议"), columns_of("e\u0301")) == (4, 1)
    assert fitted("会议安排计划", 9) == "会议安..."
    assert list(wrapped("会议安排计划 and more", 8)) == ["会议安排", "计划 and", "more"]


@pytest.mark.parametrize("columns", [2, 1, 0, -5])
def test_a_text_comes_to_an_end_however_narrow_the_terminal_is(columns: int) -> None:
    lines = list(wrapped("see /a 会议", columns))

    assert lines == ["se", "e", "/a", "会", "议"]


def test_a_path_that_is_too_long_breaks_between_its_folders() -> None:
    assert list(wrapped("see /srv/mailbot/lib/prompt/templates", 20)) == [
        "see",
        "/srv/mailbot/lib/",
        "prompt/templates",
    ]
    assert list(wrapped("/" + "x" * 25, 20)) == ["/" + "x" * 19, "x" * 6]


# The figures


def test_drafts_and_tokens_are_counted_by_the_owners_days(lab: Lab) -> None:
    assert lab.endpoint is not None
    figures = lab.world.journal.figures
    lab.flag(question(1))
    lab.cycle()
    between = lab.clock
    lab.clock += 86_400
    lab.flag(question(2))
    lab.endpoint.queue.append(Later("down"))
    lab.cycle()
    lab.clock += 400
    lab.cycle()

    both = figures.drafts(lab.world.key, 0.0)
    assert [took for _, took in both] == [0, None]
    assert figures.drafts(lab.world.key, between + 1) == both[1:]
    assert figures.tokens(lab.world.key, 0.0) == (20, 10)
    assert figures.tokens(lab.world.key, between + 1) == (10, 5)
    assert figures.drafts("somebody else", 0.0) == []
    assert figures.tokens("somebody else", 0.0) == (0, 0)


def test_the_time_to_a_draft_counts_only_where_nothing_was_held_and_nothing_had_to_wait() -> None:
    lab = Lab(CONFIG + "[schedule]\nhold_above = 1\n")
    try:
        lab.cycle()
        lab.flag(question(1))
        lab.flag(question(2))
        lab.cycle()
        lab.clock += 3600
        for job in lab.world.journal.held_jobs():
            lab.world.record(job, "released")
        lab.cycle()
        lab.endpoint.queue.append(Later("down"))  # type: ignore[union-attr]
        lab.flag(question(3))
        lab.settle()
        lab.clock += 3600
        lab.flag(question(4))
        lab.cycle()

        assert [took for _, took in lab.world.journal.figures.drafts(lab.world.key, 0.0)] == [None, None, None, 0]
    finally:
        lab.close()


def test_a_draft_that_was_stored_otherwise_is_named(lab: Lab) -> None:
    lab.flag(question(1))
    lab.cycle()
    assert lab.world.journal.figures.differing(lab.world.key, 0.0) == []
    lab.flag(question(2))

    def spoil(name: str) -> None:
        for mail in lab.mailbox.boxes["Drafts"].mails.values():
            mail.raw = mail.raw.replace(b"Cc: ", b"Cc: eve@evil.example, ")

    lab.mailbox.effect = lambda name: spoil(name) if name == "appended" else None
    lab.cycle()

    assert lab.world.journal.figures.differing(lab.world.key, 0.0) == [lab.jobs()[0].id]


# The command


@pytest.fixture
def home(dovecot: Dovecot) -> Iterator[Home]:
    with Endpoint() as model, Home(Account(dovecot), model=model.base_url) as home:
        yield home


def test_a_terminal_gets_the_page_and_a_pipe_gets_lines(home: Home) -> None:
    (account,) = home.accounts
    account.deliver(None, "\\Flagged")
    home.command("once", "--include-existing")
    environ = {**home.environ, "MAILBOT_CONFIG": str(home.config), "TERM": "xterm", "COLUMNS": "80"}

    code, screen = converse(["status"], [], environ)
    _, colourless = converse(["status"], [], {**environ, "NO_COLOR": "1"})
    piped = home.command("status")

    assert (code, piped.code) == (0, 0)
    assert "\x1b[" in screen
    assert "1 today, 1 in 7 days" in screen
    assert _timeless(plain(screen)) == _timeless(colourless)
    assert "\x1b" not in piped.out
    assert "home: ok" in piped.out
    assert "1 draft today, 1 in 7 days; median" in piped.out


def test_the_list_keeps_to_the_width_of_a_terminal_and_a_pipe_gets_all(home: Home) -> None:
    (account,) = home.accounts
    subject = "会议 about the offer " * 3 + "and its end"
    encoded = Header(subject, "utf-8").encode()  # Cyrus keeps no raw UTF-8 in a header
    account.deliver(re.sub(rb"(?m)^Subject: .*", f"Subject: {encoded}".encode(), question(1)), "\\Flagged")
    home.command("once", "--include-existing")

    _, screen = converse(["list"], [], {**home.environ, "MAILBOT_CONFIG": str(home.config), "COLUMNS": "60"})

    assert [line for line in screen.splitlines() if columns_of(line) > 60] == []
    assert "会议 about" in screen
    assert subject in home.command("list").out


def _timeless(screen: str) -> str:
    """The screen, whenever it was made."""
    return re.sub(r"\d", "0", re.sub(r"just now|\d+ seconds? ago", "lately", screen))


def test_json_has_the_figures_beside_what_it_always_had(home: Home) -> None:
    (account,) = home.accounts
    account.deliver(None, "\\Flagged")
    home.command("once", "--include-existing")
    (row,) = home.command("status", "--json").json["accounts"]

    assert {"account", "healthy", "running", "last_poll", "error", "open", "waiting", "held", "troubles"} <= set(row)
    assert (row["drafts_today"], row["drafts_week"], row["late"]) == (1, 1, False)
    assert row["median_seconds"] >= 0
    assert row["tokens_in_week"] > 0
    assert row["tokens_out_week"] > 0


@pytest.mark.parametrize(("hours", "code"), [(20, 0), (30, 1)])
def test_a_mailbox_that_nobody_looks_at_for_a_day_is_not_well(home: Home, hours: int, code: int) -> None:
    (account,) = home.accounts
    home.command("once")
    journal, then = Journal(home.state), time.time() - hours * 3600
    journal.facts.put("poll", account.key, {"at": then, "ok": then, "error": ""})
    journal.close()

    assert home.command("status").code == code


def test_what_gave_up_is_shown_until_it_is_dismissed(home: Home) -> None:
    (account,) = home.accounts
    account.deliver(question(1, Subject="Broken"), "\\Flagged")
    with Endpoint(*[Text("")] * 3) as model:
        home.write(model.base_url)
        home.command("once", "--include-existing")
    (job,) = home.command("list", "--json").json
    before = home.command("status")
    home.command("dismiss", job["id"])

    assert "“Re: Broken” gave up: the model gave no usable answer 3 times" in before.out
    assert "gave up" not in home.command("status").out


def test_a_model_that_is_away_is_no_illness(home: Home) -> None:
    (account,) = home.accounts
    account.deliver(None, "\\Flagged")
    home.write(NOBODY)
    home.command("once", "--include-existing")

    assert home.command("status").code == 0
