"""From octets to the text that a model is shown: CPU for each mail of the corpus in ``tests/cases``."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from imap_tools import MailMessage

from bench.table import Row
from mailbot.mail.parse import parse
from mailbot.mail.quote import split

CASES = Path(__file__).parents[1] / "cases"


def rows(repeats: int = 5) -> Iterator[Row]:
    raws = [path.read_bytes() for path in sorted(CASES.glob("*.eml"))]
    ours, theirs = _times(raws, _read, repeats), _times(raws, _read_naively, repeats)
    yield Row(
        f"reading a mail, {len(raws)} of the corpus",
        f"median {1000 * statistics.median(ours):.2f} ms, worst {1000 * max(ours):.1f} ms",
        "worst 2 s",
        f"median {1000 * statistics.median(theirs):.2f} ms, worst {1000 * max(theirs):.1f} ms; finds no quote",
        {"median": statistics.median(ours), "worst": max(ours), "naive_median": statistics.median(theirs)},
    )


def _read(raw: bytes) -> None:
    mail = parse(raw)
    split(mail.text, mail.subject)


def _read_naively(raw: bytes) -> None:
    try:
        mail = MailMessage.from_bytes(raw)
        _ = mail.from_values, mail.to_values, mail.subject, mail.date, mail.text or mail.html
    except Exception:  # some it cannot read
        pass


def _times(raws: list[bytes], read: Callable[[bytes], None], repeats: int) -> list[float]:
    """Of each mail the least of some runs, in seconds of CPU."""
    taken = []
    for raw in raws:
        runs = []
        for _ in range(repeats):
            began = time.process_time()
            read(raw)
            runs.append(time.process_time() - began)
        taken.append(min(runs))
    return taken
