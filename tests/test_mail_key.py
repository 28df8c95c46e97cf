"""The mail key: the same for every copy of a mail, whatever the server sends of it; another for another mail."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.mail.key import mail_key, twin_key
from mailbot.mail.parse import parse

HEADER = b"""Received: from b by c;
\tMon, 5 Jan 2026 10:00:02 +0000
Received: from a by b; Mon, 5 Jan 2026 10:00:01 +0000
From: Mara <mara@northwind.example>
To: ada@example.org
Subject: December
 update
Date: Mon, 5 Jan 2026 10:00:00 +0000
Message-ID: <1@northwind.example>
X-Other: y

"""


def changed(old: bytes, new: bytes) -> bytes:
    assert old in HEADER
    return HEADER.replace(old, new)


def test_the_key_of_this_recipe_never_changes() -> None:
    # State and archives out there hold keys: when this fails, the change is wrong, not the test.
    assert mail_key(HEADER) == "6ffab9a6b28d66971480ea00308dcad149a5b9638fb75f685e675de14ab956a2"
    assert twin_key(HEADER) == "7e9b75bfd5256d09804019e54fa452b840a609bdb9820156c39894bf15257469"


def test_a_subset_in_another_order_has_the_same_key() -> None:
    subset = b"".join(
        [
            b"message-id:<1@northwind.example>\r\n",
            b"DATE: Mon, 5 Jan 2026 10:00:00 +0000\r\n",
            b"Received: from b by c;\r\n\tMon, 5 Jan 2026 10:00:02 +0000\r\n",
            b"Subject: December\r\n update\r\n",
            b"Received: from a by b; Mon, 5 Jan 2026 10:00:01 +0000\r\n",
            b"From: Mara <mara@northwind.example>  \r\n\r\n",
        ]
    )
    assert mail_key(subset) == mail_key(HEADER)
    assert twin_key(subset) == twin_key(HEADER)


def test_line_ends_make_no_difference() -> None:
    assert mail_key(HEADER.replace(b"\n", b"\r\n")) == mail_key(HEADER)


def test_other_fields_and_the_body_make_no_difference() -> None:
    assert mail_key(changed(b"X-Other: y\n", b"")) == mail_key(HEADER)
    assert mail_key(HEADER + b"Subject: in the body\n") == mail_key(HEADER)
    assert mail_key(changed(b"X-Other", b"Subject: second\nX-Other")) == mail_key(HEADER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"from b by c", b"from b by d"),
        (b"Mara", b"Maria"),
        (b"December", b"November"),
        (b"10:00:00", b"10:00:05"),
        (b"<1@", b"<2@"),
        (b"Subject: December\n update\n", b""),
        (b"Subject: December\n update\n", b"Subject:\n"),
    ],
)
def test_each_of_the_five_fields_counts(old: bytes, new: bytes) -> None:
    assert mail_key(changed(old, new)) != mail_key(HEADER)


def test_text_cannot_move_from_one_field_into_the_next() -> None:
    assert mail_key(b"From: ab\nDate: c\n\n") != mail_key(b"From: a\nDate: bc\n\n")
    assert mail_key(b"Subject: x\n\n") != mail_key(b"Date: x\n\n")


def test_a_lower_received_field_does_not_count() -> None:
    assert mail_key(changed(b"from a by b", b"from z by b")) == mail_key(HEADER)


@pytest.mark.case(27)
def test_a_mail_without_any_field_has_a_key() -> None:
    assert len(mail_key(b"")) == 64
    assert mail_key(b"\r\n") == mail_key(b"")


def test_twins_differ_in_their_way_but_not_in_their_origin() -> None:
    assert twin_key(changed(b"from b by c", b"from list by c")) == twin_key(HEADER)
    assert twin_key(changed(b"Mara", b"Mallory")) != twin_key(HEADER)


def test_without_a_message_id_there_are_no_twins() -> None:
    assert twin_key(changed(b"Message-ID: <1@northwind.example>\n", b"")) == ""
    assert twin_key(changed(b"<1@northwind.example>", b"")) == ""


def test_the_key_does_not_depend_on_the_caps_of_the_parser() -> None:
    long = b"X-Filler: " + b"x" * 200_000 + b"\n"
    assert mail_key(long + HEADER) == mail_key(HEADER)
    assert parse(long + HEADER).key == mail_key(HEADER)


def test_lines_that_are_no_fields_make_no_difference() -> None:
    assert mail_key(b"From mara Mon Jan 5\n" + HEADER) == mail_key(HEADER)
    assert mail_key(changed(b"X-Other: y", b"no field\n with a fold")) == mail_key(HEADER)


def test_every_sample_mail_has_a_key_of_its_own() -> None:
    keys = [parse(path.read_bytes()).key for path in (Path(__file__).parent / "cases").glob("*.eml")]
    assert len(set(keys)) == len(keys) >= 8
