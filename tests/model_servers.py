"""Model servers as they are: each class plays one kind of server, with the quirks that its documentation, or a report
of its users, states. A server keeps its quirks for as long as it runs; ``Endpoint(usual=Ollama())``.

Sources are issues and pull requests of the projects; the date is that of the report.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from endpoint import Exchange, Request, Text, answer_to, completion, plain

THOUGHT = "Let me think. The sender asks something. I shall answer politely."


def written(request: Request) -> str:
    """What a model of good manners writes: JSON where the request holds a schema, else the plain form."""
    fields = answer_to(request)
    schema = request.body.get("response_format", {}).get("type") == "json_schema"
    return json.dumps(fields, ensure_ascii=False) if schema else plain(fields)


def error(message: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


@dataclass(frozen=True)
class Reasoning:
    """OpenAI's models that reason. They refuse max_tokens and every temperature but 1 by ``param`` (9router#560,
    2026-04; repowise#987, 2026-07). Thinking is paid from the same budget; when that is used up the content is null or
    empty, finish_reason "length", status 200 (covan#112, 2026-09). ``thinks`` is what it needs, in tokens."""

    thinks: int = 0
    most: int = 128_000  # "max_tokens is too large: 20000. This model supports at most 16384 ..." (repowise#987)

    def act(self, exchange: Exchange, request: Request) -> None:
        body = request.body
        if "max_tokens" in body:
            said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
            fields = {"param": "max_tokens", "code": "unsupported_parameter"}
            return exchange.send(400, error(said, type="invalid_request_error", **fields))
        if body.get("temperature", 1) != 1:
            said = "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value."
            fields = {"param": "temperature", "code": "unsupported_value"}
            return exchange.send(400, error(said, type="invalid_request_error", **fields))
        room = body.get("max_completion_tokens", self.most)
        if room > self.most:
            said = f"max_tokens is too large: {room}. This model supports at most {self.most} completion tokens."
            fields = {"param": "max_completion_tokens", "code": "invalid_value"}
            return exchange.send(400, error(said, type="invalid_request_error", **fields))
        if room < self.thinks:
            return exchange.send(200, completion(Text(None, finish="length"), request))
        return exchange.send(200, completion(Text(written(request)), request))


@dataclass(frozen=True)
class Ollama:
    """``window``: it cuts a longer prompt without a word, and counts only what it read. ``holds`` False: the schema is
    ignored with models whose thinking is off (ollama#14645 and #15260, open, 2026-04). Thoughts are in ``reasoning``.
    Only max_tokens is known (ollama#7125); the newer name is ignored, not refused."""

    window: int = 1_000_000
    holds: bool = True
    wraps: bool = False  # fences and chatter around the JSON, as models write that are not held to a schema

    def act(self, exchange: Exchange, request: Request) -> None:
        assert "max_completion_tokens" not in request.body, "ollama#7125: it would be ignored"
        text = written(request)
        if not self.holds and "response_format" in request.body:
            text = f"Sure! Here is your reply:\n\n{answer_to(request)['reply']}"
        if self.wraps:
            text = f"Here is the JSON:\n```json\n{text}\n```\nLet me know if you need more!"
        octets = sum(len(message["content"]) for message in request.body["messages"])
        usage = {"prompt_tokens": min(octets // 4, self.window), "completion_tokens": len(text) // 4}
        exchange.send(200, completion(Text(text, message={"reasoning": THOUGHT}, usage=usage), request))


@dataclass(frozen=True)
class LlamaCpp:
    """``grammar``: what it says to a schema, or "" where it takes one. It takes no part of the thinking out of the
    content without a reasoning format, else it is in ``reasoning_content``. ``json_schema`` that it cannot compile may
    also be dropped without a word (llama.cpp#19051, open; #24097, 2026-06): ``drops``.

    llama-server b10434, run for this: no name of a model is wrong, the answer names the file that is loaded;
    ``window``: a longer prompt is refused, and an answer that reaches its end stops there, "length"."""

    grammar: str = ""
    drops: bool = False
    window: int = 1_000_000

    def act(self, exchange: Exchange, request: Request) -> None:
        octets = sum(len(message["content"]) for message in request.body["messages"])
        read, left = octets // 4, self.window - octets // 4
        if left <= 0:
            said = f"request ({read} tokens) exceeds the available context size ({self.window} tokens), "
            fields = {"type": "exceed_context_size_error", "n_prompt_tokens": read, "n_ctx": self.window}
            return exchange.send(400, error(said + "try increasing it", code=400, **fields))
        if left < request.body.get("max_tokens", 0):
            usage = {"prompt_tokens": read, "completion_tokens": left}
            return exchange.send(200, completion(Text('{"title": "half', finish="length", usage=usage), request))
        if self.grammar and "response_format" in request.body:
            fields = {"code": 400, "type": "invalid_request_error"}
            return exchange.send(400, error(self.grammar, **fields))
        text = "I would say yes to all of it." if self.drops and "response_format" in request.body else written(request)
        message = {"reasoning_content": THOUGHT}
        answer = completion(Text(f"<think>{THOUGHT}</think>\n{text}", message=message), request)
        return exchange.send(200, {**answer, "model": "/models/small.gguf", "timings": {"prompt_ms": 12.5}})


@dataclass(frozen=True)
class LlamaCppPython:
    """llama_cpp.server 0.3.36, run for this. Of response_format it knows "text" and "json_object", and what its types
    refuse is a 500."""

    def act(self, exchange: Exchange, request: Request) -> None:
        if request.body.get("response_format", {}).get("type") == "json_schema":
            said = (
                "1 validation error:\n  {'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), "
                "'msg': \"Input should be 'text' or 'json_object'\", 'input': 'json_schema', ...}"
            )
            fields = {"type": "internal_server_error", "param": None, "code": None}
            return exchange.send(500, error(said, **fields))
        return exchange.send(200, completion(Text(written(request)), request))


@dataclass(frozen=True)
class LmStudio:
    """Errors are bare strings. ``schema`` False: a model or runtime without structured output says so in these words
    (lmstudio-bug-tracker#169, #307). A path that it does not know gets 200 and an error (#618, open)."""

    schema: bool = True
    path: str = "/v1/chat/completions"

    def act(self, exchange: Exchange, request: Request) -> None:
        if request.path != self.path:
            return exchange.send(200, {"error": f"Unexpected endpoint or method. (POST {request.path})"})
        if not self.schema and "response_format" in request.body:
            return exchange.send(400, {"error": "'response_format.type' must be 'text'"})
        return exchange.send(200, completion(Text(written(request)), request))


@dataclass(frozen=True)
class Vllm:
    """``field``: where thoughts are, reasoning_content until 0.12, reasoning since (vllm#27755, #33402). ``swallows``:
    the parser of thoughts takes the whole answer for one, and content is null (vllm#30139). ``window``: prompt and
    max_tokens together must fit."""

    field: str = "reasoning"
    swallows: bool = False
    window: int = 1_000_000
    grammar: str = ""

    def act(self, exchange: Exchange, request: Request) -> None:
        octets = sum(len(message["content"]) for message in request.body["messages"])
        room = request.body.get("max_tokens", 0)
        if octets // 4 + room > self.window:
            said = f"'max_tokens' is too large: {room}. This model's maximum context length is {self.window} tokens."
            return exchange.send(400, {"object": "error", "message": said, "type": "BadRequestError", "code": 400})
        if self.grammar and "response_format" in request.body:
            return exchange.send(400, error(self.grammar, type="BadRequestError", param=None, code=400))
        text = written(request)
        content, thought = (None, text) if self.swallows else (text, THOUGHT)
        return exchange.send(200, completion(Text(content, message={self.field: thought}), request))


@dataclass(frozen=True)
class Mistral:
    """Extra fields are refused as FastAPI does it, with a table for a message (eca#231 and #315, 2026-02). Models that
    reason send the content as a list of parts (nextcloud/integration_openai#408, 2026-07)."""

    def act(self, exchange: Exchange, request: Request) -> None:
        if "max_completion_tokens" in request.body:
            place = {"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs ..."}
            said = {"object": "error", "message": {"detail": [place]}, "type": "invalid_request_error", "param": None}
            return exchange.send(422, said)
        thoughts = {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}
        answer = completion(Text(None), request)
        answer["choices"][0]["message"]["content"] = [thoughts, {"type": "text", "text": written(request)}]
        return exchange.send(200, answer)


@dataclass(frozen=True)
class Groq:
    """A model that misses the schema is a 400, json_validate_failed (amurex-backend#38; Vane#980, 2026-01). This
    model always does."""

    def act(self, exchange: Exchange, request: Request) -> None:
        if "response_format" in request.body:
            said = "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details."
            fields = {"type": "invalid_request_error", "code": "json_validate_failed", "failed_generation": "Sure!"}
            return exchange.send(400, error(said, **fields))
        return exchange.send(200, completion(Text(written(request)), request))


@dataclass(frozen=True)
class LiteLlm:
    """A gateway that names what the server behind it does not take in its own words (klangk#2067, 2026-08). Its answers
    lack usage and bear fields of its own, and a wrong content type."""

    parameters: tuple[str, ...] = ()

    def act(self, exchange: Exchange, request: Request) -> None:
        refused = [name for name in self.parameters if name in request.body]
        if refused:
            said = f"litellm.UnsupportedParamsError: zai does not support parameters: {refused}, for model=glm-5.2."
            return exchange.send(400, error(said, type=None, param=None, code="400"))
        answer = completion(Text(written(request)), request)
        del answer["usage"], answer["object"], answer["created"]
        answer["choices"][0]["message"]["provider_specific_fields"] = {"refusal": None}
        return exchange.send(200, {**answer, "service_tier": "default"}, {"Content-Type": "text/plain"})


@dataclass(frozen=True)
class OpenRouter:
    """What the provider behind it says comes with status 200 and no choices (inspect_ai#1534: a 429 inside), or with
    neither choices nor error (pydantic-ai#6885, 2026-07)."""

    inside: dict[str, Any] | None = None

    def act(self, exchange: Exchange, request: Request) -> None:
        empty = {"id": None, "choices": None, "model": None, "usage": None}
        exchange.send(200, {**empty, "error": self.inside} if self.inside else empty)
