"""Commands that are said in one breath, on a server that answers as no other does: nothing that it tells of one folder
is ever taken for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from scripted import Scripted
from served import Served
from worlds import CONFIG, question

from mailbot.errors import Later
from mailbot.imap.login import connect
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection
from mailbot.job import State

RAW = question().replace(b"\n", b"\r\n")
FLAG = "\\Flagged"
TWO = CONFIG.replace("[account.imap]", 'folders = ["INBOX", "Archive"]\n[account.imap]')


@pytest.fixture
def session(scripted: Scripted) -> Iterator[Session]:
    where = SimpleNamespace(
        host=scripted.host, port=scripted.port, security="none", user=scripted.user(), auth="password"
    )
    session = connect(where, scripted.password, None)
    yield session
    session.close()


class Kept:
    """Answers that the server keeps back until it has sent another one."""

    def __init__(self, server: Scripted) -> None:
        self._server = server
        self._answers: list[bytes] = []

    def back(self, command: str) -> None:
        def then(answer: bytes) -> bytes:
            self._answers.append(answer)
            return b""

        self._server.fault(command, when="after", then=then)

    def until(self, command: str) -> None:
        self._server.fault(command, when="after", then=lambda answer: answer + b"".join(self._answers))


@pytest.fixture
def kept(scripted: Scripted) -> Kept:
    return Kept(scripted)


def test_what_is_told_of_a_folder_as_it_is_closed_is_not_taken_for_the_next_one(
    scripted: Scripted, session: Session
) -> None:
    scripted.append("INBOX", RAW)
    session.examine("INBOX")
    line = b"* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n"
    scripted.fault("EXAMINE", when="after", then=lambda answer: line + answer)

    session.examine("Archive")

    assert session.flags([7]) == {}


def test_a_folder_that_is_opened_before_one_that_was_asked_for_earlier_ends_the_connection(
    scripted: Scripted, session: Session, kept: Kept
) -> None:
    scripted.append("Archive", RAW, [FLAG])
    scripted.folder("Archive").uidvalidity = 4711
    for command in ("EXAMINE", "UID SEARCH"):
        kept.back(command)
    kept.until("UID SEARCH")

    inbox = session.ask_flagged("INBOX", FLAG)
    session.ask_flagged("Archive", FLAG)

    with pytest.raises(Later, match="what was said later was answered first"):
        inbox()


def test_a_search_that_is_answered_before_its_folder_is_open_ends_the_connection(
    scripted: Scripted, session: Session, kept: Kept
) -> None:
    scripted.append("INBOX", RAW, [FLAG])
    kept.back("EXAMINE")
    kept.until("UID SEARCH")

    with pytest.raises(Later, match="what was said later was answered first"):
        session.ask_flagged("INBOX", FLAG)()


@pytest.mark.parametrize("folders", [("Sent", "Trash"), ("2025", "NIL"), ('a "b"', "Entwürfe"), ("Sent", "Sent")])
def test_how_far_folders_are_filled_is_told_of_the_right_one_in_any_order(
    scripted: Scripted, session: Session, kept: Kept, folders: tuple[str, str]
) -> None:
    for number, folder in enumerate(folders):
        if folder not in scripted.mailbox.folders:
            session.create(folder)
        for _ in range(number + 1):
            scripted.append(folder, RAW)
    kept.back("STATUS")
    kept.until("STATUS")

    marks = session.ask_marks(folders)()

    assert list(marks) == [session.mark(folder) for folder in folders]


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("command", ["EXAMINE", "UID SEARCH"])
@pytest.mark.parametrize("bye", [b"* BYE so long\r\n", b"* OK still here\r\n* BYE [UNAVAILABLE] later\r\n", b""])
def test_a_server_that_leaves_in_the_middle_of_a_breath_has_told_nothing(
    scripted: Scripted, command: str, at: int, bye: bytes
) -> None:
    home = Served(scripted, TWO)
    home.cycle()
    for folder in ("INBOX", "Archive"):
        scripted.store(folder, scripted.append(folder, question(len(folder)).replace(b"\n", b"\r\n")), add=[FLAG])

    def leave(answer: bytes) -> bytes:
        scripted.disconnect()
        return bye

    for _ in range(at - 1):
        scripted.fault(command, when="after", then=lambda answer: answer)
    scripted.fault(command, when="after", then=leave)

    for _ in range(4):
        home.cycle_anyway()
        home.clock += 3600

    home.check(drafts=2)


@pytest.mark.parametrize("refused", [b"NO no such folder", b"NO [UNAVAILABLE] not now", b"BAD what"])
def test_what_a_search_finds_after_its_folder_was_refused_counts_for_nothing(
    scripted: Scripted, session: Session, refused: bytes
) -> None:
    """No folder is open then (RFC 9051, 6.3.2); a server that leaves the one before open searches in that."""
    scripted.append("INBOX", RAW, [FLAG])
    uid = scripted.append("Archive", RAW, [FLAG])
    session.examine("INBOX")
    scripted.fault("EXAMINE", when="after", then=refused)
    scripted.fault("UID SEARCH", when="after", then=lambda answer: b"* SEARCH 815\r\n" + answer.partition(b"\r\n")[2])

    asked = session.ask_flagged("Sent", FLAG)
    archive = session.ask_flagged("Archive", FLAG)

    assert (archive()[0].folder, archive()[1]) == ("Archive", (uid,))
    with pytest.raises(Rejection, match=r"no such|not now|what"):
        asked()


def of_another_host(scripted: Scripted, at: int) -> Callable[[bytes], bytes]:
    """A draft with the id that is looked for in Drafts arrives when the answer ``at`` that search is on its way."""

    def then(answer: bytes) -> bytes:
        nonlocal at
        line = next(line for _, line in reversed(scripted.log) if "UID SEARCH" in line)
        if "UID SEARCH HEADER Message-ID" in line:
            at -= 1
            if at == 0:
                message_id = line.rpartition("HEADER Message-ID ")[2].strip('"')
                scripted.append("Drafts", f"Message-ID: {message_id}\r\n\r\nof another host\r\n".encode(), ["\\Draft"])
        return answer

    return then


@pytest.mark.case(15)
@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("tells", [True, False])
def test_a_draft_of_another_host_that_comes_behind_the_look_into_drafts_leaves_one(
    scripted: Scripted, at: int, tells: bool
) -> None:
    """Courier tells no UIDNEXT when it opens a folder."""
    home = Served(scripted)
    home.cycle()
    if not tells:

        def without(answer: bytes) -> bytes:
            return b"\r\n".join(line for line in answer.split(b"\r\n") if b"[UIDNEXT" not in line)

        scripted.fault("EXAMINE", when="after", then=without, times=1000)
    scripted.fault("UID SEARCH", when="after", then=of_another_host(scripted, at), times=1000)
    home.starred()

    home.cycle()

    assert home.states() == [State.DONE]
    assert len(home.mails()) == 1
