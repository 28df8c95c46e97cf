"""What systemd hears from the service, on a real socket: when it is ready, that it lives, that it ends, and that it is
silent when a poller hangs, but not for a server that is slow or dead."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dovecot import Dovecot
from fakes import FakeSession, Mailbox
from running import SOON, Account, Home, until
from scripted import Scripted
from worlds import Lab

from mailbot import service, systemd, wiring
from mailbot.config import load
from mailbot.errors import Later
from mailbot.service import Service
from mailbot.systemd import Systemd

OFTEN = "[schedule]\nevery = 1\n"


class Listener:
    """systemd's end of the socket. ``heard``: each datagram as its lines, in the order of arrival."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: list[list[str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while datagram := self._socket.recv(4096):
            self.heard.append(datagram.decode().splitlines())

    @property
    def lines(self) -> list[str]:
        return [line for datagram in self.heard for line in datagram]

    def pings(self) -> int:
        return self.lines.count("WATCHDOG=1")

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(SOON)
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@mailbot-test-{os.getpid()}-{id(tmp_path)}"
    listener = Listener(address)
    yield listener
    listener.close()


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(str(tmp_path / "notify"))
    yield listener
    listener.close()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    """Starts a service of these worlds, which wakes its pollers once; ended when the test is over."""
    services: list[Service] = []

    def start(*worlds: Any) -> Service:
        served = Service(worlds, every=600, idle=False, concurrency=1)
        services.append(served)
        served.start()
        return served

    yield start
    for each in services:
        each.stop()


@pytest.fixture
def watch(heard: Listener) -> Iterator[Callable[[Service], None]]:
    """Lets a service report to the listener, 20 times a second, until the test is over."""
    ended, threads = threading.Event(), []

    def begin(served: Service) -> None:
        reporting = threading.Thread(target=served.watch, args=(ended.wait, Systemd(heard.address, 0.1)), daemon=True)
        threads.append(reporting)
        reporting.start()

    yield begin
    ended.set()
    for thread in threads:
        thread.join(SOON)


