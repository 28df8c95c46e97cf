"""The line to the mail server fails at every point of the work, by a proxy of the tests' own.

Always: a bounded wait, no busy loop, the next try with a back-off, other accounts on time, and in the end one draft."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from proxy import How, Proxy, Where, dripping
from running import SOON, until
from scripted import Scripted
from worlds import CONFIG, Lab, question

from mailbot import service as services
from mailbot.bot.connect import connect
from mailbot.errors import Later, MailbotError
from mailbot.imap import idle, login
from mailbot.imap.idle import Watcher
from mailbot.imap.session import Session
from mailbot.job import State
from mailbot.job.step import BACKOFF_FIRST
from mailbot.notices.trouble import troubles
from mailbot.poller import pace
from mailbot.service import Service
from mailbot.world import World

# Seconds in place of the real ones: what stalls is not waited for longer.
SHORT = {"READ_TIMEOUT": 0.15, "CONNECT_TIMEOUT": 0.15, "READY_WITHIN": 1.0}
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
        """One round at a time, as the service does it, until nothing is left to do."""
        for _ in range(8):
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


# The service: other accounts, wake-ups, the end


def served(*worlds: World) -> Service:
    return Service(worlds, every=60, idle=False, concurrency=2)


def end(service: Service, line: Wired) -> None:
    """What SIGTERM does. It takes no longer than it may; then the process ends, and with it its connections."""
    started = time.monotonic()
    service.stop()
    assert time.monotonic() - started < BOUND
    line.server.disconnect()
    for thread in service._threads:
        thread.join(SOON)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is ended by force at once, long before any wait for the line is over."""
    monkeypatch.setattr(services, "ORDERLY", 0.05)
    monkeypatch.setattr(services, "ABRUPT", 0.2)


@pytest.mark.case(5)
@pytest.mark.usefixtures("patient")
def test_another_account_is_on_time_while_a_server_is_silent(lab: Lab) -> None:
    with wired() as line:
        line.proxy.spoil("stall", 4, "after")
        service = served(line.lab.world, lab.world)
        lab.flag()
        service.start()
        assert line.proxy.spoilt.wait(SOON)
        until(lab.mailbox.raws, "the draft of the other account")
        assert line.server.folder("Drafts").messages == []
        end(service, line)


@pytest.mark.case(4)
@pytest.mark.case(24)
def test_a_dead_server_is_tried_with_a_back_off_however_often_it_is_called(lab: Lab) -> None:
    tries: list[float] = []

    def refuse() -> Any:
        tries.append(lab.clock)
        raise Later("nobody listens")

    lab.boot(lambda world: replace(world, connect=refuse))
    poller = lab.poller
    thread = threading.Thread(target=poller.run, daemon=True)
    thread.start()
    until(lambda: tries, "the first try")
    for _ in range(5):
        for _ in range(100):
            poller.wake()
            time.sleep(0)
        lab.clock += BACKOFF_FIRST
    poller.stop()
    thread.join(SOON)

    assert not thread.is_alive()
    assert 1 <= len(tries) <= 3  # at once, after about one minute, after about two more


@pytest.mark.case(4)
@pytest.mark.parametrize("trouble", ["nobody listens", "a line that dies", "IDLE ends at once", "IDLE is refused"])
def test_no_trouble_of_a_server_makes_a_busy_loop(trouble: str) -> None:
    """Real pauses and real time, in which a loop without them would make thousands of tries."""
    with wired() as line:
        if trouble == "nobody listens":
            line.lab.boot(lambda world: replace(line.wire(world), connect=nobody))
        elif trouble == "a line that dies":
            line.server.fault("CAPABILITY", when="after", then="close", times=10_000)
        elif trouble == "IDLE ends at once":
            line.server.fault("IDLE", when="after", then="close", times=10_000)
        else:
            line.server.fault("IDLE", when="before", then=b"NO not today", times=10_000)
        lines, commands, busy = line.proxy.connections, len(line.proxy.commands), time.process_time()
        service = Service([line.lab.world], every=1, idle=True, concurrency=2)
        began = time.monotonic()

        service.start()
        time.sleep(1.5)  # what must not happen has so much time to happen
        service.stop()

        took = time.monotonic() - began  # a busy machine may sleep longer
        assert line.proxy.connections - lines <= 3 + took  # work and IDLE, a thread search, and now and then a try
        assert len(line.proxy.commands) - commands <= 40 * took
        assert time.process_time() - busy < 1.0


