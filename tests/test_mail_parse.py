"""A mail, read: the sample mails of ``cases`` (all invented) and what single headers and parts make of a ``Mail``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.mail import Address, Attachment, Kind, Mail
from mailbot.mail.parse import parse

CASES = Path(__file__).parent / "cases"


def case(name: str) -> Mail:
    return parse((CASES / f"{name}.eml").read_bytes())


def with_body(content_type: str, body: str, *headers: str) -> Mail:
    head = "\n".join(["From: mara@northwind.example", f"Content-Type: {content_type}", *headers])
    return parse(f"{head}\n\n{body}".encode())


def alternative(plain: str, html: str) -> Mail:
    return with_body(
        "multipart/alternative; boundary=b",
        f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n",
    )


def test_the_headers_of_an_ordinary_mail() -> None:
    mail = case("gmail-alternative")
    assert mail.message_id == "<5666.1766332362@northwind.example>"
    assert mail.in_reply_to == ("<4711@example.org>",)
    assert mail.references == ("<4700@example.org>", "<4711@example.org>")
    assert mail.from_ == (Address("Mara Lindqvist", "mara@northwind.example"),)
    assert mail.to == (Address("Ada Example", "ada@example.org"), Address("Stone, Bob", "bob@contoso.example"))
    assert [one.email for one in mail.cc] == ["carl@example.org", "dora@example.org"]
    assert mail.delivered == ("ada@example.org",)
    assert mail.kind is Kind.ORDINARY
    assert (mail.bulk, mail.automatic, mail.truncated) == (False, False, False)
    assert (mail.defects, mail.list_post, mail.reply_to) == ((), "", ())


def test_the_date_stays_in_the_zone_that_the_mail_states() -> None:
    date = case("gmail-alternative").date
    assert date is not None
    assert date.isoformat() == "2025-12-21T07:52:42-08:00"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon, 5 Jan 2026 10:00:00 +0530 (IST)", "2026-01-05T10:00:00+05:30"),
        ("5 Jan 26 10:00 EST", "2026-01-05T10:00:00-05:00"),
        ("Mon, 5 Jan 2026 10:00:00 -0000", "2026-01-05T10:00:00+00:00"),
        ("Mon, 05 January 2026 10:00:00", "2026-01-05T10:00:00+00:00"),
        ("Mon, 31 Dec 2025 23:59:60 +0000", "2026-01-01T00:00:00+00:00"),
        ("Mon, 5 Jan 2026 10:00:00 MEZ", "2026-01-05T10:00:00+01:00"),
        ("Mon, 6 Jul 2026 10:00:00 MESZ", "2026-07-06T10:00:00+02:00"),
        ("Mon, 5 Jan 2026 10:00:00 +0000 (CET)", "2026-01-05T10:00:00+00:00"),
        ("Mon Jul  6 10:00:00 cest 2026", "2026-07-06T10:00:00+02:00"),
        ("Mon, 5 Jan 2026 10:00:00 JST", "2026-01-05T10:00:00+09:00"),
        ("Mon, 5 Jan 2026 10:00:00 AKST", "2026-01-05T10:00:00-09:00"),
        ("Mon, 5 Jan 2026 10:00:00 GMT+01:00", "2026-01-05T10:00:00+01:00"),
        ("Mon, 5 Jan 2026 10:00:00 GMT+99", "2026-01-05T10:00:00+00:00"),
        ("Mon, 5 Jan 2026 10:00:00 GMT+25:99", "2026-01-05T10:00:00+00:00"),
        ("Mon, 5 Jan 2026 10:00:00 GMT", "2026-01-05T10:00:00+00:00"),
    ],
)
def test_odd_dates_are_read(written: str, read: str) -> None:
    date = parse(f"Date: {written}\n\n".encode()).date
    assert date is not None
    assert date.isoformat() == read
    assert date.utcoffset() is not None


@pytest.mark.parametrize("written", ["yesterday", "Mon, 99 Jan 2026 10:00:00 +0000", "0 0 0 0 0", "\x00", "-"])
def test_a_broken_date_is_none_and_a_defect(written: str) -> None:
    mail = parse(f"Date: {written}\n\n".encode())
    assert mail.date is None
    assert mail.defects == ("The date could not be read.",)


def test_the_plain_form_wins_when_both_say_the_same() -> None:
    text = case("gmail-alternative").text
    assert text.endswith("> We are nearly done.\n> Naïve question: when do we start?")
    assert "<https://northwind.example/list>" in text


@pytest.mark.parametrize("plain", ["This mail needs an HTML viewer.", "We meet at 10.", " "])
def test_html_wins_when_the_plain_form_says_something_else(plain: str) -> None:
    assert alternative(plain, "<p>We meet at <b>11</b>.").text == "We meet at 11."


def test_the_plain_form_stays_when_the_html_shows_nothing() -> None:
    assert alternative("We meet at 10.", "<img src=x>").text == "We meet at 10."


def test_flowed_text_with_delsp_is_joined_and_quotes_stay_quotes() -> None:
    mail = case("german-flowed")
    assert mail.text == (
        "Hallo Ada,\n\npasst dir der Donnerstag? Wir bräuchten etwa eine Stunde.\n\n"
        "> Wann sehen wir uns?\n> Ada\n\n-- \nJ. M."
    )
    assert mail.subject == "Termin für die Übergabe"
    assert mail.from_ == (Address("Jörg Müller", "joerg@mueller.example"),)


def test_html_alone_becomes_text_and_pictures_are_attachments() -> None:
    mail = case("outlook-html")
    assert mail.text.startswith(
        "Hallo Ada,\n\ndas Angebot kostet 100€.\n\nVon: Ada Example <ada@example.org>\nGesendet:"
    )
    assert "unsichtbar" not in mail.text
    assert mail.attachments == (Attachment("image001.png", "image/png", 16),)


@pytest.mark.case(28)
def test_an_attached_mail_is_not_the_text_of_the_mail() -> None:
    mail = case("attached-mail")
    assert mail.text == "What do you make of this?"
    assert [(one.name, one.type) for one in mail.attachments] == [("old.eml", "message/rfc822")]


def test_an_attached_mail_is_shown_marked_when_the_mail_says_nothing() -> None:
    mail = with_body("message/rfc822", "Subject: Order\nFrom: Bo <bo@x.example>\n\nPlease send 5 boxes.\n")
    assert mail.text == "[attached mail: Order, from Bo <bo@x.example>]\n\nPlease send 5 boxes."
    assert len(mail.attachments) == 1


def test_text_parts_follow_each_other_and_text_files_are_attachments() -> None:
    mail = case("list-post")
    assert mail.text == "Who brings cake?\n\n____________________________\nParents mailing list"
    assert mail.attachments == (Attachment("plan.txt", "text/plain", 12, "Monday: Dora"),)


def test_a_list_mail_names_its_list() -> None:
    mail = case("list-post")
    assert mail.list_post == "parents@lists.example.org"
    assert mail.bulk
    assert not mail.automatic


def test_the_trace_comes_most_trusted_first() -> None:
    assert case("list-post").delivered == ("ada+lists@example.org", "old@example.com", "ada@example.org")


@pytest.mark.parametrize(
    "header", ["Precedence: bulk", "List-Id: <x.example>", "List-Unsubscribe: <mailto:a@b.example>"]
)
def test_bulk_mail_is_known_by_one_header(header: str) -> None:
    assert parse(f"{header}\n\n".encode()).bulk


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        ("Auto-Submitted: auto-generated", True),
        ("Auto-Submitted: auto-replied; x=y", True),
        ("Auto-Submitted: No", False),
        ("Return-Path: < >", True),
        ("Return-Path: <a@b.example>", False),
        ("Subject: x", False),
    ],
)
def test_automatic_mail_says_so_or_has_an_empty_return_path(header: str, automatic: bool) -> None:
    assert parse(f"{header}\n\n".encode()).automatic is automatic


@pytest.mark.parametrize("written", ["NO", "<https://lists.example/post>", ""])
def test_a_list_without_a_mail_address_has_none(written: str) -> None:
    assert parse(f"List-Post: {written}\n\n".encode()).list_post == ""


def test_the_kinds_that_the_samples_show() -> None:
    assert case("delivery-report").kind is Kind.REPORT
    assert case("delivery-report").automatic
    assert case("invitation").kind is Kind.INVITATION
    assert case("invitation").text == "Shall we meet?"
    assert case("winmail").kind is Kind.TNEF


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/encrypted; boundary=b; protocol=application/pgp-encrypted",
        "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
        "application/x-pkcs7-mime; smime-type=signed-data",
        "application/pkcs7-mime",
        "application/octet-stream; name=smime.p7m",
    ],
)
def test_what_hides_its_content_is_encrypted(content_type: str) -> None:
    assert with_body(content_type, "--b\n\nx\n--b--").kind is Kind.ENCRYPTED


def test_an_inline_pgp_block_is_encrypted_in_any_part() -> None:
    block = "-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----"
    assert with_body("text/plain", f"Hi,\n> {block}").kind is Kind.ENCRYPTED
    assert alternative(block, "<p>Look at this").kind is Kind.ENCRYPTED


def test_a_clear_signature_hides_nothing() -> None:
    signed = "--b\nContent-Type: text/plain\n\nhi\n--b\nContent-Type: application/pgp-signature; name=s.asc\n\nx\n--b--"
    mail = with_body("multipart/signed; boundary=b", signed)
    assert mail.kind is Kind.ORDINARY
    assert mail.text == "hi"


def test_a_calendar_without_request_and_a_tnef_beside_text_are_ordinary() -> None:
    assert with_body("text/calendar; method=PUBLISH", "METHOD:REQUEST").kind is Kind.ORDINARY
    mixed = "--b\n\nhi\n--b\nContent-Type: application/ms-tnef\n\nx\n--b--"
    assert with_body("multipart/mixed; boundary=b", mixed).kind is Kind.ORDINARY


@pytest.mark.parametrize(
    ("charset", "octets", "text"),
    [
        ("iso-8859-1", b"\x84x\x93 100\x80", "„x“ 100€"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("shift_jis", "①".encode("cp932"), "①"),
        ("us-ascii", "für".encode(), "für"),
        ("us-ascii", b"f\xfcr", "für"),
        ("iso-2022-jp", "日本語".encode("iso2022_jp"), "日本語"),
        ("no-such-set", "für".encode(), "für"),
        ("iso-8859-1", "für".encode(), "für"),
        ("utf-8", b"f\xfcr", "für"),
        ("us-ascii", "请问你能来吗".encode("gbk"), "请问你能来吗"),
        ("utf-8", "資料を送って①".encode("cp932"), "資料を送って①"),
        ("iso-2022-jp", "資料を送って".encode("cp932"), "資料を送って"),
        ("us-ascii", "資料を送って".encode("euc_jp"), "資料を送って"),
        ("us-ascii", "資料".encode("iso2022_jp"), "資料"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B", "①"),
        ("us-ascii", "Четверг подходит".encode("cp1251"), "Четверг подходит"),
        ("utf-8", "Четверг подходит".encode("koi8_r"), "Четверг подходит"),
        ("us-ascii", "안녕하세요 반갑습니다".encode("euc_kr"), "안녕하세요 반갑습니다"),
        ("us-ascii", "請問你能來嗎".encode("big5"), "請問你能來嗎"),
        (
            "us-ascii",
            "für\n──────".encode("cp1252", "replace") + b"\xa8" * 9 + "für".encode("cp1252"),
            "für\n??????" + "¨" * 9 + "für",
        ),
        ("windows-874", "สวัสดี".encode("cp874"), "สวัสดี"),
    ],
)
def test_a_charset_that_lies_is_read_as_what_it_means(charset: str, octets: bytes, text: str) -> None:
    assert parse(f"Content-Type: text/plain; charset={charset}\n\n".encode() + octets).text == text


@pytest.mark.parametrize(
    ("octets", "text"), [(b"f\x81r", "f\ufffdr"), ("größer".encode() + b"\xff" + "Füße".encode(), "größer\ufffdFüße")]
)
def test_octets_that_no_charset_explains_are_replaced_and_reported(octets: bytes, text: str) -> None:
    mail = parse(b"Content-Type: text/plain; charset=utf-8\n\n" + octets)
    assert mail.text == text
    assert mail.defects == ("Some characters of the text could not be read.",)


def test_a_charset_that_was_guessed_against_its_label_is_reported() -> None:
    mail = parse(b"Content-Type: text/plain; charset=utf-8\n\nf\xfcr dich")
    assert mail.defects == ("The text is not in the character set that it names; another was guessed.",)


@pytest.mark.parametrize(
    "name", ["idna", "punycode", "zlib", "base64", "undefined", "unicode_escape", "a\x00b", "utf-7"]
)
def test_a_charset_can_name_no_other_codec(name: str) -> None:
    assert parse(f"Content-Type: text/plain; charset={name}\n\nplain text".encode()).text == "plain text"


def test_text_keeps_its_lines_and_tabs_and_loses_what_nobody_sees() -> None:
    assert parse(b"\na\tb\r\nc\x00\x1b[31m\xe2\x80\xaed\xe2\x80\xa8e").text == "a\tb\nc[31md\ne"


def test_a_decoded_subject_can_make_no_new_line() -> None:
    mail = parse(b"Subject: =?utf-8?q?x=0D=0ABcc=3A_e=40v=E2=80=AE=00?=\n\n")
    assert mail.subject == "x Bcc: e@v"


def test_names_of_attachments_are_decoded_and_lead_nowhere() -> None:
    name = "filename*0*=UTF-8''%C3%BCber%2F..%2F; filename*1=\"x\u202e.pdf\""
    part = f"--b\nContent-Disposition: attachment; {name}\n\nx\n--b--"
    mail = with_body("multipart/mixed; boundary=b", part)
    assert mail.attachments == (Attachment("über_.._x.pdf", "text/plain", 1, "x"),)


def test_the_first_of_several_fields_counts_and_the_others_are_reported() -> None:
    mail = parse(b"Subject: one\nSubject: two\nMessage-ID: <1@x>\nMessage-ID: <2@x>\n\n")
    assert (mail.subject, mail.message_id) == ("one", "<1@x>")
    assert len(mail.defects) == 2


def test_a_mail_without_a_header_is_all_text() -> None:
    assert parse(b"hello there\nhow are you").text == "hello there\nhow are you"
    assert parse(b"").text == ""


def test_a_multipart_without_parts_is_read_as_text() -> None:
    mail = with_body("multipart/mixed; boundary=b", "no parts here")
    assert mail.text == "no parts here"
    assert mail.defects == ("The mail says that it has several parts, but none was found.",)


def test_text_right_after_the_fields_is_not_lost() -> None:
    assert parse(b"Subject: x\nhello there\n\nhow are you").text == "hello there\n\nhow are you"
    mail = with_body("multipart/mixed; boundary=b", "--b\nContent-Type: text/plain\nhello\n--b--")
    assert mail.text == "hello"


def test_a_broken_line_among_the_fields_does_not_end_them() -> None:
    mail = parse(b"Subject: x\nbroken line\nTo: ada@x.example\n\nhello")
    assert mail.to == (Address("", "ada@x.example"),)
    assert mail.text == "hello"
    assert mail.defects == ("A line of the header could not be read.",)


def test_an_encrypted_mail_or_a_report_without_parts_stays_what_it_says() -> None:
    assert with_body("multipart/encrypted", "x").kind is Kind.ENCRYPTED
    assert with_body("multipart/report; boundary=b", "x").kind is Kind.REPORT


def test_the_beginning_of_a_mail_can_be_read() -> None:
    whole = (CASES / "gmail-alternative.eml").read_bytes()
    mail = parse(whole[:1400], truncated=True)
    assert mail.truncated
    assert mail.text.startswith("Hi Ada,")
    assert mail.key == parse(whole).key


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_mail_makes_it_raise(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(path.stem for path in CASES.glob("*.eml"))))
    raw = (CASES / f"{name}.eml").read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    width = data.draw(st.integers(0, 40))
    mail = parse(raw[:at] + data.draw(st.binary(max_size=30)) + raw[at + width :])
    assert mail.date is None or mail.date.utcoffset() is not None
    assert mail.date is None or abs(mail.date.utcoffset() or timedelta()) < timedelta(days=1)
    mail.text.encode()
    mail.subject.encode()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_no_octets_make_it_raise(raw: bytes) -> None:
    parse(raw)
    parse(b"From: " + raw + b"\nDate: " + raw + b"\nContent-Type: " + raw + b"\n\n" + raw)
