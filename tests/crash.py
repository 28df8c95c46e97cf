"""kill -9, many times: the service on a real Dovecot is ended at random moments while its owner works on, started again
at once, and in the end every draft is counted.

    python tests/crash.py --kills 1000 --seed 1        (make crash)

Prints a table and ends with 1 unless there are no duplicates, no losses and at most one parked job. Kills only the
services that it started, talks to loopback only, and stops by itself."""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from crash_audit import Audit, audit
from crash_owner import Book, Owner
from dovecot import Dovecot
from endpoint import Endpoint, Late
from running import Account, Home, Service

LIFE = 3.0  # seconds in which a blind kill comes
BLIND = 0.2  # the share of those; the others come just after an event
PATIENCE = 10.0  # seconds for that event to come: starting takes one, on a busy machine more
JUST_AFTER = 0.008  # seconds, on average: a commit takes less than one, an APPEND about two, a page about four
LOOK = 0.001  # seconds between two looks into the journal
LATENCY = 0.15  # seconds that the model takes at most
BACKLOG = 12  # open jobs above which the owner does something else: a slow machine makes fewer drafts, not a queue
REST = 60.0  # seconds in which something must get on in the end, as long as anything is open
# What a service that works leaves in its journal; each is as likely to be its last word.
EVENTS = (
    *("asked", "fetched", "started", "named", "prompted", "called", "answered"),
    *("intended", "appended", "read", "paged", "marked"),
)
# As the numbers of the design are meant: nothing is held, and no day's limit stops the play.
SCHEDULE = "[schedule]\nevery = 1\nhold_above = 0\ndaily_drafts = 1000000\n"
DOUBT = "doubt_wait = 1\n"  # of [account.imap], which comes last


@dataclass
class Outcome:
    audit: Audit
    book: Book
    kills: int = 0
    calls: int = 0
    seconds: float = 0.0
    after: dict[str, int] = field(default_factory=dict)  # kills by what they came after
    left: dict[str, int] = field(default_factory=dict)  # kills that left a job in this state


def play(server: Dovecot, *, kills: int, seed: int, seconds: float) -> Outcome:
    """As many kills as asked for, unless ``seconds`` have passed before."""
    chance = random.Random(seed)
    account = Account(server, tls=False)
    began = time.monotonic()
    after: Counter[str] = Counter()
    left: Counter[str] = Counter()
    with Endpoint() as model, Home(account, model=model.base_url, extra=SCHEDULE, more=DOUBT) as home:
        model.then(*(Late(chance.uniform(0, LATENCY)) for _ in range(20 * kills)))
        assert home.command("once").code == 0  # the first contact: every flag from here on is new
        owner = Owner(account, seed, busy=lambda: _open_jobs(home) > BACKLOG)
        owner.start()
        done = 0
        while done < kills and time.monotonic() < began + seconds:
            after[_live_and_die(home, chance)] += 1
            left.update(set(_open_states(home)))
            done += 1
        owner.stop()
        if owner.error:
            raise owner.error
        _rest(home)
        found = audit(home, account, owner.book)
        return Outcome(found, owner.book, done, len(model.requests), time.monotonic() - began, after, left)


def _live_and_die(home: Home, chance: random.Random) -> str:
    """One life of the service; returns what it died after."""
    service = Service(home)
    home.services.append(service)
    try:
        if chance.random() < BLIND:
            time.sleep(chance.uniform(0, LIFE))
            return "at random"
        event = chance.choice(EVENTS)
        met = _await_event(home.state / "journal.sqlite", event, service)
        time.sleep(chance.expovariate(1 / JUST_AFTER))
        return f"just after {event}" if met else "at random"
    finally:
        service.kill()


def _await_event(path: Path, kind: str, service: Service) -> bool:
    """Whether the service added such an event within its life."""
    deadline = time.monotonic() + PATIENCE
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as journal:
        (last,) = journal.execute("SELECT max(seq) FROM event").fetchone()
        while time.monotonic() < deadline:
            assert service.process.poll() is None, f"the service ended by itself: {service.log}"
            if journal.execute("SELECT 1 FROM event WHERE kind = ? AND seq > ?", (kind, last or 0)).fetchone():
                return True
            time.sleep(LOOK)
    return False


def _rest(home: Home) -> None:
    """One more life, until nothing is open or nothing gets on; then what waits for a back-off, once."""
    service = home.start()
    left, since = _open_jobs(home), time.monotonic()
    while left and time.monotonic() < since + REST:
        time.sleep(0.1)
        if (now := _open_jobs(home)) < left:
            left, since = now, time.monotonic()
    service.ask_to_end()
    service.ended()
    home.command("once", "--retry")


def _open_jobs(home: Home) -> int:
    return sum(_open_states(home).values())


def _open_states(home: Home) -> Counter[str]:
    """The states in which jobs have something left to do, and how many each has."""
    with closing(sqlite3.connect(f"file:{home.state / 'journal.sqlite'}?mode=ro", uri=True, timeout=10)) as journal:
        return Counter(
            dict(journal.execute("SELECT state, count(*) FROM job WHERE open GROUP BY state ORDER BY state"))
        )


def table(outcome: Outcome) -> str:
    """The figures, one on a line, and below them each case that breaks a promise."""
    letters, acts = outcome.book.letters, outcome.book.acts
    rows: list[tuple[str, object]] = [
        ("kills", outcome.kills),
        *((f"  {moment}", n) for moment, n in outcome.after.items()),
        *((f"  that left a job {state}", n) for state, n in outcome.left.items()),
        ("minutes", f"{outcome.seconds / 60:.1f}"),
        ("mails", len(letters)),
        ("  flagged", sum(mail.flagged > 0 for mail in letters)),
        ("  flagged, and never unflagged", sum(mail.flagged > 0 and mail.unflagged == 0 for mail in letters)),
        *((f"the owner's acts: {act}", n) for act, n in sorted(acts.items())),
        ("model calls", outcome.calls),
        ("drafts made", outcome.audit.drafts),
        *((name, len(cases)) for name, cases in outcome.audit.cases.items()),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value:>8}" for name, value in rows]
    return "\n".join(lines + [f"{name}: {case}" for name, cases in outcome.audit.cases.items() for case in cases])


def main() -> int:
    parser = argparse.ArgumentParser(description="kill -9 at random, and count the drafts")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--minutes", type=float, default=60, help="stop after as many, however few were the kills")
    given = parser.parse_args()
    print(f"{given.kills} kills, seed {given.seed}", flush=True)
    with Dovecot() as server:
        outcome = play(server, kills=given.kills, seed=given.seed, seconds=given.minutes * 60)
    print(table(outcome))
    return 0 if outcome.audit.reached and outcome.kills == given.kills else 1


if __name__ == "__main__":
    sys.exit(main())
