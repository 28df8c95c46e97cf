"""Who may read what: every reader must be named, and a name means no more than it says."""

from __future__ import annotations

import pytest

from mailbot.address.readers import fits, may_read


@pytest.mark.parametrize(
    ("match", "email", "meant"),
    [
        ("bo@example.net", "Bo@Example.NET", True),
        ("bo@example.net", "bob@example.net", False),
        ("example.net", "bo@example.net", True),
        ("Example.NET", "bo@example.net", True),
        ("example.net", "bo@Example.NET", True),
        ("example.net", "bo@mail.example.net", False),
        ("example.net", "bo@evilexample.net", False),
        ("example.net", "example.net@evil.example", False),
        ("münchen.example", "bo@xn--mnchen-3ya.example", True),
        ("ada.b@gmail.com", "adab@googlemail.com", True),
        ("anyone", "bo@anyone", True),  # a domain like any other, where no share_with gives the word its meaning
    ],
)
def test_an_address_or_a_domain_means_that_and_no_more(match: str, email: str, meant: bool) -> None:
    assert fits(match, email) is meant


def test_every_reader_must_be_named() -> None:
    share_with = ("example.net", "mara@northwind.example")

    assert may_read(share_with, ["bo@example.net", "mara@northwind.example"])
    assert not may_read(share_with, ["bo@example.net", "jonas@northwind.example"])
    assert not may_read((), ["bo@example.net"])


def test_anyone_is_anyone_but_not_nobody() -> None:
    assert may_read(("anyone",), ["evil@evil.example"])
    assert not may_read(("anyone",), [])
    assert not may_read(("example.net",), [])
