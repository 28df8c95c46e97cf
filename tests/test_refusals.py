"""What a server refuses, in the words of real ones: nothing is lost, nothing is doubled, nobody is hammered, and the
owner hears of what only the owner can mend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from scripted import Scripted
from served import Served
from worlds import CONFIG, question

from mailbot.errors import MailbotError
from mailbot.imap.trouble import wanted_wait
from mailbot.job import State
from mailbot.notices.trouble import troubles

# As Exchange Online, Gmail and Dovecot say it.
EXCHANGE = b"BAD Request is throttled. Suggested Backoff Time: 412345 milliseconds"
NOT_CONNECTED = b"BAD User is authenticated but not connected."
CONNECTIONS = b"NO [ALERT] Too many simultaneous connections. (Failure)"

POLL = 300.0  # seconds between two looks in these tests


@pytest.fixture
def home(scripted: Scripted) -> Iterator[Served]:
    """Mailbot knows the mailbox already."""
    home = Served(scripted)
    home.cycle()
    yield home
    home.close()


def lines(server: Scripted, command: str) -> list[str]:
    """The commands of this name that came so far."""
    return [line for _, line in server.log if f" {command} " in f"{line} "]


def rounds(home: Served, hours: float) -> None:
    """What the service does in so many hours."""
    end = home.clock + hours * 3600
    while home.clock < end:
        home.clock += POLL
        if home.poller._is_due():
            with suppress(MailbotError):
                home.poller.round()
                home.poller.finish()


def told(home: Served) -> list[str]:
    """The subjects of the notices."""
    mails = [mail for mail in home.mails("INBOX").values() if mail["Auto-Submitted"]]
    return [mail["Subject"].removeprefix("mailbot: ") for mail in mails]


# APPEND


@pytest.mark.case(8)
@pytest.mark.parametrize(
    "answer",
    [
        b"NO [TRYCREATE] Mailbox doesn't exist: Drafts",
        b"NO [OVERQUOTA] Quota exceeded (mailbox for user is full)",
        b"NO [TOOBIG] Message too large.",
        b"NO [LIMIT] Too many messages in the mailbox",
        b"NO [UNAVAILABLE] Internal error occurred. Refer to server log for more information.",
        b"NO [INUSE] Mailbox is locked",
        b"NO ",
        b"BAD Command Argument Error. 11",
        EXCHANGE,
        NOT_CONNECTED,
        CONNECTIONS,
    ],
)
def test_a_refused_append_is_tried_again_and_one_draft_stands(home: Served, scripted: Scripted, answer: bytes) -> None:
    home.starred()
    scripted.fault("APPEND", when="before", then=answer)

    home.cycle_anyway()
    assert home.jobs()[0].state is State.ANSWERED
    assert home.jobs()[0].waits_for
    assert home.jobs()[0].until >= home.clock + (wanted_wait(answer.decode()) or 0.0)
    rounds(home, 2)

    home.check()
    assert len(home.endpoint.asked) == 1  # type: ignore[union-attr]


@pytest.mark.case(8)
@pytest.mark.parametrize("words", ["[OVERQUOTA] Quota exceeded", "[TOOBIG] x", "Over quota", "[LIMIT] x", "[NOPERM] x"])
def test_what_only_the_owner_can_mend_is_told_once_and_tried_slowly(
    home: Served, scripted: Scripted, words: str
) -> None:
    home.starred()
    scripted.mailbox.refusing["Drafts"] = words

    home.cycle()
    assert home.jobs()[0].until >= home.clock + 900
    rounds(home, 12)
    tries = len(lines(scripted, "APPEND"))
    scripted.mailbox.refusing.clear()
    rounds(home, 2)

    why = f"the server does not store the draft: {words}"
    assert tries < 12 * 4
    assert told(home) == [why, f"over: {why}"]
    home.check()


@pytest.mark.case(8)
def test_a_refusal_of_any_kind_that_comes_again_and_again_is_told(home: Served, scripted: Scripted) -> None:
    home.starred()
    scripted.mailbox.refusing["Drafts"] = "[UNAVAILABLE] Try again later"
    home.cycle()
    home.cycle()
    assert told(home) == []

    rounds(home, 12)

    assert len(told(home)) == 1
    assert len(lines(scripted, "APPEND")) < 12 * 4


@pytest.mark.case(7)
@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (rb"\[APPENDUID.*?\] ", b""),
        (rb"(\w+ )OK \[(APPENDUID.*?)\]", rb"* OK [\2] stored\r\n\1OK"),
        (rb"APPENDUID \d+", b"APPENDUID 7"),
        (rb"APPENDUID (\d+) (\d+)", rb"APPENDUID \2 \1"),  # DavMail swapped them once
        (rb"APPENDUID (\d+) \d+", rb"APPENDUID \1 4294967295"),
        (rb"APPENDUID (\d+) \d+", rb"APPENDUID \1 99999999999999"),
    ],
    ids=["none", "untagged", "another uidvalidity", "swapped", "another uid", "overflow"],
)
def test_whatever_a_server_tells_of_the_place_one_draft_stands(
    home: Served, scripted: Scripted, pattern: bytes, instead: bytes
) -> None:
    home.starred()
    scripted.fault("APPEND", when="after", then=lambda answer: re.sub(pattern, instead, answer))

    home.settle()
    home.cycle()

    home.check()
    assert home.jobs()[0].remarks == ()


@pytest.mark.case(7)
@pytest.mark.parametrize("stored", [True, False])
def test_a_draft_that_was_confirmed_and_is_not_there_is_remarked_and_not_stored_again(
    home: Served, scripted: Scripted, stored: bool
) -> None:
    def swallow(answer: bytes) -> bytes:
        scripted.expunge("Drafts", 1)
        return answer

    home.starred()
    if stored:
        scripted.fault("APPEND", when="after", then=swallow)
    else:  # Proton Bridge did so once
        scripted.fault("APPEND", when="before", then=b"OK [APPENDUID 1700000001 77] stored")

    home.settle()
    home.cycle()

    assert home.states() == [State.DONE]
    assert home.mails() == {}
    assert "it was not there when it was read back" in next(iter(home.pages().values()))


@pytest.mark.case(7)
def test_a_double_that_the_server_merges_away_leaves_one_draft(home: Served, scripted: Scripted) -> None:
    """Gmail takes a mail whose Message-ID it has, gives it a UID, and drops it."""

    def merge(answer: bytes) -> bytes:
        raw = scripted.folder("Drafts").messages[0].raw
        scripted.append("Drafts", raw, [r"\Draft"])
        scripted.expunge("Drafts", 1)
        return answer

    home.starred()
    scripted.fault("APPEND", when="after", then=merge)

    home.settle()
    home.cycle()

    home.check()


# Mails and folders that the server does not hand out


@pytest.mark.case(13)
@pytest.mark.parametrize("command", ["EXAMINE", "UID FETCH"])
def test_a_refusal_that_passes_never_means_that_the_mail_is_gone(
    home: Served, scripted: Scripted, command: str
) -> None:
    home.starred()
    plain = home.wrap_session

    def wrap(session: Any) -> Any:
        mail, session.mail = session.mail, None

        def refused(*args: Any) -> Any:
            home.wrap_session = plain
            session.examine("Sent")  # so that the folder of the mail has to be opened anew
            scripted.fault(command, when="before", then=b"NO [UNAVAILABLE] Internal error", times=4)
            return mail(*args)

        session.mail = refused
        return session

    home.wrap_session = wrap
    home.cycle_anyway()
    assert home.states() == [State.NEW]
    rounds(home, 2)

    home.check()


@pytest.mark.case(13)
def test_one_mail_that_the_server_cannot_hand_out_stops_no_other(home: Served, scripted: Scripted) -> None:
    """Exchange answers NO to a FETCH with one damaged mail in it."""
    uids = [home.deliver(question(number)) for number in range(5)]
    scripted.mailbox.damaged = {("INBOX", uids[3])}
    home.star(*uids)

    home.settle()
    home.cycle()

    home.check(drafts=4)


@pytest.mark.case(13)
def test_a_fetch_that_is_refused_as_gone_is_tried_again(home: Served, scripted: Scripted) -> None:
    home.starred()
    scripted.fault("UID FETCH", when="before", then=b"NO Some of the requested messages no longer exist")

    home.cycle_anyway()
    home.settle()

    home.check()


@pytest.mark.case(13)
@pytest.mark.parametrize("instead", [rb" BODY[\1] NIL)\r\n", b")\r\n"])
def test_a_mail_that_vanishes_between_search_and_fetch_stops_no_other(
    home: Served, scripted: Scripted, instead: bytes
) -> None:
    home.starred(question(1))
    pattern = re.compile(rb" BODY\[(HEADER.FIELDS [^]]*)\] \{\d+\}\r\n.*?\r\n\)\r\n", re.DOTALL)
    scripted.fault("UID FETCH", when="after", then=lambda answer: pattern.sub(instead, answer))
    home.cycle()
    assert home.jobs() == []

    home.starred(question(2))
    home.cycle()

    home.check(drafts=2)


@pytest.fixture
def chosen(scripted: Scripted) -> Iterator[Served]:
    """The owner named the folders to watch."""
    home = Served(scripted, CONFIG.replace("aliases", 'folders = ["INBOX", "Archive"]\naliases'))
    home.cycle()
    yield home
    home.close()


def test_a_watched_folder_that_vanished_is_told_and_the_other_is_watched(chosen: Served, scripted: Scripted) -> None:
    chosen.poller.round()
    kept = scripted.mailbox.folders.pop("Archive")
    chosen.starred()

    rounds(chosen, 1)
    chosen.check()
    (why,) = told(chosen)
    scripted.mailbox.folders["Archive"] = kept
    chosen.cycle()

    assert why == "the folder Archive is not on the server"
    assert told(chosen) == [why, f"over: {why}"]


@pytest.mark.parametrize("words", ["[NOPERM] Permission denied", "Permission denied"])
def test_a_watched_folder_that_does_not_open_is_told_and_the_other_is_watched(
    chosen: Served, scripted: Scripted, words: str
) -> None:
    scripted.mailbox.closed["Archive"] = words
    chosen.starred()

    rounds(chosen, 1)
    chosen.check()
    (why,) = told(chosen)
    scripted.mailbox.closed.clear()
    chosen.cycle()

    assert why == f"the server does not open the folder Archive: {words}"
    assert told(chosen) == [why, f"over: {why}"]


@pytest.mark.case(17)
@pytest.mark.parametrize("key", ["sent", "trash"])
def test_a_folder_that_the_config_names_and_the_server_lacks_is_told_and_is_no_watched_one_when_it_comes(
    scripted: Scripted, key: str
) -> None:
    home = Served(scripted, CONFIG.replace("aliases", f'{key} = "Gone"\naliases'))
    home.poller.round()
    home.starred()
    rounds(home, 1)
    home.check()
    (why,) = told(home)

    scripted.mailbox.create("Gone")
    rounds(home, 1)
    home.starred(question(2), folder="Gone")
    rounds(home, 1)

    assert why == "the folder Gone is not on the server"
    assert told(home) == [why, f"over: {why}"]
    home.check()
    home.close()


@pytest.mark.case(17)
@pytest.mark.parametrize("name", ["Sent", "Trash"])
def test_a_folder_that_vanishes_while_mailbot_is_connected_stops_nothing(
    home: Served, scripted: Scripted, name: str
) -> None:
    home.poller.round()
    scripted.delete(name)
    home.starred()

    home.settle()

    home.check()


def test_a_folder_that_does_not_open_for_a_moment_is_nobodys_matter(chosen: Served, scripted: Scripted) -> None:
    scripted.mailbox.closed["Archive"] = "[UNAVAILABLE] Internal error"

    rounds(chosen, 1)

    assert told(chosen) == []


# A mailbox that takes less than others


@pytest.mark.case(16)
@pytest.mark.parametrize("flags", [(), ("\\Seen", "\\Flagged", "\\Deleted"), ("\\*",)])
def test_a_mailbox_that_keeps_other_flags_gets_its_one_draft(
    home: Served, scripted: Scripted, flags: tuple[str, ...]
) -> None:
    uid = home.starred()
    scripted.permanent_flags = flags

    home.settle()
    home.cycle()

    home.check()
    assert "$MailbotDrafted" in scripted.folder("INBOX").get(uid).flags or "\\*" not in flags  # type: ignore[union-attr]


@pytest.mark.case(16)
@pytest.mark.parametrize(
    ("command", "when", "then"),
    [
        ("UID STORE", "before", b"NO [LIMIT] Too many keywords"),
        ("UID STORE", "before", b"BAD Keyword not supported"),
        ("UID STORE", "before", b"NO [READ-ONLY] Mailbox is read-only"),
        ("SELECT", "before", b"NO [NOPERM] Permission denied"),
        ("SELECT", "after", lambda answer: answer.replace(b"READ-WRITE", b"READ-ONLY")),
        ("UID STORE", "after", lambda answer: b"* OK [READ-ONLY] frozen for a backup\r\n" + answer),
        ("UID FETCH", "after", lambda answer: b"* OK [READ-ONLY] frozen for a backup\r\n" + answer),
        ("NOOP", "after", lambda answer: answer),
    ],
    ids=["limit", "bad", "read-only", "no permission", "SELECT read-only", "changes at STORE", "changes at FETCH", "-"],
)
def test_a_mailbox_that_takes_no_keyword_gets_its_one_draft(
    home: Served, scripted: Scripted, command: str, when: Any, then: Any
) -> None:
    home.starred()
    scripted.fault(command, when=when, then=then, times=20)

    home.cycle_anyway()
    rounds(home, 1)

    home.check()
    assert troubles(home.world) == {}


@pytest.mark.parametrize(
    ("command", "when", "then"),
    [
        ("SELECT", "after", lambda answer: answer.replace(b"READ-WRITE", b"READ-ONLY")),
        ("UID STORE", "before", b"NO [READ-ONLY] Mailbox is read-only"),
        ("UID STORE", "after", lambda answer: b"* OK [READ-ONLY] frozen for a backup\r\n" + answer),
    ],
    ids=["at SELECT", "STORE refused", "changes at STORE"],
)
def test_a_mailbox_that_takes_no_keyword_keeps_no_other_draft_waiting(
    home: Served, scripted: Scripted, command: str, when: Any, then: Any
) -> None:
    scripted.fault(command, when=when, then=then, times=20)
    for number in (1, 2, 3):
        scripted.append("INBOX", question(number).replace(b"\n", b"\r\n"), ["\\Flagged"])

    home.cycle()

    assert home.states() == [State.DONE] * 3
    home.check(drafts=3)


@pytest.mark.case(16)
def test_a_server_that_changes_the_case_of_flags_changes_nothing(home: Served, scripted: Scripted) -> None:
    def loud(answer: bytes) -> bytes:
        return answer.replace(b"\\Flagged", b"\\FLAGGED").replace(b"$MailbotDrafted", b"$MAILBOTDRAFTED")

    scripted.fault("UID FETCH", when="after", then=loud, times=1000)
    uid = home.starred()
    home.cycle()
    home.boot()
    home.cycle()
    home.check()

    home.star(uid, up=False)
    home.cycle()
    home.star(uid)
    home.cycle()

    home.check(drafts=2)
