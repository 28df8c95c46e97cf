from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from making import MARA, make_mail

from mailbot.mail.mail import Address
from mailbot.reply import quote

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "On Mon, 5 January 2026 at 19:45, Mara Lindqvist wrote:"),
        ("de", "Am Mo., 5. Januar 2026 um 19:45 schrieb Mara Lindqvist:"),
        ("fr", "Le lun. 5 janvier 2026 à 19:45, Mara Lindqvist a écrit\u00a0:"),
        ("es", "El lun, 5 de enero de 2026 a las 19:45, Mara Lindqvist escribió:"),
        ("it", "Il giorno lun 5 gennaio 2026 alle ore 19:45, Mara Lindqvist ha scritto:"),
        ("nl", "Op ma 5 januari 2026 om 19:45 schreef Mara Lindqvist:"),
        ("pt", "Em seg., 5 de janeiro de 2026 às 19:45, Mara Lindqvist escreveu:"),
        ("pl", "W dniu pon., 5 stycznia 2026 o 19:45 Mara Lindqvist napisał(a):"),
        ("sv", "Den mån 5 januari 2026 kl. 19:45 skrev Mara Lindqvist:"),
        ("tr", "Mara Lindqvist, 5 Ocak 2026 Pzt 19:45 tarihinde şunu yazdı:"),
        ("ru", "пн, 5 января 2026 г. в 19:45, Mara Lindqvist пишет:"),
        ("ja", "2026年1月5日(月) 19:45、Mara Lindqvistのメール:"),
        ("zh", "Mara Lindqvist 于2026年1月5日周一 19:45写道："),
    ],
)
def test_the_attribution_is_in_the_language_and_the_owners_zone(language: str, line: str) -> None:
    assert quote.attribution(make_mail(), language, BERLIN) == line


@pytest.mark.parametrize("language", ["", "xx", "cy", "../en", "x" * 10_000])
def test_an_unknown_language_is_english(language: str) -> None:
    assert quote.attribution(make_mail(), language, BERLIN).startswith("On Mon, 5 January")


@pytest.mark.parametrize("language", ["de-AT", "DE", "de_CH"])
def test_a_regional_language_is_its_language(language: str) -> None:
    assert quote.attribution(make_mail(), language, BERLIN).startswith("Am Mo.")


@pytest.mark.parametrize("language", sorted(quote._LINES))
def test_a_mail_without_a_date_is_attributed_without_one(language: str) -> None:
    line = quote.attribution(make_mail(date=None), language, BERLIN)

    assert "Mara Lindqvist" in line
    assert not any(c.isdigit() for c in line)


@pytest.mark.parametrize(
    ("authors", "name"),
    [
        ((Address("", "mara@northwind.example"),), "mara@northwind.example"),
        ((), "?"),
        ((Address("x\r\n> y{date}", "a@b.example"), MARA), "x > y{date}"),
    ],
)
def test_the_name_is_what_can_be_shown_on_one_line(authors: tuple[Address, ...], name: str) -> None:
    assert quote.attribution(make_mail(from_=authors, date=None), "en", BERLIN) == f"{name} wrote:"


@pytest.mark.parametrize("year", [1, 9999])
def test_a_date_at_the_end_of_time_is_still_written(year: int) -> None:
    moment = datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, 23 * (year > 1), tzinfo=UTC)

    assert "wrote:" in quote.attribution(make_mail(date=moment), "en", ZoneInfo("Pacific/Kiritimati"))
    assert "wrote:" in quote.attribution(make_mail(date=moment), "en", ZoneInfo("America/Los_Angeles"))


def test_babel_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, mailbot.reply.compose; print('babel' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_every_line_is_quoted_and_quotes_get_deeper_without_a_blank() -> None:
    assert quote.quoted("\nHi\n\n> you said\n>> I said\n\n") == "> Hi\n>\n>> you said\n>>> I said"


def test_no_text_gives_no_quote() -> None:
    assert quote.quoted(" \n\n") == ""


def test_the_signature_is_left_out() -> None:
    assert quote.quoted("Hi\n\n-- \nMara\nNorthwind\n") == "> Hi"


def test_a_double_dash_that_is_no_delimiter_stays() -> None:
    assert quote.quoted("Hi\n--\nMara\n> -- \n") == "> Hi\n> --\n> Mara\n>> --"


def test_the_history_below_a_signature_stays_with_its_attribution() -> None:
    text = "Hi\n\n-- \nMara\nNorthwind\n\nOn Monday Ada wrote:\n\n> Hello\n"

    assert quote.quoted(text) == "> Hi\n>\n> On Monday Ada wrote:\n>\n>> Hello"


@pytest.mark.parametrize(
    "history",
    [
        "Von: Ada <ada@example.org>\nGesendet: Montag, 5. Januar 2026\nAn: Mara\nBetreff: Termin\n\nWann?",
        "________________________________\nFrom: Ada <ada@example.org>\nSent: Monday\nTo: Mara\nSubject: x\n\nWhen?",
        "-----Ursprüngliche Nachricht-----\nVon: Ada\n\nWann?",
        "Begin forwarded message:\n\nFrom: Ada\n\nWhen?",
        "On Mon, 5 Jan 2026 at 10:00 AM, Ada <ada@example.org> wrote:\n\nWhen?",
    ],
)
def test_a_history_without_marks_below_a_signature_stays(history: str) -> None:
    marked = "\n".join(f"> {line}".rstrip() for line in history.split("\n"))

    assert quote.quoted(f"Hi\n\n-- \nMara\nNorthwind\n\n{history}") == f"> Hi\n>\n{marked}"


def test_the_footer_of_a_list_goes_with_the_signature_above_it() -> None:
    assert quote.quoted("Hi\n\n-- \nRory\n____________________\npack mailing list -- pack@lists.example") == "> Hi"


def test_a_forwarded_mail_below_a_signature_stays() -> None:
    text = "FYI\n-- \nMara\n---------- Forwarded message ----------\nFrom: Bob\n"

    assert quote.quoted(text) == "> FYI\n> ---------- Forwarded message ----------\n> From: Bob"


@pytest.mark.parametrize("text", ["é" * 500_000, "\n".join("x" * 300_000), ">" * 1_000_000])
def test_a_huge_original_is_cut_visibly_and_in_time(text: str) -> None:
    begun = time.process_time()

    result = quote.quoted(f"Hi\n{text}")

    assert time.process_time() - begun < 2
    assert len(result.encode()) <= quote.MOST + len(quote.CUT) + 1
    assert result.endswith("\n> [...]")


def test_a_huge_signature_is_passed_over_in_time() -> None:
    begun = time.process_time()

    assert quote.quoted("Hi\n" + "-- \n" * 250_000 + "\n" * 250_000 + "> x") == "> Hi\n>> x"

    assert time.process_time() - begun < 2