def nobody() -> Any:
    raise Later("nobody listens")


def test_a_mailbox_that_never_rests_is_looked_at_in_turns_and_a_flag_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another client marks thousands of mails, and IDLE tells of each."""
    monkeypatch.setattr(pace, "WITHIN", 0.5)
    with wired() as line:
        line.work()
        other = line.server.append("INBOX", letter(2), [])
        service = Service([line.lab.world], every=60, idle=True, concurrency=2)
        service.start()
        until(lambda: "IDLE" in line.proxy.commands, "IDLE")
        looks, began = line.proxy.commands.count("EXAMINE"), time.monotonic()
        for change in range(400):
            mark = {"add": ["\\Seen"]} if change % 2 else {"remove": ["\\Seen"]}
            line.server.store("INBOX", other, **mark)
            time.sleep(0.002)
        looks, took = line.proxy.commands.count("EXAMINE") - looks, time.monotonic() - began
        line.server.store("INBOX", other, add=["\\Flagged"])
        until(lambda: len(line.server.folder("Drafts").messages) == 2, "the second draft")
        service.stop()

        assert looks <= 2 * pace.LOOKS * (took / pace.WITHIN + 2)  # of two folders, and more at the edges of the time


@pytest.mark.case(24)
@pytest.mark.parametrize("how", ["cut", "stall", "half-close"])
def test_after_a_night_of_sleep_the_first_look_finds_what_was_flagged_before(how: How) -> None:
    """The machine was suspended with its session open: the clock jumps, the line is dead, at times without a word."""
    with wired() as line:
        line.work()
        line.check()
        line.lab.poller.round()
        line.server.append("INBOX", letter(2), ["\\Flagged"])
        line.hurry()
        line.proxy.spoil(how, 1, "before")
        line.lab.clock += 8 * 3600

        line.lab.poller.round()
        line.lab.poller.finish()

        assert line.proxy.spoilt.is_set()
        assert len(line.server.folder("Drafts").messages) == 2


@pytest.mark.case(24)
def test_an_address_that_swallows_everything_costs_one_wait_and_the_next_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host with an IPv6 address on a line that has no IPv6."""
    monkeypatch.setattr(login, "CONNECT_TIMEOUT", SHORT["CONNECT_TIMEOUT"])
    with Scripted() as server, full_queue(server.port, "127.0.0.2"):
        hosts = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, server.port)) for ip in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **named: hosts)
        lab = Lab(CONFIG.replace("port = 1\n", f"port = {server.port}\n"))

        login.connect(lab.config.accounts[0].imap, server.password, None).close()

        lab.close()


@pytest.mark.case(30)
@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("CAPABILITY", "after"),
        ("AUTHENTICATE", "before"),
        ("UID SEARCH", "after"),
        ("UID FETCH", "answer"),
        ("APPEND", "before"),
        ("APPEND", "literal"),
        ("APPEND", "after"),
        ("UID STORE", "after"),
    ],
)
@pytest.mark.usefixtures("patient")
def test_it_ends_in_time_at_any_point_of_the_work_and_the_next_run_goes_on(name: str, where: Where) -> None:
    with wired() as line:
        line.proxy.spoil("stall", name, where)
        service = served(line.lab.world)
        service.start()
        assert line.proxy.spoilt.wait(SOON)

        end(service, line)

        drafts = len(line.server.folder("Drafts").messages)
        intended = [e for job in line.lab.jobs() for e in line.lab.world.journal.events(job.id) if e.kind == "intended"]
        assert drafts <= len(intended)  # no draft without an entry in the journal
        line.lab.clock += 4000
        line.lab.boot(line.wire)
        line.work()
        line.check((name, where))


