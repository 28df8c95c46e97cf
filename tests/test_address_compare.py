from __future__ import annotations

import pytest

from mailbot.address import compare
from mailbot.mail.mail import Address


def test_two_spellings_of_one_address_fold_to_the_same() -> None:
    assert compare.fold("Ada@EXÄMPLE.org") == compare.fold("ada@xn--exmple-cua.org")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"ada"@b.example', "ada@b.example"),
        ('"a\\da"@b.example', "ada@b.example"),
        ("ada@b.example.", "ada@B.example"),
        ("a.d.a@gmail.com", "ADA@googlemail.com"),
        ("jo\u0308rg@b.example", "jörg@b.example"),
    ],
)
def test_spellings_that_reach_one_mailbox_fold_to_the_same(one: str, other: str) -> None:
    assert compare.fold(one) == compare.fold(other)


def test_dots_count_where_the_service_is_not_gmail() -> None:
    assert compare.fold("a.da@b.example") != compare.fold("ada@b.example")


def test_canonical_keeps_the_case_of_the_local_part() -> None:
    assert compare.canonical("Ada.E@Example.ORG") == "Ada.E@example.org"


@pytest.mark.parametrize(
    "email",
    [
        "a@b.example",
        "a..b.@docomo.example",
        '"john doe"@b.example',
        '"a\\"b"@b.example',
        "jörg@b.example",
        "x@[192.0.2.1]",
        "v=1+x/y@b",
    ],
)
def test_an_address_that_a_header_can_hold_is_usable(email: str) -> None:
    assert compare.usable(email)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "@b.example",
        "a@",
        "a b@c.example",
        "a,b@c.example",
        "<a@b.example",
        "a@b@c.example",
        "a@b.example\r\nBcc: x@e.example",
        '"a\r\nb"@c.example',
        "a@b.example>",
        "a@bä.example",
        "a\ud800@b.example",
        "a" * 500 + "@b.example",
        "=?utf-8?q?eve=40evil=2Eexample?=mara@b.example",
    ],
)
def test_an_address_that_would_break_a_header_is_not(email: str) -> None:
    assert not compare.usable(email)


def test_distinct_keeps_the_first_spelling() -> None:
    first, second = Address("A", "A@b.example"), Address("B", "a@B.example")

    assert compare.distinct((first, second)) == (first,)


@pytest.mark.parametrize(
    ("email", "organisation"),
    [
        ("a@news.shop.example", "shop.example"),
        ("a@shop.example", "shop.example"),
        ("a@news.shop.co.uk", "shop.co.uk"),
        ("a@co.uk", "co.uk"),
        ("a@news.com.example", "com.example"),  # no country, below which names are registered
        ("a@news.shop.uk", "shop.uk"),
        ("a@mail.sap.de", "sap.de"),
        ("live@live.shop.example", "shop.example"),
        ("Ada.B@GoogleMail.com", "adab@gmail.com"),
        ("a@gmx.de", "a@gmx.de"),
        ("a@yahoo.co.uk", "a@yahoo.co.uk"),
    ],
)
def test_organisation_is_what_one_owner_registers(email: str, organisation: str) -> None:
    assert compare.organisation(email) == organisation


def test_an_address_of_too_many_octets_cannot_be_written() -> None:
    host = "@x.example"

    assert compare.usable("é" * ((compare.LONGEST - len(host)) // 2) + host)
    assert not compare.usable("é" * (compare.LONGEST // 2) + host)


def test_a_lone_quote_is_no_pair_of_quotes() -> None:
    assert compare.fold('"@x.example') == '"@x.example'
    assert compare.fold('a"@x.example') != compare.fold("a@x.example") != compare.fold('"a@x.example')
