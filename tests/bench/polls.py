"""A poll with nothing new, and the first contact: octets and turns, by the size of the mailbox."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.naive import Naive
from bench.places import Site, poller
from bench.table import Row, octets
from bench.wire import Tally, Wire
from mailbot.poller import Poller

FOLDERS = 2  # INBOX and Archive are watched
STARS, MANY_STARS = 50, 5000


def rows(site: Site, sizes: tuple[int, ...], many_stars: int = MANY_STARS) -> Iterator[Row]:
    for mails in sizes:
        yield from _mailbox(site, mails, STARS, first_contact=mails == max(sizes))
    yield from _mailbox(site, 2 * many_stars, many_stars, first_contact=False)


def _mailbox(site: Site, mails: int, stars: int, *, first_contact: bool) -> Iterator[Row]:
    account = site.account(mails=mails, starred=stars)
    with site.client(account.user) as client:  # the server's own index is not ours to measure
        client.select_folder("INBOX")
        client.search("FLAGGED")
    wire, what = site.wire, f"{mails:,} mails, {stars:,} old stars"
    with poller(account) as ours:
        before, began = wire.tally(), time.monotonic()
        ours.round()
        first, seconds = wire.tally() - before, time.monotonic() - began
        ours.round()
        idle = min((_poll(ours, wire) for _ in range(3)), key=lambda each: each.turns)
    naive = Naive(site, account.user)
    before, began = wire.tally(), time.monotonic()
    naive.poll(drafts=False)
    their_first, their_seconds = wire.tally() - before, time.monotonic() - began
    before = wire.tally()
    naive.poll(drafts=False)
    theirs = wire.tally() - before
    yield Row(
        f"a poll with nothing new: {what}",
        f"{idle.turns} turn(s) for {FOLDERS} folders, {octets(idle.octets / FOLDERS)} a folder",
        "2 turns, 1 kB a folder",
        f"{theirs.turns} turns, {octets(theirs.octets)}, {theirs.connections} connection",
        {"turns": idle.turns / FOLDERS, "octets": idle.octets / FOLDERS, "naive_octets": theirs.octets},
    )
    if first_contact:
        yield Row(
            f"first contact: {what}",
            f"{first.turns} turns, {octets(first.octets)}, {seconds:.1f} s",
            f"{octets(first.octets / stars)} for each star: its key is made of its headers",
            f"{their_first.turns} turns, {octets(their_first.octets)}, {their_seconds:.1f} s",
            {"turns": first.turns, "octets": first.octets, "seconds": seconds, "naive_octets": their_first.octets},
        )


def _poll(ours: Poller, wire: Wire) -> Tally:
    """What one costs. Of several the one with the fewest turns counts: a busy machine may pause in the middle of what
    is said in one breath, and it comes in two."""
    before = wire.tally()
    ours.round()
    return wire.tally() - before
