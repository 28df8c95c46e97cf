"""The one gate for arguments of IMAP commands.

imapclient 4.1 puts a CR LF inside a search value on the wire, where the server reads the rest as a command of its own
(mjs/imapclient#657). Nothing reaches a command before it has passed one of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

UIDS_IN_COMMAND = 400  # Dovecot and Yahoo cut long command lines; 400 UIDs of 10 digits stay below 8,000 octets
UID_MOST = 2**32 - 1  # RFC 9051, 9: nz-number


def is_sayable(value: str) -> bool:
    """Whether a command can carry it: no CR, LF or NUL."""
    return not any(c in value for c in "\r\n\0")


def text(value: str) -> str:
    """A folder name, user name, keyword or header value. Raises ValueError on what is not sayable."""
    if not is_sayable(value):
        raise ValueError(
            "a control character cannot be sent to a mail server"
        )  # without the value: it may be a password
    return value


def ascii_text(value: str) -> str:
    """A value that goes on the wire as it is: a Message-ID, a password for LOGIN. Raises ValueError on all else."""
    if not value.isascii():
        raise ValueError("characters beyond ASCII cannot be sent to this mail server here")
    return text(value)


def quoted(value: str) -> str:
    """A Message-ID as a quoted string (RFC 9051, 9). imapclient quotes only blanks, quotes and backslashes, and a
    parenthesis of a stranger would end the command's list. Raises ValueError on what ``ascii_text`` refuses."""
    return '"' + ascii_text(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def flag(value: str) -> str:
    """A system flag or keyword, as an atom (RFC 9051, 9: flag). Raises ValueError on anything else."""
    atom = value.removeprefix("\\")
    if not atom or not atom.isascii() or not atom.isprintable() or any(c in ' (){%*"\\]' for c in atom):
        raise ValueError(f"not an IMAP flag: {value!r}")
    return value


def section(value: str) -> str:
    """The number of a part, as "1.2" (RFC 9051, 9: section-part). Raises ValueError on anything else."""
    if not all(number.isascii() and number.isdecimal() for number in value.split(".")):
        raise ValueError(f"not a section: {value!r}")
    return value


def uids(values: Iterable[int]) -> Iterator[list[int]]:
    """UIDs in lots that fit a command. Never a range: ``n:*`` matches the last mail even when n is beyond it."""
    checked = sorted({int(v) for v in values})
    if checked and not 0 < checked[0] <= checked[-1] <= UID_MOST:
        raise ValueError(f"not a UID: {checked[0]} or {checked[-1]}")
    for start in range(0, len(checked), UIDS_IN_COMMAND):
        yield checked[start : start + UIDS_IN_COMMAND]