class Slow(FakeSession):
    """Answers nothing until the test says so; ``commands`` is the test's to count."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__(mailbox)
        self.asked, self.answered = threading.Event(), threading.Event()

    def examine(self, folder: str) -> Any:
        self.asked.set()
        self.answered.wait(SOON)
        return super().examine(folder)


def on_port(server: Any, port: int) -> Any:
    """The same server, as a config shows it that has a wrong port."""
    return SimpleNamespace(host=server.host, port=port, password=server.password, user=server.user)


def world(home: Home) -> Any:
    """The one account of a home, as ``mailbot run`` puts it together."""
    place = wiring.Home(load(home.config, home.environ), home.environ)
    return place.world(place.config.accounts[0])


def test_what_is_told_arrives_at_a_path_and_at_an_abstract_name(listener: Listener) -> None:
    systemd.take({"NOTIFY_SOCKET": listener.address}, 1).tell("READY=1", "STATUS=1 account watched")

    until(lambda: listener.heard == [["READY=1", "STATUS=1 account watched"]], "the datagram")


def test_what_systemd_put_into_the_environment_is_taken_out_of_it() -> None:
    environ = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "7", "HOME": "/root"}

    assert systemd.take(environ, 7) == Systemd("/run/notify", 1.5)
    assert environ == {"HOME": "/root"}


@pytest.mark.parametrize(
    ("environ", "taken"),
    [
        ({}, Systemd()),
        ({"WATCHDOG_USEC": "1000000"}, Systemd()),
        ({"NOTIFY_SOCKET": "vsock:2:1234", "WATCHDOG_USEC": "1000000"}, Systemd()),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "8"}, Systemd("/n")),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "0"}, Systemd("/n")),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "-5"}, Systemd("/n")),
    ],
    ids=["cron", "no socket", "virtual machine", "another process", "zero", "rubbish"],
)
def test_a_watchdog_that_is_not_for_this_process_gets_no_pings(environ: dict[str, str], taken: Systemd) -> None:
    assert systemd.take(environ, 7) == taken


def test_a_systemd_that_is_gone_or_does_not_read_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "SEND_WITHIN", 0.1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        for _ in range(600):  # more than its queue holds (net.unix.max_dgram_qlen, 512 at most by default)
            began = time.monotonic()
            Systemd(str(tmp_path / "deaf")).tell("WATCHDOG=1")
            if time.monotonic() - began > 0.09:
                break
        else:
            pytest.fail("the queue never filled")
    Systemd(str(tmp_path / "gone")).tell("WATCHDOG=1")


def test_the_service_says_ready_lives_beside_dead_and_silent_servers_and_says_that_it_ends(
    dovecot: Dovecot, silent: int, heard: Listener
) -> None:
    account = Account(dovecot)
    dead, mute = Account(on_port(dovecot, 1), "dead"), Account(on_port(dovecot, silent), "mute")
    with Home(account, dead, mute, extra=OFTEN) as home:
        home.environ |= {"NOTIFY_SOCKET": heard.address, "WATCHDOG_USEC": "400000"}
        running = home.start()
        until(lambda: heard.pings() >= 4 and any("failed at dead" in line for line in heard.lines), "signs of life")

        running.ask_to_end()

        until(lambda: heard.heard[-1] == ["STOPPING=1", "STATUS=ending"], "the last word")
    assert heard.lines[0] == "READY=1"
    assert heard.lines[1].startswith("STATUS=3 accounts watched")
    assert not any("hangs" in line for line in heard.lines)


def test_a_service_that_cannot_work_never_says_ready(heard: Listener) -> None:
    with Home(model="https://api.example.com/v1") as home:
        outcome = home.command("run", environ={"NOTIFY_SOCKET": heard.address})

    assert outcome.code == 2
    assert heard.heard == []


def test_no_child_can_speak_for_the_service(dovecot: Dovecot, heard: Listener) -> None:
    account = Account(dovecot)
    with Home(account) as home:
        seen = home.folder / "seen"
        script = home.folder / "password"
        # Added to: each login reads the password anew.
        script.write_text(f"#!/bin/sh\nenv >> {seen}\necho {dovecot.password}\n")
        script.chmod(0o700)
        home.write(more=f'password_command = "{script}"\n')
        home.environ |= {"NOTIFY_SOCKET": heard.address, "WATCHDOG_USEC": "400000"}

        home.start()

        until(heard.pings, "a sign of life")
        variables = seen.read_text()
    assert "HOME=" in variables
    assert "NOTIFY" not in variables
    assert "WATCHDOG" not in variables


def test_systemd_hears_no_sign_of_life_while_a_poller_hangs(
    lab: Lab,
    serve: Callable[..., Service],
    watch: Callable[[Service], None],
    heard: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "SILENT", 0.2)
    monkeypatch.setattr(service, "HUNG", 0.3)
    freed = threading.Event()

    def hang() -> Any:
        freed.wait()
        raise Later("the server never answered")

    lab.boot(lambda world: replace(world, connect=hang))
    served = serve(lab.world)

    watch(served)

    until(lambda: "STATUS=hangs: home" in heard.lines, "the word that it hangs")
    pings = heard.pings()
    until(lambda: heard.lines.count("STATUS=hangs: home") >= 5, "more looks")
    assert heard.pings() == pings
    freed.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_poller_that_died_is_noticed_at_once(lab: Lab, serve: Callable[..., Service]) -> None:
    def die() -> Any:
        raise SystemExit

    lab.boot(lambda world: replace(world, connect=die))
    served = serve(lab.world)

    until(lambda: served.hung(time.monotonic()) == ["home"], "the dead poller")


def test_an_account_whose_network_is_dead_does_not_hang_however_long_it_lasts(serve: Callable[..., Service]) -> None:
    with Home(Account(SimpleNamespace(host="127.0.0.1", port=1, password="x", user=lambda name: name))) as home:  # type: ignore[arg-type]
        served = serve(world(home))
        until(lambda: "failed at home" in served.status(), "the failed look")
        now = time.monotonic()

        until(lambda: not any(served.hung(now + days * 86400.0) for days in range(3)), "the end of the failed round")


def test_a_server_that_never_finishes_an_answer_is_cut_off_and_the_poller_gets_on(
    scripted: Scripted, serve: Callable[..., Service], watch: Callable[[Service], None], heard: Listener
) -> None:
    with Home(Account(scripted)) as home:
        scripted.fault("EXAMINE", when="before", then="stall")
        served = serve(world(home))
        until(lambda: any(" EXAMINE " in line for _, line in scripted.log), "the command")

        now = time.monotonic()
        before = served.hung(now), served.hung(now + service.SILENT - 1)
        after = served.hung(now + service.SILENT + 1)

        until(lambda: "failed at home" in served.status(), "the end of the wait")
        assert (*before, after) == ([], [], [])
        until(lambda: not served.hung(now + 86400), "the end of the failed round")


def test_a_slow_server_that_gets_on_is_left_alone(lab: Lab, serve: Callable[..., Service]) -> None:
    slow = Slow(lab.mailbox)
    lab.boot(lambda world: replace(world, connect=lambda: slow))
    served = serve(lab.world)
    assert slow.asked.wait(SOON)
    now, looks = time.monotonic(), []

    for minute in range(100):
        slow.commands += minute % 5 == 0  # one answer in five minutes
        looks.append(served.hung(now + minute * 60.0))

    slow.answered.set()
    assert looks == [[]] * 100
    assert not slow.closed
