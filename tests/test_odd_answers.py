"""Answers that real servers give and a client does not expect: each costs a reconnect at most, never a mail and never a
second draft."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from running import SOON, until
from scripted import Scripted
from served import Served
from worlds import CONFIG, question

from mailbot.errors import MailbotError
from mailbot.imap import idle, login
from mailbot.imap.idle import Watcher
from mailbot.job import State

Rewrite = Callable[[bytes], bytes]


@pytest.fixture
def home(scripted: Scripted) -> Iterator[Served]:
    """Mailbot knows the mailbox already."""
    home = Served(scripted)
    home.cycle()
    yield home
    home.close()


def swapped(pattern: bytes, instead: bytes) -> Rewrite:
    return lambda answer: re.sub(pattern, instead, answer, flags=re.DOTALL)


# IDLE


@pytest.fixture
def quick(home: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes minutes takes a moment, from the first watcher on."""
    for module, name, seconds in (
        (idle, "PAUSE_FIRST", 0.05),
        (idle, "RENEW", 0.3),
        (idle, "DEAD_WITHIN", 0.1),
        (login, "READ_TIMEOUT", 0.3),
    ):
        monkeypatch.setattr(module, name, seconds)


def watch(home: Served) -> tuple[Watcher, threading.Semaphore]:
    """A watcher at work, and what counts how often it woke the poll."""
    wakes = threading.Semaphore(0)
    watcher = Watcher(lambda: (home.connect(), "INBOX"), wakes.release)
    watcher.start()
    return watcher, wakes


def commands(server: Scripted, name: str) -> int:
    return sum(f" {name} " in f"{line} " for _, line in server.log)


@pytest.mark.case(3)
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("when", "then"),
    [
        ("prompt", b"* 4 EXISTS\r\n+ idling\r\n"),  # Outlook
        ("prompt", b"+ idling\r\n* 4 EXISTS\r\n"),  # Dovecot, in one packet
        ("prompt", b"+ idling\r\n* 4 EXI"),
        ("prompt", b"+ idling\r\n* BYE timeout\r\n"),
        ("prompt", b"+ idling\r\n* BYE\r\n"),
        ("prompt", b"+ idling\r\n* OK Still here\r\n"),
        ("prompt", b"+ idling\r\n\0\0\0\r\n"),
        ("prompt", b"+\r\n"),
        ("prompt", b"+ idling\r\n* 1 FETCH (FLAGS (\\Flagged)\r\n"),
        ("prompt", b"nonsense\r\n"),
        ("prompt", b""),  # it never speaks
        ("before", b"NO IDLE is not possible now"),
        ("before", b"BAD unknown command"),
        ("before", "stall"),
        ("before", "close"),
        ("after", "close"),
        ("after", "stall"),
    ],
)
def test_whatever_idle_is_answered_with_the_next_flag_is_seen(
    home: Served, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, when: Any, then: Any
) -> None:
    scripted.fault("IDLE", when=when, then=then)
    uid = home.deliver()
    watcher, wakes = watch(home)
    until(lambda: commands(scripted, "IDLE") > 1, "IDLE once more, here or on the next connection")
    assert wakes.acquire(timeout=SOON)

    home.star(uid)
    assert wakes.acquire(timeout=SOON)
    watcher.stop()
    monkeypatch.undo()
    home.cycle()

    home.check()


@pytest.mark.case(3)
@pytest.mark.usefixtures("quick")
def test_a_server_that_refuses_idle_for_ever_is_asked_ever_more_seldom(
    home: Served, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "PAUSE_FIRST", 0.2)
    scripted.fault("IDLE", when="before", then=b"NO not now", times=1000)

    began = time.monotonic()
    watcher, _ = watch(home)
    until(lambda: commands(scripted, "IDLE") >= 3, "three tries")
    took = time.monotonic() - began
    watcher.stop()

    assert took > 0.2 * 0.5 + 0.4 * 0.5  # two pauses, the second twice the first, half of each at least


@pytest.mark.usefixtures("quick")
def test_a_busy_server_is_left_alone_by_idle_too(home: Served, scripted: Scripted) -> None:
    words = b"BAD Request is throttled. Suggested Backoff Time: 600 milliseconds"
    scripted.fault("IDLE", when="before", then=words)

    began = time.monotonic()
    watcher, _ = watch(home)
    until(lambda: commands(scripted, "IDLE") >= 2, "the one that was refused, and the next")
    took = time.monotonic() - began
    watcher.stop()

    assert took > 0.5


# Servers that offer less


