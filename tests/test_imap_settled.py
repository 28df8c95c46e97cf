"""A folder whose count of changes stands still is not searched again; a count that is wrong costs no flag."""

from __future__ import annotations

from typing import Any

import pytest
from dovecot import Dovecot
from served import Served
from worlds import question

from mailbot.imap.answer import Look, opened
from mailbot.imap.session import Session
from mailbot.imap.settled import BELIEVED, SCOPE, Settled
from mailbot.job import State

LOOK = Look("INBOX", 7, 3, True, changes=11)


def test_a_count_that_stands_still_is_believed_for_a_while() -> None:
    settled = Settled()
    assert not settled.holds(LOOK, 0.0)

    settled.searched(LOOK, 0.0, changed=True)

    assert settled.holds(LOOK, BELIEVED - 1)
    assert not settled.holds(LOOK, BELIEVED)
    assert not settled.holds(LOOK, -1.0)  # the clock was set back
    assert not settled.holds(Look("INBOX", 7, 3, True, changes=12), 1.0)
    assert not settled.holds(Look("INBOX", 8, 3, True, changes=11), 1.0)
    assert not settled.holds(Look("Archive", 7, 3, True, changes=11), 1.0)
    assert not settled.holds(Look("INBOX", 7, 3, True, changes=11, mails=1), 1.0)


@pytest.mark.parametrize("told", [{}, {b"HIGHESTMODSEQ": 0}])
def test_a_folder_without_a_count_has_none(told: dict[bytes, int]) -> None:
    assert opened("INBOX", {b"UIDVALIDITY": 7, b"EXISTS": 2, **told}, counted=True).changes is None


def test_a_server_that_does_not_count_is_searched_each_time() -> None:
    settled = Settled()

    settled.searched(Look("INBOX", 7, 3, True), 0.0, changed=False)

    assert not settled.holds(Look("INBOX", 7, 3, True), 1.0)


def test_a_count_that_was_wrong_once_is_not_believed_again() -> None:
    settled = Settled()
    settled.searched(LOOK, 0.0, changed=False)

    assert settled.searched(LOOK, BELIEVED, changed=True)
    settled.miscounted("INBOX")

    assert not settled.holds(LOOK, BELIEVED + 1)
    assert not settled.searched(LOOK, BELIEVED + 1, changed=True)  # that is known


def test_a_count_is_not_believed_against_the_servers_own_word() -> None:
    settled = Settled()
    settled.searched(LOOK, 0.0, changed=False)

    settled.told("INBOX")

    assert not settled.holds(LOOK, 1.0)
    settled.searched(LOOK, 1.0, changed=False)
    assert settled.holds(LOOK, 2.0)


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
    plain = Session._opened

    def opened(session: Session, folder: str, opening: Any) -> Look:
        look = plain(session, folder, opening)
        session._look = Look(look.folder, look.uidvalidity, None, look.keywords, changes=1)
        return session._look

    monkeypatch.setattr(Session, "_opened", opened)


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

    home.poller.hint()
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
        home.poller.hint()
        home.poller.round()
    home.poller.finish()

    assert home.states() == [State.DONE]
    assert home.world.journal.facts.all(SCOPE + home.world.key) == {}
    home.close()
