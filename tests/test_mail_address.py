"""Address fields as they come, and both readings of those that can be read in two ways."""

from __future__ import annotations

import pytest

from mailbot.mail import address


def read(written: str | bytes) -> list[tuple[str, str]]:
    value = written if isinstance(written, bytes) else written.encode()
    return [(one.name, one.email) for one in address.read("To", [value]).found]


@pytest.mark.parametrize(
    ("written", "name", "email"),
    [
        ("ada@example.org", "", "ada@example.org"),
        ("Ada Example <Ada@Example.ORG>", "Ada Example", "Ada@example.org"),
        ('"Example, Ada" <ada@x.org>', "Example, Ada", "ada@x.org"),
        ('"A \\"q\\" B" <a@x.org>', 'A "q" B', "a@x.org"),
        ("ada@x.org (Ada Example)", "Ada Example", "ada@x.org"),
        ("Ada <ada@x.org", "Ada", "ada@x.org"),
        ("Ada ada@x.org", "Ada", "ada@x.org"),
        ("ada @ x.org", "", "ada@x.org"),
        ("ada@x.org <ada@X.org>", "", "ada@x.org"),
        ('"eve@y.org" <ada@x.org>', "eve@y.org", "ada@x.org"),
        ("Ada@Work <ada@x.org>", "Ada@Work", "ada@x.org"),
        ("=?utf-8?q?M=C3=BCller,_Jan?= <jan@x.org>", "Müller, Jan", "jan@x.org"),
        ("=?utf-8?q?eve=40y.org=3E=2C?= <ada@x.org>", "eve@y.org>,", "ada@x.org"),
        ("A\u202eda\u200b\u0007 <ada@x.org>", "Ada", "ada@x.org"),
        ("<@r1.org,@r2.org:ada@x.org>", "", "ada@x.org"),
        ('"ada example"@x.org', "", '"ada example"@x.org'),
        ("jörg@x.org", "", "jörg@x.org"),
        ("<ada@münchen.example.>", "", "ada@xn--mnchen-3ya.example"),
        ("ada@[IPv6:::1]", "", "ada@[ipv6:::1]"),
        ("'ada@x.org'", "", "ada@x.org"),
        ("Ada (one (two) three) <ada@x.org>", "Ada", "ada@x.org"),
    ],
)
def test_one_mailbox_is_read(written: str, name: str, email: str) -> None:
    assert read(written) == [(name, email)]


def test_raw_latin_letters_in_a_name_are_read() -> None:
    assert read(b"J\xf6rg <joerg@x.org>") == [("Jörg", "joerg@x.org")]


def test_groups_and_several_fields_become_one_list() -> None:
    fields = [b"Team: Ada <ada@x.org>, bob@y.org;, carl@z.org", b"undisclosed-recipients:;", b"ada@x.org"]
    found = address.read("To", fields).found
    assert [one.email for one in found] == ["ada@x.org", "bob@y.org", "carl@z.org", "ada@x.org"]


def test_a_missing_bracket_or_quote_does_not_swallow_the_neighbours() -> None:
    assert read("Ada <ada@x.org, Bob <bob@y.org>") == [("Ada", "ada@x.org"), ("Bob", "bob@y.org")]
    assert read('"Ada <ada@x.org>, bob@y.org') == [("Ada", "ada@x.org"), ("", "bob@y.org")]


@pytest.mark.parametrize("written", ["a@good.org <b@evil.org>", "<a@good.org> <b@evil.org>", "a@good.org b@evil.org"])
def test_both_readings_come_out_the_second_named_after_the_first(written: str) -> None:
    result = address.read("From", [written.encode()])
    assert [(one.name, one.email) for one in result.found] == [("", "a@good.org"), ("a@good.org", "b@evil.org")]
    assert result.defects == ("The From field can be read in more than one way.",)


@pytest.mark.parametrize(
    "written",
    ["Ada", "ada@", "@x.org", "a@b@x.org", "ada@x..org", "<ada>", "a@-x-.org\x00/", "a\\@x", '""@x.org', '" "@x.org'],
)
def test_what_is_no_address_is_left_out_and_reported(written: str) -> None:
    result = address.read("To", [written.encode()])
    assert result.found == ()
    assert result.defects == ("An address in the To field could not be read.",)


def test_an_empty_field_is_no_defect() -> None:
    assert address.read("To", [b"", b" , ;", b"nobody:;"]) == address.Addresses((), ())


def test_no_more_than_500_addresses_are_read() -> None:
    result = address.read("To", [", ".join(f"u{number}@x.org" for number in range(600)).encode()])
    assert len(result.found) == 500
    assert len(result.defects) == 1


def test_a_local_part_can_carry_no_line_break() -> None:
    assert read("<ada\r\n @x.org>") == [("", "ada@x.org")]
    assert read("<ada@x.org\x00\x0b>") == [("", "ada@x.org")]
