"""Where the new text of a mail ends: fresh words, quoted history, signature.

Owns the recognition of quoted lines, quoted header blocks and forwards (``attribution`` has the line above a quote).
Refuses to cut where it could lose an answer: a text with words of its own after quoted lines, or that says its answers
stand below, stays whole, and so does a forwarded mail, which is what the writer wants to be read.
Line based: each line is looked at a few times at most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from mailbot.mail import attribution, phrases, signature
from mailbot.mail.attribution import TIME, is_quoted, says_wrote

_MAX_BLOCK = 10  # lines of a quoted header block
_MIN_MARK = 3  # characters of a line that says anything, such as "原邮件"
_MAX_MARK = 100  # of a line such as "---- Original Message ----"
_WHOLE = -1
_SHORT = 40  # characters of a line such as "See below." that says nothing else
_DASHES = ("-", "_", "=", "\u2010", "\u2013", "\u2014")  # Proton draws its line with U+2010
_MARKED = re.compile(r"[A-Za-z]{0,4}[>|#]")  # "> ", "AE> " as The Bat! quotes, "# "
_FORWARDED = re.compile(rf"(?:{'|'.join(map(re.escape, phrases.FORWARD_PREFIXES))})\s?[:：]")
_RULE = re.compile(r"\s*(?:_{10,}|-{10,}|={10,})\s*")


@dataclass(frozen=True, slots=True)
class Split:
    """The three parts of a text, each without outer blank lines; ``signature`` without its mark."""

    fresh: str
    history: str
    signature: str


class _Sign(Enum):
    """By what words of others are known."""

    QUOTE = auto()  # lines with marks: the writer may answer among them
    HEADER = auto()  # all that follows
    FORWARD = auto()  # all that follows, and it is what the mail is about


@dataclass(frozen=True, slots=True)
class _Opening:
    at: int
    sign: _Sign


def split(text: str, subject: str = "") -> Split:
    """Splits the text of a mail (LF lines). Where nothing is certain all of it is fresh. Without the subject, what
    Outlook forwards looks like what it answers."""
    lines = text.split("\n")
    cut = _WHOLE if _FORWARDED.match(phrases.fold(subject.strip())) else _cut(lines)
    if cut == _WHOLE:
        return Split(_joined(lines), "", "")
    if any(map(_points_below, lines[:cut])) and not any(map(is_quoted, lines[cut:])):
        cut = len(lines)
    fresh, signed = signature.cut(lines[:cut])
    if cut < len(lines) and not _has_words(fresh):
        fresh, signed, cut = lines, [], len(lines)
    return Split(_joined(fresh), _joined(lines[cut:]), _joined(signed))


def typed(text: str) -> str:
    """Only what the writer of a mail typed, for whoever must not take another's words for it: between answers every
    quoted line goes, and from the first quoted header, forward or signature on everything. Loses words rather than keep
    one too many; what is quoted without any mark nobody can tell."""
    lines, kept = text.split("\n"), list[str]()
    openings = {attribution.beginning(lines, end) for end, line in enumerate(lines) if attribution.has_colon(line)}
    for at, line in enumerate(lines):
        if not line.strip():
            kept.append(line)
            continue
        if line == signature.MARK or _is_forward(line) or _is_original(line) or _is_block(lines, at):
            break
        if _MARKED.match(line) or signature.is_sent_from(line) or attribution.belongs(lines, at):
            continue
        if at in openings:  # an attribution that no quoted line follows
            break
        kept.append(line)
    while kept and not _has_words(kept[-1:]):
        kept.pop()
    return _joined(kept)


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def _has_words(lines: list[str]) -> bool:
    return any(line.strip() and not _RULE.fullmatch(line) for line in lines)


def _cut(lines: list[str]) -> int:
    """The number of the first line of the history; ``len(lines)`` when there is none, or when it must stay; _WHOLE for
    a forwarded mail, whose signature is not the writer's either."""
    opening = _opening(lines)
    if opening.sign is _Sign.FORWARD:
        return _WHOLE
    return opening.at if opening.sign is _Sign.HEADER or _is_history(lines, opening.at) else len(lines)


