"""What strangers write, repeated: every reader takes time in proportion to the length, whatever the text is.

Each fragment is something that some reader looks for, or nearly so. A path that is the square of the length shows at
once when it is repeated: four times the length takes sixteen times as long. Times are of CPU."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from making import make_mail

from mailbot.address.compare import fold
from mailbot.archive import escape, frontmatter
from mailbot.cli.words import escaped
from mailbot.config import Privacy
from mailbot.errors import MailbotError
from mailbot.language import language
from mailbot.mail import characters, decoded, flowed, quote
from mailbot.mail.parse import parse
from mailbot.mail.text import html_to_text
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.mention import find
from mailbot.own import habits, notes, words
from mailbot.privacy import sight
from mailbot.privacy.verdict import judge
from mailbot.prompt import answer, budget, guard, outline, overlap, verify
from mailbot.prompt.sources import Sources
from mailbot.reply import quote as quotation

SHORT, LONG, LONGER = 2_000, 8_000, 32_000  # characters
TIMES = LONG / SHORT  # what the length alone explains, from each to the next; of a square it is 16
SUSPECT = 0.008  # seconds for LONG; as a square it would be 2 s for the largest mail that is fetched whole, 128 kB
SLOW = 0.15  # seconds for LONG, twice what the slowest takes

LINES = (
    *(
        "-- \n",
        "\n",
        "\r",
        "> ",
        ">\n",
        "> x\ny\n",
        "a",
        "a ",
        "AE> x\n",
        "abc:\n",
        "1:\n",
        "12 写道：\n",
        "1 wrote:\n",
    ),
    *("On 1 a@b wrote:\n> x\n", "2026 10:00 <a@b>:\n", "<a@b\n>:\n", "<a@@@@@@@@@@@@@@@@@@@@", "(a@b) x y :", "On x\n"),
    *("From: x\n", "From: a@b\nDate: y\nTo: z\n", "*Von:* x\n", "---- On 10:00 wrote ----\n", "____________\n", "=\n"),
    *("---------- Forwarded message ---------\n", "Sent from my iPhone <http://a.b>\n", "PS: x\n", "p. p. p. s."),
    *(
        "See my answers in red.\n",
        "Best regards\n",
        "Hi Mara,\n",
        "田中様\n",
        "Why? ",
        "。",
        "* x\n",
        "1. x\n",
        "| a |\n",
    ),
    *(
        "---\ntitle: x\n",
        "# x #\n",
        "#\t",
        f"# {' ' * 400}{'x' * 300}\n",
        "```\n",
        "a,b\n",
        '"a",',
        "BEGIN:VEVENT\n",
        "System:\n",
        "=== REPLY ===\n",
    ),
)
MARKS = (
    *("[[", "[[fill:", "[[]] ", "[fill: x]", "[your ", "](", "[x](", "[x](y ", "![", "(", "((a)", "{", '{"a":', "[1,"),
    *(
        "**a",
        "*",
        "`",
        "\\",
        "%%",
        "^",
        "::",
        "==",
        "$",
        "_a",
        "@",
        "<|",
        "[INST]",
        "<think>",
        "</think>",
        "“",
        '"',
        "'",
    ),
    *(
        "\u0315\u0300",
        "\u0f71\u0f72",
        "e\u0301",
        "\ud800",
        "\u200d",
        "\u202e",
        "\x00",
        "\x1b$B",
        "１２",
        "字",
        "İ",
        "ﷺ",
    ),
)
NAMED = (
    *("http://", "http://a.b?utm_", "utm_", "https://a.example?utm_x=1&", "a.b", "a.io ", "www.", "a[.]b", " dot com"),
    *("a . com ", "h : / / x", "mailto:", "\\\\a\\", "a@b.example ", "æ.com ", "xn--a.", "a@", "ü@ü.example, "),
    *("111 ", "1'111", "1.111.", "12 ", "1,", "11million", "2k ", "3.3. ", "12/3/26 ", "3 March ", "mar. 6 oct. "),
    *("14:30 ", "am 14. ", "+49 30 1234567 ", "0 ", "(030) ", "4111 1111 1111 1111 ", "DE89 3704 0044 0532 0130 00 "),
    *("D E 8 9 ", "A1b", "bc1q", "Kto. ", "account 12", "口座", "1 2 3 "),
)
PAGES = (
    *("<", "<b", "<b>", "<b 1>", "</b>", "<br>", "<p>", "<div><p>", "<a href=http://x.example>y", "<li>", "<ol><li>"),
    *("<tr><td>x", "<blockquote>x<br>", "<pre>x\n", "<img alt='", "<!--", "<!", "</", "<title>", "<svg>", "&", "&#1"),
    *("<style>.a{left:1px}</style><b class=a>x", "<b class='a b c'>x", '<a x="', "x=1 ", "&amp", "<hr>", "<select>"),
    *("<b style='transform:translate(translate(translate(translate('>x</b>", "<b style='color:rgb(1 1 1'>x</b>"),
)
SHEETS = (
    *(".a{left:1px}", ".a,", ".a .b{left:1px}", ".a.b", "#a>", "}", "{", "@media screen{", "@media ", "/*", "/**/"),
    *(".a{transform:translate(", "translate(1", "scale(0", "rect(0 ", "calc(", "font:1px ", "rgb(1 1 1 ", "\\69"),
    *("display:none;", ";", ":", "!important", ".a:link ", "url("),
)
FIELDS = (
    *("=?utf-8?q?a?= ", "=?utf-8?b?", "=?x1?q?a?=", "=?", "; a=b", "; a*0=b", '; a="', '; a="\\"', "; a*=utf-8''%41"),
    *("a@b.example, ", '"A" <a@b.example>,', '"\\', "(a", "(a)", "<a", "<a b@c>", "x: a@b;", "a @ b, ", "@a:b@c,"),
    *("<1@a> ", "(<", "Re: ", "Aw[2]: ", "10:00:", "%41", ",", ";", "boundary=b; "),
)
END = "1111"  # no group of three digits, no end of anything

RULES = (
    Privacy.model_validate({"rule": "never", "from": ("eve@x.example",), "words": ("the plan",)}),
    Privacy.model_validate({"rule": "local", "from": ("x.example",)}),
)
MANY = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"


def octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def field(name: str) -> Callable[[str], object]:
    return lambda text: parse(name.encode() + b": " + octets(text.replace("\n", " ")) + b"\n\nx")


def judged(text: str) -> object:
    one = ThreadMail(make_mail(text=text), own=False, arrived=1.0)
    return judge(RULES, one, local=False), sight.shown(RULES, one.mail, Thread((one,)), local=False)


def verified(text: str) -> object:
    reply = text[: len(text) // 8]  # no longer than 20,000 characters, whatever the mails are
    sources = Sources(own=(reply,), others=(text,), lent=(("a note", reply),), today=date(2026, 1, 7))
    said = answer.Answer(title="x", summary="x", key_points=(), urgency="low", questions=(), language="en", reply=reply)
    return verify.verify(said, sources)


def answered(text: str) -> None:
    with suppress(MailbotError):
        answer.read(json.dumps({"reply": text[: len(text) // 8], "title": text, "plan": [text]}), "schema")
    with suppress(MailbotError):
        answer.read(f"TITLE: x\n{text}\n=== REPLY ===\n{text[: len(text) // 8]}", "plain")


def styled(text: str) -> str:
    rule = f"<style>.a{{{text[:1990]}}}</style><style>{text}</style>"
    return html_to_text(rule + "<b class='a b'>" + "x<i class=a>y</i>" * (len(text) // 40))


def in_parts(text: str) -> object:
    lines = octets(text)
    parts = (b"--b\nContent-Type: text/html\n\n" + lines[at : at + 100] + b"\n" for at in range(0, len(lines), 100))
    return parse(MANY + b"".join(parts))


TEXT = (*LINES, *MARKS, *NAMED)
HEADER = (*MARKS, *FIELDS)

# Each reader with what it looks for.
READERS: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "a text": (lambda text: (characters.body(text), flowed.unflow(text, delsp=True)), (*TEXT, *PAGES)),
    "what a text quotes": (lambda text: (quote.split(text), quotation.quoted(text)), TEXT),
    "what its writer typed": (quote.typed, LINES),
    "a text under privacy rules": (judged, (*LINES, *NAMED)),
    "a page": (html_to_text, (*MARKS, *PAGES)),
    "a style sheet": (styled, SHEETS),
    "many parts": (in_parts, (*LINES, *PAGES)),
    "a mail": (lambda text: parse(octets(text)), (*LINES, *FIELDS)),
    "a subject": (field("Subject"), HEADER),
    "people": (field("To"), HEADER),
    "ids": (field("References"), HEADER),
    "an address": (fold, (*HEADER, *NAMED)),
    "parameters": (lambda text: decoded.parameters(octets(text)), HEADER),
    "what a text names": (find, (*NAMED, *MARKS)),
    "what may stand in a prompt": (lambda text: (guard.foreign(text), budget.fit(text, 1_000)), TEXT),
    "a language": (lambda text: (language.spoken(text, text, "en"), language.mismatch(text, text, "en")), MARKS),
    "questions": (outline.questions, TEXT),
    "an answer": (answered, (*LINES, *MARKS, *PAGES)),
    "an answer and its sources": (verified, NAMED),
    "what a reply repeats": (lambda text: overlap.shared(text, [text], (text[:1_000],)), TEXT),
    "a note": (lambda text: (notes.passages("x", text), list(words.words(text)), words.telling(text, 240)), TEXT),
    "habits": (lambda text: habits.read(text[:4_000], "de"), TEXT),
    "a file of the archive": (lambda text: (escape.block(text), escape.item(text), frontmatter.scalar(text)), TEXT),
    "a line of the log": (escaped, MARKS),
}


def seconds(read: Callable[[str], object], fragment: str, length: int) -> float:
    text = fragment * (length // len(fragment)) + END
    began = time.process_time()
    read(text)
    return time.process_time() - began


def steepness(read: Callable[[str], object], fragment: str) -> str:
    """What speaks against the time that it takes, "" when nothing does. A doubt is settled at the next length, where
    chance and what is in proportion weigh less."""
    spent = seconds(read, fragment, LONG)
    if spent <= SUSPECT:
        return ""
    spent = min(spent, seconds(read, fragment, LONG))
    if spent > SLOW:
        return f"{fragment!r}: {spent:.3f} s for {LONG:,} characters"
    if spent <= 1.2 * TIMES * min(seconds(read, fragment, SHORT) for _ in range(2)):
        return ""
    more = min(seconds(read, fragment, LONGER) for _ in range(2))
    return (
        f"{fragment!r}: {spent:.3f} s for {LONG:,}, {more:.3f} s for {LONGER:,}" if more > 1.6 * TIMES * spent else ""
    )


@pytest.mark.parametrize("name", READERS)
def test_a_fragment_that_is_repeated_takes_time_by_its_length(name: str) -> None:
    read, fragments = READERS[name]

    assert [found for fragment in fragments if (found := steepness(read, fragment))] == []


def test_each_link_of_a_reply_is_not_held_against_each_of_the_owners() -> None:
    owners = " ".join(f"own{number}.example/{number}" for number in range(10_000))
    reply = " ".join(f"b{number}.io" for number in range(2_500))
    said = answer.Answer(title="x", summary="x", key_points=(), urgency="low", questions=(), language="en", reply=reply)
    began = time.process_time()

    verify.verify(said, Sources(own=(owners,)))

    assert time.process_time() - began < 2
