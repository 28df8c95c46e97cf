"""The mails in the demo's mailbox: invented people at ``.example`` addresses, two mails in English, two in German.

Owns the mails and their age. Refuses to know a mailbox; the clock is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files

OWNER = "Ada Example"
ABOUT = "Joiner, runs a workshop of four. Friendly, to the point."
ADDRESS = "ada@harbour.example"

ASKED = "question"  # the sample that the demo flags: it asks two things and has a second recipient
AGES = {
    "newsletter": timedelta(days=1, hours=3),
    "termin": timedelta(hours=19),
    "list": timedelta(hours=5),
    ASKED: timedelta(minutes=25),
}
QUOTED_AGE = timedelta(days=1, hours=1)  # of the owner's own mail that the one about the appointment quotes


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    raw: bytes  # as it came, CRLF
    arrived: datetime
    asked: bool  # to be flagged


def samples(now: datetime) -> tuple[Sample, ...]:
    """The sample mails, oldest first, as if they had come within the last two days before ``now`` (aware)."""
    return tuple(_sample(name, now - age, now - QUOTED_AGE) for name, age in AGES.items())


def _sample(name: str, arrived: datetime, earlier: datetime) -> Sample:
    text = files("mailbot.demo").joinpath("samples", f"{name}.eml").read_text(encoding="utf-8")
    text = text.replace("@DATE@", format_datetime(arrived)).replace("@EARLIER@", f"{earlier:%d.%m.%Y um %H:%M}")
    raw = "\r\n".join(text.splitlines()) + "\r\n"
    return Sample(name, raw.encode(), arrived, name == ASKED)
