"""One model on one server: sends a prompt, brings back the text of the answer.

Owns what is sent beside the prompt, and the ladder: a JSON schema, else plain text. Refuses to retry (the caller has a
clock and a journal), to read what the model wrote (``prompt.answer``) and to keep anything: what was learnt of a server
is the caller's. openai and its 20 MB are imported with the first call, or just before it
(``load``).
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mailbot.config.value import PRIVATE, within
from mailbot.deadline import Deadline
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.model import quirks
from mailbot.model.learnt import NO_SCHEMA, Learnt
from mailbot.model.reply import Reply, read_reply, table
from mailbot.prompt.answer import BadAnswer, Shape
from mailbot.prompt.budget import tokens
from mailbot.prompt.form import schema
from mailbot.prompt.guard import one_line

if TYPE_CHECKING:
    from mailbot.config import Model
    from mailbot.prompt.build import Message

OPENAI_HOST = "api.openai.com"
HOSTED_OUTPUT = 16_384  # tokens; models that think count their thoughts, and only what is used is paid
ERRNO = re.compile(r"^\[Errno -?\d{1,9}\] ")  # what Python puts before the words of the system
DROPS = 5  # parameters that one call may do without

_importing = threading.Lock()  # parts of openai import each other late, which two threads must not do at once


class NeedsPlain(MailbotError):
    """The server takes no JSON schema: the prompt must be built anew in the plain shape. It is learnt by now."""


class Endpoint:
    """The model of the config. May be used from several threads at once.

    ``key`` gives the API key, "" for none, and is asked anew at each call. ``learnt`` is what is known of this server
    and model, and grows.
    """

    def __init__(self, config: Model, key: Callable[[], str], learnt: Learnt) -> None:
        self._config = config
        self._key = key
        self.learnt = learnt

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def base_url(self) -> str:
        return self._config.base_url

    @property
    def temperature(self) -> float | None:
        """What will be sent, as far as is known now."""
        return None if "no-temperature" in self.learnt.facts() else self._config.temperature

    @property
    def shape(self) -> Shape:
        """The shape of prompt that this server is known to take."""
        return "plain" if NO_SCHEMA in self.learnt.facts() else "schema"

    def load(self) -> None:
        """Imports openai ahead of the first call: up to two seconds, in which a thread can be searched for."""
        with _importing, suppress(ImportError):  # the call says what is wrong
            import openai.resources.chat  # noqa: F401

            import mailbot.model.wire  # noqa: F401

    def ask(
        self,
        messages: Sequence[Message],
        shape: Shape,
        *,
        analysis: bool = False,
        twice_the_room: bool = False,
        inside: bool = False,
    ) -> Reply:
        """The model's text. A parameter that the server refuses is left out, learnt, and the call made again at once.
        ``analysis``: no reply is wanted. ``twice_the_room``: for an answer that was cut off before. ``inside``: nothing
        may leave the owner's network.

        Raises Later (network, deadline, 429, 5xx), OwnerMustAct (key, quota, unknown model, context too small),
        BadAnswer (no text, cut off, refused, not an answer at all) and NeedsPlain.
        """
        deadline = time.monotonic() + self._config.timeout
        sent = " ".join(message["content"] for message in messages)
        too_much: frozenset[str] = frozenset()  # refused for what only this call wants: nothing to learn
        for _ in range(DROPS + 1):
            learnt = self.learnt.facts() | too_much
            if shape == "schema" and NO_SCHEMA in learnt:
                raise NeedsPlain("the model's server takes no JSON schema; it is asked in plain text")
            options = parameters(self._config, shape, learnt, sent if twice_the_room else None, analysis=analysis)
            got = self._post(messages, options, deadline, inside)
            if not isinstance(got, frozenset):
                allowed = next((options[name] for name in quirks.LIMITS if name in options), None)
                return read_reply(
                    got,
                    sent=sent,
                    temperature=options.get("temperature"),
                    shape=shape,
                    model=self._config.name,
                    room=allowed if self._config.is_local else None,
                    context=self._config.context_tokens,
                )
            if twice_the_room and got == quirks.NO_LIMIT:
                too_much = got
            else:
                for fact in got:
                    self.learnt.add(fact)
        raise OwnerMustAct("model", "The model's server refuses one parameter after the other", quirks.MODEL_HINT)

    def _post(
        self, messages: Sequence[Message], options: Mapping[str, Any], deadline: float, inside: bool
    ) -> Mapping[str, Any] | frozenset[str]:
        """The server's answer, or what its refusal of a parameter teaches."""
        with _importing:
            import openai

            from mailbot.model import wire
        key, local, timeout = self._checked_key(), self._config.is_local, max(deadline - time.monotonic(), 0.1)
        where = self._checked_addresses(inside)
        with (
            Deadline(timeout) as call,
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
                return _refused(error.status_code, error.body, error.response.headers, options, key, messages)
            except openai.APIConnectionError as error:
                late = call.expired or isinstance(error, openai.APITimeoutError)
                raise (self._late() if late else self._unreachable(error.__cause__ or error)) from error
            except wire.TooBig:
                raise BadAnswer("The model's server sent far more than an answer") from None
        if call.expired:  # a body without a length ends as if it were whole
            raise self._late()
        answer = table(body)
        refusal = quirks.refusal(answer)
        return answer if refusal is None else _refused(*refusal, {}, options, key, messages)

    def _checked_key(self) -> str:
        """The key, fit for a header. One that is not would turn up in the words of an error."""
        key = self._key().strip()
        if not key.isascii() or not key.isprintable():
            raise OwnerMustAct("model", "The key of the model holds characters that no key has", quirks.KEY_HINT)
        return key

    def _checked_addresses(self, inside: bool) -> tuple[str, ...]:
        """The only addresses to connect to; () = any. Looked up at each call: a name may lead elsewhere than when the
        config was read."""
        if not self._config.stays_inside and not inside:
            return ()
        found = self._config.addresses()
        if not found:
            raise Later(f"The model's server at {self._config.host} cannot be reached: nobody knows its address")
        if not within(found, PRIVATE):
            why = "model.only_local is set" if self._config.only_local else "this must not leave it"
            reason = f"{self._config.host} is not in your own network any more ({', '.join(found)}), and {why}"
            raise OwnerMustAct("model", reason, "Nothing was sent. Correct base_url under [model], or your name server")
        return found

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        from mailbot.model import wire

        return wire.tls_context(self._config.base_url)

    def _unreachable(self, cause: BaseException) -> Later:
        said = ERRNO.sub("", one_line(str(cause), quirks.SAID))
        return Later(f"The model's server at {self._config.host} cannot be reached: {said}")

    def _late(self) -> Later:
        slow = "a slow machine needs a larger model.timeout or a smaller model.context_tokens"
        return Later(f"The model's server did not answer in {self._config.timeout:g} seconds: {slow}")


def _refused(
    status: int,
    body: object,
    headers: Mapping[str, str],
    options: Mapping[str, Any],
    key: str,
    messages: Sequence[Message],
) -> frozenset[str]:
    """What a refusal teaches. Raises what it means, when it is about no parameter of ours."""
    taught = quirks.rejected(status, body, options)
    if not taught:
        sent = " ".join(message["content"] for message in messages if message["role"] != "system")
        raise quirks.trouble(status, body, headers, key=key, sent=sent, now=time.time())
    return taught


def parameters(
    config: Model, shape: Shape, learnt: frozenset[str], roomy_for: str | None = None, *, analysis: bool = False
) -> dict[str, Any]:
    """What is sent beside model and messages, without what this server is known to refuse. ``roomy_for`` is the text of
    a prompt whose answer needs twice the usual room."""
    options: dict[str, Any] = {"temperature": config.temperature}
    # Ollama ignores the newer name (ollama#7125), OpenAI's models that reason refuse the older one, Mistral the newer.
    names = quirks.LIMITS if config.is_local else quirks.LIMITS[::-1]
    if name := next((name for name in names if f"no-{name}" not in learnt), ""):
        options[name] = _room(config, roomy_for)
    if config.host == OPENAI_HOST:
        options["store"] = False
    if shape == "schema":
        form = {"name": "analysis" if analysis else "draft", "strict": True, "schema": schema(analysis=analysis)}
        options[quirks.RESPONSE_FORMAT] = {"type": "json_schema", "json_schema": form}
    return {name: value for name, value in options.items() if f"no-{name}" not in learnt}


def _room(config: Model, roomy_for: str | None) -> int:
    """Tokens for the answer. On a server of one's own, prompt and answer share the context: vLLM refuses what cannot
    fit, so twice the room is only as much as the prompt leaves."""
    from mailbot.prompt.build import output_tokens

    usual = output_tokens(config.context_tokens) if config.is_local else HOSTED_OUTPUT
    if roomy_for is None:
        return usual
    left = config.context_tokens - tokens(roomy_for)
    return max(usual, min(2 * usual, left)) if config.is_local else 2 * usual
