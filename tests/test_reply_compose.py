from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import ADA, MARA, make_mail

from mailbot.mail.mail import Address
from mailbot.reply.compose import Draft, compose, draft_id, gate
from mailbot.reply.identity import Voice
from mailbot.reply.recipients import Recipients

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 1, 5, 19, 0, tzinfo=UTC)


def _compose(**changes: Any) -> Draft:
    """A reply to Mara; ``mail`` is what differs in hers, the other changes are to ours."""
    mail = make_mail(**changes.pop("mail", {}))
    recipients = Recipients(changes.pop("to", (MARA,)), changes.pop("cc", ()), ())
    voice = Voice(
        address=changes.pop("address", "ada@example.com"),
        name=changes.pop("name", "Ada Example"),
        signature=changes.pop("signature", ""),
        about="",
        language="en",
    )
    values: dict[str, Any] = {
        "voice": voice,
        "mail": mail,
        "recipients": recipients,
        "reply": "Hi Mara,\n\nwe do.\n\nAda",
        "account_address": "ada@example.org",
        "generation": 1,
        "language": "en",
        "quote": "below",
        "now": NOW,
        "zone": BERLIN,
    }
    return compose(**(values | changes))


def _head(draft: Draft) -> str:
    return draft.raw.partition(b"\r\n\r\n")[0].decode()


def _unfolded(draft: Draft, name: str) -> str:
    head = re.sub("\r\n ", " ", _head(draft))
    return next(line.partition(": ")[2] for line in head.split("\r\n") if line.startswith(f"{name}: "))


def test_the_whole_draft_reads_as_expected() -> None:
    draft = _compose(signature="Ada", mail={"references": ("<1@x.example>",)}, cc=(Address("Bob", "bob@c.example"),))

    assert draft.raw.decode().split("\r\n") == [
        "From: Ada Example <ada@example.com>",
        "To: Mara Lindqvist <mara@northwind.example>",
        "Cc: Bob <bob@c.example>",
        "Subject: Re: December 8th end-of-day update",
        "Date: Mon, 05 Jan 2026 20:00:00 +0100",
        f"Message-ID: {draft.message_id}",
        "In-Reply-To: <5666.1766332362@northwind.example>",
        "References: <1@x.example> <5666.1766332362@northwind.example>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 7bit",
        "",
        "Hi Mara,",
        "",
        "we do.",
        "",
        "Ada",
        "",
        "On Mon, 5 January 2026 at 19:45, Mara Lindqvist wrote:",
        "> Hi Ada,",
        ">",
        "> who buys the hardware?",
        ">",
        "> Mara",
        "",
    ]
    gate(draft)


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert _compose() == _compose()


def test_the_draft_carries_the_domain_of_its_from() -> None:
    assert _compose().message_id == draft_id("ada@example.org", make_mail().key, 1, "example.com")


def test_umlauts_in_the_text_make_it_eight_bit() -> None:
    draft = _compose(reply="Grüße")

    assert "Content-Transfer-Encoding: 8bit" in _head(draft)
    assert "Grüße".encode() in draft.raw


def test_nobody_in_to_or_cc_leaves_the_field_out() -> None:
    draft = _compose(to=(), cc=())

    assert "\r\nTo:" not in _head(draft)
    assert "\r\nCc:" not in _head(draft)
    gate(draft)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"quote": "none"}, "Hi\n"),
        ({"mail": {"text": " \n"}}, "Hi\n"),
        ({"mail": {"text": "[attached mail: x]\n\ny"}}, "Hi\n"),
    ],
)
def test_nothing_is_quoted_where_there_is_nothing_to_quote(changes: dict[str, Any], text: str) -> None:
    assert _compose(reply="Hi", **changes).text == text


def test_the_attribution_is_in_the_language_of_the_mail() -> None:
    assert "schrieb Mara Lindqvist:\n> Hi Ada," in _compose(language="de").text


def test_without_an_id_there_is_no_thread() -> None:
    draft = _compose(mail={"message_id": "", "references": ("<1@x.example>",)})

    assert (draft.in_reply_to, draft.references) == ("", ())
    assert "In-Reply-To" not in _head(draft)
    assert "References" not in _head(draft)
    gate(draft)


@pytest.mark.parametrize(
    ("mail", "references"),
    [
        ({"in_reply_to": ("<1@x>",)}, ("<1@x>", "<9@x>")),
        ({"in_reply_to": ("<1@x>", "<2@x>")}, ("<9@x>",)),
        ({"in_reply_to": ("<1@x>",), "references": ("<3@x>", "<4@x>")}, ("<3@x>", "<4@x>", "<9@x>")),
        ({"references": ("<3@x>", "<9@x>")}, ("<3@x>", "<9@x>")),
    ],
)
def test_references_are_the_thread_and_then_the_mail(mail: dict[str, Any], references: tuple[str, ...]) -> None:
    assert _compose(mail={"message_id": "<9@x>", **mail}).references == references


def test_two_hundred_references_stay_whole() -> None:
    before = tuple(f"<{n}@x.example>" for n in range(199))

    assert _compose(mail={"references": before}).references == (*before, make_mail().message_id)


def test_of_more_references_the_first_and_the_last_stay() -> None:
    before = tuple(f"<{n}@x.example>" for n in range(300))

    draft = _compose(mail={"references": before})

    assert draft.references == (before[0], *before[102:], make_mail().message_id)
    assert len(draft.references) == 200
    assert _unfolded(draft, "References").split() == list(draft.references)


