"""Whatever a mail says and whatever a model writes: the draft is what was meant, and nothing else.

Mails are made of pieces that broke mail programs. Two readers that share no code must agree on each draft: the gate and
the standard library. With CI set, hypothesis takes the same examples every time.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from making import make_account, make_identity, make_mail, make_owner
from reading_back import ReadBack

from mailbot.address.compare import fold
from mailbot.mail.mail import Address, Mail
from mailbot.mail.parse import parse
from mailbot.prompt import answer
from mailbot.prompt.guard import clean_reply
from mailbot.reply import compose, identity, recipients
from mailbot.reply.draft import Draft
from mailbot.reply.recipients import Recipients

NOW = datetime(2026, 1, 7, 9, 0, tzinfo=UTC)
ACCOUNT = make_account(
    aliases=("ada@example.com", "ada+*@example.org", "*@shop.example", "ada@bücher.example"),
    identities=(make_identity("ada@example.com", name='Ada, of "Example"', signature="-- \nAda\nExample Ltd"),),
)
OWNER = make_owner(signature="Ädä\nExample")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
LINE = 998  # octets, RFC 5322, section 2.1.1


def _word(text: bytes) -> bytes:
    return b"=?utf-8?b?" + base64.b64encode(text) + b"?="


PIECES = (
    *(
        b"mara@northwind.example",
        b"<mara@northwind.example>",
        b"ada@example.org",
        b"ADA+x@Example.com",
        b"x@shop.example",
    ),
    *(
        b'"a b"@x.example',
        b'"a\\"b@c"@x.example',
        b"<@r.example:m@x.example>",
        b"a@[192.0.2.1]",
        b"j\xc3\xb6@k.example",
    ),
    *(b"a@b\xc3\xbccher.example", b"a@xn--bcher-kva.example", b"raw\xe9@x.example", b"a@b.example <c@d.example>"),
    *(b"<x@y", b"x@y>", b"<>", b"a@@b", b'"', b"(", b")", b"\\", b",", b";", b":", b" ", b"\r\n ", b"\r\n\t", b"\t"),
    *(b"Group: ", b"undisclosed-recipients:;", b'"Stone, Bob" ', b"Mara (x (y)) ", b"=?utf-8?q?a=2Cb=40c=3E?= ", b"=?"),
    *(_word(b"x\r\nBcc: eve@evil.example\r\n\r\n"), _word(b"\0\x07\x1b[2J"), _word("\u202egpj\u2066".encode()), b"?="),
    *(b"=?utf-8?q?=0D=0ATo:_eve=40evil.example?=", b"=?x-unknown?b?////?=", b"=?utf-8?b?4p?=", b"\0", b"\x0b", b"\x85"),
    *(
        b"Re: ",
        b"AW[2]: ",
        "回复：".encode(),
        b"Fwd: ",
        b"x" * 1200,
        "語".encode() * 400,
        b" " * 300,
        b"\xff\xfe",
        b"\xed\xa0\x80",
    ),
    *(b"<id@x>", b"<" + b"i" * 980 + b"@x>", b"<" + b"i" * 1100 + b"@x>", b"<a b@x>", b"id@x", b"<=?utf-8?q?=0D?=@x>"),
    *(
        b"(<c@x>)",
        b"<\xc3\xa9@x>",
        b"Tue, 6 Jan 2026 10:15:00 +0100",
        b"Tue, 99 Foo 99999 25:61 +9999",
        b"\xe2\x80\xa8",
        b"<mailto:l@x.example>",
    ),
)
FIELDS = (
    *(b"From", b"Reply-To", b"To", b"Cc", b"Mail-Followup-To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To"),
    *(b"References", b"Delivered-To", b"X-Original-To", b"Envelope-To", b"List-Post", b"List-Id", b"Content-Type"),
)
VALUE = st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join) | st.binary(max_size=60)
TEXT = st.text(max_size=200) | st.lists(
    st.sampled_from(
        (
            *(
                "\r\n",
                "\n\n",
                "\r",
                "\0",
                "\x1b[2J",
                "\u2028",
                "\u202e",
                ".",
                "> ",
                ">>> ",
                "-- \n",
                "--\n",
                "From ",
                "Bcc: eve@evil.example",
            ),
            *(
                "\n.\r\n",
                "Content-Type: text/html",
                "<b>x</b>",
                "x" * 2000,
                "é" * 999,
                "e\u0301" * 600,
                "\ud800",
                "word " * 300,
            ),
            *("Ada\nExample Ltd", "On Tue wrote 1 a@b:\n", "=?utf-8?q?=0A?=", "[[fill: x]]", "\u200d", "😀" * 300),
        )
    ),
    max_size=8,
).map("".join)
HEADERS = st.lists(st.tuples(st.sampled_from(FIELDS), VALUE), max_size=12)


def _mail(headers: list[tuple[bytes, bytes]], text: str) -> bytes:
    block = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return block + b"\r\n" + text.encode("utf-8", "surrogatepass")


def _draft(mail: Mail, to: Recipients, reply: str) -> Draft:
    return compose.compose(
        voice=identity.choose(mail, ACCOUNT, OWNER),
        mail=mail,
        recipients=to,
        reply=reply,
        account_address=ACCOUNT.address,
        generation=1,
        language="de",
        quote="below",
        now=NOW,
        zone=ZoneInfo("Europe/Berlin"),
    )


def _head(draft: Draft) -> bytes:
    return draft.raw.partition(b"\r\n\r\n")[0]


def _names(draft: Draft) -> list[str]:
    """The fields that a reply has, in their order."""
    thread = ["in-reply-to", "references"] if draft.references else []
    people = [name for name, some in (("to", draft.to), ("cc", draft.cc)) if some]
    mime = ["mime-version", "content-type", "content-transfer-encoding"]
    return ["from", *people, "subject", "date", "message-id", *thread, *mime]


def _specs(addresses: tuple[Address, ...]) -> list[str]:
    return [address.email for address in addresses]


def _shown(addresses: tuple[Address, ...]) -> list[str]:
    return _without_blanks([f"{a.name} <{a.email}>" if a.name else a.email for a in addresses])


def _without_blanks(entries: list[str]) -> list[str]:
    """The standard library keeps the blank between two encoded words of a name."""
    return ["".join(entry.split()) for entry in entries]


def _check(draft: Draft) -> None:
    """What holds for every draft: bytes that any server takes, and one reading of them."""
    compose.gate(draft)
    lines = draft.raw.split(b"\r\n")
    assert not any(re.search(rb"[\r\n\0]", line) for line in lines)
    assert max(map(len, lines)) <= LINE
    assert not CONTROL.search(draft.raw.decode("utf-8").replace("\r\n", "\n"))
    assert (b"\r\nContent-Transfer-Encoding: 7bit" in _head(draft)) == draft.text.isascii()
    back = ReadBack(draft.raw)
    assert list(back.names) == _names(draft)
    assert _without_blanks(back.addresses("From")) == _shown((draft.from_,))
    assert _without_blanks(back.addresses("To")) == _shown(draft.to)
    assert _without_blanks(back.addresses("Cc")) == _shown(draft.cc)
    assert back.subject == draft.subject
    assert not CONTROL.search(back.subject)
    assert back.message_id == draft.message_id
    assert (back.in_reply_to, tuple(back.references)) == (draft.in_reply_to, draft.references)
    assert back.body == draft.text


@pytest.mark.case(26)
@settings(max_examples=300, deadline=None)
@given(headers=HEADERS, text=TEXT)
@example(headers=[(b"To", b", ".join(b"p%d@x.example" % n for n in range(8000))), (b"From", b"m@x.example")], text="Hi")
def test_whatever_a_mail_says_its_draft_reads_back_as_it_was_meant(
    headers: list[tuple[bytes, bytes]], text: str
) -> None:
    mail = parse(_mail(headers, text))
    to = recipients.choose(mail, ACCOUNT)

    draft = _draft(mail, to, "Hi\n\nAda")

    _check(draft)
    assert _specs(draft.to + draft.cc) == _specs(to.to + to.cc)
    folded = [fold(email) for email in _specs(to.to + to.cc)]
    assert len(folded) == len(set(folded))
    assert not any(identity.is_own(ACCOUNT, email) for email in folded)
    assert identity.is_own(ACCOUNT, draft.from_.email)


@settings(max_examples=300, deadline=None)
@given(text=TEXT)
def test_whatever_a_model_writes_is_text_of_the_body_and_no_header(text: str) -> None:
    mail = make_mail()
    to = recipients.choose(mail, ACCOUNT)
    plain = _draft(mail, to, "é")

    for reply in (text, clean_reply(text)):
        draft = _draft(mail, to, reply)
        _check(draft)
        assert _head(draft).replace(b": 7bit", b": 8bit") == _head(plain)


@settings(max_examples=300, deadline=None)
@given(text=TEXT, shape=st.sampled_from(("schema", "plain")))
def test_whatever_a_model_answers_is_read_or_refused(text: str, shape: answer.Shape) -> None:
    written = json.dumps({"reply": text}) if shape == "schema" else f"{answer.DELIMITER}\n{text}"
    try:
        found = answer.read(written, shape)
    except answer.BadAnswer:
        return
    assert found.reply.strip()
    _check(_draft(make_mail(), recipients.choose(make_mail(), ACCOUNT), found.reply))
