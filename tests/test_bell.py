"""What the command line says to a mailbot that runs: it is heard at once, and who says it learns whether it was."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dovecot import Dovecot
from running import SOON, Account, Home, Service, until
from worlds import Lab, question

from mailbot import bell, lock
from mailbot.cli.nudge import AT_WORK, HEARD, NOBODY, UNSEEN, nudge
from mailbot.errors import Later, OwnerMustAct
from mailbot.imap import idle
from mailbot.imap.idle import Watcher
from mailbot.poller import Poller

RARELY = "[schedule]\nevery = 600\n"  # seconds: what begins in a test begins by the bell
HELD = "[schedule]\nevery = 600\nhold_above = 1\n"


# The bell itself


def test_who_rings_is_heard_and_learns_it(tmp_path: Path) -> None:
    heard = threading.Event()

    with bell.listening(tmp_path, {"ada@one": heard.set}):
        assert bell.ring("ada@one", tmp_path)
        assert heard.wait(SOON)


def test_each_account_has_a_bell_of_its_own(tmp_path: Path) -> None:
    one, other = threading.Event(), threading.Event()

    with bell.listening(tmp_path, {"ada@one": one.set, "ada@other": other.set}):
        assert bell.ring("ada@other", tmp_path)
        assert other.wait(SOON)
        assert not bell.ring("ada@third", tmp_path)

    assert not one.is_set()


def test_a_bell_that_rings_again_is_heard_again(tmp_path: Path) -> None:
    heard = threading.Semaphore(0)

    with bell.listening(tmp_path, {"ada@one": heard.release}):
        for _ in range(3):
            assert bell.ring("ada@one", tmp_path)
            assert heard.acquire(timeout=SOON)


def test_nobody_hears_where_none_listens_or_none_listens_any_more(tmp_path: Path) -> None:
    assert not bell.ring("ada@one", tmp_path)

    with bell.listening(tmp_path, {"ada@one": lambda: None}):
        pass

    assert not bell.ring("ada@one", tmp_path)


def test_a_bell_that_an_earlier_mailbot_left_is_taken_over(tmp_path: Path) -> None:
    heard = threading.Event()
    with bell.listening(tmp_path, {"ada@one": lambda: None}):
        pass

    with bell.listening(tmp_path, {"ada@one": heard.set}):
        assert bell.ring("ada@one", tmp_path)
        assert heard.wait(SOON)


def test_what_lies_there_and_is_no_bell_is_left_alone_and_the_other_bells_ring(tmp_path: Path) -> None:
    heard = threading.Event()
    bell._path("ada@one", tmp_path).write_text("a file")

    with bell.listening(tmp_path, {"ada@one": lambda: None, "ada@other": heard.set}):
        assert bell.ring("ada@other", tmp_path)
        assert heard.wait(SOON)
        assert not bell.ring("ada@one", tmp_path)

    assert bell._path("ada@one", tmp_path).read_text() == "a file"


def test_a_strangers_bell_is_not_rung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the locks may be one that somebody made in /tmp before."""
    somebody = os.getuid() + 1
    with bell.listening(tmp_path, {"ada@one": lambda: None}):
        monkeypatch.setattr(os, "getuid", lambda: somebody)

        assert not bell.ring("ada@one", tmp_path)


