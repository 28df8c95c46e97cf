"""A service on a bad network: other accounts are on time, nothing spins, IDLE is made anew, and it ends in time."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from proxy import How, Where
from running import SOON, until
from scripted import Scripted
from test_network import BOUND, SHORT, Wired, full_queue, letter, wired
from worlds import CONFIG, Lab

from mailbot import service as services
from mailbot.bot.connect import connect
from mailbot.errors import Later
from mailbot.imap import idle, login
from mailbot.imap.idle import Watcher
from mailbot.job import State
from mailbot.job.step import BACKOFF_FIRST
from mailbot.poller import pace
from mailbot.service import Service
from mailbot.world import World


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


@pytest.mark.case(30)
def test_it_ends_at_once_while_it_idles_however_long_a_round_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ORDERLY", 2 * SOON)
    with wired() as line:
        service = Service([line.lab.world], every=600, idle=True, concurrency=1)
        service.start()
        until(lambda: "IDLE" in line.proxy.commands, "IDLE")

        end(service, line)


@pytest.mark.case(30)
def test_it_ends_at_once_while_the_model_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ORDERLY", 2 * SOON)
    writes, over = threading.Event(), threading.Event()

    def write(name: str) -> None:
        writes.set()
        over.wait(2 * SOON)

    with wired() as line:
        line.lab.endpoint.effect = write  # type: ignore[union-attr]
        service = served(line.lab.world)
        service.start()
        assert writes.wait(SOON)

        end(service, line)

        over.set()
        until(lambda: line.lab.jobs()[0].state is State.ANSWERED, "the answer, which is kept")


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
