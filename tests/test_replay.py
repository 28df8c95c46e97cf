"""mailbot replay: the archived prompt as it was, another answer beside the first, and no trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from endpoint import Endpoint, Refuse, Text
from worlds import CONFIG, Lab

from mailbot.cli import commands
from mailbot.cli.replay import compared
from mailbot.errors import BadUsage

SECOND = json.dumps({"title": "t", "reply": "Hi Mara,\n\nnobody buys it.\n\nAda", "language": "en"})


@pytest.fixture
def model() -> Iterator[Endpoint]:
    with Endpoint(usual=Text(SECOND)) as server:
        yield server


@pytest.fixture
def lab(model: Endpoint) -> Iterator[Lab]:
    lab = Lab(CONFIG.replace("http://127.0.0.1:1/v1", model.base_url))
    lab.cycle()
    lab.flag()
    lab.settle()
    yield lab
    lab.close()


def replay(lab: Lab, *words: str) -> Result:
    arguments = ["replay", "--config", str(lab.folder / "config.toml"), *words, lab.jobs()[0].id[:6]]
    return CliRunner().invoke(commands, arguments, standalone_mode=False)


def disk(lab: Lab) -> dict[str, bytes]:
    root = lab.config.archive.folder
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_same_prompt_goes_out_and_nothing_is_stored(lab: Lab, model: Endpoint) -> None:
    assert lab.endpoint is not None
    before, events = disk(lab), lab.world.journal.last()
    shown: dict[str, Any] = json.loads(replay(lab, "--json", "--model", "other-2").output)

    assert model.requests[0].body["messages"] == lab.endpoint.asked[0]
    assert model.requests[0].body["model"] == "other-2"
    assert "we buy it" in shown["before"]["reply"]
    assert "nobody buys it" in shown["after"]["reply"]
    assert (disk(lab), lab.world.journal.last(), len(lab.mailbox.raws())) == (before, events, 1)


def test_another_server_gets_no_key_and_may_take_no_schema(lab: Lab) -> None:
    with Endpoint(Refuse("response_format"), usual=Text(SECOND)) as other:
        result = replay(lab, "--base-url", other.base_url_at("localhost"))

    assert result.exception is None
    assert "nobody buys it" in result.output
    assert {request.headers["authorization"] for request in other.requests} == {"Bearer none"}
    assert lab.world.journal.notes(f"learnt:{other.base_url_at('localhost')} fake-1") == {}


def test_a_server_outside_is_refused_over_plain_http(lab: Lab) -> None:
    assert isinstance(replay(lab, "--base-url", "http://192.0.2.1/v1").exception, BadUsage)


def test_without_a_prompt_there_is_nothing_to_ask_again(lab: Lab) -> None:
    lab.world.store.remove(lab.jobs()[0].names["prompt"])
    assert isinstance(replay(lab).exception, BadUsage)


def test_the_replies_stand_side_by_side_where_there_is_room() -> None:
    one, two = {"model": "a", "reply": "你好 " * 30}, {"model": "b", "reply": "first\nsecond \x1b[31m"}
    wide, narrow = compared(one, two, 120), compared(one, two, 60)

    assert wide[0].split() == ["a", "│", "b"]
    assert len({line.find("│") for line in wide if "你" not in line}) == 1
    assert "\x1b" not in "".join([*wide, *narrow])
    assert narrow.index("b") > narrow.index("a")
    assert not any("│" in line for line in narrow)


@pytest.mark.parametrize(
    "text", ["{cut off", "[]", "{}", '{"model": "m", "messages": [1]}', '{"model": "m", "messages": 1}']
)
def test_a_prompt_that_was_changed_by_hand_is_not_sent(lab: Lab, model: Endpoint, text: str) -> None:
    path = lab.jobs()[0].names["prompt"]
    (lab.config.archive.folder / path).write_text(text)
    error = replay(lab).exception

    assert isinstance(error, BadUsage)
    assert path in str(error)
    assert model.requests == []
