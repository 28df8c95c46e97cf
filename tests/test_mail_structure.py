"""A large mail: what its server lists of it, what of it is fetched, and the one mail that becomes of that."""

from __future__ import annotations

import time
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing import listed, section

from mailbot.mail import reduced, structure
from mailbot.mail.key import mail_key
from mailbot.mail.mail import Mail
from mailbot.mail.parse import parse

TEXT = (b"text", b"plain", (b"charset", b"utf-8"), None, None, b"7bit", 12, 1, None, None, None, None)
PDF = (b"APPLICATION", b"PDF", (b"NAME", b"plan.pdf"), None, None, b"BASE64", 90, None, None, None, None, None)


def large(*, html: str = "", plain: str = "Can you look at the plan?\n\nMara\n") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Mara <mara@northwind.example>", "ada@example.org", "Plans"
    mail.set_content(plain)
    if html:
        mail.add_alternative(html, subtype="html")
    mail.add_attachment(b"%PDF" * 1_000_000, maintype="application", subtype="pdf", filename='grö"ß/er.pdf')
    mail.add_attachment("item,price\noak,12\n", subtype="csv", filename="prices.csv")
    mail.add_attachment("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar", filename="day.ics")
    return mail


def fetched(message: EmailMessage, beginning: int = 1000) -> tuple[Mail, int]:
    """The mail as it is read after only its parts were fetched, and how many octets that took."""
    raw = message.as_bytes().replace(b"\n", b"\r\n")
    root = structure.read(listed(raw))
    assert root is not None
    found = {}
    for piece in reduced.pieces(root):
        found[f"{piece.section}.MIME"] = section(raw, f"{piece.section}.MIME")[: reduced.MAX_HEADER]
        if piece.octets:
            found[piece.section] = section(raw, piece.section)[: piece.octets]
    rebuilt = reduced.rebuild(raw[:beginning], root, found)
    assert rebuilt is not None
    assert mail_key(rebuilt) == mail_key(raw)
    return parse(rebuilt, reduced=True), beginning + sum(map(len, found.values()))


def test_a_large_mail_reads_as_if_it_had_been_fetched_whole() -> None:
    message = large(html="<p>Can you look at the plan?</p><p>Mara</p>")

    mail, octets = fetched(message)

    whole = parse(message.as_bytes())
    assert mail.text == whole.text == "Can you look at the plan?\n\nMara"
    assert [(a.name, a.type) for a in mail.attachments] == [(a.name, a.type) for a in whole.attachments]
    assert mail.attachments[0].size == pytest.approx(4_000_000, rel=0.01)
    assert [a.text for a in mail.attachments] == ["", "item,price\noak,12", "BEGIN:VCALENDAR\nEND:VCALENDAR"]
    assert octets < 4_000


def test_of_a_long_letter_the_beginning_is_read_and_html_that_was_cut_does_not_count_as_different() -> None:
    words = " ".join(f"wört{number}" for number in range(12_000))

    mail, octets = fetched(large(html=f"<p>{words}</p>", plain=words))

    assert mail.text.startswith("wört0 wört1 ")
    assert "�" not in mail.text
    assert any("only its beginning" in defect for defect in mail.defects)
    assert octets < reduced.MAX_TEXT + reduced.MAX_FILES + 5_000


def test_a_text_that_does_not_come_leaves_the_beginning() -> None:
    raw = large().as_bytes()
    root = structure.read(listed(raw))
    assert root is not None
    headers = {f"{piece.section}.MIME": section(raw, f"{piece.section}.MIME") for piece in reduced.pieces(root)}

    assert reduced.rebuild(raw[:1000], root, headers) is None


def test_a_large_mail_without_a_text_shows_the_mail_that_is_attached_to_it() -> None:
    inner, message = large(plain="The inner words.\n"), EmailMessage()
    message["Subject"] = "Fwd"
    message.add_attachment(inner)

    mail, octets = fetched(message)

    assert "The inner words." in mail.text
    assert octets < reduced.MAX_TEXT + 2_000


def test_a_sender_cannot_state_a_size() -> None:
    raw = b"Content-Type: application/pdf; name=a.pdf\nX-Mailbot-Octets: 999999\n\nabc"

    assert parse(raw).attachments[0].size == 3


def test_lists_of_real_servers_are_understood() -> None:
    mixed = ([TEXT, PDF], b"MIXED", (b"BOUNDARY", b"b"), None, None, None)
    root = structure.read(([mixed, PDF[:7]], b"mixed"))

    assert root is not None
    assert [(node.section, node.type, node.octets, node.name) for node in structure.walk(root)] == [
        ("", "multipart/mixed", 0, ""),
        ("1", "multipart/mixed", 0, ""),
        ("1.1", "text/plain", 12, ""),
        ("1.2", "application/pdf", 90, "plan.pdf"),
        ("2", "application/pdf", 90, "plan.pdf"),
    ]


def nested(depth: int) -> Any:
    return TEXT if depth == 0 else ([nested(depth - 1), PDF], b"mixed", None, None, None, None)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        TEXT,
        b"text",
        (),
        ([],),
        ([TEXT], b"mixed", None, None, None, None, None)[:1],
        ([TEXT, (b"text",)], b"mixed"),
        ([TEXT, (*PDF[:6], -1)], b"mixed"),
        ([TEXT, (*PDF[:6], b"90")], b"mixed"),
        ([TEXT, (None, None, None, None, None, None, 1)], b"mixed"),
        ([TEXT] * 500, b"mixed"),
        nested(100),
    ],
)
def test_a_list_that_makes_no_sense_is_none(answer: Any) -> None:
    assert structure.read(answer) is None


JUNK = st.recursive(
    st.none() | st.integers(-5, 10**12) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=9) | st.lists(inner, max_size=9).map(tuple),
)


@given(JUNK)
def test_no_list_raises(answer: Any) -> None:
    root = structure.read(answer)
    assert root is None or reduced.pieces(root)


def test_a_beginning_that_is_not_of_this_mail_cannot_be_rebuilt() -> None:
    root = structure.read(([TEXT, PDF], b"mixed"))
    assert root is not None

    assert reduced.rebuild(b"Subject: no boundary\r\n\r\ntext", root, {}) is None
    assert reduced.rebuild(b"Content-Type: multipart/mixed; boundary=b\r\nSubject: cut he", root, {}) is None


def test_a_list_of_many_parts_is_given_up_at_once() -> None:
    parts: object = (b"text", b"plain", None, None, None, b"7bit", 10, 1)
    for _ in range(structure.MAX_NESTING - 1):
        parts = ([parts, parts], b"mixed")  # half a million

    began = time.process_time()
    assert structure.read(parts) is None
    assert time.process_time() - began < 1
