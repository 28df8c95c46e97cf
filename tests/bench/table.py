"""The rows of the table: a figure, what bounds it from below, and the naive way; as markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

HEAD = "| what | mailbot | least, or the contract's | a plain imap_tools poller |\n|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Row:
    """Texts for people; ``values`` are the bare numbers, named with their unit."""

    what: str
    figure: str
    limit: str
    naive: str = "-"
    values: dict[str, float] = field(default_factory=dict)

    def line(self) -> str:
        return f"| {self.what} | {self.figure} | {self.limit} | {self.naive} |"


def markdown(rows: Sequence[Row]) -> str:
    return "\n".join([HEAD, *(row.line() for row in rows)])


def environment() -> dict[str, str]:
    """What the seconds, CPU and memory depend on."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "cores": str(os.cpu_count()),
        "load average": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def write(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"environment": environment(), "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def octets(count: float) -> str:
    if count < 1000:
        return f"{count:.0f} B"
    return f"{count / 1000:.1f} kB" if count < 999_500 else f"{count / 1_000_000:.1f} MB"
