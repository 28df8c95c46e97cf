"""What is read from a model's answer, and what is no answer."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from mailbot.errors import Refused
from mailbot.prompt import remarks
from mailbot.prompt.answer import Answer, BadAnswer, Shape, read
from mailbot.prompt.form import schema

FIELDS: dict[str, Any] = {
    "title": "Mara asks for desks",
    "summary": "Mara needs twelve desks.",
    "key_points": ["Confirm the number", "Name a day"],
    "urgency": "urgent",
    "questions": ["How many desks?"],
    "language": "en",
    "plan": ["1 answered: twelve (mail 2)"],
    "dates": ["Friday: Friday 2026-01-09"],
    "missing_facts": ["the price"],
    "assumptions": ["Desks are for Friday"],
    "reply_needed": "yes",
    "reply": "Hello Mara,\n\ntwelve.\n\nAda",
}
ANSWER = Answer(
    title="Mara asks for desks",
    summary="Mara needs twelve desks.",
    key_points=("Confirm the number", "Name a day"),
    urgency="urgent",
    questions=("How many desks?",),
    language="en",
    plan=("1 answered: twelve (mail 2)",),
    dates=("Friday: Friday 2026-01-09",),
    missing_facts=("the price",),
    assumptions=("Desks are for Friday",),
    reply="Hello Mara,\n\ntwelve.\n\nAda",
)
PLAIN = """\
Title: Mara asks for desks
Summary: Mara needs twelve desks.
Key points:
- Confirm the number
- Name a day
Urgency: urgent
Questions:
- How many desks?
Language: en
Plan:
- 1 answered: twelve (mail 2)
Dates:
- Friday: Friday 2026-01-09
Missing facts:
- the price
Assumptions:
- Desks are for Friday
Reply needed: yes
=== REPLY ===
Hello Mara,

twelve.

