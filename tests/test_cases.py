"""Every mail in ``cases``, read: what its twin says is what comes out.

A case is a mail, ``NAME.eml``, and its twin, ``NAME.toml``. The twin says in one line *why* the case is there. Its
table ``[mail]`` holds what must be read from the mail, by the keys of ``READINGS``; a key that is left out is not
checked. Its table ``[reply]``, about the draft, is not for this runner.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailbot.mail.mail import Address, Mail
from mailbot.mail.parse import parse
from mailbot.mail.quote import split

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.eml"))


def _people(addresses: tuple[Address, ...]) -> list[str]:
    """As a person writes them: ``Name <local@domain>``, or the bare address of somebody without a name."""
    return [f"{one.name} <{one.email}>" if one.name else one.email for one in addresses]


READINGS: dict[str, Callable[[Mail], Any]] = {
    "from": lambda mail: _people(mail.from_),
    "reply_to": lambda mail: _people(mail.reply_to),
    "to": lambda mail: _people(mail.to),
    "cc": lambda mail: _people(mail.cc),
    "mail_followup_to": lambda mail: _people(mail.mail_followup_to),
    "delivered": lambda mail: list(mail.delivered),
    "list_post": lambda mail: mail.list_post,
    "subject": lambda mail: mail.subject,
    "date": lambda mail: mail.date.isoformat() if mail.date else "",
    "message_id": lambda mail: mail.message_id,
    "in_reply_to": lambda mail: list(mail.in_reply_to),
    "references": lambda mail: list(mail.references),
    "kind": lambda mail: mail.kind.value,
    "bulk": lambda mail: mail.bulk,
    "automatic": lambda mail: mail.automatic,
    "attachments": lambda mail: [f"{one.type} {one.name}".rstrip() for one in mail.attachments],
    "defects": lambda mail: list(mail.defects),
    "text": lambda mail: mail.text,
    "fresh": lambda mail: split(mail.text, mail.subject).fresh,
    "signature": lambda mail: split(mail.text, mail.subject).signature,
    "quoted": lambda mail: bool(split(mail.text, mail.subject).history),  # whether there is quoted history
    "history": lambda mail: split(mail.text, mail.subject).history,
}


def _twin(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))


def _written(value: Any) -> Any:
    """A text in a twin may stand between lines of its own."""
    return value.strip("\n") if isinstance(value, str) else value


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_read_as_its_twin_says(name: str) -> None:
    mail = parse((CASES / f"{name}.eml").read_bytes())
    expected = {key: _written(value) for key, value in _twin(name).get("mail", {}).items()}
    assert {key: READINGS[key](mail) for key in expected} == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_twin_says_why_its_mail_is_there(name: str) -> None:
    why = _twin(name)["why"]
    assert why.strip()
    assert "\n" not in why


def test_every_mail_has_its_twin_and_every_twin_its_mail() -> None:
    assert sorted(path.stem for path in CASES.glob("*.toml")) == NAMES
