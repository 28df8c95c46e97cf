"""A folder whose count of changes stands still is not searched again; a count that is wrong costs no flag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from dovecot import Dovecot
from scripted import Scripted
from served import Served
from worlds import question

from mailbot.imap.answer import Count, counted
from mailbot.imap.session import Session
from mailbot.imap.settled import BELIEVED, SCOPE, Settled
from mailbot.job import State

COUNT = Count(uidvalidity=7, uidnext=3, changes=11, mails=2)


def test_a_count_that_stands_still_is_believed_for_a_while() -> None:
    settled = Settled()
    assert not settled.holds("INBOX", COUNT, 0.0)

    settled.searched("INBOX", COUNT, 0.0, changed=True)

    assert settled.holds("INBOX", COUNT, BELIEVED - 1)
    assert not settled.holds("INBOX", COUNT, BELIEVED)
    assert not settled.holds("INBOX", COUNT, -1.0)  # the clock was set back
    assert not settled.holds("Archive", COUNT, 1.0)
    assert not settled.holds("INBOX", None, 1.0)
    for name in ("uidvalidity", "uidnext", "changes", "mails"):
        assert not settled.holds("INBOX", replace(COUNT, **{name: 12}), 1.0)


@pytest.mark.parametrize("told", [{}, {b"HIGHESTMODSEQ": 0}])
def test_a_folder_without_a_count_has_none(told: dict[bytes, int]) -> None:
    assert counted({b"UIDVALIDITY": 7, b"UIDNEXT": 3, b"MESSAGES": 2, **told}) is None


@pytest.mark.parametrize("left_out", [b"UIDVALIDITY", b"UIDNEXT", b"MESSAGES", b"HIGHESTMODSEQ"])
def test_a_count_that_is_told_in_part_is_none(left_out: bytes) -> None:
    told = {b"UIDVALIDITY": 7, b"UIDNEXT": 3, b"MESSAGES": 2, b"HIGHESTMODSEQ": 11}
    assert counted(told) == COUNT

    assert counted({item: value for item, value in told.items() if item != left_out}) is None


def test_a_server_that_does_not_count_is_searched_each_time() -> None:
    settled = Settled()

    assert not settled.searched("INBOX", None, 0.0, changed=True)

    assert not settled.may_hold("INBOX")
    assert not settled.holds("INBOX", None, 1.0)


def test_a_count_that_was_wrong_once_is_not_believed_again() -> None:
    settled = Settled()
    settled.searched("INBOX", COUNT, 0.0, changed=False)

    assert settled.searched("INBOX", COUNT, BELIEVED, changed=True)
    settled.miscounted("INBOX")

    assert not settled.holds("INBOX", COUNT, BELIEVED + 1)
    assert not settled.searched("INBOX", COUNT, BELIEVED + 1, changed=True)  # that is known


def test_a_count_is_not_believed_against_the_servers_own_word() -> None:
    settled = Settled()
    settled.searched("INBOX", COUNT, 0.0, changed=False)

    settled.told("INBOX")

    assert not settled.holds("INBOX", COUNT, 1.0)
    settled.searched("INBOX", COUNT, 1.0, changed=False)
    assert settled.holds("INBOX", COUNT, 2.0)


def test_the_count_moves_with_every_change_in_a_folder_that_was_open_or_not(dovecot: Dovecot) -> None:
    home = Served(dovecot)
    uid, other = home.deliver(), home.deliver(question(2))
    session = home.connect()
    session.count_changes()
    changes: tuple[Callable[[], Any], ...] = (
        lambda: home.star(uid),
        lambda: home.star(uid, up=False),
        lambda: home.deliver(question(3)),
        lambda: home.expunge(other),
    )

    for open_first in (False, True):
        for change in changes[: 2 if open_first else None]:
            if open_first:
                session.examine("INBOX")
            before = session.ask_counts(["INBOX", "Archive"])()
            if open_first:
                session.examine("INBOX")
            change()
            after = session.ask_counts(["INBOX", "Archive"])()

            assert after["INBOX"] != before["INBOX"]
            assert after["Archive"] == before["Archive"] == session.ask_counts(["Archive"])()["Archive"]
    session.close()


def test_a_server_that_refuses_a_count_is_asked_for_none_any_more(dovecot: Dovecot) -> None:
    home = Served(dovecot)
    session = home.connect()
    session.count_changes()

    assert session.ask_counts(["INBOX", "nowhere"])() == {}
    assert session.ask_counts(["INBOX"])() == {}

    assert session.examine("INBOX").folder == "INBOX"
    session.close()


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were searched."""
    done: list[str] = []
    plain, at_once = Session.flagged, Session.ask_flagged

    def flagged(session: Session, flag: str) -> Any:
        assert session.selected is not None
        done.append(session.selected.folder)
        return plain(session, flag)

    def ask_flagged(session: Session, folder: str, flag: str) -> Any:
        done.append(folder)
        return at_once(session, folder, flag)

    monkeypatch.setattr(Session, "flagged", flagged)
    monkeypatch.setattr(Session, "ask_flagged", ask_flagged)
    return done


