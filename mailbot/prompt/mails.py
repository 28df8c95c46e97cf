"""Which mails of a thread the model is shown, and how much of each.

Owns the order in which things go when the room is short: mails of the thread first, those of others before the owner's
and the oldest before the newest; then what is in attached texts, then what the mail quotes; the middle of the mail to
answer last, and visibly. Notes and samples go after the thread and before all the rest (``context``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailbot.counted import counted
from mailbot.mail.mail import Mail
from mailbot.mail.quote import split
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.prompt.budget import CRUMB, cost, fit
from mailbot.prompt.entry import WIDE, Entry, entry
from mailbot.prompt.guard import foreign
from mailbot.prompt.wanted import Wanted

HEADER_PART = 16  # one header takes at most one part of the room in so many
QUOTED_PART, FILES_PART = 3, 3  # and so do quoted text and attached texts while anything else waits
PARENTHESES = 20  # tokens for the number of a mail, or the name of a field and the quotes around its text
MISSING = 40  # tokens to say how many mails are not here
REST = "\n[... the rest of this file was not read ...]"


@dataclass(frozen=True, slots=True)
class Letter:
    """The mail to answer, fit to be shown, before anything of it is left out. ``files`` are the attached texts, "" for
    those without."""

    mail: Mail
    entry: Entry
    text: str
    quoted: str
    files: tuple[str, ...]

    def need(self, room: int) -> int:
        """What it takes before anything of it has to go for the sake of others."""
        quoted = min(cost(self.quoted), room // QUOTED_PART) if self.quoted else 0
        files = min(sum(map(cost, filter(None, self.files))), room // FILES_PART)
        return cost(self.entry) + cost(self.text) + quoted + files


def letter(wanted: Wanted, now: datetime, room: int) -> Letter:
    """The history that the thread holds is left to it."""
    mail = wanted.mail
    shown = entry(mail, now, most=min(WIDE, room // HEADER_PART))
    attached = mail.attachments[: len(shown.get("attachments", ()))]
    files = tuple(foreign(file.text) + REST * (file.cut and bool(file.text)) for file in attached)
    history = "" if _holds_parent(wanted.thread, mail) else foreign(wanted.history)
    return Letter(mail, shown, foreign(wanted.fresh), history, files)


def entries(answered: Letter, thread: Thread, now: datetime, room: int) -> tuple[list[Entry], tuple[str, ...]]:
    """The data in ``room`` tokens, and sentences for the page about what was left out of it."""
    remarks: list[str] = []
    room -= MISSING
    shown = {**answered.entry, "text": fit(answered.text, room - cost(answered.entry) - 2 * PARENTHESES)}
    if shown["text"] != answered.text:
        remarks.append("The mail is longer than the model can take: its middle was left out of the prompt.")
    head = cost(shown) + PARENTHESES
    quoted = _part(answered.quoted, room - head, room // QUOTED_PART)
    files = _files(answered, room - head - cost(quoted) - PARENTHESES, room // FILES_PART)
    spent = head + cost(quoted) + PARENTHESES + sum(cost(text) + PARENTHESES for text in files if text)
    others, whole = _thread(thread, answered.mail, now, room - spent)
    spare = room - spent - sum(cost(other) + PARENTHESES for other in others)
    if spare > CRUMB and quoted != answered.quoted:
        quoted = _part(answered.quoted, cost(quoted) + spare, cost(quoted) + spare)
    elif spare > CRUMB:
        before = sum(cost(text) + PARENTHESES for text in files if text)
        files = _files(answered, before + spare, before + spare)
    _add(shown, quoted, files)
    remarks += _left_out(answered, quoted, files)
    if others:
        remarks.append(f"The model was shown {counted(len(others), 'other mail')} of the thread.")
    remarks += _since(answered.mail, thread)
    if left := thread.left + len(thread.mails) - whole:
        remarks.append(f"{counted(left, 'older mail')} of the thread did not fit whole into the prompt.")
    missing = _missing(thread.left + len(thread.mails) - len(others), thread.whole)
    numbered = [{"mail": number, **each} for number, each in enumerate([*others, shown], 1)]
    return [*missing, *numbered], tuple(remarks)


def _part(text: str, room: int, share: int) -> str:
    """The text in its share of the room, "" where that is not worth it."""
    most = min(room, share) - PARENTHESES
    return fit(text, most) if text and most >= CRUMB else ""


def _files(answered: Letter, room: int, share: int) -> list[str]:
    shown: list[str] = []
    room = min(room, share)
    for text in answered.files:
        shown.append(_part(text, room, room))
        room -= cost(shown[-1]) + PARENTHESES if shown[-1] else 0
    return shown


def _add(shown: Entry, quoted: str, files: list[str]) -> None:
    if quoted:
        shown["quoted_below"] = quoted
    for file, text in zip(shown.get("attachments", ()), files, strict=True):
        if text:
            file["text"] = text


def _since(answered: Mail, thread: Thread) -> list[str]:
    """What has come of the mail meanwhile: the owner may have flagged it for all that, or not know it."""
    own = any(other.own and answered.message_id in other.mail.in_reply_to for other in thread.mails)
    later = sum(_is_later(other, answered) for other in thread.mails)
    remarks = ["You have answered this mail before; your answer lies in Sent."] if own else []
    return remarks + ([f"The thread has {counted(later, 'newer mail')} than this one."] if later else [])


def _left_out(answered: Letter, quoted: str, files: list[str]) -> list[str]:
    remarks = []
    if quoted != answered.quoted:
        remarks.append("The mail quotes more earlier text than the model can take: some was left out of the prompt.")
    cut = sum(
        bool(whole) and (file.cut or shown != whole)
        for file, whole, shown in zip(answered.mail.attachments, answered.files, files, strict=False)
    )
    if cut:
        remarks.append(f"The prompt holds only a part of {counted(cut, 'attached text')}.")
    return remarks


def _holds_parent(thread: Thread, mail: Mail) -> bool:
    """Whether the thread says better what the mail quotes; one whose search was cut short may lack the rest of it."""
    return thread.whole and any(other.mail.message_id in mail.in_reply_to for other in thread.mails)


def _missing(left: int, whole: bool) -> list[Entry]:
    """What the model is not shown of the thread, said in the place of the oldest mail."""
    said = [f"{counted(left, 'older mail')} of the thread {'is' if left == 1 else 'are'} not here"] if left else []
    said += [] if whole else ["more mails of the thread may be missing"]
    return [{"remark": "; ".join(said)}] if said else []


def _thread(thread: Thread, answered: Mail, now: datetime, room: int) -> tuple[list[Entry], int]:
    """As many mails as there is room for, oldest first, and how many of them are whole; the last to find room may be
    cut."""
    most = min(WIDE, room // HEADER_PART)
    shown: dict[int, Entry] = {}
    whole = 0
    for number in _by_weight(thread.mails):
        other = thread.mails[number]
        head = entry(other.mail, now, own=other.own, later=_is_later(other, answered), most=most)
        left = room - cost(head) - 2 * PARENTHESES
        if left < CRUMB:
            break
        text = foreign(split(other.mail.text, other.mail.subject).fresh)
        head["text"] = fit(text, left)
        whole += head["text"] == text
        room -= cost(head) + PARENTHESES
        shown[number] = head
    return [shown[number] for number in sorted(shown)], whole


def _by_weight(mails: tuple[ThreadMail, ...]) -> list[int]:
    """The places of the latest mail, then of the owner's, then of the others', the newest of each first."""
    latest = len(mails) - 1
    return sorted(range(len(mails)), key=lambda number: (number != latest, not mails[number].own, -number))


def _is_later(other: ThreadMail, answered: Mail) -> bool:
    return bool(other.mail.date and answered.date and other.mail.date > answered.date)
