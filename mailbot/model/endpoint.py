"""One model on one server: sends a prompt, brings back the text of the answer.

Owns what is sent beside the prompt and what an answer must at least be. Refuses to retry (the caller has a clock and a
journal), to read what the model wrote (``prompt.answer``) and to keep anything: what was learnt of a server is the
caller's. openai and its 20 MB are imported with the first call.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mailbot.config.value import PRIVATE, within
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.model import quirks
from mailbot.prompt.answer import SCHEMA, BadAnswer, Shape
from mailbot.prompt.build import Message, output_tokens
from mailbot.prompt.guard import one_line

if TYPE_CHECKING:
    from mailbot.config import Model

OPENAI_HOST = "api.openai.com"
HOSTED_OUTPUT = 16_384  # tokens; models that think count their thoughts, and only what is used is paid
DROPS = 4  # parameters that one call may do without
CHECK = "Check base_url and name under [model], then run 'mailbot check'"
SET_KEY = "Run 'mailbot secret set model' with a valid key"


_importing = threading.Lock()  # parts of openai import each other late, which two threads must not do at once


class NeedsPlain(MailbotError):
    """The server takes no JSON schema: the prompt must be built anew in the plain shape. It is learnt by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back. ``temperature`` is what was really sent, None for none; tokens are None where the server does not
    count; ``finish`` is the server's word for why it stopped."""

    text: str
    model: str
    temperature: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    shape: Shape
    finish: str


class Endpoint:
    """The model of the config. May be used from several threads at once.

    ``key`` gives the API key, "" for none, and is asked anew at each call. ``learnt`` gives what is known of this
    server and model, ``learn`` adds to it: words such as "no-schema" and "no-temperature".
    """

    def __init__(
        self,
        config: Model,
        key: Callable[[], str],
        learnt: Callable[[], frozenset[str]],
        learn: Callable[[str], None],
    ) -> None:
        self._config = config
        self._key = key
        self._learnt = learnt
        self._learn = learn

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def base_url(self) -> str:
        return self._config.base_url

    @property
    def temperature(self) -> float | None:
        """What will be sent, as far as is known now."""
        return None if "no-temperature" in self._learnt() else self._config.temperature

    @property
    def shape(self) -> Shape:
        """The shape of prompt that this server is known to take."""
        return "plain" if quirks.NO_SCHEMA in self._learnt() else "schema"

    def ask(self, messages: Sequence[Message], shape: Shape) -> Reply:
        """The model's text. A parameter that the server refuses is left out, learnt, and the call made again at once.

        Raises Later (network, deadline, 429, 5xx), OwnerMustAct (key, quota, unknown model, context too small),
        BadAnswer (no text, cut off, refused, not an answer at all) and NeedsPlain.
        """
        deadline = time.monotonic() + self._config.timeout
        for _ in range(DROPS + 1):
            learnt = self._learnt()
            if shape == "schema" and quirks.NO_SCHEMA in learnt:
                raise NeedsPlain("the model's server takes no JSON schema; it is asked in plain text")
            options = parameters(self._config, shape, learnt)
            got = self._post(messages, options, deadline)
            if isinstance(got, bytes):
                sent = " ".join(message["content"] for message in messages)
                temperature = options.get("temperature")
                return read_reply(got, sent=sent, temperature=temperature, shape=shape, model=self._config.name)
            self._learn(quirks.NO_SCHEMA if got == "response_format" else f"no-{got}")
        raise OwnerMustAct("model", "The model's server refuses one parameter after the other", CHECK)

    def _post(self, messages: Sequence[Message], options: Mapping[str, Any], deadline: float) -> bytes | str:
        """The body of the server's answer, or the name of the parameter that it refuses."""
        with _importing:
            import openai

            from mailbot.model import wire
        key, local, timeout = self._checked_key(), self._config.is_local, max(deadline - time.monotonic(), 0.1)
        where = self._checked_addresses()
        with (
            wire.Call(timeout) as call,
            wire.client(call, key=key, local=local, timeout=timeout, tls=self._tls, addresses=where) as http,
        ):
            # The key is put on by ``wire``; "none" keeps openai from looking for one in the environment.
            client = openai.OpenAI(
                base_url=self._config.base_url, api_key="none", http_client=http, max_retries=0, timeout=timeout
            )
            with _importing:
                # openai's types list every parameter; ours come from a table. Raw, because its models promise fields
                # that other servers leave out.
                create: Callable[..., Any] = client.chat.completions.with_raw_response.create
            try:
                body: bytes = create(model=self._config.name, messages=list(messages), **options).content
            except openai.APIStatusError as error:
                if refused := quirks.rejected(error.status_code, error.body, options):
                    return refused
                headers = error.response.headers
                raise quirks.trouble(error.status_code, error.body, headers, key=key, now=time.time()) from error
            except openai.APIConnectionError as error:
                late = call.expired or isinstance(error, openai.APITimeoutError)
                raise (self._late() if late else self._unreachable(error.__cause__ or error)) from error
            except wire.TooBig:
                raise BadAnswer("The model's server sent far more than an answer") from None
        if call.expired:  # a body without a length ends as if it were whole
            raise self._late()
        return body

    def _checked_key(self) -> str:
        """The key, fit for a header. One that is not would turn up in the words of an error."""
        key = self._key().strip()
        if not key.isascii() or not key.isprintable():
            raise OwnerMustAct("model", "The key of the model holds characters that no key has", SET_KEY)
        return key

    def _checked_addresses(self) -> tuple[str, ...]:
        """The only addresses to connect to; () = any. Looked up at each call: a name may lead elsewhere than when the
        config was read."""
        if not self._config.stays_inside:
            return ()
        found = self._config.addresses()
        if not found:
            raise Later(f"The model's server at {self._config.host} cannot be reached: nobody knows its address")
        if not within(found, PRIVATE):
            why = "model.only_local is set" if self._config.only_local else "plain http does not leave it"
            reason = f"{self._config.host} is not in your own network any more ({', '.join(found)}), and {why}"
            raise OwnerMustAct("model", reason, "Nothing was sent. Correct base_url under [model], or your name server")
        return found

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        from mailbot.model import wire

        return wire.tls_context(self._config.base_url)

    def _unreachable(self, cause: BaseException) -> Later:
        said = one_line(str(cause), quirks.SAID)
        return Later(f"The model's server at {self._config.host} cannot be reached: {said}")

    def _late(self) -> Later:
        return Later(f"The model's server did not answer in {self._config.timeout:g} seconds")