Ada
"""


def written(**changes: Any) -> str:
    return json.dumps({**FIELDS, **changes})


def reason(text: str, shape: Shape = "schema") -> str:
    with pytest.raises(BadAnswer) as caught:
        read(text, shape)
    assert isinstance(caught.value, Refused)
    return caught.value.reason


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "\n\n{}\n",
        "```json\n{}\n```",
        "Here is the answer:\n{}\nI hope this helps {{}}.",
        "<think>Mara {{wants}} desks</think>\n{}",
        "Mara wants desks, so\n</think>\n\n{}",
        "[THINK]hm[/THINK]{}",
        '{{"answer": {}}}',
        "[{}]",
    ],
)
def test_json_is_found_whatever_stands_around_it(around: str) -> None:
    assert read(around.format(written()), "schema") == ANSWER


@pytest.mark.parametrize("line", ["=== REPLY ===", "**=== REPLY ===**", "===REPLY===", "== Reply =="])
def test_plain_answer_is_read(line: str) -> None:
    assert read("<think>hm</think>\n" + PLAIN.replace("=== REPLY ===", line), "plain") == ANSWER


def test_plain_answer_in_the_style_of_markdown_is_read() -> None:
    text = PLAIN.replace("Title:", "**Title:**").replace("Key points:", "### Key points:").replace("- ", "1. ")
    assert read(text, "plain") == ANSWER


def test_plain_answer_with_nothing_but_a_reply_is_enough() -> None:
    answer = read("=== REPLY ===\nYes.", "plain")
    assert (answer.reply, answer.title, answer.urgency, answer.questions) == ("Yes.", "", "normal", ())


def test_schema_lists_every_field_in_the_order_of_thought() -> None:
    assert list(schema()["properties"]) == list(FIELDS)
    assert schema()["required"] == list(FIELDS)
    assert schema()["additionalProperties"] is False


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"urgency": "High"}, "urgency", "urgent"),
        ({"urgency": "LOW."}, "urgency", "low"),
        ({"urgency": None}, "urgency", "normal"),
        ({"urgency": ["x"]}, "urgency", "normal"),
        ({"key_points": "- one\n- two\n"}, "key_points", ("one", "two")),
        ({"key_points": None}, "key_points", ()),
        ({"key_points": ["", "None", 3, {"a": 1}]}, "key_points", ("3",)),
        ({"questions": ["None."]}, "questions", ()),
        ({"questions": [f"q{n}" for n in range(50)]}, "questions", tuple(f"q{n}" for n in range(10))),
        ({"questions": ["x" * 500]}, "questions", ("x" * 299 + "…",)),
        ({"title": "a\nb" * 100}, "title", ("a b" * 100)[:119].rstrip() + "…"),
        ({"title": 5}, "title", "5"),
        ({"summary": "<think>secret</think>Fine"}, "summary", "Fine"),
        ({"language": "de-AT"}, "language", "de"),
        ({"language": "German"}, "language", ""),
        ({"plan": "1 gap: the price\n2 open"}, "plan", ("1 gap: the price", "2 open")),
        ({"assumptions": ["none"]}, "assumptions", ()),
        ({"reply_needed": "No."}, "reply_needed", False),
        ({"reply_needed": "not sure"}, "reply_needed", True),
        ({"reply_needed": False}, "reply_needed", False),
        ({"reply_needed": None}, "reply_needed", True),
        ({"reply": "<b>Yes</b>\u202e"}, "reply", "Yes"),
    ],
)
def test_fields_are_taken_as_they_are_meant(changes: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read(written(**changes), "schema"), field) == value


def test_missing_fields_are_empty() -> None:
    answer = read('{"reply": "Yes."}', "schema")
    assert (answer.title, answer.key_points, answer.urgency) == ("", (), "normal")


def test_escaped_thinking_does_not_reach_the_reply() -> None:
    escaped = written(reply="THOUGHT").replace("THOUGHT", "\\u003cthink\\u003esecret\\u003c/think\\u003eYes.")
    assert read(escaped, "schema").reply == "Yes."


@pytest.mark.parametrize("text", ["secret</think>", "<think>a</think>secret</think>", "secret<think>a</think></think>"])
def test_what_stands_before_a_stray_end_of_thinking_was_thought(text: str) -> None:
    assert read(f"{text}=== REPLY ===\nYes.", "plain").reply == "Yes."
    assert "secret" not in reason(f"=== REPLY ===\n{text}", "plain")


def test_line_breaks_inside_json_strings_are_forgiven() -> None:
    assert read('{"reply": "Hello\n\nBo"}', "schema").reply == "Hello\n\nBo"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "<think>I never stop",
        "<think>a</think><think>b",
        written(reply="plan…</think>Yes."),
        written(reply=""),
        written(reply="   "),
        written(reply=None),
        written(reply=["x"]),
        written(reply="<think>only thoughts</think>"),
        written(reply="<think>never closed. Yes."),
        written(reply="x" * 20_001),
        written(reply="I'm sorry, but I can't assist with that request."),
        written(reply="As an AI language model I cannot write mails."),
        "I’m sorry, but I can’t help with that.",
        '{"reply": "cut o',
        '{"title": "no reply"}',
        '["reply"]',
        "reply",
        "null",
        "{" * 100,
        '{"a":' * 100_000,
        "[" * 100_000,
        '{"reply": ' + "9" * 5000 + "}",
        " " * 1_000_001,
    ],
)
def test_what_is_no_answer_is_a_bad_answer(text: str) -> None:
    assert reason(text)


@pytest.mark.parametrize(
    "text", ["Hello Mara, twelve.", "Title: x\nReply: y", written(), "=== REPLY ===\n\n", "<think>"]
)
def test_plain_text_without_a_reply_is_a_bad_answer(text: str) -> None:
    assert reason(text, "plain")


def test_cut_in_its_thinking_is_said_so() -> None:
    assert "cut off in its thinking" in reason("<think>so Mara wants")


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, but I can't make it on Friday.",
        "I cannot help with the move this weekend, my back is out.",
        "We use a language model for that.",
    ],
)
def test_a_no_of_the_owner_is_not_a_refusal_of_the_model(reply: str) -> None:
    assert read(written(reply=reply), "schema").reply == reply


@pytest.mark.parametrize(
    "piece", ["{", '{"a":', "<think>", "</think>", "<think></think>", "a", "=== ", "\n- ", "Title:\n"]
)
@pytest.mark.parametrize("shape", ["schema", "plain"])
def test_hostile_answer_costs_little_time(piece: str, shape: Shape) -> None:
    text = piece * (900_000 // len(piece))
    started = time.process_time()
    reason(text, shape)
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        ("Hi Mara,\n\nyes.\n\nOn Tue, 6 Jan 2026 at 10:15, Mara wrote:\n> Can you?", "Hi Mara,\n\nyes."),
        ("Hi Mara,\n\nyes.\n\n> Can you?\n> Please.", "Hi Mara,\n\nyes."),
        ("Hi Mara,\n\nyes.\n\nMara wrote:\n\n> Can you?", "Hi Mara,\n\nyes."),
        ("> Can you?\n\nYes.", "Yes."),
        ("Mara wrote:\n\n> Can you?\n\nYes.", "Yes."),
        ("> Can you?\n\nYes.\n\n> When?\n\nToday.", "> Can you?\n\nYes.\n\n> When?\n\nToday."),
        ("Yes:\n\n> Can you?\n\nI can.\n\n> When?\n\nToday.", "Yes:\n\n> Can you?\n\nI can.\n\n> When?\n\nToday."),
        ("Hola, Inés:\n\n> ¿Puede?\n\nSí.", "Hola, Inés:\n\n> ¿Puede?\n\nSí."),
        ("Yes.\n\n-- \nAda\nExample Ltd", "Yes."),
        ("Yes.\n\nAda\n--\n" + "line\n" * 9, "Yes.\n\nAda\n--" + "\nline" * 9),
        ("Hi Mara,\n\nHi Mara,\n\nyes.", "Hi Mara,\n\nyes."),
        ("Hi Mara,\n\nyes.\n\nyes.", "Hi Mara,\n\nyes.\n\nyes."),
        ("Two things -- and no more.", "Two things -- and no more."),
    ],
)
def test_what_stands_in_the_draft_already_is_taken_off_the_reply(reply: str, kept: str) -> None:
    assert read(written(reply=reply), "schema").reply == kept


@pytest.mark.parametrize("reply", ["> Can you?\n> Please.", "Mara wrote:\n> Can you?"])
def test_a_reply_that_only_quotes_the_mail_is_none(reply: str) -> None:
    assert reason(written(reply=reply)) == "The model wrote no reply"


def test_an_analysis_needs_no_reply_and_looks_at_none() -> None:
    plain = "Title: T\nSummary: Mara asks.\nKey points:\n- One\nUrgency: low\nQuestions:\n- Who?\n"
    for text, shape in (('{"summary": "Mara asks.", "questions": ["Who?"]}', "schema"), (plain, "plain")):
        answer = read(text, shape, analysis=True)  # type: ignore[arg-type]
        assert (answer.summary, answer.questions, answer.reply) == ("Mara asks.", ("Who?",), "")
    assert read('{"summary": "S", "reply": "I cannot help with that."}', "schema", analysis=True).reply == ""
    assert read(f"{plain}=== REPLY ===\nHi", "plain", analysis=True).questions == ("Who?",)


@pytest.mark.parametrize(("text", "shape"), [('{"reply": "Hi"}', "schema"), ("Hi Mara", "plain"), ("", "plain")])
def test_an_analysis_without_a_summary_is_none(text: str, shape: Shape) -> None:
    with pytest.raises(BadAnswer):
        read(text, shape, analysis=True)


def test_gaps_are_named_apart_and_one_that_comes_twice_is_counted() -> None:
    text = '{"reply": "On 1: [[fill: your answer]]\\n\\nOn 2: [[fill: your answer]] and [[fill: Monday; Tuesday]]"}'
    assert remarks.of(read(text, "schema")) == ("Fill in before you send: “your answer” (2 times); “Monday; Tuesday”.",)
