"""What the owner has to know about an answer before sending it, in sentences for the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mailbot.counted import counted
from mailbot.prompt.answer import Answer
from mailbot.prompt.guard import gaps

NOT_NEEDED = "The model thinks that this mail needs no reply."


def of(answer: Answer) -> tuple[str, ...]:
    """What nobody said, what is missing, what the reply takes for granted, and whether one is due at all."""
    open_gaps = Counter(gaps(answer.reply))
    named = (f"“{gap}”{f' ({count} times)' if count > 1 else ''}" for gap, count in open_gaps.items())
    found = [f"Fill in before you send: {'; '.join(named)}."] if open_gaps else []
    if answer.missing_facts and not open_gaps:
        found.append(f"The model did not know this, and left no gap for it: {_listed(answer.missing_facts)}.")
    if answer.assumptions:
        found.append(f"The reply takes for granted: {_listed(answer.assumptions)}.")
    return (*answer.checks, *found, *([] if answer.reply_needed else [NOT_NEEDED]))


def asked(answer: Answer) -> tuple[str, ...]:
    """What the mail wants, for a page without a draft."""
    said = _listed(answer.questions)
    return (f"It asks: {said}{'' if said.endswith(('?', '？')) else '.'}",) if said else ()


def tokens(read: int | None, written: int | None) -> tuple[str, ...]:
    """What the draft cost; nothing where the server does not count."""
    return (
        () if read is None or written is None else (f"The model read {counted(read, 'token')} and wrote {written:,}.",)
    )


def _listed(items: Iterable[str]) -> str:
    return "; ".join(item.rstrip(". ") for item in items)
