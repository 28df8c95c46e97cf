"""The form of an answer: one table, asked for in two ways."""

from __future__ import annotations

import json
import re

from mailbot.prompt.form import DELIMITER, FIELDS, SCHEMA, heading, words


def test_every_field_is_asked_for_in_both_forms_in_the_same_order() -> None:
    schema, plain = words("schema"), words("plain")

    assert re.findall(r'^- "(\w+)":', schema, re.MULTILINE) == [field.name for field in FIELDS]
    assert re.findall(r"^([A-Z][a-z ]+):", plain, re.MULTILINE)[1:] == [heading(f.name) for f in FIELDS[:-1]]
    assert plain.index(DELIMITER) > plain.index("Reply needed:")
    assert "JSON" not in plain


def test_the_plan_is_written_before_the_reply() -> None:
    assert list(SCHEMA["properties"])[-1] == "reply"


def test_the_schema_is_flat_and_holds_nothing_that_a_server_may_not_know() -> None:
    text = json.dumps(SCHEMA)

    assert not re.search(r"\$ref|pattern|anyOf|maxLength|minItems|null", text)
    assert {field["type"] for field in SCHEMA["properties"].values()} == {"string", "array"}
