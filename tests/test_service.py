"""``mailbot run`` as a process of its own, on a real mailbox server and a scripted model: when a draft comes, what does
not keep it from coming, and how the service ends."""

from __future__ import annotations

import ctypes
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dovecot import Dovecot
from endpoint import Endpoint, Hang
from running import Account, Gate, Home, Service, until
from scripted import Scripted

from mailbot.service import LOOK

RARELY = "[schedule]\nevery = 600\n"  # seconds: what comes in a test comes by IDLE, not by the poll
OFTEN = "[schedule]\nevery = 1\n"


@pytest.fixture
def model() -> Iterator[Endpoint]:
    with Endpoint() as server:
        yield server


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.release()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="module", autouse=True)
def stalled() -> Iterator[Home]:
    """A service that was asked to end while its server stored a draft and said nothing. It takes most of its ten
    seconds, which pass while the other tests run."""
    with Scripted() as server:
        account = Account(server)
        uid = account.deliver()
        with Home(account, extra=OFTEN, more="doubt_wait = 0\n") as home:
            service = home.start()
            server.fault("APPEND", when="after", then="stall")
            account.flag(uid)
            until(account.mails, "the draft that the server stored in silence")
            service.ask_to_end()
            yield home
        assert server.violations == []


@pytest.fixture(scope="module", autouse=True)
def muted(dovecot: Dovecot) -> Iterator[Home]:
    """A service that was asked to end while one of its servers does not even greet."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        with Home(Account(dovecot), Account(on_port(dovecot, port), "mute"), extra=OFTEN) as home:
            home.start().ask_to_end()
            yield home


def on_port(server: Dovecot, port: int) -> Any:
    """The same server, as a config shows it that has a wrong port."""
    return SimpleNamespace(host=server.host, port=port, password=server.password, user=server.user)


def idling(home: Home) -> Service:
    """A service that certainly idles: a flag set after its first look is seen by IDLE, or when IDLE begins."""
    service = home.start()
    account = home.accounts[0]
    account.flag(account.deliver())
    account.drafts(1)
    return service


@pytest.mark.case(2)
def test_a_flag_set_between_the_first_look_and_idle_is_not_missed(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account, extra=RARELY) as home:
        uid = account.deliver()
        home.start()

        account.flag(uid)

        assert len(account.drafts(1)) == 1


@pytest.mark.case(1)
def test_a_flag_becomes_a_draft_at_once_while_the_service_idles(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account, extra=RARELY) as home:
        idling(home)
        uid = account.deliver()

        account.flag(uid)

        drafts = account.drafts(2)
        assert [d["In-Reply-To"] for d in drafts] == [mail["Message-ID"] for mail in account.mails("INBOX")]
        assert "\\Seen" not in account.flags(uid)


def test_a_flag_set_while_nothing_ran_is_drafted_at_the_start(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account, extra=RARELY) as home:
        assert home.command("once").code == 0
        account.deliver(None, "\\Flagged")

        home.start()

        assert len(account.drafts(1)) == 1


@pytest.mark.case(12)
def test_a_mail_that_is_flagged_and_archived_at_once_gets_its_draft(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    uid = account.deliver()
    with Home(account, extra=RARELY) as home:
        home.start()

        with account.opened("INBOX") as client:
            client.add_flags([uid], ["\\Flagged"])
            client.move([uid], "Archive")

        assert len(account.drafts(1)) == 1
        until(lambda: "$MailbotDrafted" in account.flags(1, "Archive"), "the keyword on the archived mail")


@pytest.mark.case(1)
@pytest.mark.case(31)
def test_other_mails_are_drafted_while_a_model_call_is_open(dovecot: Dovecot, gate: Gate, model: Endpoint) -> None:
    account = Account(dovecot)
    model.then(gate)
    with Home(account, model=model.base_url, options="concurrency = 2", extra=RARELY) as home:
        home.start()
        slow, quick = account.deliver(), account.deliver()
        account.flag(slow)
        until(lambda: gate.open == 1, "the first call")

        account.flag(quick)

        account.drafts(1)
        until(lambda: "$MailbotDrafted" in account.flags(quick), "the keyword on the second mail")
        assert gate.open == 1
        assert "$MailbotDrafted" not in account.flags(slow)

        with account.opened("INBOX") as client:
            client.move([slow], "Archive")  # no connection and no folder is held by the open call
        gate.release()

        originals = {draft["In-Reply-To"] for draft in account.drafts(2)}
        assert originals == {mail["Message-ID"] for folder in ("INBOX", "Archive") for mail in account.mails(folder)}


def test_as_many_calls_as_configured_are_open_beside_each_other(dovecot: Dovecot, gate: Gate, model: Endpoint) -> None:
    account = Account(dovecot)
    model.then(gate, gate, gate, gate)
    uids = [account.deliver() for _ in range(4)]  # before, or a server that tells of each at once uses the looks up
    with Home(account, model=model.base_url, options="concurrency = 3", extra=RARELY) as home:
        home.start()

        account.flag(*uids)
        until(lambda: gate.open == 3, "three open calls")
        gate.release()

        assert len(account.drafts(4)) == 4
        assert gate.most == 3


def test_the_others_are_served_while_one_server_is_dead_and_one_is_silent(dovecot: Dovecot, silent: int) -> None:
    account = Account(dovecot)
    dead = Account(on_port(dovecot, 1), "dead")
    mute = Account(on_port(dovecot, silent), "mute")
    with Home(account, dead, mute, extra=RARELY) as home:
        service = home.start()
        uid = account.deliver()

        account.flag(uid)

        assert len(account.drafts(1)) == 1
        assert "account=dead" in service.log
        assert service.process.poll() is None


def test_a_lost_idle_costs_one_interval_and_no_mail(scripted: Scripted) -> None:
    account = Account(scripted)
    uid = account.deliver()
    with Home(account, extra=OFTEN) as home:
        home.start()
        until(lambda: any(line.endswith(" IDLE") for _, line in scripted.log), "IDLE")
        scripted.fault("IDLE", when="before", then="close", times=1000)
        scripted.disconnect()

        account.flag(uid)

        assert len(account.drafts(1)) == 1


def test_with_one_connection_it_polls_and_never_idles(scripted: Scripted) -> None:
    account = Account(scripted)
    with Home(account, extra=OFTEN, more="connections = 1\n") as home:
        home.start()
        account.flag(account.deliver())

        assert len(account.drafts(1)) == 1
    assert not any(line.endswith(" IDLE") for _, line in scripted.log)


def test_it_ends_in_time_while_it_idles(dovecot: Dovecot) -> None:
    with Home(Account(dovecot), extra=RARELY) as home:
        service = idling(home)

        service.ask_to_end()

        assert service.ended() == 0


def test_it_ends_during_a_model_call_and_the_next_run_makes_the_one_draft(dovecot: Dovecot, model: Endpoint) -> None:
    account = Account(dovecot)
    model.then(Hang())
    with Home(account, model=model.base_url, extra=RARELY) as home:
        service = home.start()
        account.flag(account.deliver())
        until(lambda: model.requests, "the call")

        service.ask_to_end()

        assert service.ended() == 0
        assert account.mails() == []
        assert home.command("once").code == 0
        assert home.command("once").code == 0
        assert len(account.mails()) == 1
        assert len(model.requests) == 2


@pytest.mark.case(30)
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "tgkill"), reason="signals one thread, as Linux can")
def test_it_ends_although_another_thread_takes_the_signal_while_the_main_one_sleeps(dovecot: Dovecot) -> None:
    with Home(Account(dovecot), extra=RARELY) as home:
        service = home.start()
        until(lambda: "service=started" in service.log, "the end of the start")
        pid = service.process.pid
        others = {int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()} - {pid}

        assert any(ctypes.CDLL(None).tgkill(pid, thread, signal.SIGTERM) == 0 for thread in others)

        assert service.process.wait(LOOK - 5) == 0, "it was seen at the next look only"


def test_it_ends_within_ten_seconds_while_a_server_stalls(stalled: Home, muted: Home) -> None:
    (account,) = stalled.accounts

    assert [home.services[0].ended() for home in (stalled, muted)] == [0, 0]
    assert stalled.command("once", "--retry").code == 0
    assert len(account.mails()) == len(stalled.pages()) == 1
