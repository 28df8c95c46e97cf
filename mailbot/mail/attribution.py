"""The line above a quote that says who wrote it and when: "On Mon, 5 Jan 2026 at 10:00, Mara <mara@...> wrote:".

It may take several lines, since programs wrap it. Owns what it looks like in thirteen languages. Refuses to know what
is cut off on its account (``quote``). ``at`` and ``number`` are numbers of lines.
"""

from __future__ import annotations

import re

from mailbot.mail import phrases

MOST = 4  # lines; long names and addresses are wrapped
_GAP = 5  # lines among which its quote begins; webmails leave blank ones
_MAX_LINE = 400  # characters of an attribution line
_SHORT = 40  # characters of a line that holds only the end of one
_DIGIT = re.compile(r"[0-9]")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
TIME = re.compile(r"(?<![0-9])[0-2]?[0-9][:.][0-5][0-9](?![0-9])")
# The address that ends an attribution, but for a verb; Outlook's apps write its link behind it.
_NAMED = re.compile(
    r"(?:<[^<>\s]{1,200}@[^<>\s]{1,200}(?:<\s?mailto:[^<>\s]{1,200}>)?>[^<>]{0,40}"
    r"|\(\s?[^()\s]{1,200}@[^()\s]{1,200}\)(?:\s\w{1,20}){0,2}\s?)[:：]\s*$"
)
_UNCLOSED = re.compile(r"<[^<>\s]{1,200}@[^<>\s]{1,200}$")


def beginning(lines: list[str], at: int) -> int:
    """The first line of the attribution that ends at ``at``; -1 when it is none."""
    shortest, named = -1, False
    first = at + 1
    while first > max(at - MOST + 1, 0) and _may_attribute(lines, first - 1, at):
        first -= 1
    if not _names_somebody(" ".join(lines[first : at + 1])):  # then no part of it does
        first = at + 1
    for start in range(at, first - 1, -1):
        window = " ".join(lines[start : at + 1]).lstrip()
        if not _names_somebody(window):
            continue
        if window.startswith(phrases.OPENS):
            return start
        # The name may stand on the line above the date, or above its own address.
        if shortest < 0 or ("@" in window and not named) or lines[shortest].startswith("<"):
            shortest, named = start, "@" in window
    if shortest < 0 and phrases.fold(lines[at]).rstrip(" \xa0:：").endswith(phrases.WROTE):
        return at  # "Ada wrote:" without a date
    return shortest


def ends(lines: list[str], at: int) -> bool:
    """Whether "... wrote:" ends here: a colon, a date, a verb or an address, and a quote right below."""
    if not has_colon(lines[at]) or len(lines[at].rstrip()) > _MAX_LINE:
        return False
    below = next((below for below in lines[at + 1 : at + 1 + _GAP] if below.strip()), "")
    return is_quoted(below) and beginning(lines, at) >= 0


def heads_unquoted(lines: list[str], at: int) -> bool:
    """Whether "... wrote:" ends here and what it quotes goes to the end without a mark, as Yahoo and some webmails
    write it. So little is certain then that a full date, a time and an address in brackets must stand in it."""
    if not has_colon(lines[at]) or len(lines[at]) > _MAX_LINE:
        return False
    start = beginning(lines, at)
    if start < 0:
        return False
    line = " ".join(lines[start : at + 1])
    return all(sign.search(line) for sign in (_YEAR, TIME, _NAMED))


def belongs(lines: list[str], number: int) -> bool:
    """Whether a line belongs to an attribution that ends on it or on one of the next lines."""
    for end in range(number, min(number + MOST, len(lines))):
        if ends(lines, end):
            return 0 <= beginning(lines, end) <= number
    return False


def closes_address(lines: list[str], at: int) -> bool:
    """Whether the ``>`` of a line is the end of an attribution: Gmail wraps ``<ada@example.org`` before it."""
    line = lines[at].rstrip()
    if at == 0 or not line.endswith((":", "：")) or len(line) > _SHORT:
        return False
    return bool(_UNCLOSED.search(lines[at - 1][-_MAX_LINE:]))


def is_quoted(line: str) -> bool:
    return line.startswith(">")


def has_colon(line: str) -> bool:
    return line.rstrip().endswith((":", "："))


def says_wrote(folded: str) -> bool:
    return any(verb in folded for verb in phrases.WROTE)


def _may_attribute(lines: list[str], start: int, at: int) -> bool:
    """Whether a line can be one of the attribution that ends at ``at``."""
    if not lines[start].strip() or len(lines[start]) > _MAX_LINE:
        return False
    return not is_quoted(lines[start]) or (start == at and closes_address(lines, at))


def _names_somebody(window: str) -> bool:
    """A number, as of a date, and an address or a verb."""
    return bool(_DIGIT.search(window)) and ("@" in window or says_wrote(phrases.fold(window)))
