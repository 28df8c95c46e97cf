"""Many flags at once, and many accounts: what is left of the model's own pace, and how late the last draft is."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from dovecot import Dovecot
from endpoint import Endpoint, Late
from running import Account, Home

from bench.drafts import QUIET_FOR, draft, until
from bench.places import QUIET, Site, drafts, numbers, ordinary
from bench.process import cpu, peak, reset_peak, resident
from bench.table import Row

MODEL = 2.0  # seconds a call
ROUND_TRIP = 0.02  # seconds
EVERY = 60.0  # seconds between two looks at an account, as in QUIET
START = 30.0  # seconds at most
BETWEEN = 0.25  # seconds between the flags of two accounts
LOOK = 0.01  # seconds between two looks into the Maildirs
MB = 1024 * 1024


def bursts(site: Site, mails: int, widths: tuple[int, ...]) -> Iterator[Row]:
    site.wire.round_trip = ROUND_TRIP
    for width in widths:
        ideal = math.ceil(mails / width) * MODEL
        seconds = _burst(site, mails, width)
        one_by_one = mails * MODEL
        yield Row(
            f"{mails} mails flagged at once, 2 s a model call, concurrency {width}",
            f"{100 * ideal / seconds:.0f} % of the ideal",
            f"90 %; {ideal:.0f} s is the ideal",
            f"{100 * ideal / one_by_one:.0f} % at most, reckoned: one after the other",
            {"share": ideal / seconds, "seconds": seconds, "ideal_seconds": ideal},
        )


def _burst(site: Site, mails: int, width: int) -> float:
    account, options = site.account(), f"concurrency = {width}\n"
    with (
        Endpoint(usual=Late(MODEL)) as model,
        Home(account, model=model.base_url, extra=QUIET, options=options) as home,
    ):
        home.start()
        draft(site, account)
        uids = [account.deliver(ordinary(next(numbers))) for _ in range(mails)]
        until(lambda: site.wire.quiet_for() > QUIET_FOR)
        turns, there = site.wire.tally().turns, drafts(account)
        account.flag(*uids)
        until(lambda: site.wire.tally().turns > turns)  # mailbot's first word: Dovecot tells it after half a second
        began = time.monotonic()
        until(lambda: drafts(account) - there >= mails, mails * MODEL * 3 + 60)
        return time.monotonic() - began


@dataclass(frozen=True, slots=True)
class Crowd:
    """A service with so many accounts. Octets of memory; ``idle`` is the share of a core."""

    accounts: int
    before: int
    after: int
    idle: float
    looks: int  # at each account, while that was measured
    slowest: float  # seconds from the flag to the last of the drafts, one in each account
    peak: int  # while a mail of 25 MB was handled


def crowds(dovecot: Dovecot, counts: tuple[int, ...], raw: bytes, looks: int) -> Iterator[Row]:
    """Over TLS, as people run it. The largest is watched for so many ``looks``: in five of them IDLE is renewed and
    each folder searched."""
    found = [_crowd(dovecot, count, raw, looks if count == max(counts) else 1) for count in counts]
    one = found[0]
    for crowd in found:
        yield from _rows(crowd, one)
    yield Row(
        "peak of memory while a mail of 25 MB is handled",
        f"{(one.peak - one.after) / MB:+.1f} MB",
        f"{len(raw) / MB:.0f} MB, the mail alone",
        values={"peak": one.peak, "after": one.after},
    )


def _rows(crowd: Crowd, one: Crowd) -> Iterator[Row]:
    further = crowd.accounts - 1
    before, after = ((c - o) / max(further, 1) for c, o in ((crowd.before, one.before), (crowd.after, one.after)))
    each = f", {before / MB:.2f} and {after / MB:.2f} MB for each further account" if further else ""
    accounts = f"{crowd.accounts} account{'s' if further else ''}"
    yield Row(
        f"memory with {accounts}, before and after drafts",
        f"{crowd.before / MB:.0f} and {crowd.after / MB:.0f} MB{each}",
        "0.5 MB for each further account" if further else "50 and 95 MB",
        values={"before": crowd.before, "after": crowd.after, "each_before": before, "each_after": after},
    )
    yield Row(
        f"CPU of the idle service, {accounts}, each looked at once a minute, "
        + ("IDLE renewed" if crowd.looks > 1 else "between two renewals of IDLE"),
        f"{100 * crowd.idle:.3f} % of a core",
        "0.1 %",
        values={"share": crowd.idle},
    )
    if further:
        yield Row(
            f"slowest draft with {accounts}, a flag each {BETWEEN:g} s, against one account",
            f"{crowd.slowest - one.slowest:+.2f} s",
            "+1 s",
            values={"slowest": crowd.slowest, "alone": one.slowest},
        )


def _crowd(dovecot: Dovecot, count: int, raw: bytes, looks: int) -> Crowd:
    accounts = [Account(dovecot, f"a{number}") for number in range(count)]
    options = "concurrency = 8\n"
    with (
        Endpoint(usual=Late(MODEL)) as model,
        Home(*accounts, model=model.base_url, extra=QUIET, options=options) as home,
    ):
        service = home.start()
        for account in accounts:
            service.wait_for_look(account)
        pid = service.process.pid
        _settle(pid)
        before, idle = resident(pid), sum(_idle(home, pid) for _ in range(looks)) / looks
        _one_in_each(accounts[:1])  # the first of all pays for openai
        slowest = _one_in_each(accounts)
        after = resident(pid)
        reset_peak(pid)
        _one_in_each(accounts[:1], raw)
        return Crowd(count, before, after, idle, looks, slowest, peak(pid))


def _idle(home: Home, pid: int) -> float:
    """The share of a core, from one look at each account: a minute that is cut out by the clock has fewer or more."""
    looked, busy = {account.key: home.looked_at(account) for account in home.accounts}, cpu(pid)
    deadline = time.monotonic() + 2 * EVERY
    while not all(home.looked_at(account) > looked[account.key] for account in home.accounts):
        if time.monotonic() > deadline:
            raise RuntimeError("an account was not looked at")
        time.sleep(QUIET_FOR)
    return (cpu(pid) - busy) / EVERY


def _settle(pid: int) -> None:
    """Waits until the start is over: IDLE, and what is learnt from Sent."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        busy = cpu(pid)
        time.sleep(QUIET_FOR)
        if cpu(pid) - busy < 0.001:
            return


def _one_in_each(accounts: list[Account], raw: bytes | None = None) -> float:
    """A flag in one account after the other, while the drafts of those before are still made; seconds that the slowest
    took."""
    uids = {account.user: account.deliver(raw or ordinary(next(numbers))) for account in accounts}
    there = {account.user: drafts(account) for account in accounts}
    flagged: dict[str, float] = {}
    took: dict[str, float] = {}

    def look() -> bool:
        for account in accounts:
            user = account.user
            if user in flagged and user not in took and drafts(account) > there[user]:
                took[user] = time.monotonic() - flagged[user]
        return len(took) == len(flagged)

    for account in accounts:
        account.flag(uids[account.user])
        flagged[account.user] = time.monotonic()
        while time.monotonic() < flagged[account.user] + BETWEEN:
            look()
            time.sleep(LOOK)
    until(look)
    return max(took.values())
