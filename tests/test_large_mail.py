"""A flagged mail of 25 MB: what it costs on the wire, and that a server that lists its parts badly costs no draft."""

from __future__ import annotations

import json
from email.message import EmailMessage

import pytest
from dovecot import Dovecot
from fakes import FakeSession
from running import Account, Home
from scripted import Scripted
from worlds import Lab

from mailbot.errors import Later

FETCHED_AT_MOST = 300_000  # octets: the contract's


def large(megabytes: int = 25, *, text_last: bool = False) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Mara <mara@northwind.example>", "ada@example.org"
    message["Subject"], message["Message-ID"] = "Plans", "<large@northwind.example>"
    message["Date"] = "Mon, 05 Jan 2026 10:00:00 +0100"
    message.set_content("Can you look at the plan?\n\nMara\n")
    message.add_alternative("<p>Can you look at the plan?</p><p>Mara</p>", subtype="html")
    message.add_attachment(b"%PDF" * (megabytes * 183_000), maintype="application", subtype="pdf", filename="plan.pdf")
    message.add_attachment("item,price\noak,12\n", subtype="csv", filename="prices.csv")
    if text_last:
        message.set_payload(message.get_payload()[::-1])  # type: ignore[index]
    return message.as_bytes().replace(b"\n", b"\r\n")


@pytest.mark.parametrize("text_last", [False, True])
def test_a_mail_of_25_mb_is_drafted_from_its_texts(dovecot: Dovecot, text_last: bool) -> None:
    raw = large(text_last=text_last)
    assert len(raw) > 24_000_000
    account = Account(dovecot)
    with Home(account) as home:
        home.command("once")
        account.flag(account.deliver(raw))

        outcome = home.command("once")

        assert outcome.code == 0
        body = account.drafts(1)[0].get_content()
        assert "> Can you look at the plan?" in body
        source = next((home.archive / "Sources" / "Email").rglob("*.md")).read_text()
        assert "plan.pdf (18.3 MB)" in source
        assert "prices.csv (20 B)" in source


def test_of_a_mail_of_25_mb_less_than_300_kb_are_fetched(scripted: Scripted) -> None:
    account = Account(scripted)
    with Home(account) as home:
        home.command("once")
        scripted.append("INBOX", large(), ["\\Flagged"])
        before = scripted.octets

        assert home.command("once").code == 0

        assert scripted.octets - before < FETCHED_AT_MOST
        assert "> Can you look at the plan?" in account.drafts(1)[0].get_content()
    assert scripted.violations == []


@pytest.mark.parametrize(
    "structure",
    [
        b"not today",
        b"()",
        b'(("text" "plain" ("charset" "utf-8") NIL NIL "7bit") "mixed" NIL)',
        b'((("text" "plain" NIL NIL NIL "7bit" 5 1) NIL) 5)',
        b'("text" "plain" NIL NIL NIL "7bit" 27000000 1 NIL NIL NIL NIL)',
        b'(("text" "plain" ("name" {0}',
    ],
)
def test_a_server_that_lists_parts_badly_gives_the_beginning(scripted: Scripted, structure: bytes) -> None:
    account = Account(scripted)
    with Home(account) as home:
        home.command("once")
        scripted.append("INBOX", large(1), ["\\Flagged"])
        scripted.structure = structure

        assert home.command("once").code == 0

        assert "> Can you look at the plan?" in account.drafts(1)[0].get_content()
        assert "only its beginning was read" in next(iter(home.pages().values()))


def test_a_list_that_breaks_the_connection_is_asked_for_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def breaks(session: FakeSession, uid: int) -> object:
        asked.append(uid)
        raise Later("the connection broke")

    monkeypatch.setattr(FakeSession, "structure", breaks)
    lab.flag(large(1))
    lab.settle()

    assert len(lab.mailbox.raws()) == 1
    assert len(asked) == 1


def test_what_stands_in_attached_texts_is_in_the_prompt(lab: Lab) -> None:
    lab.cycle()
    lab.flag(large(1))
    lab.cycle()

    prompt = next((lab.folder / "archive" / "Outbox" / "_prompts").glob("*.json")).read_text()
    content = json.loads(prompt)["messages"][1]["content"]
    assert "item,price" in content
    assert '"name": "plan.pdf", "type": "application/pdf", "size": "732 kB"' in content
