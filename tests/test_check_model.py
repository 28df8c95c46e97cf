"""What mailbot check says of the model and its prompt: whether it answers, and whether it reads all that it is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from checked import Checked, fails, of
from endpoint import Endpoint, Refuse, Status, Text, answer_to, completion
from model_servers import Ollama
from running import NOBODY

from mailbot.check import model


def short(tokens: int) -> Any:
    """A good answer to a prompt of which only so many tokens were read."""

    class Short:
        def act(self, exchange: Any, request: Any) -> None:
            usage = {"prompt_tokens": tokens}
            exchange.send(200, completion(Text(json.dumps(answer_to(request)), usage=usage), request))

    return Short()


def with_model(server: Endpoint) -> str:
    return f'[model]\nbase_url = "{server.base_url}"\nname = "test-1"'


def test_a_window_that_is_large_enough_is_proved(quirky: Checked) -> None:
    with Endpoint() as server:
        findings = quirky(extra=with_model(server))

    assert "answers a sample mail (as JSON)" in of(findings, "model", "ok")[0]
    assert "was read whole" in of(findings, "context window", "ok")[0]
    size = sum(len(message["content"]) for message in server.requests[1].body["messages"])
    assert 0.70 < size / 4 / 16_000 < 0.76, "three quarters of context_tokens, as the server counts; the rest is answer"


def test_a_server_that_cuts_a_long_prompt_is_found_out(quirky: Checked) -> None:
    with Endpoint(short(1500), short(4096)) as server:
        findings = quirky(extra=with_model(server))

    (failure,) = of(findings, "context window", "fail")
    assert "cut the prompt" in failure
    assert "OLLAMA_CONTEXT_LENGTH" in failure


def test_a_server_that_refuses_a_long_prompt_is_quoted(quirky: Checked) -> None:
    said = {"error": {"message": "the request exceeds the available context size", "code": "context_length_exceeded"}}
    with Endpoint(short(1500), Status(400, said)) as server:
        findings = quirky(extra=with_model(server))

    assert "exceeds the available context size" in fails(findings)[0]


def test_a_server_that_is_not_there_is_named_with_its_key(quirky: Checked) -> None:
    findings = quirky(extra=f'[model]\nbase_url = "{NOBODY}"\nname = "test-1"')

    (failure,) = of(findings, "model", "fail")
    assert failure.endswith(f"Connection refused. See that it answers at {NOBODY} (model.base_url)")


def test_an_answer_that_is_no_reply_fails(quirky: Checked) -> None:
    with Endpoint(usual=Text("I am a teapot")) as server:
        findings = quirky(extra=with_model(server))

    assert len(of(findings, "model", "fail")) == 1


def test_a_server_that_ignores_the_schema_is_asked_in_plain_text(quirky: Checked) -> None:
    with Endpoint(usual=Ollama(holds=False)) as server:
        findings = quirky(extra=with_model(server))

    assert "(as plain text: it twice ignored the JSON schema)" in of(findings, "model", "ok")[0]


def test_check_learns_anew_what_a_server_takes(quirky: Checked) -> None:
    """A server that was updated, or got another model, is asked for JSON again as soon as its owner looks."""
    with Endpoint(Refuse("response_format")) as server:
        before = quirky(extra=with_model(server))
        after = quirky(extra=with_model(server))

    assert "(as plain text: the server takes no JSON schema)" in of(before, "model", "ok")[0]
    assert "(as JSON)" in of(after, "model", "ok")[0]


def test_a_model_that_thinks_long_gets_the_room_that_a_draft_would(quirky: Checked) -> None:
    with Endpoint(Text(None, finish="length")) as server:
        findings = quirky(extra=with_model(server))

    assert len(of(findings, "model", "ok")) == 1
    assert server.requests[1].body["max_tokens"] == 2 * server.requests[0].body["max_tokens"]


def test_the_long_prompt_differs_line_by_line() -> None:
    assert model.FILLER.format(1) != model.FILLER.format(2)


# The prompt


def test_a_broken_template_of_the_owner_is_named_with_its_line(quirky: Checked, tmp_path: Path) -> None:
    (tmp_path / "prompt").mkdir()
    (tmp_path / "prompt" / "reply.jinja").write_text("To: {{ to }}\n{% for n in notes %}{{ n.body }}{% endfor %}")
    with Endpoint() as server:
        findings = quirky(extra=f'[prompt]\nfolder = "prompt"\n{with_model(server)}')

    (failure,) = of(findings, "prompt", "fail")
    assert "reply.jinja, line 2" in failure
    assert of(findings, "model") == []


def test_mailbots_own_templates_are_where_check_says(quirky: Checked) -> None:
    with Endpoint() as server:
        (text,) = of(quirky(extra=with_model(server)), "prompt", "ok")

    assert (Path(text.rpartition(" from ")[2]) / "system.jinja").is_file()
