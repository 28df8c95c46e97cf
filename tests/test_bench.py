"""The bench counts right, and what the design promises in counts holds on a small mailbox. No seconds: `make bench` has
those."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import drafts, polls
from bench.naive import Naive
from bench.places import QUIET, Site, ordinary
from bench.table import Row, markdown, write
from bench.wire import Tally, Wire
from dovecot import Dovecot
from endpoint import Endpoint
from imapclient import IMAPClient
from mail_server import ANSWER_WITHIN
from running import Home
from scripted import Scripted

ROUND_TRIP = 0.02  # seconds
APART = 0.1  # seconds: a busy machine may pause a client in the middle of a breath, but seldom for so long
LONG = 2.0  # seconds, and hardly ever for so long


@pytest.fixture
def site(dovecot: Dovecot) -> Iterator[Site]:
    with Wire(dovecot.port, ROUND_TRIP) as wire:
        yield Site(dovecot, wire)


def test_the_wire_counts_as_the_server_does(scripted: Scripted) -> None:
    with Wire(scripted.port, ROUND_TRIP) as wire:
        client = IMAPClient(scripted.host, port=wire.port, ssl=False, timeout=ANSWER_WITHIN)
        client.login("ada", scripted.password)
        client.select_folder("INBOX")
        client.append("INBOX", ordinary(1))
        client.logout()

        assert wire.tally() == Tally(1, scripted.round_trips, scripted.octets)
        assert wire.lines[0].turns[-1].commands == ["LOGOUT"]


def test_what_is_said_in_one_breath_is_one_turn(scripted: Scripted) -> None:
    with Wire(scripted.port, ROUND_TRIP) as wire:
        client = IMAPClient(scripted.host, port=wire.port, ssl=False, timeout=ANSWER_WITHIN)
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as mailbot does, else TCP waits
        client.login("ada", scripted.password)
        wire.round_trip = LONG
        before = wire.tally()

        for tag in [client._imap._command("NOOP") for _ in range(3)]:
            client._imap._command_complete("NOOP", tag)

        assert (wire.tally() - before).turns == 1
        assert wire.lines[0].turns[-1].commands == ["NOOP"] * 3
        client.shutdown()


@pytest.mark.parametrize("mails", [60, 600])
def test_a_poll_with_nothing_new_costs_one_turn_for_all_folders_and_less_than_a_kilobyte_each(
    site: Site, mails: int
) -> None:
    site.wire.round_trip = APART

    row = next(polls.rows(site, (mails,), 10))

    assert row.values["turns"] == 1 / polls.FOLDERS
    assert row.values["octets"] <= 1024
    assert row.values["naive_octets"] > polls.STARS * 10_000


def test_a_draft_stands_after_five_turns_and_its_job_ends_after_eight(site: Site) -> None:
    site.wire.round_trip = APART
    account = site.account()
    with Endpoint() as model, Home(account, model=model.base_url, extra=QUIET) as home:
        home.start()

        drafted = [drafts.draft(site, account)]
        while len(drafted) < 10 and (fewest(drafted) > (5, 8)):  # where a breath was paused, it counts as two
            drafted.append(drafts.draft(site, account))

    assert fewest(drafted) == (5, 8)


def fewest(drafted: list[drafts.Drafted]) -> tuple[int, int]:
    return min(each.visible for each in drafted), min(each.done for each in drafted)


def test_the_naive_poller_drafts_as_well(site: Site) -> None:
    account = site.account()
    account.flag(account.deliver(ordinary(1)))
    naive = Naive(site, account.user)

    assert [naive.poll(), naive.poll()] == [1, 0]
    assert len(account.mails()) == 1


def test_the_table_is_markdown_and_json(tmp_path: Path) -> None:
    row = Row("a poll", "2 turns", "2 turns", values={"turns": 2.0})

    write(tmp_path / "build" / "bench.json", [row])

    assert markdown([row]).splitlines()[-1] == "| a poll | 2 turns | 2 turns | - |"
    document = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert document["rows"][0]["values"] == {"turns": 2.0}
    assert "load average" in document["environment"]
