"""The model's server: what is sent, what comes back, and every way in which it goes wrong."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from endpoint import Behaviour, Cut, Drip, Endpoint, Exchange, Hang, Huge, Refuse, Request, Status, Text
from fakes import in_memory
from running import until

from mailbot.config import Model, load
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.model import Endpoint as Client
from mailbot.model import Learnt, NeedsPlain, Reply, quirks
from mailbot.model.endpoint import parameters
from mailbot.prompt.answer import BadAnswer, CutOff, Shape, read

MESSAGES = [
    {"role": "system", "content": "You draft."},
    {
        "role": "user",
        "content": 'Name: Ada\n--- n begin ---\n[\n{"from": "Bo <b@x>", "subject": "Desks", "text": "12 desks?"}\n]\n'
        "--- n end ---",
    },
]


@dataclass
class Asker:
    """A client with a memory of what it learnt."""

    base_url: str
    timeout: float = 60
    key: str = "sk-test"
    learnt: Learnt = field(default_factory=in_memory)

    @property
    def client(self) -> Client:
        config = Model(base_url=self.base_url, name="test-1", timeout=self.timeout, context_tokens=8000)
        return Client(config, lambda: self.key, self.learnt)

    def ask(self, shape: Shape = "schema") -> Reply:
        return self.client.ask(MESSAGES, shape)


def failure(*script: Behaviour, timeout: float = 60, key: str = "sk-test") -> MailbotError:
    """The error that one call ends with."""
    with Endpoint(*script) as server, pytest.raises(MailbotError) as caught:
        Asker(server.base_url, timeout, key).ask()
    return caught.value


def said(message: str, **fields: str) -> dict[str, dict[str, str]]:
    return {"error": {"message": message, **fields}}


def test_answer_comes_back_as_it_was_written() -> None:
    with Endpoint(Text('{"reply": "Hi"}', usage={"prompt_tokens": 70, "completion_tokens": 3})) as server:
        reply = Asker(server.base_url).ask()
    assert reply == Reply(
        text='{"reply": "Hi"}',
        model="test-1",
        temperature=0.3,
        prompt_tokens=70,
        completion_tokens=3,
        shape="schema",
        finish="stop",
    )


@pytest.mark.parametrize("shape", ["schema", "plain"])
def test_polite_server_answers_in_the_shape_that_was_asked_for(shape: Shape) -> None:
    with Endpoint() as server:
        reply = Asker(server.base_url).ask(shape)
    answer = read(reply.text, shape)
    assert answer.questions == ("12 desks?",)
    assert answer.reply.startswith("Hello Bo,")


def test_request_holds_what_a_local_server_understands_and_no_more() -> None:
    with Endpoint() as server:
        Asker(server.base_url).ask()
    body = server.requests[0].body
    assert set(body) == {"model", "messages", "temperature", "max_tokens", "response_format"}
    assert body["messages"] == MESSAGES
    assert body["max_tokens"] == 2000
    assert body["response_format"]["json_schema"]["strict"] is True


def test_plain_prompt_asks_for_no_response_format() -> None:
    with Endpoint() as server:
        Asker(server.base_url).ask("plain")
    assert "response_format" not in server.requests[0].body


def test_hosted_model_gets_the_newer_name_of_the_limit_and_is_told_not_to_store(tmp_path: Path) -> None:
    toml = tmp_path / "config.toml"
    account = '[[account]]\nname = "home"\naddress = "a@x.example"\nimap.host = "imap.x.example"'
    toml.write_text(f'owner.name = "Ada"\n[model]\nname = "gpt-5.2"\n{account}\n')
    model = load(toml, {"HOME": str(tmp_path)}, resolve=lambda host: ["192.0.2.7"]).model
    assert model is not None
    assert parameters(model, "plain", frozenset()) == {
        "temperature": 0.3,
        "max_completion_tokens": 16384,
        "store": False,
    }


def test_only_our_headers_leave_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ambient")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-ambient")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-ambient")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Ambient: 1\nAuthorization: Bearer sk-ambient")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.0.2.1/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Endpoint() as server:
        Asker(server.base_url).ask()
    headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer sk-test"
    usual = {"host", "connection", "content-type", "content-length", "accept", "accept-encoding", "user-agent"}
    assert set(headers) - usual == {"authorization", "x-stainless-raw-response"}
    assert "ambient" not in str(headers)


def test_server_without_a_key_gets_a_word_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ambient")
    with Endpoint() as server:
        Asker(server.base_url, key="").ask()
    assert server.requests[0].headers["authorization"] == "Bearer none"


@pytest.mark.parametrize("words", ["", "temperature is not supported by this model"])
def test_refused_parameter_is_left_out_at_once_and_ever_after(words: str) -> None:
    with Endpoint(Refuse("temperature", words), Refuse("temperature", words)) as server:
        asker = Asker(server.base_url)
        first, second = asker.ask(), asker.ask()
    assert asker.learnt.facts() == {"no-temperature"}
    assert (first.temperature, second.temperature) == (None, None)
    assert ["temperature" in request.body for request in server.requests] == [True, False, False]
    assert asker.client.temperature is None


def test_two_refused_parameters_are_both_left_out() -> None:
    with Endpoint(Refuse("temperature"), Refuse("max_tokens")) as server:
        asker = Asker(server.base_url)
        asker.ask()
    assert asker.learnt.facts() == {"no-temperature", "no-max_tokens"}
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "words", ["", "'response_format.type' must be 'text'", "Either json_schema or grammar can be used, not both"]
)
def test_server_without_schema_is_asked_in_plain_text(words: str) -> None:
    with Endpoint(Refuse("response_format", words)) as server:
        asker = Asker(server.base_url)
        with pytest.raises(NeedsPlain):
            asker.ask()
        assert asker.client.shape == "plain"
        reply = asker.ask(asker.client.shape)
    assert reply.shape == "plain"
    assert asker.learnt.facts() == {"no-schema"}


def test_known_lack_of_schema_costs_no_request() -> None:
    with Endpoint() as server:
        asker = Asker(server.base_url)
        asker.learnt.add("no-schema")
        with pytest.raises(NeedsPlain):
            asker.ask()
    assert server.requests == []


def test_parameter_that_was_not_sent_is_not_dropped() -> None:
    body = said("Unsupported parameter: 'top_p'", param="top_p")
    assert isinstance(failure(Status(400, body)), OwnerMustAct)


def test_prompt_beyond_the_context_is_not_taken_for_a_refused_parameter() -> None:
    text = "This model's maximum context length is 4096 tokens. Please reduce the messages or max_tokens."
    error = failure(Status(400, said(text)))
    assert isinstance(error, OwnerMustAct)
    assert "context_tokens" in error.hint


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, said("Incorrect API key provided"), "model"),
        (403, b"<html>forbidden</html>", "model"),
        (404, said("The model `test-1` does not exist", code="model_not_found"), "model"),
        (404, b"", "model"),
        (400, b"Bad Request", "model"),
        (200, b"\n<html>Welcome</html>", "model"),
        (402, said("Insufficient Balance"), "quota"),
        (429, said("You exceeded your current quota", code="insufficient_quota"), "quota"),
    ],
)
def test_owner_must_act(status: int, body: object, kind: str) -> None:
    error = failure(Status(status, body))
    assert isinstance(error, OwnerMustAct)
    assert error.kind == kind
    assert "<html>" not in str(error)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(status: int) -> None:
    with Endpoint() as other:
        error = failure(Status(status, b"", {"Location": f"{other.base_url}/chat/completions"}))
        assert other.requests == []
    assert isinstance(error, OwnerMustAct)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
def test_busy_or_broken_server_is_tried_again_later(status: int) -> None:
    error = failure(Status(status, b"<html>oops</html>"))
    assert isinstance(error, Later)
    assert error.after is None
    assert "<html>" not in str(error)


@pytest.mark.parametrize(("value", "least", "most"), [("17", 17, 17), ("Wed, 21 Oct 2099 07:28:00 GMT", 86400, 86400)])
def test_retry_after_is_taken_over(value: str, least: float, most: float) -> None:
    error = failure(Status(429, said("slow down"), {"Retry-After": value}))
    assert isinstance(error, Later)
    assert error.after is not None
    assert least <= error.after <= most


@pytest.mark.parametrize("value", ["", "soon", "-5", "nan", "inf", "Wed, 21 Oct 2015 07:28:00 GMT", "9" * 400])
def test_retry_after_that_says_nothing_is_passed_over(value: str) -> None:
    assert quirks.retry_after({"retry-after": value}, 1_700_000_000) is None


def test_retry_after_date_counts_from_now() -> None:
    assert quirks.retry_after({"retry-after": "Tue, 14 Nov 2023 22:13:30 GMT"}, 1_700_000_000) == 10


@pytest.mark.parametrize("behaviour", [Hang(), Drip("headers"), Drip("body"), Drip("endless body")])
def test_deadline_holds_whatever_the_server_does(behaviour: Behaviour) -> None:
    started = time.monotonic()
    error = failure(behaviour, timeout=0.4)
    assert isinstance(error, Later)
    assert "0.4 seconds" in error.reason
    assert time.monotonic() - started < 20  # they go on for longer


def test_connection_that_breaks_is_tried_again_later() -> None:
    assert isinstance(failure(Cut()), Later)


def test_server_that_is_not_there_is_tried_again_later() -> None:
    with Endpoint() as server:
        url = server.base_url
    with pytest.raises(Later, match=r"127\.0\.0\.1 cannot be reached"):
        Asker(url).ask()


@pytest.mark.parametrize(
    "behaviour",
    [
        Huge(20_000_000),
        Status(200, b"x" * 10, {"Content-Encoding": "gzip"}),
        Status(200, b'{"choices": [{"message"'),
        Status(200, b"[" * 1_000_000),
        Status(200, b'{"a": ' * 200_000),
        Status(200, b'{"choices": ' + b"9" * 10_000 + b"}"),
        Status(200, b"\xff\xfe\x00"),
        Status(200, b""),
        Status(200, b"null"),
        Status(200, []),
        Status(200, {}),
        Status(200, {"choices": None}),
        Status(200, {"choices": []}),
        Status(200, {"choices": [None]}),
        Status(200, {"choices": [{"message": {"content": [1]}}]}),
        Text(None),
        Text("  \n "),
        Text("", finish="length"),
        Text('{"reply": "Dear Bo, I', finish="length"),
        Text("no", finish="content_filter"),
        Text(None, message={"refusal": "I can't do that"}),
        Status(400, said("flagged", code="content_filter")),
    ],
)
def test_what_is_no_answer_is_a_bad_answer(behaviour: Behaviour) -> None:
    assert isinstance(failure(behaviour), BadAnswer)


def test_error_with_a_huge_body_ends_too() -> None:
    assert isinstance(failure(HugeError()), BadAnswer)


class HugeError:
    def act(self, exchange: Exchange, request: Request) -> None:
        exchange.wfile.write(b"HTTP/1.1 500 No\r\n\r\n")
        for _ in range(200):
            exchange.wfile.write(b" " * 65536)


def test_missing_counts_and_names_are_no_trouble() -> None:
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": None}], "usage": {"prompt_tokens": "many"}}
    with Endpoint(Status(200, body)) as server:
        reply = Asker(server.base_url).ask()
    assert (reply.text, reply.model, reply.prompt_tokens, reply.finish) == ("Hi", "test-1", None, "")


def test_half_of_a_surrogate_pair_can_be_stored() -> None:
    with Endpoint(Status(200, b'{"choices": [{"message": {"content": "a\\ud800b"}}]}')) as server:
        reply = Asker(server.base_url).ask()
    assert reply.text.encode() == b"a?b"


def test_key_is_in_no_message_of_an_error() -> None:
    error = failure(Status(401, said("No such key: sk-secret-1")), key="sk-secret-1")
    assert "sk-secret-1" not in str(error)
    assert "No such key" in str(error)


@pytest.mark.parametrize("key", ["sk-\nsecret", "sk-sécret", "sk\x00secret"])
def test_key_that_cannot_be_one_is_the_owners_matter(key: str) -> None:
    error = failure(key=key)
    assert isinstance(error, OwnerMustAct)
    assert "secret" not in error.reason


def test_no_socket_and_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with Endpoint() as server:
        asker = Asker(server.base_url)
        for _ in range(5):
            asker.ask()
    until(lambda: threading.active_count() <= before, "the end of every thread")


# A prompt that the server cuts without a word (Ollama does, at 2,048 or 4,096 tokens)


@pytest.mark.parametrize(
    ("words", "counted", "cut"),
    [
        (3_000, 2_900, True),  # fewer tokens than words
        (3_000, 4_000, False),  # what English takes
        (3_000, 9_000, False),  # what other languages take
        (1_900, 2_048, True),  # as many as a window holds
        (9_000, 16_384, True),
        (600, 1_024, False),  # nobody's window, but the size of a small prompt
        (3_000, None, False),  # a server that does not count
        (3_000, 0, False),  # one that found all of it in its cache
    ],
)
def test_a_prompt_was_cut_when_fewer_tokens_were_read_than_were_sent(words: int, counted: int, cut: bool) -> None:
    assert quirks.is_cut("word " * words, counted) == cut


@pytest.mark.parametrize(
    ("counted", "written", "kind"),
    [
        (3_000, 900, OwnerMustAct),  # 3,900 of the 8,000 that the config promises
        (7_000, 990, CutOff),  # all of them: the prompt was denser than it was reckoned
        (None, 900, OwnerMustAct),  # a server that does not count the prompt
        (3_000, 2_000, CutOff),  # all that the answer was allowed
    ],
)
def test_a_context_is_full_too_soon_only_where_it_is_smaller_than_the_config_says(
    counted: int | None, written: int, kind: type[MailbotError]
) -> None:
    usage = {"prompt_tokens": counted, "completion_tokens": written}
    assert type(failure(Text('{"reply": "De', finish="length", usage=usage))) is kind


@pytest.mark.parametrize("text", ['{"reply": "Hi"}', "nonsense, as the rules were cut", ""])
def test_an_answer_to_a_cut_prompt_is_the_owners_matter_whatever_it_says(text: str) -> None:
    error = failure(Text(text, usage={"prompt_tokens": 9, "completion_tokens": 3}))
    assert isinstance(error, OwnerMustAct)
    assert (error.kind, "OLLAMA_CONTEXT_LENGTH" in error.hint) == ("model", True)
