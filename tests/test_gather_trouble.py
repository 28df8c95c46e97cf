"""The search for the rest of a thread at servers that are slow, refuse or break: the draft is made, and says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import FakeSession
from running import SOON, until
from threads import OWN, Connecting, Failing, letter, on, page, said, shown
from worlds import Lab, question

from mailbot.bot import gather, search
from mailbot.bot.connect import connect
from mailbot.errors import Later, OwnerMustAct
from mailbot.imap.spare import Spare
from mailbot.imap.trouble import Rejection
from mailbot.job import STARTS, State
from mailbot.learn import sent
from mailbot.poller import Poller, background
from mailbot.poller.calls import Calls


def test_a_search_that_ended_the_process_again_and_again_is_left_out(lab: Lab) -> None:
    job = fetched(lab)
    for _ in range(STARTS):
        job = lab.world.record(job, "started")
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))

    lab.cycle()

    assert len(connecting.made) == 1
    assert gather.ENDED in page(lab)


class Hanging(FakeSession):
    """Answers no thread search until it is broken off."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.mailbox)
        self.looks = 0
        self._broken = threading.Event()

    def examine(self, folder: str) -> Any:
        self.looks += 1
        return super().examine(folder)

    def related(self, ids: Any, since: Any, folder: str) -> tuple[int, ...]:
        if folder == "Sent":
            return super().related(ids, since, folder)
        self._broken.wait(2 * SOON)
        raise Later("the connection broke")

    def break_off(self) -> None:  # type: ignore[override]
        self._broken.set()
        self.close()


def test_a_search_that_hangs_delays_a_draft_by_the_bound_and_what_was_found_before_is_shown(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "WITHIN", 2.0)
    connecting = Connecting(lab, lambda: Hanging(lab))
    lab.mailbox.add("Sent", letter(1, "letter 1", **OWN))
    lab.mailbox.add("Archive", letter(2, "letter 2"))
    lab.flag(letter(3, "letter 3"))
    began = time.monotonic()

    lab.cycle()

    assert time.monotonic() - began < SOON
    assert said(lab) == [("owner", "1"), ("other", "3")]
    assert shown(lab)[0] == {"remark": "more mails of the thread may be missing"}
    assert search.SLOW in page(lab)
    assert connecting.made[1].closed


def test_a_server_that_lets_nobody_in_delays_by_the_bound_and_is_asked_once_only(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "WITHIN", 0.2)
    work, late = FakeSession(lab.mailbox), FakeSession(lab.mailbox)
    logins, patience = [], threading.Event()

    def silent() -> Any:
        logins.append(threading.current_thread().name)
        if len(logins) == 1:
            return work
        patience.wait(2 * SOON)
        return late

    Connecting(lab, silent)
    for number in (1, 2, 3):
        lab.flag(question(number, Message_ID=f"<other-{number}@x>"))

    began = time.monotonic()
    lab.cycle()
    took = time.monotonic() - began
    patience.set()

    assert [job.state for job in lab.jobs()] == [State.DONE] * 3
    assert len(logins) == 2
    assert took < sent.ROUND + sent.PATIENCE, "what is not wanted any more was waited for at the end"
    until(lambda: late.closed, "the end of a connection that nobody waits for")
    assert all(search.SLOW in text for text in lab.pages().values())


def test_searches_that_wait_for_slow_ones_are_given_up_after_a_bound(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "WITHIN", 0.3)
    monkeypatch.setattr(background, "PATIENCE", 0.5)
    connecting = Connecting(lab, lambda: Hanging(lab))
    calls, first = Calls(1), list[Callable[[], None]]()

    def submit(call: Callable[[], None]) -> None:
        """None begins before all six are there: a busy machine would spread them, and each would have its turn."""
        first.append(call)
        if len(first) >= 6:
            for each in tuple(first) if len(first) == 6 else (call,):
                calls.submit(each)

    lab.poller = Poller(lab.world, Calls(2), SimpleNamespace(submit=submit))  # type: ignore[arg-type]
    for number in range(1, 7):
        lab.flag(question(number, Message_ID=f"<other-{number}@x>"))

    lab.cycle()

    assert [job.state for job in lab.jobs()] == [State.DONE] * 6
    assert len(connecting.made) <= 4  # a third search may have a few milliseconds left
    assert sum(gather.BUSY in text for text in lab.pages().values()) >= 3