def test_of_a_kept_session_only_changed_folders_are_searched(dovecot: Dovecot, searches: list[str]) -> None:
    home = Served(dovecot)
    home.poller.round()
    home.poller.round()
    assert sorted(searches) == ["Archive", "INBOX"]

    uid = home.starred()
    home.poller.round()
    home.poller.finish()
    assert searches[2:] == ["INBOX"]
    home.check()

    home.star(uid, up=False)
    home.poller.round()
    home.star(uid)
    home.poller.round()
    home.poller.finish()
    home.check(drafts=2)
    home.close()


def test_a_folder_is_searched_all_the_same_after_a_while(dovecot: Dovecot, searches: list[str]) -> None:
    home = Served(dovecot)
    home.poller.round()
    home.clock += BELIEVED

    home.poller.round()

    assert sorted(searches) == ["Archive", "Archive", "INBOX", "INBOX"]
    home.close()


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose count never moves."""
    plain = Session.ask_counts

    def ask_counts(session: Session, folders: Sequence[str]) -> Any:
        told = plain(session, folders)
        return lambda: {folder: replace(count, uidnext=1, changes=1, mails=1) for folder, count in told().items()}

    monkeypatch.setattr(Session, "ask_counts", ask_counts)


@pytest.mark.usefixtures("frozen")
def test_a_server_whose_count_never_moves_makes_one_flag_late_and_loses_none(dovecot: Dovecot) -> None:
    home = Served(dovecot)
    home.poller.round()
    home.starred()
    home.poller.round()
    assert home.states() == []

    home.clock += BELIEVED
    home.poller.round()
    home.poller.finish()
    assert home.states() == [State.DONE]

    home.poller.close()  # and it is remembered over connections
    home.poller.round()
    home.starred(question(2))
    home.poller.round()
    home.poller.finish()
    assert home.states() == [State.DONE] * 2
    assert list(home.world.journal.facts.all(SCOPE + home.world.key)) == ["INBOX"]
    home.close()


@pytest.mark.usefixtures("frozen")
def test_what_idle_tells_is_looked_at_although_the_count_stands_still(dovecot: Dovecot) -> None:
    home = Served(dovecot)
    home.poller.round()
    home.starred()

    home.poller.heard()
    home.poller.round()
    home.poller.finish()

    assert home.states() == [State.DONE]
    home.close()


def test_a_flag_that_is_set_inside_a_look_does_not_discredit_the_count(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Served(dovecot)
    uid = home.deliver()
    home.poller.round()

    def ask_flagged(session: Session, folder: str, flag: str) -> Any:
        look = session.examine(folder)
        home.star(uid)
        session._client.noop()  # other servers show it at once
        found = tuple(session.flagged(flag))
        return lambda: (look, found)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "ask_flagged", ask_flagged)
        home.poller.heard()
        home.poller.round()
    home.poller.finish()

    assert home.states() == [State.DONE]
    assert home.world.journal.facts.all(SCOPE + home.world.key) == {}
    home.close()


@pytest.mark.parametrize(
    ("command", "then"),
    [
        ("SELECT", lambda answer: answer.replace(b"READ-WRITE", b"READ-ONLY")),
        ("UID STORE", lambda answer: b"* OK [READ-ONLY] frozen for a backup\r\n" + answer),
    ],
    ids=["at SELECT", "at STORE"],
)
def test_after_a_folder_that_may_only_be_read_the_counts_are_asked_for_as_before(
    scripted: Scripted, command: str, then: Callable[[bytes], bytes]
) -> None:
    scripted.capabilities += ["CONDSTORE", "ENABLE"]
    scripted.fault(command, when="after", then=then, times=20)
    home = Served(scripted)
    home.poller.round()

    for number in (1, 2):
        scripted.append("INBOX", question(number).replace(b"\n", b"\r\n"), ["\\Flagged"])
        home.poller.round()
        home.poller.finish()
        assert home.states() == [State.DONE] * number

    assert [line for _, line in scripted.log if "STATUS" in line and "HIGHESTMODSEQ" in line]
    opened = ""
    for line in [line for of, line in scripted.log if of == 1]:
        name = line.split()[1]
        opened = {"SELECT": name, "EXAMINE": name, "UNSELECT": ""}.get(name, opened)
        assert not (opened and "HIGHESTMODSEQ" in line), "a folder was counted while one was open"
    assert home.world.journal.facts.get("poll", home.world.key)["error"] == ""
    home.close()
