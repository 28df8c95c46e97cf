"""The line to the mail server fails at every point of the work, by a proxy of the tests' own.

Always: a bounded wait, no busy loop, the next try with a back-off, other accounts on time, and in the end one draft."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from proxy import How, Proxy, Where, dripping
from scripted import Scripted
from worlds import CONFIG, Lab, question

from mailbot.errors import Later, MailbotError
from mailbot.imap import login
from mailbot.imap.session import Session
from mailbot.job import State
from mailbot.notices.trouble import troubles
from mailbot.world import World

# Seconds in place of the real ones: what stalls is not waited for longer.
SHORT = {"READ_TIMEOUT": 0.3, "CONNECT_TIMEOUT": 0.3, "READY_WITHIN": 1.5}
BOUND = 30.0  # seconds in which a round must have ended, whatever the line does; it takes a hundredth


def letter(number: int) -> bytes:
    return question(number).replace(b"\n", b"\r\n")


class Wired:
    """A whole mailbot on a scripted server, through a proxy; it knows the mailbox, and one mail is flagged."""

    def __init__(self) -> None:
        self.server = Scripted()
        self.proxy = Proxy(self.server.port)
        self.lab = Lab(CONFIG.replace("port = 1\n", f"port = {self.proxy.port}\n"))
        self.lab.boot(self.wire)
        self._waits = pytest.MonkeyPatch()

    def wire(self, world: World) -> World:
        return replace(world, connect=lambda: self._connect(world))

    def _connect(self, world: World) -> Session:
        if self.proxy.spoilt.is_set():
            self.be_patient()
        return login.connect(world.account.imap, self.server.password, None)

    def be_short(self) -> None:
        """Lines that begin from now on are not waited for long, until the fault has happened: what is slow after it is
        the machine."""
        for name, seconds in SHORT.items():
            self._waits.setattr(login, name, seconds)

    def hurry(self) -> None:
        """The line that the poller has is not waited for long either."""
        wire = self.lab.poller._wire
        assert wire is not None
        wire.session._client.socket().settimeout(SHORT["READ_TIMEOUT"])

    def be_patient(self) -> None:
        self._waits.undo()

    def spoil(self, how: How, at: int | str, where: Where) -> None:
        """As the proxy does it; a fault that ends nothing is waited for as short as may be."""
        if how != "cut":
            self.be_short()
        self.proxy.spoil(how, at, where)

    def begin(self) -> None:
        self.lab.cycle()
        self.uid = self.server.append("INBOX", letter(1), ["\\Flagged"])

    def work(self) -> None:
        """One round at a time, as the service does it, until nothing is left to do. On a slow machine some break
        although nothing is wrong with the line."""
        for _ in range(40):
            started = time.monotonic()
            with suppress(MailbotError):
                self.lab.cycle()
            self.lab.poller.close()
            assert time.monotonic() - started < BOUND
            if self.lab.jobs() and not self.lab.world.journal.open_jobs(self.lab.world.key):
                return
            self.lab.clock += 4000

    def check(self, where: object = "") -> None:
        """One draft, one page, one call, the keyword; nothing that a careful client would not send."""
        assert [job.state for job in self.lab.jobs()] == [State.DONE], where
        assert len(self.server.folder("Drafts").messages) == len(self.lab.pages()) == 1, where
        assert len(self.lab.endpoint.asked) == 1, where  # type: ignore[union-attr]
        mail = self.server.folder("INBOX").get(self.uid)
        assert mail is not None
        assert {"\\Flagged", "$MailbotDrafted"} <= mail.flags, where
        assert "\\Seen" not in mail.flags
        assert troubles(self.lab.world) == {}, where  # nothing for the owner to mend
        assert len(self.server.folder("INBOX").messages) == 1, where  # and no notice of it
        assert self.server.violations == [], where


@contextmanager
def wired() -> Iterator[Wired]:
    world = Wired()
    with world.server, world.proxy:
        world.begin()
        try:
            yield world
        finally:
            world.be_patient()
            world.lab.close()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a line that never becomes one."""
    for name, seconds in SHORT.items():
        monkeypatch.setattr(login, name, seconds)


@pytest.fixture(scope="module")
def commands() -> list[str]:
    """Every command between a flag and the end of its job, in their order."""
    with wired() as line:
        before = len(line.proxy.commands)
        line.work()
        line.check()
        # Nobody waits for what the server says to the last goodbye.
        return line.proxy.commands[before:-1]


def spoilt_run(how: How, at: int | str, where: Where) -> bool:
    """A job from flag to draft, with one fault on the way; whether the fault happened."""
    with wired() as line:
        line.spoil(how, at, where)
        line.work()
        line.check((how, at, where))
        return line.proxy.spoilt.is_set()


# A cut