@pytest.mark.case(17)
@pytest.mark.parametrize(
    "capabilities",
    [["IMAP4rev1"], ["IMAP4rev1", "AUTH=PLAIN", "UIDPLUS"], ["IMAP4rev1", "MOVE", "IDLE", "ENABLE", "CONDSTORE"]],
)
def test_a_server_without_extensions_gets_its_one_draft(home: Served, scripted: Scripted, capabilities: Any) -> None:
    scripted.capabilities = capabilities
    scripted.fault("APPEND", when="after", then=swapped(rb"\[APPENDUID.*?\] ", b""), times=99)
    scripted.fault("EXAMINE", when="after", then=swapped(rb"\* OK \[UIDNEXT \d+\][^\r]*\r\n", b""), times=99)
    home.starred()

    home.cycle()
    home.cycle()

    home.check()


@pytest.mark.case(17)
def test_a_server_that_marks_no_folder_gets_its_drafts_where_the_config_says(scripted: Scripted) -> None:
    scripted.capabilities = ["IMAP4rev1"]
    scripted.mailbox.special_use.clear()
    home = Served(scripted, CONFIG.replace("aliases", 'drafts = "Drafts"\naliases'))
    home.cycle()
    home.starred()

    home.cycle()

    home.check()
    home.close()


@pytest.mark.case(17)
def test_without_idle_the_watcher_ends_and_polling_goes_on(home: Served, scripted: Scripted) -> None:
    scripted.capabilities = ["IMAP4rev1", "AUTH=PLAIN"]

    watcher, _ = watch(home)
    watcher._thread.join(SOON)

    assert not watcher._thread.is_alive()


@pytest.mark.case(17)
def test_capabilities_that_change_between_connections_change_nothing(home: Served, scripted: Scripted) -> None:
    home.starred(question(1))
    home.cycle()
    scripted.capabilities = ["IMAP4rev1"]
    home.starred(question(2))
    home.cycle()
    home.cycle()

    home.check(drafts=2)


@pytest.mark.case(17)
@pytest.mark.case(20)
@pytest.mark.parametrize(
    "listed",
    [
        rb'* LIST (\HasNoChildren \drafts) "/" Drafts',
        rb'* LIST (\HasNoChildren \DRAFTS) "/" "Drafts"',
        rb"* LIST (\HasNoChildren \Drafts) NIL Drafts",
        b'* LIST (\\Drafts) "/" {6}\r\nDrafts',
        rb'* LIST (\NonExistent \HasChildren \Drafts) "/" Ghost' + b"\r\n" + rb'* LIST (\Drafts) "/" Drafts',
        rb'* LIST (\Noselect \Drafts) "/" ""' + b"\r\n" + rb'* LIST (\Drafts) "/" Drafts',
    ],
    ids=["lower case", "upper case", "no separator", "literal", "ghost", "root"],
)
def test_drafts_are_found_however_the_server_lists_them(home: Served, scripted: Scripted, listed: bytes) -> None:
    scripted.fault("LIST", when="after", then=lambda answer: drafts_line.sub(lambda _: listed, answer), times=99)
    home.starred()

    home.cycle()

    home.check()


drafts_line = re.compile(rb'\* LIST \([^)]*\) "/" "Drafts"')


@pytest.mark.case(20)
def test_folders_below_inbox_with_another_separator_are_used_by_their_names(scripted: Scripted) -> None:
    """Courier and older Cyrus: INBOX.Drafts."""
    box = scripted.mailbox
    for name in ("Drafts", "Sent", "Trash", "Junk", "Archive"):
        box.folders[f"INBOX.{name}"] = box.folders.pop(name)
        box.special_use[f"INBOX.{name}"] = box.special_use.pop(name)
    scripted.fault("LIST", when="after", then=lambda answer: answer.replace(b' "/" ', b' "." '), times=99)
    home = Served(scripted)
    home.cycle()
    home.starred()

    home.cycle()

    assert home.states() == [State.DONE]
    assert len(home.mails("INBOX.Drafts")) == 1
    home.close()


# Answers to SEARCH and FETCH