def test_long_ids_are_neither_encoded_nor_cut() -> None:
    ids = tuple(f"<{'x' * 250}{n}@y.example>" for n in range(200))

    draft = _compose(mail={"references": ids[:-1], "message_id": ids[-1]})

    assert tuple(_unfolded(draft, "References").split()) == ids
    assert _unfolded(draft, "In-Reply-To") == ids[-1]
    gate(draft)


def test_an_id_as_long_as_a_line_stays_whole() -> None:
    long_id = f"<{'x' * 993}@y>"

    draft = _compose(mail={"message_id": long_id, "references": ("<1@y>",)})

    assert (draft.in_reply_to, draft.references) == (long_id, ("<1@y>", long_id))
    assert max(map(len, draft.raw.split(b"\r\n"))) == 998
    gate(draft)


def test_an_id_longer_than_a_line_is_left_out() -> None:
    draft = _compose(mail={"message_id": f"<{'x' * 994}@y>", "references": ("<1@y>",)})

    assert (draft.in_reply_to, draft.references) == ("", ())
    gate(draft)


INJECTION = "x\r\nBcc: e@v.example"


@pytest.mark.parametrize(
    "changes",
    [
        {"mail": {"subject": INJECTION}},
        {"mail": {"subject": "x\nBcc: e@v.example\n\nbody"}},
        {"mail": {"subject": "=?utf-8?q?x=0ABcc=3A_e=40v.example?="}},
        {"mail": {"subject": "x Bcc: e@v.example"}},
        {"mail": {"message_id": f"<{INJECTION}>"}},
        {"mail": {"references": (f"<{INJECTION}>", "<\r\n\r\n>")}},
        {"mail": {"from_": (Address(INJECTION, "a@b.example"),)}},
        {"mail": {"text": "\r\n\r\n.\r\nBcc: e@v.example"}},
        {"name": INJECTION},
        {
            "to": (
                Address(INJECTION, "a@b.example"),
                Address('"\r\n\\', "c@d.example"),
                Address("<e@v>, f", "g@h.example"),
            )
        },
        {"cc": (Address("=?utf-8?q?=3Ce=40v=3E=2C?=", "a@b.example"), Address("\u2028x\x85", "c@d.example"))},
        {"reply": "\r\nBcc: e@v.example\r\n\r\n\0"},
        {"signature": "\r\nBcc: e@v.example"},
    ],
)
def test_no_value_can_add_a_header_or_a_recipient(changes: dict[str, Any]) -> None:
    draft = _compose(**changes)

    gate(draft)
    message = message_from_bytes(draft.raw)
    names = [name.lower() for name in message]
    assert "bcc" not in names
    assert len(names) == len(set(names))
    emails = [email for _, email in getaddresses(message.get_all("To", []) + message.get_all("Cc", []))]
    assert emails == [a.email for a in draft.to + draft.cc]


def test_an_encoded_word_in_a_subject_stays_the_text_it_is() -> None:
    draft = _compose(mail={"subject": "=?utf-8?q?x=0ABcc=3A_e=40v?="})

    assert str(make_header(decode_header(message_from_bytes(draft.raw)["Subject"]))) == draft.subject
    assert draft.subject == "Re: =?utf-8?q?x=0ABcc=3A_e=40v?="


def test_eight_thousand_recipients_are_written_and_checked_in_time() -> None:
    many = tuple(Address(f"Jörg Müller, {n}", f"p{n}@x.example") for n in range(8000))
    begun = time.process_time()

    draft = _compose(to=many[:10], cc=many[10:])
    gate(draft)

    assert time.process_time() - begun < 2
    assert draft.cc == many[10:]


def test_a_raw_utf8_local_part_is_written_raw() -> None:
    draft = _compose(to=(Address("Jörg", "jörg@x.example"),))

    assert "<jörg@x.example>".encode() in draft.raw
    gate(draft)


@pytest.mark.parametrize(
    "subject", ["x" * 5000, "a" + " " * 3000 + "b", "two  blanks   three", "語" * 5000, "x" * 1_000_000]
)
def test_a_strange_subject_arrives_whole(subject: str) -> None:
    draft = _compose(mail={"subject": subject})

    assert draft.subject == f"Re: {subject}"
    gate(draft)


def test_every_body_line_is_short_enough_for_any_server() -> None:
    draft = _compose(reply="x" * 5000, mail={"text": "> " + "語" * 5000})

    assert max(map(len, draft.raw.split(b"\r\n"))) <= 900
    gate(draft)


TEXT = st.text(max_size=300) | st.text('\r\n\t =?,;<>"\\()@:éשe\u0301\u200d\x00\x85', max_size=60)


@settings(max_examples=150, deadline=None)
@given(name=TEXT, other=TEXT, subject=TEXT, reply=TEXT, signature=TEXT, original=TEXT, message_id=TEXT)
def test_any_text_gives_a_draft_that_says_what_was_meant(
    name: str, other: str, subject: str, reply: str, signature: str, original: str, message_id: str
) -> None:
    draft = _compose(
        name=name,
        to=(Address(other, "a@b.example"), Address(name, '"c d"@e.example')),
        cc=(ADA,),
        reply=reply,
        signature=signature,
        mail={"subject": subject, "text": original, "message_id": message_id, "references": (other,)},
    )

    gate(draft)
    message = message_from_bytes(draft.raw)
    assert str(make_header(decode_header(message["Subject"]))) == draft.subject
    assert [email for _, email in getaddresses([message["To"]])] == ["a@b.example", '"c d"@e.example']
    assert draft.raw.partition(b"\r\n\r\n")[2].decode().replace("\r\n", "\n") == draft.text
