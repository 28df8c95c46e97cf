"""Decoded words, parameters and message ids, as broken as they come."""

from __future__ import annotations

import pytest

from mailbot.mail import decoded, header, ids


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=ber", "über"),
        ("a =?iso-8859-1?q?b=E4?= c", "a bä c"),
        ("=?utf-8?q?a?= =?iso-8859-1?q?b?= c", "ab c"),
        ("=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"),
        ("=?utf-8?q?broken word?=", "broken word"),
        ("=?utf-8?B?w7w?=", "ü"),
        ("=?utf-8?B?w?=", ""),
        ("=?utf-8*de?q?sch=C3=B6n?=", "schön"),
        ("=?gb2312?B?6eY=?=", "殒"),
        ("=?nonsense?q?f=FCr?=", "für"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
        ("tab\tand\u2028line", "tab and line"),
        ("\u202ehidden\u200b\ufeff", "hidden"),
    ],
)
def test_encoded_words_are_decoded_as_people_expect(written: str, read: str) -> None:
    assert decoded.text(written.encode()) == read


def test_raw_octets_are_utf8_or_what_windows_sends() -> None:
    assert decoded.text("grün".encode()) == "grün"
    assert decoded.text(b"gr\xfcn \x80") == "grün €"


def test_parameters_keep_semicolons_in_quotes_and_join_their_sections() -> None:
    value = b'attachment; x="a;b\\"c"; filename*0*=UTF-8\'\'%C3%BC; filename*1="b c"; filename*3=lost; y = z'
    assert decoded.parameters(value) == ("attachment", {"x": 'a;b"c', "y": "z", "filename": "üb c"})


def test_an_encoded_word_in_a_parameter_is_decoded_though_it_must_not_be_there() -> None:
    assert decoded.parameters(b'x/y; name="=?utf-8?q?=C3=BC.txt?="')[1] == {"name": "ü.txt"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<a@b> (see <c@d>) <e f@g>", ("<a@b>", "<ef@g>")),
        ("Your mail of Monday from joe@x.org <1@y>", ("<1@y>",)),
        ("a@b c@d", ("<a@b>", "<c@d>")),
        ("<a@b", ("<a@b>",)),
        ("<a@b\x00\x7f>", ("<a@b>",)),
        ("<<a@b>>", ("<a@b>",)),
        ("<a@b>,<a@b>", ("<a@b>",)),
        ("<a(1)@b>", ("<a(1)@b>",)),
        ("(<a@b>", ("<a@b>",)),
        ("<no-at-sign>", ("<no-at-sign>",)),
        ("<> word", ()),
        ("", ()),
    ],
)
def test_ids_are_found_as_tolerantly_as_possible(written: str, read: tuple[str, ...]) -> None:
    assert ids.all_of(written.encode()) == read


@pytest.mark.case(26)
def test_long_ids_stay_whole_and_absurd_ones_are_left_out() -> None:
    long = f"<{'x' * 250}@y.example>"
    assert ids.all_of(long.encode()) == (long,)
    assert ids.all_of(b"<" + b"x" * 2_000 + b"@y>") == ()


def test_a_long_references_field_keeps_its_end() -> None:
    thread = [f"<{number:0200d}@y.example>" for number in range(200)]
    read = header.read(b"References: " + "\r\n ".join(thread).encode() + b"\r\n")
    assert ids.all_of(read.first("references")) == tuple(thread)
    assert read.defects == ()


def test_what_is_beyond_the_caps_is_cut_and_reported() -> None:
    assert header.read(b"X: y\n" * 1_001).defects == ("The header has more than 1000 fields; the rest was not read.",)
    assert header.read((b"X: " + b"y" * 900 + b"\n") * 80).defects[0].startswith("The header is too long")
    cut = header.read(b"To: " + b"someone@example.org, " * 1_000 + b"\n")
    assert cut.defects == ("The field to is too long and was cut.",)
    assert cut.first("to").endswith(b"someone@example.org,")


@pytest.mark.parametrize("fold", [b", ", b",\r\n "])
def test_a_field_that_is_too_long_hides_none_below_it(fold: bytes) -> None:
    people = fold.join(b"person%d@x.example" % number for number in range(8_000))

    read = header.read(b"To: " + people + b"\r\nSubject: Party\r\nMessage-ID: <1@x.example>\r\n")

    assert (read.first("subject"), read.first("message-id")) == (b"Party", b"<1@x.example>")
    assert read.first("to").startswith(b"person0@x.example")
    assert read.defects == ("The field to is too long and was cut.",)


def test_a_line_that_is_no_field_is_left_out_with_its_folds() -> None:
    read = header.read(b"Subject: a\nno field here\n folded\nTo: b\n")
    assert read.fields == (("subject", b"a"), ("to", b"b"))
    assert read.defects == ("A line of the header could not be read.",)


@pytest.mark.parametrize(
    ("value", "own"),
    [
        (b"<a@b>", "<a@b>"),
        (b"<a b@c> (sent by <x@y>)", "<ab@c>"),
        (b"<a@b> <c@d>", "<a@b>"),
        (b"<<a@b>>", "<a@b>"),
        (b"a@b", "<a@b>"),
        (b"a b@c", "<ab@c>"),
        (b"<a@b", "<a@b>"),
        (b"a@b>", "<a@b>"),
        (b"20260106.4711 (local)", "<20260106.4711>"),
        (b"id <a@b>", "<a@b>"),
        (b"", ""),
        (b"<>", ""),
        (b"x" * 1200, ""),
    ],
)
def test_a_message_id_is_one_id_whatever_brackets_it_lacks(value: bytes, own: str) -> None:
    assert ids.own(value) == own
