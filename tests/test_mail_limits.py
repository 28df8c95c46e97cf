"""Purpose-made mails must end quickly: each of these hung or crashed at least one parser that people use."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from mailbot.mail.parse import parse
from mailbot.mail.quote import split
from mailbot.mail.text import html_to_text

SECONDS = 2.0  # of CPU, so that a busy machine proves nothing; the promise, the measured times are a tenth of it
OCTETS = 200 * 1024 * 1024

MULTIPART = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"


def nested(depth: int) -> bytes:
    levels = (b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(depth))
    return b"Content-Type: multipart/mixed; boundary=b0\n\n" + b"".join(levels) + b"--b%d\n\nx\n" % depth


MAILS = {
    "200,000 parts": MULTIPART + b"--b\n\nx\n" * 200_000,
    "50,000 encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\nx",
    "100,000 parameters": b"Content-Type: text/plain" + b";a=b" * 100_000 + b"\n\nx",
    "parameters in every part": MULTIPART + (b"--b\nContent-Type: text/plain" + b";a=b" * 4_000 + b"\n\nx\n") * 60,
    "quotes in To": b"To: " + b'"' * 20_001 + b"\n\nx",
    "brackets and quotes in To": b"To: " + b'<"\\"<\\"' * 2_300 + b"\n\nx",
    "brackets in To": b"To: " + b"<" * 16_000 + b"\n\nx",
    "8,000 recipients": b"To: " + b",\n ".join(b"u%d@x.example" % n for n in range(8_000)) + b"\n\nx",
    "nested comments": b"From: " + b"(" * 8_000 + b")" * 8_000 + b" a@b.example\n\nx",
    "500 nested parts": nested(500),
    "1,000 nested parts": nested(1_000),
    "one boundary nested": MULTIPART + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 20_000,
    "a boundary of dashes": b"Content-Type: multipart/mixed; boundary=-\n\n" + b"---\n" * 250_000,
    "a header without end": b"X: y\n" * 100_000,
    "open comments in References": b"References: " + b"(<" * 30_000 + b"\n\nx",
    "1 MB of empty lines": b"Subject: x\n\n" + b"\n" * 1_000_000,
    "flowed quotes": b"Content-Type: text/plain; format=flowed\n\n" + b"> a \n" * 200_000,
    "many HTML parts": MULTIPART + (b"--b\nContent-Type: text/html\n\n" + b"<p><b>x" * 600 + b"\n") * 75,
    "styles in every part": MULTIPART
    + (
        b"--b\nContent-Type: text/html\n\n<style>"
        + b"".join(b".c%d b{top:0}" % n for n in range(200))
        + b"</style>"
        + b"<b>" * 2_400
        + b"\n"
    )
    * 15,
    "parts that say the same": MULTIPART + b"--b\n\n" + b"a " * 60_000 + b"\n" + b"--b\n\na\n" * 450,
    "a long punycode": b"From: a@" + "ü".encode() * 8_000 + b".example\n\nx",
}

PAGES = {
    "tags with attributes": "".join(f"<b {n}><i {n}>" for n in range(15_000)) + "x</b>" * 15_000,
    "declarations and tags": "<!<!<a <a " * 40_000,
    "open tags": "<a " * 50_000,
    "no tags": "<b" * 300_000,
    "open comments": "<!--" * 50_000,
    "depth": "<div>" * 50_000 + "x" + "</div>" * 50_000,
    "quotes": "<blockquote>" * 20_000 + "x<br>" * 20_000,
    "attributes": "<a " + "x=1 " * 60_000 + ">x</a>",
    "open values": "<a " + '="' * 200_001,
    "a huge character reference": "&#" + "9" * 400_000 + ";x",
    "rules": "<style>" + ".a{}" * 100_000 + "</style>x",
    "classes": "<style>.a{left:1px}</style>" + '<b class="a a a a a a a a a a">x' * 12_000,
    "nested rules": "<style>"
    + "".join(f".x{n} .a{{left:1px}}" for n in range(2_500))
    + "</style>"
    + '<b class="a b c d e">x' * 6_000,
    "rules of many names": "<style>"
    + "".join(f".c{n} .a{k}{{left:1px}}" for n in range(20) for k in range(100))
    + "</style>"
    + ("<b class='" + " ".join(f"a{k}" for k in range(20)) + "'>x") * 5_000,
    "rules that all fit": "<style>"
    + "".join(f".z{n} .{k}{{left:1px}}" for n in range(12) for k in "abcdefghijklmnopqrst")
    + "</style>"
    + "".join(f"<div class=z{n}>" for n in range(12))
    + ("<b class='" + " ".join("abcdefghijklmnopqrst") + "'>x</b>") * 4_000,
    "moved a hundred times": "<style>.a{transform:" + "translate(" * 190 + "}</style>" + "<b class=a>x" * 10_000,
    "sheets in depth": "<div>" * 490 + "<style>div div{left:1px}</style>" * 10_000,
    "lists": "<ul><li>" * 20_000 + "x",
    "links": "<a href=http://x.example>y" * 10_000,
}

TEXTS = {
    "attributions": "a@b 1 wrote:\n" * 15_000,
    "openers": "On x\n" * 40_000,
    "labels": "From: x\nDate: y\n\n" * 12_000,
    "quotes and answers": "> x\ny\n" * 30_000,
    "colons": "abc:\n" * 20_000,
    "marks of signatures": "-- \n" * 30_000,
    "one line": "On 1 " * 200_000 + "wrote:\n> x",
}


@pytest.mark.parametrize("raw", MAILS.values(), ids=MAILS.keys())
def test_a_hostile_mail_ends_in_time(raw: bytes) -> None:
    start = time.process_time()
    parse(raw)
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_hostile_html_ends_in_time(page: str) -> None:
    start = time.process_time()
    html_to_text(page)
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_hostile_text_is_split_in_time(text: str) -> None:
    start = time.process_time()
    split(text)
    assert time.process_time() - start < SECONDS


def test_a_large_attachment_is_not_copied_around() -> None:
    raw = MULTIPART + b"--b\n\nhello\n--b\nContent-Transfer-Encoding: base64\nContent-Type: application/pdf\n\n"
    raw += (b"QUJD" * 19 + b"\r\n") * 330_000
    tracemalloc.start()
    mail = parse(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert mail.text == "hello"
    assert mail.attachments[0].size == 57 * 330_000
    assert peak < len(raw) / 2


def test_the_page_that_tree_builders_die_of_takes_little_memory() -> None:
    page = "".join(f"<b {n}>" for n in range(1_000)) + "".join(f"<i {n}>x</b>" for n in range(1_000))
    tracemalloc.start()
    html_to_text(page)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < OCTETS / 20


def test_what_was_cut_is_said() -> None:
    assert "500 parts" in " ".join(parse(MAILS["200,000 parts"]).defects)
    assert "50 deep" in " ".join(parse(nested(60)).defects)
    assert "2000 boundary lines" in " ".join(parse(MULTIPART + b"--bx\n" * 3_000 + b"--b\n\nx").defects)
    assert "1000 fields" in " ".join(parse(MAILS["a header without end"]).defects)
    assert parse(MULTIPART + b"--b\n\nhello\n" + b"--b\n\nx\n" * 600).text.startswith("hello")