UNREADABLE = [
    ("UID SEARCH", swapped(rb"\* SEARCH (\d+)", rb"* SEARCH \1\r\n* SEARCH")),
    ("UID SEARCH", lambda answer: answer + b"* SEARCH 1\r\n"),
    ("UID SEARCH", swapped(rb"\* SEARCH (\d+)", rb"* SEARCH {3}\r\n\1")),
    ("UID SEARCH", lambda answer: b"* SEARCH x y\r\n" + answer),
    ("UID SEARCH", lambda answer: answer.replace(b"\r\n", b"\r\n\0\0\0\0", 1)),
    ("UID FETCH", swapped(rb"\{(\d+)\}", rb"{60000000}")),
    ("UID FETCH", swapped(rb"\{(\d+)\}", rb"{7}")),
    ("UID FETCH", swapped(rb"UID \d+", rb"UID 99999999999999999999")),
    ("UID FETCH", swapped(rb"UID \d+", rb"UID x")),
    ("UID FETCH", swapped(rb"FLAGS \(", rb"FLAGS ((((")),
    ("UID FETCH", swapped(rb"FLAGS \([^)]*\)", rb"FLAGS NIL")),
    ("UID FETCH", swapped(rb'INTERNALDATE "[^"]*"', rb'INTERNALDATE "yesterday"')),
    ("UID FETCH", swapped(rb'INTERNALDATE "[^"]*"', rb"INTERNALDATE NIL")),
    ("UID FETCH", lambda answer: b"* 1 FETCH (ENVELOPE (NIL {1}\r\n( NIL) UID 4294967294)\r\n" + answer),
    ("EXAMINE", swapped(rb"UIDVALIDITY \d+", rb"UIDVALIDITY")),
    ("EXAMINE", swapped(rb"\* OK \[UIDVALIDITY[^\r]*\r\n", b"")),
    ("EXAMINE", swapped(rb"UIDNEXT \d+", rb"UIDNEXT 99999999999999999999")),
    ("STATUS", swapped(rb"UIDNEXT \d+", rb"UIDNEXT")),
    ("STATUS", swapped(rb"\* STATUS [^\r]*\r\n", b"")),
    ("LIST", swapped(rb'"/"', rb'"/')),
    ("LIST", lambda answer: answer.replace(b"Drafts", b"Dr\xffafts&")),
    ("CAPABILITY", lambda answer: answer.replace(b"IMAP4rev1", b"IM\xffAP4rev1")),
]


@pytest.mark.case(18)
@pytest.mark.case(21)
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(("command", "rewrite"), UNREADABLE)
def test_an_answer_that_cannot_be_read_is_asked_for_again_and_one_draft_stands(
    home: Served, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, command: str, rewrite: Rewrite, times: int
) -> None:
    monkeypatch.setattr(login, "READ_TIMEOUT", 0.2)
    home.starred()
    scripted.permanent_flags = ()  # so that no keyword stands in for what was lost
    scripted.fault(command, when="after", then=rewrite, times=times)

    for _ in range(10):
        home.cycle_anyway()
        home.clock += 4000
    monkeypatch.undo()
    home.cycle()

    home.check()


HARMLESS = [
    ("UID SEARCH", swapped(rb"(\* SEARCH [\d ]+)\r\n", rb"\1 (MODSEQ 917162500)\r\n")),
    ("UID SEARCH", lambda answer: b"* OK\r\n" + answer),
    ("UID SEARCH", lambda answer: b'* OK [INPROGRESS ("A1" 12 100)] Processed 12% of the mailbox\r\n' + answer),
    ("UID SEARCH", lambda answer: b'* ESEARCH (TAG "A1") UID ALL 1:2\r\n' + answer),
    ("UID SEARCH", lambda answer: b"* 7 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Flagged \\*)\r\n" + answer),
    ("UID SEARCH", swapped(rb"\* SEARCH ([\d ]+)\r\n", rb"* SEARCH \1 \1\r\n")),
    ("UID SEARCH", lambda answer: answer.replace(b"* SEARCH\r\n", b"")),
    ("UID SEARCH", swapped(rb" OK [^\r]*\r\n$", rb" OK\r\n")),
    ("UID FETCH", swapped(rb" OK [^\r]*\r\n$", b" OK \r\n")),
    ("UID FETCH", lambda answer: b"* OK [INPROGRESS] Hang in there\r\n" + answer),
    ("UID FETCH", lambda answer: b"* 1 FETCH (FLAGS (\\Seen) UID 4294967295)\r\n" + answer),
    ("UID FETCH", lambda answer: b"* 1 FETCH (X-NEW {3}\r\n(\r\n UID 4294967294)\r\n" + answer),
    ("UID FETCH", swapped(rb"FLAGS \(", rb"FLAGS (\\* \\Recent $A ")),
    ("UID FETCH", swapped(rb"\* (\d+) FETCH \(UID (\d+) ", rb"* \1 FETCH (MODSEQ (7) UID \2 ")),
    ("EXAMINE", swapped(rb"UIDVALIDITY \d+", b"UIDVALIDITY 4294967295")),
    ("EXAMINE", swapped(rb"\* OK \[PERMANENTFLAGS[^\r]*\r\n", b"")),
    ("EXAMINE", lambda answer: b"* OK [HIGHESTMODSEQ 99] ok\r\n* OK [ALERT] be kind\r\n" + answer),
    ("LIST", lambda answer: b"* LIST () NIL {0}\r\n\r\n" + answer),
    ("APPEND", lambda answer: b"* OK [INPROGRESS (NIL NIL NIL)] Still at it\r\n" + answer),
]