def opening(lines: list[str]) -> int:
    """The number of the line at which words of others begin: a quote, a quoted header, a forwarded mail;
    ``len(lines)`` when there are none. What comes below them is not looked at."""
    return _opening(lines).at


def _opening(lines: list[str]) -> _Opening:
    unmarked = max((at + 1 for at, line in enumerate(lines) if _MARKED.match(line)), default=0)
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        if _is_forward(line.lstrip("> ")):  # Apple Mail puts its mark and all that it forwards into a quote
            return _Opening(at, _Sign.FORWARD)
        if is_quoted(line) and not attribution.closes_address(lines, at):
            return _Opening(at, _Sign.QUOTE)
        if _is_original(line) or _is_block(lines, at):
            return _Opening(_with_rule(lines, at), _Sign.HEADER)
        if at >= unmarked and attribution.heads_unquoted(lines, at):
            start = attribution.beginning(lines, at)
            if _has_words(lines[:start]):
                return _Opening(start, _Sign.HEADER)
        if attribution.ends(lines, at):
            return _Opening(attribution.beginning(lines, at), _Sign.QUOTE)
    return _Opening(len(lines), _Sign.QUOTE)


def _is_forward(line: str) -> bool:
    """A line such as "---------- Forwarded message ---------" or "Begin forwarded message:"."""
    mark = _mark(line)
    drawn = mark.startswith(("-", "*", "_", "=")) or mark.endswith((":", "："))
    return mark in phrases.FORWARDED or (drawn and any(phrase in mark for phrase in phrases.FORWARDED))


def _is_original(line: str) -> bool:
    """A line such as "-----Original Message-----", or Zoho's "---- On Mon, 5 Jan 2026 ... wrote ----"."""
    mark = _mark(line)
    if not mark.startswith(_DASHES):
        return False
    zoho = mark.startswith("----") and mark.endswith("----") and TIME.search(mark) and says_wrote(mark)
    return bool(zoho) or any(phrase in mark for phrase in phrases.ORIGINAL)


def _mark(line: str) -> str:
    line = line.strip()
    return phrases.fold(line) if _MIN_MARK <= len(line) <= _MAX_MARK else ""


def _is_block(lines: list[str], at: int) -> bool:
    """Whether a quoted header begins here: From or Date first, Subject, and one more of Date, To, Cc; of a mail without
    a subject From with an address, Date and To."""
    if _label(lines[at]) not in ("from", "date"):
        return False
    found: dict[str, str] = {}
    for line in lines[at : at + _MAX_BLOCK]:
        if not line.strip():
            break
        found.setdefault(_label(line), line)
    if found.keys() >= {"from", "date", "to"} and "@" in found["from"]:
        return True
    return found.keys() >= {"from", "subject"} and bool(found.keys() & {"date", "to", "cc"})


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


def _points_below(line: str) -> bool:
    """Whether a line says that the answers stand in the text below it: "See my answers in red."."""
    folded = _mark(line)
    if not any(place in folded for place in phrases.BELOW):
        return False
    return len(folded) <= _SHORT or any(answer in folded for answer in phrases.ANSWERS)


def _is_history(lines: list[str], at: int) -> bool:
    """Whether from here on there is only quoted text, up to the next quoted header or the end. Words of the writer's
    own after a quote are answers; only a marked signature or the footer of a list, below a rule, is none."""
    quoted = False
    for number in range(at, len(lines)):
        line = lines[number]
        if is_quoted(line) and not attribution.closes_address(lines, number):
            quoted = True
        elif not quoted or not line.strip() or signature.is_sent_from(line):
            continue
        elif line == signature.MARK or _RULE.fullmatch(line) or _is_original(line) or _is_block(lines, number):
            return True
        elif not attribution.belongs(lines, number):
            return False
    return quoted
