"""How many tokens a text costs, and what stands of it when there is room for fewer."""

from __future__ import annotations

import json

BYTES_PER_TOKEN = 3  # English has four, most scripts three or more: an estimate on the safe side
CRUMB = 100  # tokens; less of a text is not worth showing
CUT = "\n[... {:,} characters left out here ...]\n"


def tokens(text: str) -> int:
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN + 1


def cost(value: object) -> int:
    """What a value costs as the JSON that the model is shown."""
    return tokens(json.dumps(value, ensure_ascii=False))


def fit(text: str, room: int) -> str:
    """The text, or its head and tail around a visible mark."""
    spent, keep, fitted = cost(text), len(text), text
    while spent > room and keep > 0:
        keep = min(keep - 1, keep * room // spent)
        head = keep * 2 // 3
        mark = CUT.format(len(text) - keep)
        fitted = text[:head].rstrip() + mark + text[len(text) - (keep - head) :].lstrip()
        spent = cost(fitted)
    return fitted
