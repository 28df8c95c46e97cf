"""Each kind of model server, from the flag to a draft or an honest refusal: the right step of the ladder (a JSON
schema, else plain text), how many calls that takes, and what is kept of it for the next mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from endpoint import Behaviour, Endpoint, Status, Text
from fakes import in_memory
from model_servers import (
    Groq,
    LiteLlm,
    LlamaCpp,
    LlamaCppPython,
    LmStudio,
    Mistral,
    Ollama,
    OpenRouter,
    Reasoning,
    Vllm,
)
from worlds import CONFIG, Lab, question

from mailbot.job import State
from mailbot.model import Endpoint as Client
from mailbot.model.learnt import HOLDS

NOT_BOTH = 'Either "json_schema" or "grammar" can be specified, but not both'  # llama.cpp#11847, 2025-02
NO_GRAMMAR = "Failed to initialize samplers: failed to parse grammar"  # llama.cpp's words of 2026-08 (opencodex#2135)
TOO_LONG = "request (25837 tokens) exceeds the available context size (4096 tokens), try increasing it"
# LiteLLM 1.108.7, run for this before a llama-server.
LITELLM_TOO_LONG = (
    "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - "
    "request (13531 tokens) exceeds the available context size (8192 tokens), try increasing it\nmodel=smol. "
    "context_window_fallbacks=None. fallbacks=None.\n\nSet 'context_window_fallback' ..."
)
LITELLM_NO_MODEL = "/chat/completions: Invalid model name passed in model=nosuch. Call `/v1/models` to view ..."
LITELLM_NOBODY = "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.\n\nLiteLLM: ..."
XGRAMMAR = "The provided JSON schema contains features not supported by xgrammar."  # vLLM
OPENAI_ONLY = ("max_completion_tokens", "temperature")
NO_LIMIT = {"no-max_tokens", "no-max_completion_tokens"}
UNAVAILABLE = "This response_format type is unavailable now"  # DeepSeek


@dataclass
class Play:
    """One mailbox, one model server, and what was learnt of that."""

    lab: Lab
    model: Endpoint
    client: Client

    @property
    def learnt(self) -> set[str]:
        return set(self.client.learnt.facts())

    @property
    def drafts(self) -> int:
        return len(self.lab.mailbox.raws())

    @property
    def job(self) -> Any:
        return self.lab.jobs()[0]

    def draft(self, number: int) -> int:
        """A mail is flagged and drafted; returns how many calls that took."""
        before = len(self.model.requests)
        self.lab.flag(question(number))
        self.lab.settle()
        return len(self.model.requests) - before

    def sent(self, name: str) -> list[Any]:
        """What each request held under this name."""
        return [request.body.get(name) for request in self.model.requests]


@contextmanager
def playing(usual: Behaviour, *script: Behaviour, hosted: bool = False, path: str = "/v1") -> Iterator[Play]:
    with Endpoint(*script, usual=usual) as model:
        url = model.base_url.removesuffix("/v1") + path
        lab = Lab(CONFIG.replace("http://127.0.0.1:1/v1", url))
        config = lab.config.model
        assert config is not None
        vars(config)["is_local"] = not hosted  # the only difference that a host makes here
        client = Client(config, lambda: "sk-test", in_memory(lambda: lab.clock))
        play = Play(lab, model, client)
        lab.endpoint = client  # type: ignore[assignment]
        lab.boot()
        lab.cycle()
        try:
            yield play
        finally:
            lab.close()


DRAFTS: dict[str, tuple[Behaviour, bool, int, set[str]]] = {
    # server, hosted, calls for the first draft, what was learnt
    "OpenAI": (Reasoning(), True, 2, {"no-temperature"}),
    "OpenAI, thinks long": (Reasoning(thinks=20_000), True, 3, {"no-temperature"}),
    "OpenAI behind a local gateway": (Reasoning(), False, 3, {"no-max_tokens", "no-temperature"}),
    "OpenAI, an older model": (Reasoning(most=4096), True, 3, {"no-temperature", *NO_LIMIT}),
    "Ollama": (Ollama(), False, 1, set()),
    "Ollama, fences and chatter": (Ollama(wraps=True), False, 1, set()),
    "llama.cpp": (LlamaCpp(), False, 1, set()),
    "llama.cpp, two grammars": (LlamaCpp(NOT_BOTH), False, 2, {"no-schema"}),
    "llama.cpp, no grammar": (LlamaCpp(NO_GRAMMAR), False, 2, {"no-schema"}),
    "llama-cpp-python": (LlamaCppPython(), False, 2, {"no-schema"}),
    "LM Studio": (LmStudio(), False, 1, set()),
    "LM Studio without a schema": (LmStudio(schema=False), False, 2, {"no-schema"}),
    "vLLM": (Vllm(), False, 1, set()),
    "vLLM before 0.12": (Vllm(field="reasoning_content"), False, 1, set()),
    "vLLM without a grammar": (Vllm(grammar=XGRAMMAR), False, 2, {"no-schema"}),
    "Mistral": (Mistral(), True, 2, {"no-max_completion_tokens"}),
    "DeepSeek": (LlamaCpp(UNAVAILABLE), True, 2, {"no-schema"}),
    "LiteLLM": (LiteLlm(), True, 1, set()),
    "LiteLLM, refuses": (LiteLlm(OPENAI_ONLY), True, 3, {"no-max_completion_tokens", "no-temperature"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAFTS)
def test_a_server_gives_a_draft_and_what_it_takes_is_known_from_then_on(name: str) -> None:
    server, hosted, calls, learnt = DRAFTS[name]
    with playing(server, hosted=hosted) as play:
        first, known = play.draft(1), play.learnt
        second = play.draft(2)

        assert (play.drafts, first, known) == (2, calls, learnt)
        assert play.learnt == learnt
        assert play.job.state is State.DONE
        assert second == (2 if isinstance(server, Reasoning) and server.thinks else 1)
        assert ("no-schema" in learnt) == (play.sent("response_format")[-1] is None)


@pytest.mark.parametrize(
    ("server", "hosted"), [(Ollama(holds=False), False), (LlamaCpp(drops=True), False), (Groq(), True)], ids=str
)
def test_a_schema_that_is_ignored_on_two_mails_of_a_week_is_asked_for_no_more_in_that_week(
    server: Behaviour, hosted: bool
) -> None:
    with playing(server, hosted=hosted) as play:
        calls = [play.draft(number) for number in (1, 2, 3)]
        play.lab.clock += HOLDS
        calls += [play.draft(number) for number in (4, 5, 6)]

        assert calls == [3, 3, 1, 3, 3, 1]
        assert (play.drafts, play.learnt) == (6, {"no-schema", "schema-ignored"})


def test_a_schema_that_is_ignored_on_one_mail_is_asked_for_on_the_next() -> None:
    """A model may stumble over a mail: the mail gets its draft in plain text, the server keeps its schema."""
    with playing(Ollama(), Text("Sure!"), Text("Sure!")) as play:
        assert [play.draft(number) for number in (1, 2)] == [3, 1]
        assert [bool(sent) for sent in play.sent("response_format")] == [True, True, False, True]


def test_two_mails_with_a_week_between_them_are_no_habit() -> None:
    stumble = (Text("Sure!"), Text("Sure!"))
    with playing(Ollama(), *stumble, Ollama(), *stumble) as play:
        play.draft(1)
        play.lab.clock += HOLDS
        play.draft(2)

        assert (play.drafts, play.learnt) == (2, {"schema-ignored"})


def test_what_a_server_refused_is_tried_again_after_a_week_and_costs_one_refused_request() -> None:
    with playing(LlamaCpp(NO_GRAMMAR)) as play:
        calls = [play.draft(number) for number in (1, 2)]
        play.lab.clock += HOLDS
        calls += [play.draft(number) for number in (3, 4)]

        assert (calls, play.drafts) == ([2, 1, 2, 1], 4)


def test_a_server_that_was_updated_gets_its_schema_again_after_a_week() -> None:
    with playing(Ollama(), Status(400, {"error": {"message": NO_GRAMMAR}})) as play:
        play.draft(1)
        assert play.learnt == {"no-schema"}
        play.lab.clock += HOLDS
        play.draft(2)

        assert (play.drafts, play.learnt) == (2, set())
        assert [bool(sent) for sent in play.sent("response_format")] == [True, False, True]


def test_a_fact_from_the_future_is_of_a_wrong_clock_and_does_not_hold() -> None:
    clock = 2000.0
    learnt = in_memory(lambda: clock)
    learnt.add("no-temperature")
    clock = 1000.0

    assert learnt.facts() == frozenset()


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (Ollama(window=300), "cut the prompt to fit its own context"),
        (Vllm(window=4096), "prompt is too long"),
        (LlamaCpp(window=1024), "prompt is too long"),
        (LlamaCpp(window=3072), "had no room for the whole answer"),
        (Status(500, {"error": {"code": 500, "message": TOO_LONG, "type": "exceed_context_size_error"}}), "too long"),
        (Status(200, {"error": {"code": 400, "message": TOO_LONG, "type": "exceed_context_size_error"}}), "too long"),
        (Status(400, {"error": {"message": LITELLM_TOO_LONG, "type": "invalid_request_error"}}), "prompt is too long"),
        (Status(400, {"error": {"message": LITELLM_NO_MODEL, "code": "400"}}), "Invalid model name"),
        (LmStudio(path="/elsewhere"), "Unexpected endpoint or method"),
        (Status(200, b"<!DOCTYPE html><title>Login</title>", {"Content-Type": "text/html"}), "web page came instead"),
        (Status(404, {"error": {"message": 'model "m" not found, try pulling it first'}}), "try pulling it first"),
        (OpenRouter({"code": 402, "message": "Insufficient credits"}), "is used up"),
        (OpenRouter({"code": 401, "message": "No auth credentials found"}), "refuses the key"),
    ],
)
def test_what_only_the_owner_can_mend_is_told_and_waits_and_teaches_nothing(server: Behaviour, reason: str) -> None:
    with playing(server) as play:
        play.lab.flag()
        for _ in range(4):
            play.lab.cycle(retry=True)

        assert (play.job.state, play.drafts, play.learnt) == (State.NEW, 0, set())
        assert reason in play.job.waits_for
        assert len(play.model.requests) == 4


@pytest.mark.parametrize(
    "fault",
    [
        OpenRouter({"code": 429, "message": "Provider returned error", "metadata": {"raw": "Too Many Requests"}}),
        OpenRouter({"code": 502, "message": "Bad gateway"}),
        OpenRouter(),
        Status(429, {"error": {"message": "Rate limit: too many tokens per minute"}}),
        Status(503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}),  # llama.cpp
        Status(500, {"error": {"message": LITELLM_NOBODY, "type": "internal_server_error", "code": "500"}}),
        Status(500, {"error": {"message": "llama runner process has terminated"}}),  # Ollama
        Status(500, {"error": {"message": "temperature of the card too high, max_tokens not reached"}}),
        Status(400, {"error": "The model has crashed without additional information. (Exit code: 6)"}),  # LM Studio
        Status(400, {"error": {"message": "Could not store the request, try again", "param": None}}),
        Status(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}),
        Text("Sure, I can do that!"),
        Text('{"title": "half an ob'),
        Text("", message={"reasoning": "Let me think"}),
        Text('{"reply": "Dear', finish="length"),
    ],
    ids=str,
)
@pytest.mark.parametrize("hosted", [True, False], ids=["hosted", "own"])
def test_a_fault_that_passes_costs_one_call_and_teaches_nothing(fault: Behaviour, hosted: bool) -> None:
    with playing(Ollama() if not hosted else LiteLlm(), fault, hosted=hosted) as play:
        play.lab.flag()
        play.lab.settle()

        assert (play.job.state, play.drafts, play.learnt) == (State.DONE, 1, set())
        assert len(play.model.requests) == 2
        assert None not in play.sent("response_format")


def test_an_answer_in_the_thoughts_is_none_and_says_so() -> None:
    with playing(Vllm(swallows=True)) as play:
        play.lab.flag()
        play.lab.settle()

        assert (play.job.state, play.drafts, len(play.model.requests)) == (State.PARKED, 0, 3)
        assert "The model thought, and wrote no answer" in play.job.reason


def test_two_answers_that_are_no_json_park_nothing_and_the_third_is_asked_for_in_plain_text() -> None:
    with playing(Ollama(holds=False)) as play:
        play.lab.flag()
        play.lab.settle()

        kinds = [event.kind for event in play.lab.world.journal.events(play.job.id)]
        assert (kinds.count("called"), kinds.count("rejected"), kinds.count("parked")) == (3, 2, 0)
        assert [bool(sent) for sent in play.sent("response_format")] == [True, True, False]
        assert "=== REPLY ===" in play.model.requests[-1].body["messages"][0]["content"]


def test_one_answer_that_is_no_json_among_other_bad_ones_teaches_nothing() -> None:
    script = (Text("Sure!"), Text('{"reply": ""}'), Text("Sure!"))
    with playing(Ollama(), *script) as play:
        play.lab.flag()
        play.lab.settle()

        assert (play.job.state, play.learnt) == (State.PARKED, set())


@pytest.mark.parametrize(("hosted", "name"), [(True, "max_completion_tokens"), (False, "max_tokens")])
def test_an_answer_that_was_cut_off_gets_twice_the_room_and_no_more(hosted: bool, name: str) -> None:
    cut = Text(None, finish="length")
    with playing(Ollama() if not hosted else LiteLlm(), cut, cut, hosted=hosted) as play:
        play.lab.flag()
        play.lab.settle()

        first, second, third = play.sent(name)
        assert (second, third) == (2 * first, 2 * first)
        assert play.job.state is State.DONE


def test_more_room_than_the_model_has_is_refused_without_a_lesson_and_the_call_goes_without_a_limit() -> None:
    with playing(Reasoning(thinks=20_000, most=32_000), hosted=True) as play:
        play.lab.flag()
        play.lab.settle()

        assert play.sent("max_completion_tokens") == [16_384, 16_384, 32_768, None]
        assert (play.job.state, play.learnt) == (State.DONE, {"no-temperature"})


def test_on_a_server_of_ones_own_twice_the_room_is_only_what_the_prompt_leaves() -> None:
    with playing(Vllm(window=16_000), Text(None, finish="length")) as play:
        play.lab.flag(question() + b"many more words " * 2000)
        play.lab.settle()

        first, second = play.sent("max_tokens")
        assert first <= second < 2 * first
        assert play.job.state is State.DONE


def test_a_schema_that_was_given_up_is_asked_for_again_of_another_model_only() -> None:
    """What is learnt belongs to one model on one server: ``wiring`` keeps it under both names."""
    from mailbot.wiring import Home

    with playing(Ollama(holds=False)) as play:
        home = Home(play.lab.config, {})
        assert home.endpoint is not None
        home.endpoint.learnt.add("no-schema")
        assert home.endpoint.shape == "plain"
        assert play.lab.config.model is not None
        other = play.lab.config.model.model_copy(update={"name": "another"})
        second = Home(play.lab.config.model_copy(update={"model": other}), {})
        assert second.endpoint is not None
        assert second.endpoint.shape == "schema"
        home.close()
        second.close()
