"""What is known of one model on one server: which parameters it refuses, and that it takes or holds no JSON schema.

A server is updated, and gets another model under the same name. So what was learnt holds for a week and is tried again
then, which costs a request or two; ``mailbot check`` learns it anew at once. Where it is kept is the caller's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mailbot.config import Model

HOLDS = 7 * 86_400.0  # seconds that a fact is taken for true
NO_SCHEMA = "no-schema"  # asked in plain text only; "no-temperature" and the like: that parameter is left out
IGNORED = "schema-ignored"  # on one mail, all the same: that may be the model, or the mail


def scope(model: Model) -> str:
    """Under what name the facts are kept: those of another model on the same server are others."""
    return f"learnt:{model.base_url} {model.name}"


@dataclass(frozen=True, slots=True)
class Learnt:
    """``kept`` gives each fact with when it was learnt; ``keep`` keeps one, or drops it for None."""

    kept: Callable[[], Mapping[str, float]]
    keep: Callable[[str, float | None], None]
    now: Callable[[], float] = field(default=time.time)

    def facts(self) -> frozenset[str]:
        """Those that hold now. One from the future is of a clock that was wrong."""
        now = self.now()
        return frozenset(fact for fact, at in self.kept().items() if at <= now < at + HOLDS)

    def add(self, fact: str) -> None:
        self.keep(fact, self.now())

    def schema_ignored(self) -> None:
        """A mail got no JSON although it was asked for twice. On a second mail within a week it is the server."""
        self.add(NO_SCHEMA if IGNORED in self.facts() else IGNORED)

    def forget(self) -> None:
        for fact in self.kept():
            self.keep(fact, None)