def test_a_folder_without_fifos_costs_only_the_haste(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError("Operation not permitted")  # such as exFAT, or a share of another system

    monkeypatch.setattr(bell.os, "mkfifo", refuse)

    with bell.listening(tmp_path, {"ada@one": lambda: None}):
        assert not bell.ring("ada@one", tmp_path)


def test_who_asks_learns_what_happens_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    where = tmp_path / "mailbot"
    assert nudge(["ada@one"]) == NOBODY

    held = lock.acquire("ada@one", where)
    assert held is not None
    with held:  # a mailbot that has no bell, or has not hung it up yet
        assert nudge(["ada@one"]) == AT_WORK
        with bell.listening(where, {"ada@one": lambda: None}):
            assert nudge(["ada@one"]) == HEARD
            assert nudge(["ada@one", "ada@other"]) == NOBODY


def test_who_may_not_see_the_locks_has_asked_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``su`` leaves the runtime folder of who was logged in before in the environment."""
    (tmp_path / "mailbot").write_text("no folder, not even for root")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    assert nudge(["ada@one"]) == UNSEEN


# The poller and IDLE


class Door:
    """A server that refuses until it is opened."""

    def __init__(self, lab: Lab, error: Exception) -> None:
        self.error: Exception | None = error
        self.tries = 0
        self._connect = lab.world.connect

    def connect(self) -> Any:
        self.tries += 1
        if self.error is not None:
            raise self.error
        return self._connect()


REFUSED = OwnerMustAct("login", "the server refused the login of ada", "Check user and password")


def behind(lab: Lab, error: Exception) -> tuple[Door, Poller, threading.Thread]:
    """A poller whose first round found the door shut; the clock stands, so no back-off ends by itself."""
    door = Door(lab, error)
    lab.boot(lambda world: replace(world, connect=door.connect))
    poller = lab.poller
    thread = threading.Thread(target=poller.run, daemon=True)
    thread.start()
    until(lambda: door.tries == 1 and poller.sign() is None, "the end of the first round")
    return door, poller, thread


def test_a_nudge_looks_although_a_back_off_runs(lab: Lab) -> None:
    door, poller, thread = behind(lab, REFUSED)
    door.error = None

    poller.nudge()

    until(lambda: not poller.is_failing, "a look that worked")
    poller.stop()
    thread.join(SOON)


def test_a_nudge_tries_at_once_what_waits_for_the_model(lab: Lab) -> None:
    lab.cycle()
    lab.endpoint.queue = [Later("the model is away")]  # type: ignore[union-attr]
    lab.flag(question())
    poller = lab.poller
    thread = threading.Thread(target=poller.run, daemon=True)
    thread.start()
    until(lambda: lab.jobs() and lab.jobs()[0].waits_for and poller.sign() is None, "the job that waits")

    poller.nudge()  # the clock stands: no next try is due

    until(lab.mailbox.raws, "the draft")
    poller.stop()
    thread.join(SOON)


def test_a_nudge_does_not_shorten_a_wait_that_the_server_asked_for(lab: Lab) -> None:
    door, poller, thread = behind(lab, Later("come back later", after=300.0))
    door.error = None

    poller.nudge()
    until(lambda: not poller._nudged and poller.sign() is None, "the nudge was heard")

    poller.stop()
    thread.join(SOON)
    assert door.tries == 1


@pytest.fixture
def idling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Exception], tuple[Watcher, threading.Semaphore]]]:
    """Starts IDLE at a server that gives this error; the semaphore counts the tries. Its pauses are ten minutes."""
    monkeypatch.setattr(idle, "PAUSE_FIRST", 1200.0)
    monkeypatch.setattr(idle, "PAUSE_MOST", 1200.0)
    watchers: list[Watcher] = []

    def start(error: Exception) -> tuple[Watcher, threading.Semaphore]:
        tries = threading.Semaphore(0)

        def connect() -> Any:
            tries.release()
            raise error

        watcher = Watcher(connect, lambda: None)
        watchers.append(watcher)
        watcher.start()
        assert tries.acquire(timeout=SOON)
        return watcher, tries

    yield start
    for watcher in watchers:
        watcher.stop()
        watcher._thread.join(SOON)
        assert not watcher._thread.is_alive()


def test_idle_that_was_refused_is_tried_anew_when_the_rounds_are_let_in(lab: Lab, idling: Any) -> None:
    watcher, tries = idling(REFUSED)
    lab.poller.on_login = watcher.resume

    lab.cycle()

    assert tries.acquire(timeout=SOON)


def test_idle_whose_line_broke_keeps_its_pause_whoever_is_let_in(lab: Lab, idling: Any) -> None:
    """Some servers end one connection for another: the two would chase each other."""
    watcher, tries = idling(Later("the line broke"))
    lab.poller.on_login = watcher.resume

    lab.cycle()

    assert not tries.acquire(timeout=0.3)  # what must not happen has so much time to happen


# From the command line


def test_a_redo_is_begun_at_once_by_a_mailbot_that_runs(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account, extra=RARELY) as home:
        home.start()
        account.flag(account.deliver())
        account.drafts(1)
        (job,) = until(lambda: [j for j in home.command("list", "--json").json if j["state"] == "done"], "the page")

        redo = home.command("redo", job["id"])

        assert len(account.drafts(2)) == 2
        assert "The mailbot that runs begins at once." in redo.out


def test_where_no_mailbot_runs_it_is_said_what_does_it(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account, extra=HELD) as home:
        home.command("once")
        account.flag(account.deliver(), account.deliver())
        home.command("once")

        released = home.command("release", "--all")

        assert "2 released. No mailbot runs here: mailbot once does it now, mailbot run when it starts." in released.out


def test_what_was_held_is_released_and_dismissed_at_once(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account, extra=HELD) as home:
        home.start()
        account.flag(account.deliver(), account.deliver())
        one, other = until(lambda: held(home, 2), "two that are held")

        home.command("release", one)
        account.drafts(1)
        home.command("dismiss", other)

        until(lambda: not told(home)["troubles"], "the end of the hold")
        assert len(account.mails()) == 1


def held(home: Home, count: int) -> list[str]:
    jobs = home.command("list", "--json").json
    return [job["id"] for job in jobs] if [job["state"] for job in jobs] == ["held"] * count else []


def told(home: Home) -> Any:
    return home.command("status", "--json").json["accounts"][0]


def test_a_password_that_was_mended_is_tried_at_once_after_check(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account, extra=RARELY) as home:
        secret = home.folder / "password"
        secret.touch(0o600)
        secret.write_text("wrong")
        home.write(extra=RARELY, more=f'password_file = "{secret}"\n')
        home.services.append(Service(home))
        until(lambda: [t["kind"] for t in told(home)["troubles"]] == ["login"], "the refused login")
        secret.write_text(dovecot.password)

        assert home.command("check").code == 0

        until(lambda: told(home)["healthy"], "a look that worked")
