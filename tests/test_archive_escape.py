"""Foreign text on a page: shown to the letter, and inert."""

from __future__ import annotations

import html
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mailbot.archive import escape

GFM = MarkdownIt("commonmark").enable(["table", "strikethrough"])
INERT = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "hardbreak", "softbreak", "entity"}

HOSTILE = [
    "<img src=x>", "<div>\nx\n</div>", "<!-- x", "</p>", "[[Secret note]]", "![[Secret note]]", "[a](http://b.example)",
    "![a](http://b.example/x.png)", "[a]: http://b.example\n[a]", "<http://b.example>", "http://b.example",
    "```dataviewjs\ndv.x\n```", "~~~\nx\n~~~", "`$= dv.x`", "`= this.x`", "    indented code", "\tindented code",
    "# heading", "a\n===", "a\n---", "a\n-", "- item", "* item", "+ item", "1. item", "1) item", "> quote", ">quote",
    "> [!note] x", "- [ ] task", "---", "***", "___", "- - -", "| a | b |\n| - | - |\n| c | d |", "a | b\n--- | ---",
    "a\n:-", "%%hidden%%", "$x$", "$$\nx\n$$", "key:: value", "[k:: v]", "(k:: v)", "$= dv.x", "<% tp.x %>", "<%* x %>",
    "{{title}}", "{% x %}", "#tag", "x ^block-id", "[^1]", "[^1]: x", "^[note]", "*a*", "**a**", "_a_", "__a__",
    "~~a~~", "==a==", "&lt;b&gt;", "&#60;",
    "\\<b>", "\\", "a\\\nb", "---\ntype: x\n---", "\u2028# x", "\u0085- x", "\x0c# x",
]  # fmt: skip


def shown(markdown: str) -> str:
    """What a viewer would show, lines separated by newlines."""
    text = re.sub(r"<br ?/?>\n?", "\n", GFM.render(markdown))
    return html.unescape(re.sub(r"</?p>", "", text)).strip("\n")


def elements(markdown: str) -> set[str]:
    tokens = GFM.parse(markdown)
    return {inner.type for token in tokens for inner in (token, *(token.children or ()))}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_element(text: str) -> None:
    assert elements(escape.block(text)) <= INERT


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_element_in_a_list_item(text: str) -> None:
    own = {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
    tokens = GFM.parse(f"- {escape.item(text)}\n- x")

    assert elements(f"- {escape.item(text)}\n- x") <= INERT | own
    assert [t.type for t in tokens].count("bullet_list_open") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_element_in_a_heading(text: str) -> None:
    tokens = GFM.parse(f"# Draft Reply to {escape.line(text)}")
    assert elements(f"# Draft Reply to {escape.line(text)}") <= INERT | {"heading_open", "heading_close"}
    assert [t.type for t in tokens] == ["heading_open", "inline", "heading_close"]


@pytest.mark.parametrize(
    "active",
    ["[[", "]]", "%%", "::", "{{", "}}", "<", "==", "://", "![", "```", "~~", "<%", "%>", "{%"],
)
def test_what_plugins_search_for_is_not_in_the_file(active: str) -> None:
    written = escape.block("\n\n".join([*HOSTILE, active, f"a{active}b"]))
    assert active not in written.replace("\\" + active, "")


def test_a_block_id_and_a_tag_are_not_in_the_file() -> None:
    assert escape.block("x ^id") == "x &#94;id"
    assert escape.block("a #tag, C# too") == "a \\#tag, C# too"


def test_a_gap_is_written_as_the_archive_says() -> None:
    assert escape.block("[[fill: who signs]]") == "\\[\\[fill: who signs\\]\\]"


def test_prose_stays_as_it_is() -> None:
    prose = "Hi Ada - we met on 22.12. at 10:30 (R&D), 50% done; snake_case, 3 > 2! Well-known: yes/no."
    assert escape.block(prose) == prose


def test_lines_and_paragraphs_stay() -> None:
    assert escape.block("a\nb\r\n\r\n\n\nc\n") == "a  \nb\n\nc"


def test_indentation_stays_without_becoming_code() -> None:
    assert escape.block("if x:\n    go") == "if x:  \n\u00a0\u00a0\u00a0\u00a0go"


def test_what_cannot_be_seen_is_taken_out() -> None:
    assert escape.block("a\u202eb\x00c\ufeffd\ud800e\x1b[1m") == "abcde\\[1m"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab1. \n\t\\`*_{}[]()#+-!<>|~$%^&;:=/@\"'xt", max_size=60))
def test_any_text_is_shown_to_the_letter_and_inert(text: str) -> None:
    written = escape.block(text)

    lines = [" ".join(line.split()) for line in text.split("\n")]
    assert elements(written) <= INERT
    assert [" ".join(line.split()) for line in shown(written).split("\n") if line.strip()] == [x for x in lines if x]


@pytest.mark.parametrize("piece", ["*", "- x\n", "&", ":", "9", " "])
def test_a_megabyte_takes_less_than_two_seconds(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    escape.block(text)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "text", ["&lt;b&gt; &#60; AT&T", "\\<b> \\", "x ^id %%h%% k:: v", "a_b _c_ #d ==e== f@g.example"]
)
def test_what_is_escaped_is_shown_to_the_letter(text: str) -> None:
    assert shown(escape.block(text)) == text
