"""What a text names: found in every disguise, compared whatever its form, in linear time."""

from __future__ import annotations

import time
from datetime import date
from itertools import pairwise

import pytest

from mailbot.mention import Kind, find
from mailbot.mention.day import means, wrong_weekday


def words(text: str, kind: Kind) -> list[str]:
    return [mention.words for mention in find(text) if mention.kind is kind]


def agree(kind: Kind, one: str, other: str) -> bool:
    """Whether what ``one`` names is found in ``other``."""
    asked = [mention for mention in find(one) if mention.kind is kind]
    said = frozenset[str]().union(*(mention.means for mention in find(other) if mention.kind is kind))
    return bool(asked) and all(mention.asks & said for mention in asked)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/pay?x=1",
        "http://evil.example",
        "HTTPS://EVIL.EXAMPLE/A",
        "www.evil.com",
        "evil.example/login",
        "evil.example",
        "evil.co.uk",
        "Evil.Com",
        "EVIL.COM",
        "evil.support",
        "hxxps://evil[.]example/x",
        "evil[.]example",
        "evil(dot)example",
        "evil dot com",
        "evil . com",
        "https : // evil.example",
        "ftp://evil.example/x",
        "javascript:alert(1)",
        "mailto:eve@evil.example",
        "data:text/html,x",
        "file:///etc/passwd",
        r"\\evil.example\share",
        "https://good.example@evil.example/x",
        "https://192.0.2.7/x",
        "https://évil.example",
        "évil.example",
        "xn--vil-bla.example",
        "пример.рф",
        "Evil.De",
        "Evil.Io",
        "mail.evil.De",
        "Evil.De/x",
        "evil.Com/path",
        "ｅｖｉｌ．ｅｘａｍｐｌｅ",
        "𝐡𝐭𝐭𝐩𝐬://𝐞𝐯𝐢𝐥.𝐞𝐱𝐚𝐦𝐩𝐥𝐞",
        "evil。com",
        "bitcoin:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "evil.example:8080/x",
    ],
)
def test_a_link_is_found_in_every_disguise(link: str) -> None:
    assert words(f"Please see {link} today.", Kind.LINK) == [link]
    assert words(f"({link})", Kind.LINK) == [link]
    assert words(f"Voilà: {link}, thanks", Kind.LINK) == [link]


@pytest.mark.parametrize(
    "text",
    [
        "See plan.pdf and Figure 3.2, e.g. the one of 3.5.",
        "z.B. das, d.h. dies, i.d.R. z.Hd. Frau Lindqvist, St.Gallen",
        "It is ready.Now we wait. 3.Kapitel, 1.apfel",
        "Llegamos al fin.De nuevo, gracias. It is done.Is it? z.B.Es",
        "了。然后 1.苹果 2.梨",
        "The dot matrix and/or the polka dot dress; a/b; 24/7",
        "Node.js, index.html, v1.2.3, 10.000 EUR",
        "Note: this. Re: that. Data: 12. File: plan",
    ],
)
def test_what_is_no_link_is_none(text: str) -> None:
    assert words(text, Kind.LINK) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.a.example/x/", "a.example/x", True),
        ("a.example/x?utm_source=mail&id=3", "https://a.example/x?id=3#top", True),
        ("https://bücher.example", "https://xn--bcher-kva.example/", True),
        ("https://a.example/x", "https://a.example/y", False),
        ("https://a.example@b.example/x", "https://a.example/x", False),
        ("https://a.example:443/x", "a.example/x", True),
    ],
)
def test_a_link_is_its_host_and_its_path(one: str, other: str, same: bool) -> None:
    assert agree(Kind.LINK, one, other) is same


@pytest.mark.parametrize(
    "account",
    [
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "D E 8 9   3 7 0 4   0 0 4 4   0 5 3 2   0 1 3 0   0 0",
        "4 1 1 1   1 1 1 1   1 1 1 1   1 1 1 1",
        "GB29 NWBK 6016 1331 9268 19",
        "no93 8601 1117 947",
        "ＤＥ８９３７０４００４４０５３２０１３０００",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "0x52908400098527886E0F7030069857D2E4169EE7",
    ],
)
def test_an_account_is_found_however_it_is_grouped(account: str) -> None:
    assert words(f"Pay to {account} now", Kind.ACCOUNT) == [account]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("account no. 12345678", ["12345678"]),
        ("Kontonummer: 1234 567 890, BLZ 370 400 44", ["1234 567 890", "370 400 44"]),
        ("sort code 12-34-56", ["12-34-56"]),
        ("BIC: COBADEFFXXX", ["COBADEFFXXX"]),
        ("numéro de compte 00012345678", ["00012345678"]),
        ("口座番号 1234567", ["1234567"]),
    ],
)
def test_a_number_that_is_called_an_account_is_one(text: str, found: list[str]) -> None:
    assert words(text, Kind.ACCOUNT) == found


@pytest.mark.parametrize(
    "text",
    [
        "Order 1234567890123456, invoice RE-2026-0042",
        "my account manager, the account of 12.03.2026 or 2026-03-12",
        "Tracking 1Z999AA10123456784",
        "DE89 3704 0044 0532 0130 02",
    ],
)
def test_what_is_no_account_is_none(text: str) -> None:
    assert words(text, Kind.ACCOUNT) == []


