"""A case for judging drafts: mails with an owner around them, read from TOML, and played through a whole mailbot.

``drafts/README.md`` has the format. The loader makes of it what mail clients would have made: headers that thread, the
mail before quoted below each answer, arrival times. ``play`` delivers all, flags the last mail that is not the
owner's, and lets mailbot ask a model that answers with what it is given.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cached_property
from pathlib import Path
from typing import Any

from babel.dates import format_datetime as spoken

DRAFTS = Path(__file__).parent / "drafts"
CONFIG = """
[owner]
name = {name}
about = {about}
signature = {signature}
language = {language}
timezone = {timezone}
[archive]
folder = "archive"
[state]
folder = "state"
[model]
base_url = {base_url}
name = "test-1"
[[account]]
name = "home"
address = {address}
quote = "none"
[account.imap]
host = "127.0.0.1"
port = 1
security = "none"
"""
# How Gmail introduces what it quotes: the date by its pattern (Unicode TR 35), then {} for name and address.
ATTRIBUTIONS = {
    "de": ("'Am' EEE d. MMM y 'um' HH:mm 'Uhr schrieb'", " {}:"),
    "en": ("'On' EEE, d MMM y 'at' HH:mm,", " {} wrote:"),
    "es": ("'El' EEE, d MMM y 'a las' H:mm,", " {} escribió:"),
    "fr": ("'Le' EEE d MMM y 'à' HH:mm,", " {} a écrit :"),
    "it": ("'Il giorno' EEE d MMM y 'alle ore' HH:mm", " {} ha scritto:"),
    "ja": ("y年M月d日(EEE) H:mm", " {}:"),
    "nl": ("'Op' EEE d MMM y 'om' HH:mm 'schreef'", " {}:"),
    "pl": ("EEE, d MMM y 'o' HH:mm", " {} napisał(a):"),
    "pt": ("'Em' EEE, d 'de' MMM 'de' y 'às' HH:mm,", " {} escreveu:"),
    "ru": ("EEE, d MMM y 'г. в' HH:mm,", " {}:"),
    "sv": ("'Den' EEE d MMM y 'kl' HH:mm 'skrev'", " {}:"),
    "tr": ("d MMM y EEE 'tarihinde saat' HH:mm 'itibarıyla'", " {} şunu yazdı:"),
    "zh": ("y年M月d日EEE HH:mm", " {} 写道:"),
}


@dataclass(frozen=True)
class Letter:
    """One mail of a case. ``file`` is its name in the lists of the case: m1 is the thread's first, s1 lies in Sent.
    ``aside``: it went past the people who get the reply."""

    file: str
    at: datetime
    own: bool
    aside: bool
    message: EmailMessage

    @property
    def raw(self) -> bytes:
        return self.message.as_bytes(policy=SMTP)


class Case:
    """One TOML file."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        self.owner: dict[str, str] = self.data["owner"]
        self.now: datetime = self.data["now"]
        self.language: str = self.data["language"]

    @cached_property
    def thread(self) -> list[Letter]:
        """Oldest first."""
        letters: list[Letter] = []
        for number, row in enumerate(self.data["mail"], 1):
            parent = letters[row.get("answers", number - 1) - 1] if number > 1 else None
            letters.append(self._letter(f"m{number}", row, parent))
        return letters

    @cached_property
    def sent(self) -> list[Letter]:
        """What the owner wrote before, to the same people."""
        rows = enumerate(self.data.get("sent", ()), 1)
        return [self._letter(f"s{number}", {"from": "owner", **row}, None) for number, row in rows]

    @property
    def flagged(self) -> Letter:
        return next(letter for letter in reversed(self.thread) if not letter.own)

    def config(self, base_url: str) -> str:
        """The owner's config. What a case leaves out is what mailbot has by itself."""
        values = {"about": "", "signature": "", "language": "en", "timezone": "UTC", **self.owner, "base_url": base_url}
        return CONFIG.format(**{name: json.dumps(value, ensure_ascii=False) for name, value in values.items()})

    def person(self, word: str) -> str:
        """``Name <address>`` of one of ``[people]``, or of the owner."""
        return f"{self.owner['name']} <{self.owner['address']}>" if word == "owner" else self.data["people"][word]

    def _letter(self, file: str, row: dict[str, Any], parent: Letter | None) -> Letter:
        message, own = EmailMessage(), row["from"] == "owner"
        sender = self.person(row["from"])
        if not own:
            message["Delivered-To"] = self.owner["address"]
            message["Received"] = f"from mx.example by mail.example; {format_datetime(row['at'])}"
        message["From"] = sender
        message["To"] = ", ".join(map(self.person, row["to"]))
        if row.get("cc"):
            message["Cc"] = ", ".join(map(self.person, row["cc"]))
        subject = row.get("subject", self.data["subject"])
        message["Subject"] = f"Re: {subject}" if parent else subject
        message["Date"] = format_datetime(row["at"])
        message["Message-ID"] = f"<{file}.{self.name}@{parseaddr(sender)[1].partition('@')[2]}>"
        text = row["text"].strip() + "\n"
        if parent is not None:
            before = parent.message
            message["In-Reply-To"] = before["Message-ID"]
            message["References"] = f"{before.get('References', '')} {before['Message-ID']}".strip()
            text += f"\n{self._quoted(parent)}"
        message.set_content(text, cte="8bit")
        return Letter(file, row["at"], own, row.get("aside", False), message)

    def _quoted(self, letter: Letter) -> str:
        pattern, words = ATTRIBUTIONS[self.language]
        sender = str(letter.message["From"])
        when = spoken(letter.at, pattern, tzinfo=letter.at.tzinfo, locale=self.language)
        lines = letter.message.get_content().rstrip().splitlines()
        return "\n".join([when + words.format(sender), *(f"> {line}".rstrip() for line in lines)]) + "\n"


def cases(folder: str) -> list[Case]:
    """Every case of ``drafts/FOLDER``, by name."""
    return [Case(path) for path in sorted((DRAFTS / folder).glob("*.toml"))]
