"""The form of an answer: one table, asked for in two ways."""

from __future__ import annotations

import json
import re

from mailbot.prompt.form import DELIMITER, FIELDS, UNDERSTOOD, heading, schema, words


def test_every_field_is_asked_for_in_both_forms_in_the_same_order() -> None:
    schema, plain = words("schema"), words("plain")

    assert re.findall(r'^- "(\w+)":', schema, re.MULTILINE) == [field.name for field in FIELDS]
    assert re.findall(r"^([A-Z][a-z ]+):", plain, re.MULTILINE)[1:] == [heading(f.name) for f in FIELDS[:-1]]
    assert plain.index(DELIMITER) > plain.index("Reply needed:")
    assert "JSON" not in plain


def test_the_plan_is_written_before_the_reply() -> None:
    assert list(schema()["properties"])[-1] == "reply"


def test_the_schema_is_flat_and_holds_nothing_that_a_server_may_not_know() -> None:
    text = json.dumps(schema())

    assert not re.search(r"\$ref|pattern|anyOf|maxLength|minItems|null", text)
    assert {field["type"] for field in schema()["properties"].values()} == {"string", "array"}


def test_where_no_draft_is_written_no_reply_is_asked_for() -> None:
    fields = [field.name for field in UNDERSTOOD]

    assert fields == ["title", "summary", "key_points", "urgency", "questions"]
    assert list(schema(analysis=True)["properties"]) == schema(analysis=True)["required"] == fields
    assert DELIMITER not in words("plain", analysis=True)
    for shape in ("schema", "plain"):
        assert "the reply itself" not in words(shape, analysis=True)
