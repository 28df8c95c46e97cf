"""One mail as the model is shown it: who wrote it, to whom, when, about what. Without its text.

Every string comes from a stranger, so each is cut to size and broken; nothing here is longer than it is useful.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from mailbot.mail.mail import Address, Attachment, Mail
from mailbot.prompt.budget import cost
from mailbot.prompt.guard import break_tokens, one_line

PEOPLE = 30  # addresses shown of a header
FILES = 20  # attachments named
LINE = 300  # characters of a subject, a person, a name of a file
WIDE = 400  # tokens that one header or the list of files takes at most; less where there is little room
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_BLOCK = re.compile(r"^--- (\S+) begin ---\n(\[\n(?:.*\n)*?\])\n--- \1 end ---$", re.MULTILINE)

Entry = dict[str, Any]


def block(entries: Sequence[Entry], nonce: str) -> str:
    """The entries between two lines with ``nonce``, a word that no mail can know. A string of JSON holds no line end,
    so nothing in it can look like such a line."""
    data = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    return f"--- {nonce} begin ---\n[\n{data}\n]\n--- {nonce} end ---"


def read_block(user: str) -> tuple[str, list[Entry]]:
    """What stands before the block in the user's part of a prompt, and its entries. Raises ValueError where there is
    none."""
    found = [*_BLOCK.finditer(user)]
    if not found:
        raise ValueError("no mails stand in it")
    entries: list[Entry] = json.loads(found[-1][2])
    return user[: found[-1].start()], entries


def entry(mail: Mail, now: datetime, *, own: bool = False, later: bool = False, most: int = WIDE) -> Entry:
    """``own``: it lies in Sent; no mail is the owner's because it says so. ``later``: it was written after the mail to
    answer. ``most``: tokens for each of its headers."""
    shown: Entry = {
        "author": "owner" if own else "other",
        "from": people(mail.from_, most),
        "to": people(mail.to, most),
        "date": _date(mail, now),
        "subject": _cut(mail.subject, most),
    }
    if mail.cc:
        shown["cc"] = people(mail.cc, most)
    if mail.attachments:
        shown["attachments"] = _files(mail.attachments, 2 * most)
    remarks = (later, "written after the mail to answer"), (mail.truncated, "only the beginning of this mail is here")
    if said := [remark for applies, remark in remarks if applies]:
        shown["remark"] = "; ".join(said)
    return shown


def people(addresses: tuple[Address, ...], most: int = WIDE) -> str:
    """Names and addresses in one line, as many as there is room for, the first in any case."""
    written = (f"{a.name} <{a.email}>" if a.name else a.email for a in addresses[:PEOPLE])
    shown = _first((_cut(person, most) for person in written), most)
    more = [f"and {len(addresses) - len(shown)} more"] if len(addresses) > len(shown) else []
    return ", ".join([*shown, *more])


def moment(time: datetime) -> str:
    """A time with its weekday and its distance from UTC."""
    offset = f"{time:%z}"
    return f"{WEEKDAYS[time.weekday()]} {time:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def _files(attachments: tuple[Attachment, ...], most: int) -> list[dict[str, str]]:
    named = [
        {
            "name": _cut(attachment.name, most // 2),
            "type": _cut(attachment.type, most // 4),
            "size": f"{max(1, round(attachment.size / 1000))} kB",
        }
        for attachment in attachments[:FILES]
    ]
    return named[: len(_first((json.dumps(file) for file in named), most))]


def _first(texts: Iterable[str], most: int) -> list[str]:
    kept: list[str] = []
    for text in texts:
        most -= cost(text)
        if most < 0 and kept:
            break
        kept.append(text)
    return kept


def _cut(text: str, most: int) -> str:
    """One line of foreign text."""
    line = break_tokens(one_line(text, LINE))
    while (spent := cost(line)) > most and len(line) > 1:
        line = one_line(line, max(len(line) * most // spent, 1))
    return line


def _date(mail: Mail, now: datetime) -> str:
    """As the mail states it, and in the owner's zone where that differs."""
    if mail.date is None:
        return "unknown"
    local = mail.date.astimezone(now.tzinfo)
    if local.utcoffset() == mail.date.utcoffset():
        return moment(mail.date)
    return f"{moment(mail.date)}, for the owner {moment(local)}"
