"""What one line of check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: str  # "home: login", "archive" ...
    text: str  # what was found, and what to do where it is not ok