@pytest.mark.case(18)
@pytest.mark.case(21)
@pytest.mark.parametrize(("command", "rewrite"), HARMLESS)
def test_an_answer_that_is_only_unusual_costs_nothing(
    home: Served, scripted: Scripted, command: str, rewrite: Rewrite
) -> None:
    if command != "EXAMINE":
        home.starred()
    scripted.fault(command, when="after", then=rewrite, times=1000)
    home.cycle()
    if command == "EXAMINE":  # the UIDVALIDITY was another before
        home.starred()
    home.cycle()

    assert home.states() == [State.DONE]
    assert len(scripted.folder("Drafts").messages) == 1


# Lines that stand before the answer to any command.
BEFORE = {
    "a foreign FETCH": b"* 1 FETCH (FLAGS (\\Seen \\*) X {5}\r\nhello)\r\n",
    "a literal name": b"* LIST () {1}\r\n/ {5}\r\nhello\r\n",
    "a bare OK": b"* OK\r\n",
    "NUL": b"* \0\0 what\r\n",
    "an overflow": b"* 99999999999999999999 EXISTS\r\n",
}


@pytest.mark.case(21)
@pytest.mark.parametrize("command", ["LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "APPEND", "UID STORE", "STATUS"])
@pytest.mark.parametrize("line", BEFORE.values(), ids=BEFORE.keys())
def test_an_odd_line_before_any_answer_costs_a_round_and_no_mail(
    home: Served, scripted: Scripted, command: str, line: bytes
) -> None:
    home.starred()
    scripted.fault(command, when="after", then=lambda answer: line + answer)

    home.cycle_anyway()
    home.cycle_anyway()
    home.settle()

    home.check()


@pytest.mark.case(18)
def test_a_search_that_is_answered_as_esearch_cancels_nothing(home: Served, scripted: Scripted) -> None:
    """A server that was not asked for it; imapclient reads nothing from it."""
    home.starred(question(1))
    home.cycle()
    home.starred(question(2))
    esearch = swapped(rb"\* SEARCH[^\r]*", b'* ESEARCH (TAG "A1") UID ALL 1:2')
    scripted.fault("UID SEARCH", when="after", then=esearch)

    home.cycle()
    home.cycle()

    home.check(drafts=2)


@pytest.mark.case(18)
def test_a_search_that_finds_more_than_a_megabyte_of_uids_is_read(home: Served, scripted: Scripted) -> None:
    many = b" ".join(b"%d" % uid for uid in range(4_000_000_000, 4_000_120_000))
    scripted.fault("UID SEARCH", when="after", then=lambda answer: answer.replace(b"* SEARCH", b"* SEARCH " + many))
    session = home.connect()
    session.examine("INBOX")

    assert len(session.flagged("\\Flagged")) == 120_000
    session.close()


@pytest.mark.case(21)
def test_a_mail_of_60_megabytes_in_place_of_its_beginning_is_cut(home: Served, scripted: Scripted) -> None:
    """Some servers know no partial fetch and send all."""

    def whole(answer: bytes) -> bytes:
        more = b"x" * 76 + b"\r\n"
        found = re.search(rb"BODY\[\]<0> \{(\d+)\}\r\n", answer)
        if not found:
            return answer
        raw = answer[found.end() :][: int(found[1])] + more * (60_000_000 // len(more))
        head = answer[: found.start()].replace(b"RFC822.SIZE %s" % found[1], b"RFC822.SIZE %d" % len(raw))
        return head + b"BODY[] {%d}\r\n" % len(raw) + raw + answer[found.end() + int(found[1]) :]

    uid = home.starred()
    scripted.fault("UID FETCH", when="after", then=whole, times=2)
    home.settle()

    home.check()
    (job,) = home.jobs()
    assert job.truncated
    assert home.world.journal.path.stat().st_size < 5_000_000
    assert "\\Seen" not in home.flags(uid)


@pytest.mark.case(21)
def test_the_highest_uid_there_is_can_be_worked_with(home: Served, scripted: Scripted) -> None:
    scripted.folder("INBOX").uidnext = 4_294_967_295
    home.starred()

    with suppress(MailbotError):
        home.settle()

    home.check()
    assert home.jobs()[0].place.uid == 4_294_967_295
