"""The signature of a text: where it begins, and the line that a phone or program adds.

Owns the mark and the recognition of such lines. Refuses to guess: anything that is not marked may be an answer.
"""

from __future__ import annotations

import re

from mailbot.mail import phrases

MARK = "-- "  # RFC 3676 4.3
_LONGEST = 100  # characters of a line such as "Sent from my iPhone"
# "PS:", "P.D." in Spanish, "ЗЫ" in Russian, at the beginning of a line
_POSTSCRIPT = re.compile(r"(?:(?:p\.? ?){1,3}s\.?|p\. ?d\.|pd(?=:)|з\.? ?ы\.?) ?(?:[:.,]|$|\s)", re.IGNORECASE)
_LINK = re.compile(r"<[a-z]{1,10}:[^<>\s]{1,500}>")  # where the words before it lead, as Outlook and mail.text write it


def is_sent_from(line: str) -> bool:
    """A line such as "Sent from my iPhone", which a device or program adds and names itself in."""
    said = _LINK.sub("", line).strip()
    if not 0 < len(said) <= _LONGEST:
        return False
    said = phrases.fold(said)
    says_so = said.startswith(phrases.SENT_FROM) or any(end in said for end in phrases.SENT_FROM_ENDS)
    return says_so and any(name in said for name in phrases.SENDERS)


def has_postscript(lines: list[str]) -> bool:
    """Whether the writer goes on below a signature that the program had put there: "PS: bring the key, please"."""
    return any(_POSTSCRIPT.match(line) for line in lines)


def cut(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines without the last marked signature, and that, without its mark; where none is marked, the last line, if
    a phone added it. No signature is above quoted lines, or below nothing; none holds a postscript."""
    words = next((at for at, line in enumerate(lines) if line.strip(" -_=")), len(lines))  # the first line with any
    last = -1
    for at in range(len(lines) - 1, words, -1):
        if lines[at].startswith(">"):
            break
        if lines[at] == MARK:
            if has_postscript(lines[at + 1 :]):
                return lines, []
            return lines[:at], lines[at + 1 :]
        if last < 0 and lines[at].strip():
            last = at
    if last > words and is_sent_from(lines[last]):
        return lines[:last], lines[last:]
    return lines, []
