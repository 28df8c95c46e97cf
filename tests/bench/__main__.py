"""``python -m bench``: every row, then the table and, in build/bench.json, the same as JSON. A quarter of an hour."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dovecot import Dovecot

from bench import commands, drafts, loads, polls, reading
from bench.places import large, site
from bench.table import Row, environment, markdown, write

OUT = Path(__file__).parents[2] / "build" / "bench.json"
ROUND_TRIP = 0.02  # seconds, where only counts matter: enough to tell one turn from the next


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    mailboxes: tuple[int, ...] = (1_000, 10_000, 100_000)
    many_stars: int = 5_000
    round_trips: tuple[float, ...] = (0.0, 0.05, 0.2)
    repeats: int = 3
    burst: int = 100
    accounts: tuple[int, ...] = (1, 20, 100)
    looks: int = 5


QUICK = Extent((1_000, 10_000), 500, (0.0, 0.05), 1, 16, (1, 10), 1)


def rows(extent: Extent) -> Iterator[Row]:
    yield from reading.rows()
    with site(ROUND_TRIP) as place:
        yield from commands.rows(place)
        place.wire.round_trip = ROUND_TRIP
        yield from polls.rows(place, extent.mailboxes, extent.many_stars)
        yield from drafts.rows(place, extent.round_trips, extent.repeats)
        yield from loads.bursts(place, extent.burst, (1, 8))
    with Dovecot() as dovecot:
        yield from loads.crowds(dovecot, extent.accounts, large(), extent.looks)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller mailboxes, fewer mails: four minutes")
    extent = QUICK if parser.parse_args().quick else Extent()
    began, found = time.monotonic(), []
    for row in rows(extent):
        found.append(row)
        print(f"{time.monotonic() - began:4.0f} s  {row.what}", file=sys.stderr, flush=True)
    write(OUT, found)
    print(markdown(found))
    print("\n" + ", ".join(f"{name} {value}" for name, value in environment().items()))


if __name__ == "__main__":
    main()
