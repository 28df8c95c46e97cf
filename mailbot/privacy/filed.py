"""Where mails lie, as far as privacy rules ask for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Filed:
    """Where mails lie: folder and keyword (or ""), by Message-ID, as far as rules ask for it. ``whole``: the server was
    asked for all of that; a mail that is not here then lies in no such place."""

    places: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    whole: bool = True

    def of(self, message_id: str) -> frozenset[tuple[str, str]]:
        return self.places.get(message_id, frozenset())


NOWHERE = Filed()
