"""The model's server misbehaves, and what becomes of the mail: it waits or parks, the owner is told, and one draft
comes when the server is well. The real client, from flag to draft, on a scripted server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from endpoint import Behaviour, Cut, Drip, Endpoint, Hang, Huge, Status, Text
from fakes import in_memory
from worlds import CONFIG, Lab, question

from mailbot.job import State
from mailbot.model import Endpoint as Client

IMPATIENT = {"timeout_set": 0.6}  # seconds, for servers that would take for ever
GIGABYTE = 1_000_000_000
USED_UP = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
WRONG_KEY = {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}
TOO_LITTLE_READ = Text("what was left of the rules", usage={"prompt_tokens": 100, "completion_tokens": 5})


@pytest.fixture
def model() -> Iterator[Endpoint]:
    with Endpoint() as server:
        yield server


@pytest.fixture
def lab(model: Endpoint) -> Iterator[Lab]:
    """A mailbox that mailbot knows, one flagged mail in it, and the real client for the scripted server."""
    lab = Lab(CONFIG.replace("http://127.0.0.1:1/v1", model.base_url))
    boot(lab)
    lab.cycle()
    lab.flag()
    yield lab
    lab.close()


def boot(lab: Lab, **how: Any) -> None:
    """With the real client; ``how`` are fields of config.Model."""
    assert lab.config.model is not None
    client: Any = Client(lab.config.model.model_copy(update=how), lambda: "sk-test", in_memory())
    lab.endpoint = client
    lab.boot()


def told(lab: Lab) -> list[str]:
    """The subjects of the notices in the inbox."""
    mails = [message_from_bytes(raw, policy=policy.default) for raw in lab.mailbox.raws("INBOX")]
    return [str(mail["Subject"]).removeprefix("mailbot: ") for mail in mails if mail["Auto-Submitted"]]


@pytest.mark.parametrize(
    ("behaviour", "how"),
    [
        (Status(429, {"error": {"message": "slow down"}}), {}),
        (Status(500, {"error": {"message": "out of memory"}}), {}),
        (Status(503, b"<html>busy</html>", {"Content-Type": "text/html"}), {}),
        (Drip("headers"), IMPATIENT),
        (Drip("body"), IMPATIENT),
        (Drip("endless body"), IMPATIENT),
        (Hang(), IMPATIENT),
        (Cut(), {}),
    ],
    ids=str,
)
def test_what_passes_by_itself_is_waited_for_and_nobody_is_told(
    lab: Lab, model: Endpoint, behaviour: Behaviour, how: dict[str, Any]
) -> None:
    model.then(behaviour)
    boot(lab, **how)
    lab.cycle()
    (waiting,) = lab.jobs()
    boot(lab)
    lab.settle()

    assert (waiting.state, bool(waiting.waits_for), told(lab)) == (State.NEW, True, [])
    assert (lab.jobs()[0].state, len(lab.mailbox.raws()), len(model.requests)) == (State.DONE, 1, 2)


@pytest.mark.parametrize(("headers", "least"), [({"Retry-After": "7000"}, 7000), ({}, 30)])
def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(
    lab: Lab, model: Endpoint, headers: dict[str, str], least: float
) -> None:
    model.then(Status(429, b"", headers))
    lab.cycle()
    (job,) = lab.jobs()
    assert job.until >= lab.clock + least

    for _ in range(3):
        lab.clock = job.until - 61
        lab.cycle()
    assert len(model.requests) == 1

    lab.cycle()
    assert lab.jobs()[0].state is State.DONE


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (Status(401, WRONG_KEY), "refuses the key"),
        (Status(429, USED_UP), "is used up"),
        (Status(307, b"", {"Location": "http://127.0.0.1:1/v1"}), "points elsewhere"),
        (Status(404, b""), "does not know this model"),
        (Status(200, b"<html>Welcome</html>", {"Content-Type": "text/html"}), "web page came instead"),
        (TOO_LITTLE_READ, "cut the prompt"),
    ],
)
def test_what_the_owner_has_to_mend_is_told_once_and_the_draft_comes_when_it_is_mended(
    lab: Lab, model: Endpoint, behaviour: Behaviour, sentence: str
) -> None:
    model.then(behaviour, behaviour, behaviour)
    for _ in range(3):
        lab.cycle(retry=True)
    while_broken, (job,) = told(lab), lab.jobs()
    lab.settle()
    lab.cycle()

    assert (job.state, len(while_broken)) == (State.NEW, 1)
    assert sentence in while_broken[0]
    assert sentence in job.waits_for
    assert told(lab) == [*while_broken, f"over: {while_broken[0]}"]
    assert (lab.jobs()[0].state, len(lab.mailbox.raws())) == (State.DONE, 1)


def test_the_owner_reads_what_to_do_where_the_prompt_was_cut(lab: Lab, model: Endpoint) -> None:
    model.then(TOO_LITTLE_READ, TOO_LITTLE_READ)
    lab.cycle()
    lab.cycle()

    (notice,) = [raw for raw in lab.mailbox.raws("INBOX") if b"Auto-Submitted" in raw]
    assert b"Give the server a context of at least model.context_tokens" in notice
    assert b"OLLAMA_CONTEXT_LENGTH" in notice


def test_no_answer_to_a_cut_prompt_becomes_a_draft_however_often_it_comes(lab: Lab, model: Endpoint) -> None:
    model.then(*[TOO_LITTLE_READ] * 6)

    for _ in range(6):
        lab.cycle(retry=True)

    assert lab.jobs()[0].state is State.NEW  # it waits for the owner; only bad answers park
    assert lab.mailbox.raws() == []


def test_a_prompt_that_was_too_long_is_made_anew_after_the_owner_lowered_the_limit(lab: Lab, model: Endpoint) -> None:
    lab.mailbox.star(1, up=False)
    lab.flag(question(2) + b"many more words " * 3_000)
    model.then(TOO_LITTLE_READ)
    lab.cycle()
    assert lab.config.model is not None
    small = lab.config.model_copy(update={"model": lab.config.model.model_copy(update={"context_tokens": 6_000})})
    lab.boot(lambda world: replace(world, config=small))
    lab.settle()

    first, second = (sum(len(m["content"]) for m in request.body["messages"]) for request in model.requests)
    assert first > second
    assert lab.jobs()[0].state is State.DONE


@pytest.mark.parametrize(
    "behaviour",
    [
        Huge(GIGABYTE),
        Status(200, b"[" * 100_000),
        Status(200, b'{"a": ' * 100_000),
        Status(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}),
        Text("", finish="length"),
    ],
    ids=["a gigabyte", "deep lists", "deep tables", "packed", "cut off"],
)
def test_what_is_no_answer_parks_after_three_and_the_next_mail_gets_its_draft(
    lab: Lab, model: Endpoint, behaviour: Behaviour
) -> None:
    model.then(behaviour, behaviour, behaviour)
    lab.settle()
    lab.flag(question(2))
    lab.settle()

    assert [job.state for job in lab.jobs()] == [State.DONE, State.PARKED]
    assert (len(lab.mailbox.raws()), len(lab.pages())) == (1, 2)
    assert len([subject for subject in told(lab) if "no draft for" in subject]) == 1
