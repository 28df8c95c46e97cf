"""A folder whose count of changes stands still is not searched again; a count that is wrong costs no flag."""

from __future__ import annotations

from typing import Any

import pytest
from dovecot import Dovecot
from served import Served

from mailbot.bot.settled import BELIEVED, Settled
from mailbot.imap.answer import Look, opened
from mailbot.imap.session import Session
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

    settled.searched(LOOK, BELIEVED, changed=True)

    assert not settled.holds(LOOK, BELIEVED + 1)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were searched."""
    done: list[str] = []
    plain = Session.flagged

    def flagged(session: Session, flag: str) -> Any:
        assert session.selected is not None
        done.append(session.selected.folder)
        return plain(session, flag)

    monkeypatch.setattr(Session, "flagged", flagged)
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


def test_a_server_whose_count_never_moves_makes_a_flag_late_and_loses_none(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Session._open

    def frozen(session: Session, folder: str, *, readonly: bool) -> Look:
        look = plain(session, folder, readonly=readonly)
        return Look(look.folder, look.uidvalidity, None, look.keywords, changes=1)

    monkeypatch.setattr(Session, "_open", frozen)
    home = Served(dovecot)
    home.poller.round()
    home.starred()
    home.poller.round()
    assert home.states() == []

    home.clock += BELIEVED
    home.poller.round()
    home.poller.finish()

    assert home.states() == [State.DONE]
    home.close()
