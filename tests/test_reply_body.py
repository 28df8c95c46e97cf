from __future__ import annotations

import time
import unicodedata

import pytest

from mailbot.reply import body


def test_reply_signature_and_original_stand_apart_in_this_order() -> None:
    text = body.assemble("Hi Mara\n", "Ada\nExample Ltd", "Mara wrote:\n> Hello")

    assert text == "Hi Mara\n\n-- \nAda\nExample Ltd\n\nMara wrote:\n> Hello\n"


def test_without_signature_and_original_only_the_reply_stands() -> None:
    assert body.assemble("\n\nHi\n\n\n", "", "") == "Hi\n"


@pytest.mark.parametrize(
    "reply", ["Hi\n\nAda\nExample Ltd", "Hi\n-- \nAda\nExample Ltd", "Hi\n\n--\nAda \nExample Ltd\n\n"]
)
def test_a_signature_that_the_reply_brought_along_is_not_added(reply: str) -> None:
    assert body.assemble(reply, "Ada\nExample Ltd", "").count("Example Ltd") == 1


@pytest.mark.parametrize(
    "ending",
    [
        "Ada\nExample Ltd\n+44 20",
        "ADA,\nExample  Ltd",
        "Example Ltd\n+44 20",
        "--\nAda\nExample Ltd",
        "Ada\n\nExample Ltd",
    ],
)
def test_lines_of_our_signature_at_the_end_of_the_reply_make_room_for_all_of_it(ending: str) -> None:
    text = body.assemble(f"Hi\n\nBest\n{ending}", "Ada\nExample Ltd\n+44 20", "")

    assert text == "Hi\n\nBest\n\n-- \nAda\nExample Ltd\n+44 20\n"


def test_a_name_below_the_sign_off_is_no_signature_of_several_lines() -> None:
    assert body.assemble("Hi\n\nBest\nAda", "Ada\nExample Ltd", "") == "Hi\n\nBest\nAda\n\n-- \nAda\nExample Ltd\n"


def test_a_signature_whose_words_only_end_the_last_line_is_added() -> None:
    assert body.assemble("I spoke to Ada", "Ada", "") == "I spoke to Ada\n\n-- \nAda\n"


@pytest.mark.parametrize("signature", ["-- \nAda", "--\nAda\n", "\nAda\n"])
def test_a_delimiter_in_the_config_is_not_doubled(signature: str) -> None:
    assert body.assemble("Hi", signature, "") == "Hi\n\n-- \nAda\n"


def test_control_characters_go_and_every_line_end_becomes_one() -> None:
    assert body.assemble("a\0b\x1b[1m\x07\tc\r\nd\re\u2028f", "", "") == "ab[1m\tc\nd\ne\nf\n"


def test_lines_up_to_the_limit_stay_whole() -> None:
    line = "x" * body.LONGEST_LINE

    assert body.assemble(line, "", "") == f"{line}\n"


def test_a_long_line_is_broken_at_blanks() -> None:
    words = " ".join(["word"] * 1000)

    lines = body.assemble(words, "", "").splitlines()

    assert all(len(line) <= body.LONGEST_LINE for line in lines)
    assert " ".join(lines) == words


@pytest.mark.parametrize("char", ["x", "é", "語", "😀", "שלום"])
def test_a_long_word_is_broken_between_characters(char: str) -> None:
    word = char * 2000

    lines = body.assemble(word, "", "").splitlines()

    assert all(len(line.encode()) <= body.LONGEST_LINE for line in lines)
    assert "".join(lines) == word


@pytest.mark.parametrize("start", range(4))
def test_a_combining_mark_stays_with_its_letter(start: int) -> None:
    lines = body.assemble("x" * start + "e\u0301" * 2000, "", "").splitlines()

    assert len(lines) > 1
    assert not any(unicodedata.combining(line[0]) for line in lines)


def test_the_rest_of_a_long_quoted_line_is_quoted_too() -> None:
    lines = body.assemble("", "", ">> " + "word " * 500 + "end").splitlines()

    assert len(lines) > 2
    assert all(line.startswith(">> word") for line in lines[:-1])


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, " " * 1_000_000 + "x", "\u0301" * 500_000, ">" * 1_000_000, "a\r" * 500_000]
)
def test_a_megabyte_is_written_in_time(text: str) -> None:
    begun = time.process_time()

    body.assemble(f"y{text}", "Ada", text)

    assert time.process_time() - begun < 2
