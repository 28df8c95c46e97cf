"""Drafts for the mails in tests/cases: each twin with a ``[reply]`` table says which draft its mail leads to.

``[reply.given]`` is what the owner configured and what the model wrote; where it says nothing the owner is Ada with her
defaults. Every other key of ``[reply]`` is expected of the draft as the standard library reads it.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from making import make_account, make_identity, make_owner
from reading_back import ReadBack

from mailbot.language import language
from mailbot.mail import quote
from mailbot.mail.parse import parse
from mailbot.prompt import answer
from mailbot.reply import answerable, compose, identity, recipients

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 1, 7, 9, 0, tzinfo=UTC)
GIVEN = {
    "address": "ada@example.org",
    "aliases": [],
    "identities": [],
    "reply_all": True,
    "quote": "below",
    "name": "Ada Example",
    "signature": "",
    "language": "en",  # the owner's
    "zone": "Europe/Berlin",
    "truncated": False,
    "model": "[[fill: your answer]]",  # the reply that the model wrote
    "named": "",  # the language that the model says it wrote in
}
EXPECTED = {
    *("from", "to", "cc", "subject", "in_reply_to", "references", "references_count", "attribution", "body"),
    *("has", "lacks", "once", "remarks", "refusal"),
}


@dataclass(frozen=True)
class Outcome:
    """``draft`` is None when the mail is not answered."""

    refusal: str
    remarks: list[str]
    draft: ReadBack | None


@cache
def twins() -> dict[str, dict[str, Any]]:
    found = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.toml"))}
    return {name: twin["reply"] for name, twin in found.items() if "reply" in twin}


def outcome(name: str) -> Outcome:
    """The line from the mail to the draft, as the bot walks it."""
    given = GIVEN | twins()[name].get("given", {})
    account = make_account(
        **{key: given[key] for key in ("address", "reply_all", "quote")},
        aliases=tuple(given["aliases"]),
        identities=tuple(make_identity(**one) for one in given["identities"]),
    )
    owner = make_owner(**{key: given[key] for key in ("name", "signature", "language")})
    mail = parse((CASES / f"{name}.eml").read_bytes(), truncated=given["truncated"])
    verdict = answerable.check(mail, account)
    if verdict.refusal:
        return Outcome(verdict.refusal, [], None)
    voice, to = identity.choose(mail, account, owner), recipients.choose(mail, account)
    fresh = quote.split(mail.text, mail.subject).fresh
    written = answer.read(json.dumps({"reply": given["model"], "language": given["named"]}), "schema")
    wrong = language.mismatch(fresh, written.reply, written.language)
    own = language.written(written.reply, written.language, voice.language)
    draft = compose.compose(
        voice=voice,
        mail=mail,
        recipients=to,
        reply=written.reply,
        account_address=account.address,
        generation=1,
        language=language.spoken(fresh, mail.text, own),
        quote=account.quote,
        now=NOW,
        zone=ZoneInfo(given["zone"]),
    )
    compose.gate(draft)
    remarks = [*verdict.remarks, *to.remarks, *([wrong] if wrong else [])]
    return Outcome("", remarks, ReadBack(draft.raw))


def test_there_are_enough_cases_and_languages() -> None:
    lines = {twin.get("attribution", "").partition(" ")[0] for twin in twins().values()}

    assert len(twins()) >= 50
    assert {"On", "Am", "Le", "El", "Il", "Op", "Em", "W", "Den"} <= lines


@pytest.mark.parametrize("name", twins())
def test_a_twin_says_only_what_is_checked(name: str) -> None:
    twin = twins()[name]

    assert set(twin) - {"given"} <= EXPECTED
    assert set(twin.get("given", {})) <= set(GIVEN)
    assert "refusal" in twin or {"from", "to", "subject"} <= set(twin)


@pytest.mark.parametrize("name", [name for name, twin in twins().items() if "refusal" in twin])
def test_a_mail_that_cannot_be_answered_gets_no_draft(name: str) -> None:
    found = outcome(name)

    assert found.draft is None
    assert found.refusal.startswith(twins()[name]["refusal"])


@pytest.mark.case(26)
@pytest.mark.parametrize("name", [name for name, twin in twins().items() if "refusal" not in twin])
def test_the_draft_is_the_one_that_was_meant(name: str) -> None:
    twin, found = twins()[name], outcome(name)
    draft = found.draft
    assert draft is not None, found.refusal

    assert _beginnings(found.remarks, twin.get("remarks", [])) == twin.get("remarks", [])
    assert draft.addresses("From") == [twin["from"]]
    assert draft.addresses("To") == twin["to"]
    assert draft.addresses("Cc") == twin.get("cc", [])
    assert draft.subject == twin["subject"]
    assert draft.in_reply_to == twin.get("in_reply_to", draft.in_reply_to)
    assert draft.references == twin.get("references", draft.references)
    assert len(draft.references) == twin.get("references_count", len(draft.references))
    _check_body(draft.body, twin)


def _beginnings(remarks: list[str], expected: list[str]) -> list[str]:
    """The remarks, each cut to the length of the expected one: a twin names how a sentence begins."""
    lengths = [len(sentence) for sentence in expected] + [1000] * len(remarks)
    return [remark[:length] for remark, length in zip(remarks, lengths, strict=False)]


def _check_body(body: str, twin: dict[str, Any]) -> None:
    assert body == twin.get("body", body)
    if "attribution" in twin:
        assert body.split("\n").count(twin["attribution"]) == 1, body
    for words in twin.get("has", []):
        assert words in body
    for words in twin.get("lacks", []):
        assert words not in body
    for words in twin.get("once", []):
        assert body.count(words) == 1, body
