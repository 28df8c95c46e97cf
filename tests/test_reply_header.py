from __future__ import annotations

import base64
import re

import pytest

from mailbot.mail.mail import Address
from mailbot.reply import header


def test_a_field_is_folded_before_a_piece_and_never_inside_one() -> None:
    pieces = ("a" * 40, "b" * 40, "c" * 300, "d")

    lines = header.field("References", pieces).split("\r\n")

    assert lines == [f"References: {'a' * 40}", f" {'b' * 40}", f" {'c' * 300}", " d"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "a@b.example"),
        ("Ada Example", "Ada Example <a@b.example>"),
        ("Example, Ada", '"Example, Ada" <a@b.example>'),
        ("Ada  E", '"Ada  E" <a@b.example>'),
        ('A "B" \\', '"A \\"B\\" \\\\" <a@b.example>'),
        ("Jörg", "=?utf-8?B?SsO2cmc=?= <a@b.example>"),
        ("=?utf-8?q?x?=", "=?utf-8?B?PT91dGYtOD9xP3g/PQ==?= <a@b.example>"),
    ],
)
def test_a_name_is_written_as_plainly_as_it_can_be(name: str, written: str) -> None:
    assert " ".join(header.mailboxes((Address(name, "a@b.example"),))) == written


def test_addresses_are_parted_by_commas() -> None:
    two = (Address("", "a@b.example"), Address("C", "c@d.example"))

    assert " ".join(header.mailboxes(two)) == "a@b.example, C <c@d.example>"


@pytest.mark.parametrize("value", ["שלום עולם 😀 " * 30, "語" * 80, "x" * 600, "ß"])
def test_encoded_words_fit_a_line_and_hold_whole_characters(value: str) -> None:
    field = header.field("Subject", header.unstructured(value))

    words = re.findall(r"=\?utf-8\?B\?([^?]*)\?=", field)
    assert all(len(line) <= header.LINE for line in field.split("\r\n"))
    assert "".join(base64.b64decode(word).decode() for word in words) == value


@pytest.mark.parametrize("value", ["one", "two  blanks   three", "x " * 200 + "y"])
def test_plain_subjects_stay_plain_when_unfolded(value: str) -> None:
    assert header.field("Subject", header.unstructured(value)).replace("\r\n", "") == f"Subject: {value}"


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("<a@b>", "<a@b>"),
        ("a@b", "<a@b>"),
        (" < a \r\n b@c > ", "<ab@c>"),
        ("<a<b>@c>", "<ab@c>"),
        ("<é@c>", "<é@c>"),
        ("<>", ""),
        ("\r\n\0", ""),
    ],
)
def test_an_id_has_brackets_around_and_none_inside(written: str, clean: str) -> None:
    assert header.clean_id(written) == clean


def test_a_name_is_cleaned_and_cut() -> None:
    address = header.clean_address(Address("a\r\nb" + "x" * 1000, "J@BÜCHER.example\r\n"))

    assert address.name.startswith("a bx")
    assert len(address.name) == header.LONGEST_NAME
    assert address.email == "J@xn--bcher-kva.example"