@pytest.mark.case(5)
@pytest.mark.parametrize("where", ["before", "inside", "after", "answer"])
def test_cut_at_any_command_it_goes_on_to_one_draft(commands: list[str], where: Where) -> None:
    assert {"LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "STATUS", "APPEND", "UID STORE"} <= set(commands)

    missed = [at for at in range(1, len(commands) + 1) if not spoilt_run("cut", at, where)]

    assert missed == []


@pytest.mark.case(5)
@pytest.mark.parametrize("how", ["cut", "stall", "half-close"])
def test_an_append_that_ends_in_the_middle_of_its_draft_is_made_again(how: How) -> None:
    assert spoilt_run(how, "APPEND", "literal")


@pytest.mark.case(5)
@pytest.mark.parametrize("where", ["before", "answer"])
@pytest.mark.parametrize("how", ["cut", "stall", "half-close"])
def test_a_greeting_that_does_not_come_is_not_waited_for(how: How, where: Where) -> None:
    assert spoilt_run(how, 0, where)


# A server that drips: each octet comes in time, the answer never


@pytest.mark.case(5)
@pytest.mark.parametrize(
    ("at", "where"), [(0, "before"), ("CAPABILITY", "after"), ("AUTHENTICATE", "before"), ("LIST", "answer")]
)
def test_a_server_that_drips_while_mailbot_connects_is_left_when_the_time_is_over(at: int | str, where: Where) -> None:
    assert spoilt_run("drip", at, where)


@pytest.mark.case(5)
@pytest.mark.usefixtures("short")
def test_a_tls_handshake_that_drips_is_not_waited_for() -> None:
    with dripping(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc") as port:  # of 16 KB that will never be whole
        later(port, security="tls")


@pytest.mark.case(24)
@pytest.mark.usefixtures("short")
def test_a_name_with_many_addresses_that_swallow_everything_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with full_queue() as port:
        hosts = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 1000
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **named: hosts)
        later(port, security="none")


# Silence on a line that stays up


@pytest.mark.case(5)
@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("CAPABILITY", "after"),
        ("AUTHENTICATE", "before"),
        ("LIST", "answer"),
        ("EXAMINE", "after"),
        ("UID SEARCH", "before"),
        ("UID SEARCH", "answer"),
        ("UID FETCH", "answer"),  # in the middle of a literal
        ("STATUS", "after"),
        ("APPEND", "before"),
        ("APPEND", "after"),
        ("UID STORE", "after"),
        ("LOGOUT", "after"),
    ],
)
def test_a_server_that_falls_silent_is_left_and_asked_again(name: str, where: Where) -> None:
    assert spoilt_run("stall", name, where)


@pytest.mark.case(5)
@pytest.mark.parametrize("name", ["LIST", "UID FETCH", "APPEND"])
def test_a_line_that_is_closed_in_one_direction_is_left(name: str) -> None:
    assert spoilt_run("half-close", name, "after")


@pytest.mark.case(5)
@pytest.mark.usefixtures("short")
def test_a_tls_handshake_that_is_not_answered_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        later(mute.getsockname()[1], security="tls")


@pytest.mark.case(5)
@pytest.mark.usefixtures("short")
def test_a_host_that_takes_no_connection_is_not_waited_for() -> None:
    with full_queue() as port:
        later(port, security="none")


@pytest.mark.case(24)
def test_a_name_that_cannot_be_looked_up_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **named: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    later(1, security="none")


@contextmanager
def full_queue(port: int = 0, host: str = "127.0.0.1") -> Iterator[int]:
    """A port that answers nobody: the queue of the kernel is full, and it lets further ones wait for ever."""
    with socket.socket() as full:
        full.bind((host, port))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        yield full.getsockname()[1]
        for each in waiting:
            each.close()


def later(port: int, **imap: str) -> None:
    """Connecting ends with Later, in time."""
    lab = Lab(CONFIG.replace("port = 1\n", f"port = {port}\n"))
    config = lab.config.accounts[0].imap.model_copy(update=imap)
    lab.close()
    started = time.monotonic()
    with pytest.raises(Later):
        login.connect(config, "secret", login.tls_context(""))
    assert time.monotonic() - started < BOUND


# Slow lines


@pytest.mark.case(5)
def test_one_byte_at_a_time_is_enough() -> None:
    with wired() as line:
        line.proxy.drop = True
        line.work()
        line.check()


def test_round_trips_of_five_seconds_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fiftieth of it all: 100 ms, and a fiftieth of the minute that an answer may take."""
    with wired() as line:
        monkeypatch.setattr(login, "READ_TIMEOUT", login.READ_TIMEOUT / 50)
        monkeypatch.setattr(login, "READY_WITHIN", login.READY_WITHIN / 50)
        line.proxy.delay = 0.1
        line.work()
        line.check()


@pytest.mark.case(31)
def test_a_server_that_ends_idle_sessions_while_the_model_writes_costs_no_second_call() -> None:
    with wired() as line:
        line.lab.endpoint.effect = lambda name: line.server.disconnect()  # type: ignore[union-attr]
        line.work()
        line.check()
