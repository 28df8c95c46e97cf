"""Values for tests, made by hand: an ordinary mail, account and owner, each with what a test wants changed."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from mailbot.mail.mail import Address, Kind, Mail

ADA = Address("Ada Example", "ada@example.org")
MARA = Address("Mara Lindqvist", "mara@northwind.example")


def make_mail(**changes: Any) -> Mail:
    """A mail from Mara to Ada with one question."""
    values: dict[str, Any] = {
        "key": "5666" + "0" * 60,
        "message_id": "<5666.1766332362@northwind.example>",
        "in_reply_to": (),
        "references": (),
        "from_": (MARA,),
        "reply_to": (),
        "to": (ADA,),
        "cc": (),
        "mail_followup_to": (),
        "delivered": (),
        "subject": "December 8th end-of-day update",
        "date": datetime(2026, 1, 5, 18, 45, tzinfo=UTC),
        "text": "Hi Ada,\n\nwho buys the hardware?\n\nMara\n",
        "attachments": (),
        "kind": Kind.ORDINARY,
        "list_post": "",
        "bulk": False,
        "automatic": False,
        "defects": (),
        "truncated": False,
    }
    return Mail(**(values | changes))


def make_account(**changes: Any) -> Any:
    """Ada's account, with what the reply asks of ``config.Account``."""
    values: dict[str, Any] = {
        "name": "home",
        "address": "ada@example.org",
        "aliases": ("ada@example.com", "shop-*@example.org"),
        "reply_all": True,
        "quote": "below",
        "identities": (),
    }
    return SimpleNamespace(**(values | changes))


def make_owner(**changes: Any) -> Any:
    """Ada, with what the reply asks of ``config.Owner``."""
    values = {"name": "Ada Example", "about": "Direct and warm.", "signature": "", "language": "en", "timezone": "UTC"}
    return SimpleNamespace(**(values | changes))


def make_identity(address: str, **changes: str) -> Any:
    """One of Ada's other roles, with what the reply asks of ``config.Identity``."""
    return SimpleNamespace(**({"address": address, "name": "", "signature": "", "about": "", "language": ""} | changes))
