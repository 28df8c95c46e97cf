from __future__ import annotations

import base64
import quopri
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from making import ADA, MARA, make_mail

from mailbot.errors import Refused
from mailbot.mail.mail import Address
from mailbot.reply.compose import compose, differences, gate
from mailbot.reply.identity import Voice
from mailbot.reply.recipients import Recipients

DRAFT = compose(
    voice=Voice(address=ADA.email, name="Ada, of Example", signature="", about="", language="en"),
    mail=make_mail(subject="Grüße"),
    recipients=Recipients((MARA,), (Address("Jörg", "j@x.example"),), ()),
    reply="Grüße zurück, 2 = 2",
    account_address=ADA.email,
    generation=1,
    language="de",
    quote="below",
    now=datetime(2026, 1, 5, 19, 0, tzinfo=UTC),
    zone=UTC,
)
HEAD, _, BODY = DRAFT.raw.partition(b"\r\n\r\n")


def _with(old: bytes, new: bytes) -> bytes:
    assert old in DRAFT.raw
    return DRAFT.raw.replace(old, new, 1)


def _recoded(name: bytes, body: bytes) -> bytes:
    return HEAD.replace(b"Encoding: 8bit", b"Encoding: " + name) + b"\r\n\r\n" + body


def test_a_draft_passes_its_own_gate() -> None:
    gate(DRAFT)


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"Bcc: e@v.example\r\n" + DRAFT.raw, "header names"),
        (_with(b"MIME-Version: 1.0\r\n", b""), "header names"),
        (_with(b"\r\nCc: ", b"\r\nTo: e@v.example\r\nCc: "), "header names"),
        (_with(b"\r\nTo: ", b"\r\nTo: e@v.example, "), "To"),
        (_with(b"mara@", b"eve@"), "To"),
        (_with(b"j@x.example", b"k@x.example"), "Cc"),
        (_with(b'"Ada, of Example"', b"Ada, of Example"), "From"),
        (_with(b"\r\nReferences: ", b"\r\nReferences: <1@x> "), "References"),
        (_with(b"In-Reply-To: <", b"In-Reply-To: <1"), "In-Reply-To"),
        (_with(b"Message-ID: <", b"Message-ID: <1"), "Message-ID"),
        (_with(b"Subject: ", b"Subject: x "), "Subject"),
        (_with(b"MIME-Version: 1.0", b"MIME-Version: " + b"1" * 1000), "line length"),
        (DRAFT.raw + b"more\r\n", "body"),
        (DRAFT.raw + b"\0", "line ends"),
        (_with(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\n"), "line ends"),
        (b"", "header names"),
    ],
)
def test_bytes_that_say_something_else_do_not_pass(raw: bytes, named: str) -> None:
    with pytest.raises(Refused, match=rf"[( ]{named}[,)]"):
        gate(replace(DRAFT, raw=raw))


@pytest.mark.parametrize(
    ("field", "written", "stray"),
    [
        ("from_", b'"Ada, of Example" <ada@example.org>', Address("", "a b")),
        ("to", b"Mara Lindqvist <mara@northwind.example>", (Address("", "a b"),)),
        ("cc", b"=?utf-8?B?SsO2cmc=?= <j@x.example>", (Address("", "a b"),)),
    ],
)
def test_an_address_that_no_header_can_hold_does_not_pass(field: str, written: bytes, stray: Any) -> None:
    with pytest.raises(Refused, match=r"\(addresses\)"):
        gate(replace(DRAFT, raw=_with(written, b"a b"), **{field: stray}))


@pytest.mark.parametrize(
    "raw",
    [
        DRAFT.raw,
        b"Received: from x by y; Mon, 5 Jan 2026 20:00:00 +0100\r\nX-UID: 7\r\nReturn-Path: <>\r\n" + DRAFT.raw,
        DRAFT.raw.replace(b"\r\n", b"\n"),
        DRAFT.raw + b"\r\n",
        _with(b"To: Mara Lindqvist <", b'To: "Mara Lindqvist"\r\n <'),
        _with(b"=?utf-8?B?SsO2cmc=?=", b"=?iso-8859-1?q?J=F6rg?="),
        _recoded(b"quoted-printable", quopri.encodestring(BODY.replace(b"\r\n", b"\n"))),
        _recoded(b"base64", base64.encodebytes(BODY)),
    ],
)
def test_what_a_server_adds_or_encodes_anew_is_no_difference(raw: bytes) -> None:
    assert differences(DRAFT.raw, raw) == ()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (_with(b"Ada, of Example", b"Eve"), ["another From"]),
        (_with(b"\r\nCc: ", b"\r\nTo: e@v.example\r\nCc: "), ["another To"]),
        (_with(b"\r\nCc: ", b"\r\nCc: e@v.example, "), ["another Cc"]),
        (_with(b"\r\nTo: ", b"\r\nX-To: "), ["another To"]),
        (b"Bcc: e@v.example\r\n" + DRAFT.raw, ["a Bcc"]),
        (_with(b"Message-ID: <", b"Message-ID: <1"), ["another Message-ID"]),
        (_with(b"In-Reply-To", b"X-Thread"), ["another In-Reply-To"]),
        (_with(b"\r\nReferences", b"\r\nX-Refs"), ["another References"]),
        (_with(b"Subject: ", b"Subject: [EXT] "), ["another Subject"]),
        (_with("zurück".encode(), b"zur?ck"), ["another text"]),
        (DRAFT.raw[:-40], ["another text"]),
        (_with(b"utf-8\r\n", b"no-such-charset\r\n"), ["another text"]),
        (_with(b"text/plain", b"text/html"), ["another text"]),
    ],
)
def test_what_a_server_changed_is_named(raw: bytes, named: list[str]) -> None:
    found = differences(DRAFT.raw, raw)

    assert [sentence.split(" with ")[1].split(":")[0] for sentence in found] == named


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"\xff\xfe\0",
        b"To: " + b'"\\' * 200_000,
        b"Subject: " + b"=?utf-8?B?=?= " * 50_000,
        b"To: <" * 99,
    ],
)
def test_a_reading_that_is_no_mail_is_a_difference_and_no_crash(raw: bytes) -> None:
    assert "another Message-ID" in " ".join(differences(DRAFT.raw, raw))
