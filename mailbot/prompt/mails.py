"""The data block: the mails of a thread as the model is shown them, broken, as JSON, between two lines that nobody can
foresee.

Owns what is said of a mail, and what is left out when there is not room for all: the oldest mails go first, the one to
answer is cut last. Nothing that stands outside this block comes from a mail, but for names and addresses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailbot.mail.mail import Address, Attachment, Mail
from mailbot.mail.quote import split
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.prompt.budget import CRUMB, cost, fit
from mailbot.prompt.guard import break_tokens, foreign, one_line

LEAST = 300  # tokens that the newest mail gets, however small the context is
PEOPLE = 30  # addresses shown of a header
FILES = 20  # attachments named
FILES_PART = 3  # what is in attached texts takes at most one part in three of the room that the mail itself leaves
LINE = 300  # characters of a subject, a name, an attachment
REST = "\n[... the rest of this file was not read ...]"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Entry = dict[str, Any]  # one mail as the model is shown it


def block(entries: Sequence[Entry], nonce: str) -> str:
    """The entries between two lines with ``nonce``, a word that no mail can know. A string of JSON holds no line end,
    so nothing in it can look like such a line."""
    data = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    return f"--- {nonce} begin ---\n[\n{data}\n]\n--- {nonce} end ---"


def moment(time: datetime) -> str:
    """A time with its weekday and its distance from UTC."""
    offset = f"{time:%z}"
    return f"{WEEKDAYS[time.weekday()]} {time:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def entries(
    mail: Mail, fresh: str, history: str, thread: Thread, now: datetime, room: int
) -> tuple[list[Entry], tuple[str, ...]]:
    """The data in ``room`` tokens, and sentences for the page about what was left out of it."""
    remarks: list[str] = []
    answered = _entry(mail, now)
    room = max(room - cost(answered), LEAST)
    text = foreign(fresh)
    answered["text"] = fit(text, room)
    if answered["text"] != text:
        remarks.append("The mail is longer than the model can take: its middle was left out of the prompt.")
    room -= cost(answered["text"])
    room -= _read_files(answered, mail.attachments[:FILES], room // FILES_PART, remarks)
    quoted = "" if _holds_parent(thread, mail) else foreign(history)
    if quoted and room >= CRUMB:
        answered["quoted_below"] = fit(quoted, room)
        room -= cost(answered["quoted_below"])
    if quoted and answered.get("quoted_below") != quoted:
        remarks.append("The mail quotes more earlier text than the model can take: some was left out of the prompt.")
    others, whole = _thread(thread, mail, now, room - CRUMB)
    if others:
        remarks.append(f"The model was shown {len(others)} other mail{'s' * (len(others) > 1)} of the thread.")
    if left := thread.left + len(thread.mails) - whole:
        remarks.append(f"{left} older mail{'s' * (left > 1)} of the thread did not fit whole into the prompt.")
    missing = _missing(thread.left + len(thread.mails) - len(others), thread.whole)
    return [*missing, *others, answered], tuple(remarks)


def _read_files(answered: Entry, files: Sequence[Attachment], room: int, remarks: list[str]) -> int:
    """Adds what stands in attached texts to their entries; returns what that cost."""
    before, cut = room, 0
    for entry, attachment in zip(answered.get("attachments", ()), files, strict=False):
        text = foreign(attachment.text) + REST * attachment.cut
        if not text:
            continue
        shown = fit(text, room) if room >= CRUMB else ""
        cut += attachment.cut or shown != text
        if shown:
            entry["text"] = shown
            room -= cost(shown)
    if cut:
        remarks.append(f"The prompt holds only a part of {cut} attached text{'s' * (cut > 1)}.")
    return before - room


def _holds_parent(thread: Thread, mail: Mail) -> bool:
    """Whether the thread says better what the mail quotes; one whose search was cut short may lack the rest of it."""
    return thread.whole and any(other.mail.message_id in mail.in_reply_to for other in thread.mails)


def _missing(left: int, whole: bool) -> list[Entry]:
    """What the model is not shown of the thread, said in the place of the oldest mail."""
    said = [f"{left} older mails of the thread are not here"] if left else []
    said += [] if whole else ["more mails of the thread may be missing"]
    return [{"remark": "; ".join(said)}] if said else []


def _thread(thread: Thread, answered: Mail, now: datetime, room: int) -> tuple[list[Entry], int]:
    """As many of the latest mails as there is room for, oldest first, and how many of them are whole: the oldest shown
    may be cut."""
    shown: list[Entry] = []
    whole = 0
    for other in reversed(thread.mails):
        entry = _entry(other.mail, now, own=other.own, later=_is_later(other, answered))
        room -= cost(entry)
        if room < CRUMB:
            break
        text = foreign(split(other.mail.text, other.mail.subject).fresh)
        entry["text"] = fit(text, room)
        whole += entry["text"] == text
        room -= cost(entry["text"])
        shown.append(entry)
    return shown[::-1], whole


def _is_later(other: ThreadMail, answered: Mail) -> bool:
    return bool(other.mail.date and answered.date and other.mail.date > answered.date)


def _entry(mail: Mail, now: datetime, *, own: bool = False, later: bool = False) -> Entry:
    """A mail without its text. Only one that lies in Sent is the owner's, never one that says so itself."""
    entry: Entry = {
        "author": "owner" if own else "other",
        "from": people(mail.from_),
        "to": people(mail.to),
        "date": _date(mail, now),
        "subject": break_tokens(one_line(mail.subject, LINE)),
    }
    if mail.cc:
        entry["cc"] = people(mail.cc)
    if mail.attachments:
        entry["attachments"] = [_file(attachment) for attachment in mail.attachments[:FILES]]
    remarks = (later, "written after the mail to answer"), (mail.truncated, "only the beginning of this mail is here")
    if said := [remark for applies, remark in remarks if applies]:
        entry["remark"] = "; ".join(said)
    return entry


def _date(mail: Mail, now: datetime) -> str:
    """As the mail states it, and in the owner's zone where that differs."""
    if mail.date is None:
        return "unknown"
    local = mail.date.astimezone(now.tzinfo)
    if local.utcoffset() == mail.date.utcoffset():
        return moment(mail.date)
    return f"{moment(mail.date)}, for the owner {moment(local)}"


def people(addresses: tuple[Address, ...]) -> str:
    shown = [f"{a.name} <{a.email}>" if a.name else a.email for a in addresses[:PEOPLE]]
    more = [f"and {len(addresses) - PEOPLE} more"] if len(addresses) > PEOPLE else []
    return ", ".join([*(break_tokens(one_line(person, LINE)) for person in shown), *more])


def _file(attachment: Attachment) -> dict[str, str]:
    return {
        "name": break_tokens(one_line(attachment.name, LINE)),
        "type": break_tokens(one_line(attachment.type, LINE)),
        "size": f"{max(1, round(attachment.size / 1000))} kB",
    }