@pytest.mark.parametrize(
    "day",
    [
        *("3 March", "3rd of March", "March 3", "March 3rd, 2026", "Mar 3", "2026-03-03", "2026/3/3", "3/3"),
        *("3.3.", "3.3.2026", "03.03.26", "3. März", "3 mars 2026", "3 de marzo de 2026", "3 marzo", "3 maart"),
        *("3 de março", "3 marca", "3 mars", "3 Mart", "3 марта", "3月3日", "2026年3月3日"),
    ],
)
def test_a_day_is_the_same_in_every_form(day: str) -> None:
    assert words(f"until {day}", Kind.DAY) == [day]
    assert agree(Kind.DAY, f"until {day}", "on 2026-03-03")
    assert agree(Kind.DAY, "by 3 March", f"until {day}")
    assert not agree(Kind.DAY, f"until {day}", "4 April 2026")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("3 March 2027", "3 March 2026", False),
        ("3 March 2027", "3 March", True),
        ("3 March", "3 March 2026", True),
        ("3/4/2026", "4 March 2026", True),
        ("3/4/2026", "3 April 2026", True),
        ("the 14th", "14 January 2026", True),
        ("am 14.", "14 January 2026", True),
        ("31/2", "3 March", False),
    ],
)
def test_a_day_without_a_year_fits_any_and_two_readings_are_both_meant(one: str, other: str, same: bool) -> None:
    assert agree(Kind.DAY, one, other) is same


@pytest.mark.parametrize(
    "day", ["mar. 6 oct. 2026", "mar 6 octobre 2026", "mar. 6 ottobre 2026", "mar. 6 de octubre de 2026"]
)
def test_a_tuesday_in_short_is_no_march(day: str) -> None:
    assert agree(Kind.DAY, day, "2026-10-06")
    assert not agree(Kind.DAY, day, "6 March")
    assert [wrong_weekday(day, mention) for mention in find(day)] == [frozenset()]
    assert wrong_weekday("mer. 6 oct. 2026", find("mer. 6 oct. 2026")[0]) == {2}


@pytest.mark.parametrize(
    ("text", "day"),
    [("Dec 5 may work for me.", "5 December"), ("On Jan 3 set the table.", "3 January"), ("Oct 6 out", "6 October")],
)
def test_a_word_behind_a_day_that_could_be_a_month_takes_nothing_from_it(text: str, day: str) -> None:
    assert agree(Kind.DAY, text, day)


@pytest.mark.parametrize(
    ("text", "wrong"), [("Hi Sam, 5 March 2026", False), ("sam. 5 mars 2026", True), ("dom 5 marzo 2026", True)]
)
def test_a_person_who_is_called_like_a_weekday_is_none(text: str, wrong: bool) -> None:
    assert any(wrong_weekday(text, mention) for mention in find(text)) is wrong


def test_a_day_of_the_calendar_answers_to_all_its_names() -> None:
    said = means(date(2026, 1, 14))
    assert all(m.asks & said for day in ("14 January", "2026-01-14", "the 14th", "14.1.") for m in find(f"on {day}"))


@pytest.mark.parametrize("time", ["14:30", "14.30 Uhr", "2:30 pm", "2.30 p.m.", "14h30", "2:30"])
def test_a_time_is_the_same_in_every_form(time: str) -> None:
    assert agree(Kind.TIME, f"at {time}", "at 14:30")
    assert not agree(Kind.TIME, f"at {time}", "at 15:30")


def test_a_time_at_the_end_of_a_sentence_is_no_day() -> None:
    assert words("I have to leave at 2.15.", Kind.DAY) == []
    assert agree(Kind.TIME, "I have to leave at 2.15.", "until 2.15 pm")
    assert agree(Kind.DAY, "spätestens am 15.2.", "15 February")


@pytest.mark.parametrize("number", ["1.234,50", "1,234.50", "1 234,50", "1'234.50", "1234.5", "1234,50", "１２３４.５"])
def test_a_number_is_the_same_with_every_separator(number: str) -> None:
    assert agree(Kind.NUMBER, f"pay {number} EUR", "pay 1,234.50 EUR")
    assert not agree(Kind.NUMBER, f"pay {number} EUR", "pay 1,234.60 EUR")


@pytest.mark.parametrize(
    ("one", "other"), [("12k", "12,000"), ("1.2 million", "1,200,000"), ("1.500", "1500"), ("45 %", "45.0")]
)
def test_a_number_may_be_said_in_words(one: str, other: str) -> None:
    assert agree(Kind.NUMBER, one, other)


def test_one_digit_and_the_numbers_of_a_list_say_nothing() -> None:
    assert find("1. two desks\n2) 5 chairs\n10. more") == ()


@pytest.mark.parametrize("phone", ["+49 30 1234567", "030/1234567", "0049 (30) 1234567", "(030) 123 45 67"])
def test_a_phone_number_is_the_same_from_wherever_one_calls(phone: str) -> None:
    assert agree(Kind.PHONE, f"call {phone}", "Tel. +49 30 1234567")


def test_each_stretch_of_a_text_is_found_once() -> None:
    found = find("Mail ada@example.org, pay DE89 3704 0044 0532 0130 00 by 3.3.2026, 14:30, see a.example/12345")

    assert [m.kind for m in found] == [Kind.ADDRESS, Kind.ACCOUNT, Kind.DAY, Kind.TIME, Kind.LINK]
    assert all(one.end <= two.start for one, two in pairwise(found))


SEEDS = [
    *("a.", "1.12.", "a.12.", "a@", "a@a.", "http://", ":", "/", "DE893704", "aA1", "1,", "1'", "+49 ", "(030)", "[.]"),
    *("3/1 ", "3.3.", "2026-", "1:", ")..;", "mailto:", "x dot ", "。", "１", "\\a", "account "),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_text_takes_more_than_linear_time(seed: str) -> None:
    text = (seed.replace("_", " ") * 200_000)[:100_000]
    started = time.process_time()
    find(text)

    assert time.process_time() - started < 3