def test_while_a_search_hangs_the_poll_goes_on_and_does_not_spin(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "WITHIN", 2 * SOON)
    connecting = Connecting(lab, lambda: Hanging(lab))
    ended = threading.Event()
    beside = SimpleNamespace(submit=lambda call: Calls(1).submit(lambda: (call(), ended.set())))
    slow = Poller(lab.world, Calls(2), beside)  # type: ignore[arg-type]
    thread = threading.Thread(target=slow.run, daemon=True)
    uid = lab.flag(letter(2, "letter 2"))
    thread.start()
    slow.wake()
    until(lambda: len(connecting.made) == 2 and connecting.made[1].looks, "the search")

    lab.mailbox.star(uid, up=False)
    slow.wake()

    until(lambda: lab.jobs()[0].state is State.CANCELLED, "the end of a job whose flag was taken away")
    assert connecting.made[0].looks < 20
    slow.stop()
    thread.join(SOON)
    connecting.made[1].break_off()
    assert ended.wait(SOON)


@pytest.mark.parametrize(
    ("when", "then", "why"),
    [
        ("before", "stall", search.SLOW),
        ("before", "close", "could not be searched for: the connection to the server broke"),
        ("before", b"NO [LIMIT] not on Mondays", "could not be searched for: [LIMIT] not on Mondays"),
        ("before", b"BAD what is OR", "could not be searched for"),
        ("after", lambda answer: b"* SEARCH 1 two\r\n" + answer, "sent an answer that cannot be read"),
    ],
)
def test_whatever_a_server_does_to_a_search_the_draft_is_made_and_the_page_says_so(
    new_lab: Lab, scripted: Any, monkeypatch: pytest.MonkeyPatch, when: Any, then: Any, why: str
) -> None:
    monkeypatch.setattr(gather, "WITHIN", 1.0 if then == "stall" else SOON)
    user = scripted.user()

    def log_in_again() -> Any:
        session = on(scripted, user)
        if connecting.made[2:]:  # learning had one, the poll has its own: the next search is for the thread
            scripted.fault("UID SEARCH", when=when, then=then)
        return session

    connecting = Connecting(new_lab, log_in_again)
    new_lab.cycle()
    scripted.append("INBOX", letter(2, "letter 2").replace(b"\n", b"\r\n"), [r"\Flagged"])

    new_lab.cycle()

    assert new_lab.jobs()[0].state is State.DONE
    assert why.lower() in page(new_lab).lower()


def test_a_bug_in_a_search_is_a_remark_and_the_draft_is_made(lab: Lab) -> None:
    Connecting(lab, lambda: Failing(lab.mailbox))
    lab.flag(letter(2, "letter 2"))

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert "a bug in mailbot: ZeroDivisionError" in page(lab)


def test_a_login_that_is_refused_for_the_search_is_a_remark_and_the_draft_is_made(lab: Lab) -> None:
    sessions = [FakeSession(lab.mailbox)]

    def once() -> Any:
        if sessions:
            return sessions.pop()
        raise OwnerMustAct("login", "too many connections", "wait")

    Connecting(lab, once)
    lab.flag()

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert "too many connections" in page(lab)


class WithoutSent(FakeSession):
    def related(self, ids: Any, since: Any, folder: str) -> tuple[int, ...]:
        if folder == "Sent":
            raise Rejection("Sent cannot be searched")
        return super().related(ids, since, folder)


def test_a_folder_that_refuses_takes_nothing_from_the_others(lab: Lab) -> None:
    Connecting(lab, lambda: WithoutSent(lab.mailbox))
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    lab.flag(letter(2, "letter 2"))

    lab.cycle()

    assert said(lab) == [("other", "1"), ("other", "2")]
    assert "Sent cannot be searched" in page(lab)


def test_a_kept_connection_that_died_is_replaced(lab: Lab) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))
    spare = Spare(lab.world.connect)
    searches = gather.Searches(lab.world, spare)
    roles = connect(lab.world).roles
    job = fetched(lab)
    died = FakeSession(lab.mailbox)
    died.close()
    spare._session = died  # type: ignore[assignment]
    before = len(connecting.made)

    searches.gather(job, roles, gather.WITHIN)

    assert len(gather.kept_thread(lab.world, job).mails) == 1
    assert len(connecting.made) == before + 1


def fetched(lab: Lab) -> Any:
    """A job that waits for its thread."""
    lab.poller = Poller(lab.world, Calls(1), SimpleNamespace(submit=lambda call: None))  # type: ignore[arg-type]
    lab.flag(letter(2, "letter 2"))
    lab.poller.round()
    (job,) = lab.world.journal.open_jobs(lab.world.key)
    return job


def test_a_service_that_ends_during_a_search_asks_no_model_any_more(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = gather.look

    def ending(session: Any, search: Any) -> str:
        lab.poller.stop()
        return searched(session, search)

    lab.flag()
    with monkeypatch.context() as patched:
        patched.setattr(gather, "look", ending)
        lab.poller.round()
    assert lab.endpoint is not None
    asked = len(lab.endpoint.asked)

    lab.boot()
    lab.cycle()

    assert (asked, [job.state for job in lab.jobs()]) == (0, [State.DONE])
