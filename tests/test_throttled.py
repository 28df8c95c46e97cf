"""A server that wants to be left alone: it is, for as long as it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scripted import Scripted
from served import Served
from test_refusals import CONNECTIONS, EXCHANGE, NOT_CONNECTED, home, rounds
from worlds import question

from mailbot.errors import Later
from mailbot.imap.trouble import WAIT_MOST, WAIT_USUAL, Rejection, wanted_wait

__all__ = ["home"]  # a fixture


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (EXCHANGE.decode(), 412.345),
        ("[b'Request is throttled. Suggested Backoff Time: 1000 milliseconds']", 1.0),
        ("Suggested Backoff Time: 999999999999999 milliseconds", WAIT_MOST),
        ("Suggested Backoff Time: 99999999999999999999999 milliseconds, throttled", WAIT_USUAL),
        (NOT_CONNECTED.decode(), WAIT_USUAL),
        (CONNECTIONS.decode(), WAIT_USUAL),
        ("[THROTTLED] Account exceeded command or bandwidth limits.", WAIT_USUAL),
        ("[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", 300.0),
        ("[LIMIT] LOGIN Rate limit hit", WAIT_USUAL),
        ("[LIMIT] Too many keywords", None),
        ("Too many messages in the mailbox", None),
        ("Please generate an app password", None),
        ("[OVERQUOTA] Quota exceeded", None),
    ],
)
def test_a_wait_is_read_from_the_words_of_real_servers(text: str, seconds: float | None) -> None:
    assert wanted_wait(text) == seconds


@pytest.mark.parametrize("command", ["LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "STATUS", "APPEND", "UID STORE"])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b'NO [UNAVAILABLE] It\'s "locked"', '[UNAVAILABLE] It\'s "locked"'),
        (b"BAD Command Argument Error. 11", "Command Argument Error. 11"),
        (b"NO ", "it does not say why"),
    ],
)
def test_the_owner_reads_the_servers_own_words_and_nothing_of_a_library(
    home: Served, scripted: Scripted, command: str, answer: bytes, words: str
) -> None:
    session = home.connect()
    session.examine("INBOX")
    calls: dict[str, Callable[[], Any]] = {
        "LIST": session.folders,
        "EXAMINE": lambda: session.examine("INBOX"),
        "UID SEARCH": lambda: session.flagged("\\Flagged"),
        "UID FETCH": lambda: session.flags([1]),
        "STATUS": lambda: session.mark("Drafts"),
        "APPEND": lambda: session.append("Drafts", question(), ()),
        "UID STORE": lambda: session.add_keyword(1, "$MailbotDrafted"),
    }
    scripted.fault(command, when="before", then=answer)

    with pytest.raises(Rejection) as caught:
        calls[command]()

    assert str(caught.value) == words
    session.close()


@pytest.mark.parametrize(
    "command", ["LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "STATUS", "APPEND", "SELECT", "UID STORE"]
)
@pytest.mark.parametrize("words", [EXCHANGE, NOT_CONNECTED, b"NO [THROTTLED] Account exceeded bandwidth limits."])
def test_a_throttled_command_is_not_repeated_before_the_servers_time(
    home: Served, scripted: Scripted, command: str, words: bytes
) -> None:
    home.starred()
    scripted.fault(command, when="before", then=words)
    home.cycle_anyway()
    before = len(scripted.log)

    assert home.poller._backoff.until >= home.clock + 290  # it asked for 300 seconds at least
    while home.clock < home.poller._backoff.until:
        assert home.poller._backoff.until - home.clock <= 413
        home.clock += 60
        home.poller.wake()
        assert not home.poller._is_due() or home.clock >= home.poller._backoff.until
    assert len(scripted.log) == before
    assert wait_shown(home)
    rounds(home, 1)

    home.check()
    assert wait_shown(home) == ""


def wait_shown(home: Served) -> str:
    """What status shows of the account."""
    return str((home.world.journal.facts.get("poll", home.world.key) or {})["error"])


def test_a_session_that_was_kept_is_not_replaced_at_once_when_the_server_is_busy(
    home: Served, scripted: Scripted
) -> None:
    home.poller.round()
    scripted.fault("EXAMINE", when="before", then=EXCHANGE)
    before = len(scripted.log)

    with pytest.raises(Later) as caught:
        home.poller.round()

    assert caught.value.after == pytest.approx(412.345)
    assert len({session for session, line in scripted.log[before:] if "EXAMINE" in line}) == 1


@pytest.mark.case(22)
def test_the_round_after_a_crowded_login_waits_as_long_as_the_server_asked(home: Served, scripted: Scripted) -> None:
    scripted.fault("AUTHENTICATE", when="before", then=b"NO Suggested Backoff Time: 1500000 milliseconds, throttled")

    home.cycle_anyway()

    assert home.poller._backoff.until == pytest.approx(home.clock + 1500, abs=30)


def test_a_bye_in_the_middle_of_a_session_is_waited_out_as_long_as_it_says(home: Served, scripted: Scripted) -> None:
    home.starred()
    scripted.fault("UID SEARCH", when="after", then=lambda answer: b"* BYE [THROTTLED] Session expired\r\n" + answer)

    with pytest.raises(Later) as caught:
        home.cycle()

    assert caught.value.after == WAIT_USUAL