# IDLE


class Idler:
    """A watcher through the proxy; ``woken`` counts."""

    def __init__(self, line: Wired) -> None:
        self.line = line
        self.woken = 0
        self.watcher = Watcher(self._connect, self._wake)

    def _connect(self) -> Any:
        wire = connect(self.line.lab.world)
        return wire.session, "INBOX"

    def _wake(self) -> None:
        self.woken += 1

    def __enter__(self) -> Idler:
        self.watcher.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.watcher.stop()
        self.watcher._thread.join(SOON)
        assert not self.watcher._thread.is_alive()


@pytest.mark.case(4)
def test_a_line_that_dies_in_idle_again_and_again_is_made_anew_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(idle, "PAUSE_FIRST", 0.001)
    monkeypatch.setattr(idle, "PAUSE_MOST", 0.008)
    monkeypatch.setattr(idle.random, "uniform", lambda low, high: pauses.append(low) or high)
    with wired() as line:
        before = line.proxy.connections
        with Idler(line) as idler:
            for times in range(6):
                until(lambda times=times: idler.woken > times, "IDLE")  # type: ignore[misc]
                line.server.disconnect()
            until(lambda: len(pauses) >= 6, "six pauses")
        assert pauses[0] == 0.5  # each pause is between a half and the whole
        assert line.proxy.connections - before <= len(pauses) + 1  # one connection, then one pause


@pytest.mark.case(5)
@pytest.mark.parametrize("how", ["stall", "drip"])
@pytest.mark.parametrize(("name", "where"), [("IDLE", "before"), ("DONE", "before"), ("DONE", "after")])
def test_silence_in_idle_and_after_done_is_noticed_and_the_next_line_is_heard(
    monkeypatch: pytest.MonkeyPatch, name: str, where: Where, how: How
) -> None:
    monkeypatch.setattr(idle, "RENEW", 0.1)
    monkeypatch.setattr(idle, "DEAD_WITHIN", 0.0)
    monkeypatch.setattr(idle, "PAUSE_FIRST", 0.01)
    with wired() as line:
        line.be_short()
        with Idler(line) as idler:
            until(lambda: "DONE" in line.proxy.commands, "IDLE")
            connections, heard = line.proxy.connections, idler.woken
            line.proxy.spoil(how, name, where)
            assert line.proxy.spoilt.wait(SOON)
            until(lambda: line.proxy.connections > connections, "a new line")
            until(lambda: idler.woken > heard, "IDLE on the new line")


@pytest.mark.case(5)
def test_idle_is_renewed_without_a_look_unless_the_server_tells_of_something_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idle, "RENEW", 0.05)
    with wired() as line, Idler(line) as idler:
        until(lambda: line.proxy.commands.count("DONE") >= 3, "IDLE, renewed")
        assert idler.woken == 1

        line.server.fault("IDLE", when="after", then=lambda answer: b"* 1 FETCH (FLAGS (x))\r\n" + answer)
        until(lambda: idler.woken == 2, "what Courier tells after DONE only")


@pytest.mark.case(3)
def test_idle_is_heard_when_it_comes_octet_by_octet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "PAUSE_FIRST", 0.01)
    with wired() as line:
        line.proxy.drop = True
        with Idler(line) as idler:
            until(lambda: "IDLE" in line.proxy.commands, "IDLE")
            until(lambda: idler.woken, "the first look")
            heard = idler.woken
            line.server.append("INBOX", letter(2), ["\\Flagged"])
            until(lambda: idler.woken > heard, "what the server told in pieces")
