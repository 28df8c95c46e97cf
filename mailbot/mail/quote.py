"""Where the new text of a mail ends: fresh words, quoted history, signature.

Owns the recognition of attribution lines ("On ... wrote:"), of quoted header blocks and of marked signatures. Refuses
to cut where it could lose an answer: a text with words of its own after quoted lines stays whole, and so does a
forwarded mail, which is what the writer wants to be read. Line based: each line is looked at a few times at most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.mail import phrases

SIGNATURE = "-- "  # RFC 3676 4.3; anything else may be an answer
_MAX_ATTRIBUTION = 4  # lines; long names and addresses are wrapped
_MAX_LINE = 400  # characters of an attribution line
_MAX_BLOCK = 10  # lines of a quoted header block
_MAX_MARK = 100  # characters of a line such as "---- Original Message ----"
_DIGIT = re.compile(r"[0-9]")
_RULE = re.compile(r"\s*(?:_{10,}|-{10,}|={10,})\s*")


@dataclass(frozen=True, slots=True)
class Split:
    """The three parts of a text, each without outer blank lines; ``signature`` without its mark."""

    fresh: str
    history: str
    signature: str


def split(text: str) -> Split:
    """Splits the text of a mail (LF lines). Where nothing is certain all of it is fresh."""
    lines = text.split("\n")
    cut = _cut(lines)
    fresh, signature = _signature(lines[:cut])
    if cut < len(lines) and not _has_words(fresh):
        fresh, signature, cut = lines, [], len(lines)
    return Split(_joined(fresh), _joined(lines[cut:]), _joined(signature))


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def _has_words(lines: list[str]) -> bool:
    return any(line.strip() and not _RULE.fullmatch(line) for line in lines)


def _cut(lines: list[str]) -> int:
    """The number of the first line of the history; ``len(lines)`` when there is none, or when it must stay."""
    for at, line in enumerate(lines):
        if _is_quoted(line):
            begin = at
        elif _is_forward(line):
            return len(lines)
        elif _is_original(line) or _is_block(lines, at):
            return _with_rule(lines, at)
        elif _ends_attribution(lines, at):
            begin = _attribution_start(lines, at)
        else:
            continue
        return begin if _is_history(lines, at) else len(lines)
    return len(lines)


def _is_quoted(line: str) -> bool:
    return line.startswith(">")


def _is_forward(line: str) -> bool:
    """A line such as "---------- Forwarded message ---------" or "Begin forwarded message:"."""
    mark = _mark(line)
    return any(phrase in mark for phrase in phrases.FORWARDED) and (
        line.lstrip().startswith(("-", "*", "_", "=")) or mark.endswith((":", "：")) or mark in phrases.FORWARDED
    )


def _is_original(line: str) -> bool:
    return line.lstrip().startswith(("-", "_", "=")) and any(phrase in _mark(line) for phrase in phrases.ORIGINAL)


def _mark(line: str) -> str:
    line = line.strip()
    return phrases.fold(line) if 0 < len(line) <= _MAX_MARK else ""


def _is_block(lines: list[str], at: int) -> bool:
    """Whether a quoted header begins here: From first, Subject, and one more of Date, To, Cc."""
    if _label(lines[at]) not in ("from", "date"):
        return False
    found: set[str] = set()
    for line in lines[at : at + _MAX_BLOCK]:
        if not line.strip():
            break
        found.add(_label(line))
    return {"from", "subject"} <= found and bool(found & {"date", "to", "cc"})


def _label(line: str) -> str:
    """Which header a line such as "*Von:* Mara" stands for, "" for another line."""
    head, colon, rest = line[:60].replace("：", ":").partition(":")
    key = phrases.fold(head.strip(" \t\xa0*_|"))
    return phrases.LABELS.get(key, "") if colon and rest.strip(" \t*_") else ""


def _with_rule(lines: list[str], at: int) -> int:
    """The line drawn above a quoted header belongs to it."""
    before = at - 1
    while before >= 0 and at - before <= 2 and not lines[before].strip():
        before -= 1
    return before if before >= 0 and _RULE.fullmatch(lines[before]) else at


def _ends_attribution(lines: list[str], at: int) -> bool:
    """Whether "... wrote:" ends here: a colon, a date, a verb or an address, and a quote right below."""
    line = lines[at].rstrip()
    if not line.endswith((":", "：")) or len(line) > _MAX_LINE:
        return False
    below = next((below for below in lines[at + 1 : at + 4] if below.strip()), "")
    return _is_quoted(below) and _attribution_start(lines, at) >= 0


def _attribution_start(lines: list[str], at: int) -> int:
    """The first line of the attribution that ends at ``at``; -1 when it is none."""
    shortest = -1
    for start in range(at, max(at - _MAX_ATTRIBUTION, -1), -1):
        if not lines[start].strip() or _is_quoted(lines[start]) or len(lines[start]) > _MAX_LINE:
            break
        window = phrases.fold(" ".join(lines[start : at + 1]))
        if not _DIGIT.search(window) or not ("@" in window or any(verb in window for verb in phrases.WROTE)):
            continue
        if window.startswith(phrases.OPENS):
            return start
        shortest = start if shortest < 0 else shortest
    return shortest


def _is_history(lines: list[str], at: int) -> bool:
    """Whether from here on there is only quoted text, up to the next quoted header or the end. Words of the writer's
    own after a quote are answers; only a marked signature or the footer of a list, below a rule, is none."""
    quoted = False
    for number in range(at, len(lines)):
        line = lines[number]
        if _is_quoted(line):
            quoted = True
        elif not quoted or not line.strip():
            continue
        elif line == SIGNATURE or _RULE.fullmatch(line) or _is_original(line) or _is_block(lines, number):
            return True
        elif not _is_attribution_line(lines, number):
            return False
    return quoted


def _is_attribution_line(lines: list[str], number: int) -> bool:
    """Whether a line belongs to an attribution that ends on it or on one of the next lines."""
    for end in range(number, min(number + _MAX_ATTRIBUTION, len(lines))):
        if _ends_attribution(lines, end):
            return 0 <= _attribution_start(lines, end) <= number
    return False


def _signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """The last marked signature, unless quoted lines follow it."""
    for at in range(len(lines) - 1, -1, -1):
        if _is_quoted(lines[at]):
            break
        if lines[at] == SIGNATURE:
            return lines[:at], lines[at + 1 :]
    return lines, []
