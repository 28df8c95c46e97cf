"""From a flag to a draft that stands: turns and seconds, by round trip; octets of a large mail and of a long thread.

A second client sets the flag, past the wire. Counted is from the first word that mailbot says after that: what the
server takes to push a flag to an idling client (Dovecot half a second) is not ours, nor is the wait for the next poll.

What it takes is held against what any client has to wait for that does the same (``NEEDED``): one round trip each time
that it cannot go on before it has heard an answer, and the model's time between. What mailbot does beside that, or one
after the other where it could be at once, is in the figure and not in the limit.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from endpoint import Endpoint, Late
from running import Account, Home

from bench.naive import Naive
from bench.places import QUIET, Site, drafts, large, numbers, ordinary
from bench.table import Row, octets
from bench.wire import Line, Tally

MODEL = 1.0  # seconds that the model takes
WITHIN = 60.0  # seconds
QUIET_FOR = 0.8  # seconds: whoever began something has ended it; Dovecot tells an idling client after half a second
LOOK = 0.002  # seconds between two looks into the Maildir
OFTEN = QUIET.replace("60", "5")  # where IDLE is off
THREAD = 40  # mails
# Round trips that wait for each other. Nobody logs in for each flag of a mailbox that changes, so the login comes after
# the look; the mail is fetched meanwhile. A folder is searched when what the one before had is fetched: a slow one must
# take nothing from it.
NEEDED = {
    "which mail carries the flag": 1,  # EXAMINE and SEARCH
    "TCP of the connection for the thread": 1,
    "its greeting": 1,
    "its login": 1,  # AUTHENTICATE with its initial response
    "the thread in Sent, INBOX and Archive": 3,  # EXAMINE and SEARCH, each
    "was the mail answered, is there a draft": 1,  # FETCH of its flags, STATUS of Sent, SEARCH in Drafts
    "APPEND": 1,
}


@dataclass(frozen=True, slots=True)
class Drafted:
    visible: int  # turns until the draft stands
    done: int  # turns until the job is done
    search: int  # turns of the thread search beside it
    seconds: float  # until it stands, with the model's time
    cost: Tally  # all that went over the wire meanwhile

    def ratio(self, round_trip: float) -> float:
        """How much longer it took than the waits that nobody can save, and the model. Its last octet is seen where it
        arrives, the answer to it would take half a round trip more."""
        return (self.seconds + round_trip / 2) / (sum(NEEDED.values()) * round_trip + MODEL)


def rows(site: Site, round_trips: tuple[float, ...], repeats: int) -> Iterator[Row]:
    for idle in (True, False):
        for round_trip in round_trips:
            yield _flag_to_draft(site, round_trip, repeats, idle=idle)
    site.wire.round_trip = 0.01  # turns are told apart
    yield _large(site)
    yield _long_thread(site)


def _flag_to_draft(site: Site, round_trip: float, repeats: int, *, idle: bool) -> Row:
    """The first draft of a service pays for openai, once; the median of the next ones is told."""
    site.wire.round_trip = round_trip
    account = site.account()
    schedule = QUIET if idle else f"{OFTEN}idle = false\n"
    with Endpoint(usual=Late(MODEL)) as model, Home(account, model=model.base_url, extra=schedule) as home:
        home.start()
        drafted = [draft(site, account) for _ in range(repeats + 1)]
    first, rest = drafted[0], drafted[1:]
    seconds = statistics.median(d.seconds for d in rest)
    ratio = statistics.median(d.ratio(round_trip) for d in rest)
    naive_turns, naive_seconds = _naive(site)
    shown = max(rest, key=lambda d: d.visible)
    needed = ", ".join(f"{what} {count}" for what, count in NEEDED.items())
    return Row(
        f"flag to draft, {round_trip * 1000:.0f} ms round trip, IDLE {'on' if idle else 'off'}",
        f"{shown.visible} turns ({shown.done} to the end of the job), {shown.search} of the thread search beside them, "
        f"{seconds - MODEL:.2f} s; {ratio:.2f} of (round trips needed + model)",
        f"10 turns (14), 1.2; needed are {sum(NEEDED.values())} round trips: {needed}",
        f"{naive_turns} turns, {naive_seconds:.2f} s",
        {
            "turns": shown.visible,
            "turns_done": shown.done,
            "turns_search": shown.search,
            "seconds": seconds - MODEL,
            "needed": sum(NEEDED.values()),
            "ratio": ratio,
            "first_seconds": first.seconds - MODEL,
            "naive_turns": naive_turns,
            "naive_seconds": naive_seconds,
        },
    )


def draft(site: Site, account: Account, raw: bytes | None = None) -> Drafted:
    """Delivers and flags one mail, and waits until its job is done."""
    uid = account.deliver(raw or ordinary(next(numbers)))
    until(lambda: site.wire.quiet_for() > QUIET_FOR + 3 * site.wire.round_trip)
    before, there = site.wire.tally(), drafts(account)
    known = {id(line): len(line.turns) for line in site.wire.lines}
    account.flag(uid)
    until(lambda: drafts(account) > there)
    stood = time.monotonic()

    def said(line: Line) -> list[list[str]]:
        return [turn.commands for turn in line.turns[known.get(id(line), 0) :]]

    work = next(line for line in site.wire.lines if any("APPEND" in words for words in said(line)))
    until(lambda: any("UID STORE" in words for words in said(work)) and work.heard)
    words = said(work)
    beside = [line for line in site.wire.lines if line is not work and not line.said("IDLE")]
    return Drafted(
        visible=_turns(words, "APPEND"),
        done=_turns(words, "UID STORE"),
        search=sum(len(said(line)) for line in beside),
        seconds=stood - work.turns[known.get(id(work), 0)].at,
        cost=site.wire.tally() - before,
    )


def _turns(words: list[list[str]], command: str) -> int:
    """How many it took up to the end of this command: a literal that waits for the server is a turn without one."""
    last = next(n for n, each in enumerate(words) if command in each)
    return last + 1 + sum(1 for _ in takewhile(lambda each: not each, words[last + 1 :]))


def until(look: Callable[[], bool], within: float = WITHIN) -> None:
    deadline = time.monotonic() + within
    while not look():
        if time.monotonic() > deadline:
            raise RuntimeError("the draft did not come")
        time.sleep(LOOK)


def _naive(site: Site) -> tuple[int, float]:
    account = site.account()
    account.flag(account.deliver(ordinary(next(numbers))))
    before, began = site.wire.tally(), time.monotonic()
    Naive(site, account.user).poll()
    return (site.wire.tally() - before).turns, time.monotonic() - began


def _large(site: Site) -> Row:
    raw = large()
    account = site.account()
    with Endpoint() as model, Home(account, model=model.base_url, extra=QUIET) as home:
        home.start()
        cost = draft(site, account, raw).cost
    theirs = _naive_octets(site, [raw])
    return Row(
        f"a flagged mail of {octets(len(raw))}",
        f"{octets(cost.octets)}, {100 * cost.octets / len(raw):.2f} % of it",
        "300 kB",
        f"{octets(theirs)}",
        {"octets": cost.octets, "naive_octets": theirs},
    )


def _long_thread(site: Site) -> Row:
    account = site.account()
    ids: list[str] = []
    with site.client(account.user) as client:
        for number in range(5000, 5000 + THREAD):
            client.append("INBOX", ordinary(number, " ".join(ids)), ["\\Seen"])
            ids.append(f"<ordinary-{number}@northwind.example>")
    raw = ordinary(5000 + THREAD, " ".join(ids))
    with Endpoint() as model, Home(account, model=model.base_url, extra=QUIET) as home:
        home.start()
        found = draft(site, account, raw)
    theirs = _naive_octets(site, [raw])
    return Row(
        f"a flagged mail in a thread of {THREAD} mails, {octets(len(raw) * THREAD)}",
        f"{octets(found.cost.octets)}, {found.search} turns for the thread",
        f"{octets(len(raw))}, the mail alone",
        f"{octets(theirs)}, the mail alone",
        {"octets": found.cost.octets, "turns_search": found.search, "naive_octets": theirs},
    )


def _naive_octets(site: Site, raws: list[bytes]) -> int:
    account = site.account()
    account.flag(*(account.deliver(raw) for raw in raws))
    before = site.wire.tally()
    Naive(site, account.user).poll()
    return (site.wire.tally() - before).octets