def parameters(config: Model, shape: Shape, learnt: frozenset[str]) -> dict[str, Any]:
    """What is sent beside model and messages, without what this server is known to refuse."""
    options: dict[str, Any] = {"temperature": config.temperature}
    if config.is_local:
        options["max_tokens"] = output_tokens(config.context_tokens)  # Ollama ignores the newer name
    else:
        options["max_completion_tokens"] = HOSTED_OUTPUT
    if config.host == OPENAI_HOST:
        options["store"] = False
    if shape == "schema":
        schema = {"name": "draft", "strict": True, "schema": SCHEMA}
        options["response_format"] = {"type": "json_schema", "json_schema": schema}
    return {name: value for name, value in options.items() if f"no-{name}" not in learnt}


def read_reply(body: bytes, *, sent: str, temperature: float | None, shape: Shape, model: str) -> Reply:
    """The text out of a server's answer (the "chat completion object" of OpenAI's API reference). Servers leave out and
    misname fields, so only the text is asked for. ``sent`` is the prompt's text. Raises BadAnswer, and OwnerMustAct
    when the server did not read the whole prompt: then no answer is worth a look, good or bad."""
    answer = _json(body)
    choice = _first(answer.get("choices"))
    message, usage = _table(choice.get("message")), _table(answer.get("usage"))
    finish, text = _word(choice.get("finish_reason")), _word(message.get("content"))
    if not choice:
        raise BadAnswer("The model's server sent something that is not an answer")
    counted = _count(usage.get("prompt_tokens"))
    if quirks.is_cut(sent, counted):
        raise OwnerMustAct("model", quirks.CUT, quirks.CUT_HINT)
    if refusal := _word(message.get("refusal")):
        raise BadAnswer(f"The model refused to write: “{one_line(refusal, 120)}”")
    if finish == "length":
        raise BadAnswer("The model's answer was cut off: it needs more room; raise context_tokens under [model]")
    if finish == "content_filter":
        raise BadAnswer("The model's server filtered its answer out")
    if not text.strip():
        raise BadAnswer("The model's answer is empty")
    return Reply(
        text=text,
        model=one_line(_word(answer.get("model")), quirks.SAID) or model,
        temperature=temperature,
        prompt_tokens=counted,
        completion_tokens=_count(usage.get("completion_tokens")),
        shape=shape,
        finish=finish,
    )


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        return _table(json.loads(body))
    except (ValueError, RecursionError):  # ValueError: also bytes that are not UTF-8, numbers with thousands of digits
        raise BadAnswer("The model's server did not answer in JSON") from None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: object) -> Mapping[str, Any]:
    return _table(value[0]) if isinstance(value, list) and value else {}


def _word(value: object) -> str:
    """A string that can be stored: JSON may hold halves of surrogate pairs, no file and no database does."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
