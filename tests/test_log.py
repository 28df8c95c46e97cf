"""What the log says: one line for each transition, key=value; no text from mails or answers, no secret."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from io import StringIO
from types import SimpleNamespace

import pytest
from dovecot import Dovecot
from endpoint import Endpoint, Exchange, Request, Text
from fakes import ANSWER
from running import Account, Home, Service, until
from worlds import Lab, question

from mailbot.bot import steps
from mailbot.cli.log import start_log
from mailbot.errors import Later, OwnerMustAct
from mailbot.job import State, Step

VALUE = r"(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^\s'\"=]\S*)"
LINE = re.compile(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d (DEBUG|INFO|WARNING|ERROR)(?: [A-Za-z]+={VALUE})+")
WORDS = ("zanzibar", "quetzal", "marzipan", "hunter2")  # of the mail, its sender, the answer; a password
HOSTILE = "zanzibar\x1b]0;x\x07\r\n2026-01-05T08:00:00 INFO account=home event=forged\u202e"


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The log as ``mailbot run`` writes it, as detailed as it gets."""
    root = logging.getLogger("mailbot")
    before = (root.handlers[:], root.level, root.propagate)
    start_log("debug")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = StringIO()
    handler.setStream(stream)
    yield stream
    root.handlers[:], root.level, root.propagate = before


def check(found: list[str]) -> None:
    assert [line for line in found if not LINE.fullmatch(line)] == []
    assert [line for line in found if any(word in line.lower() for word in WORDS)] == []
    assert all(line.isprintable() for line in found)


def mail(number: int = 1) -> bytes:
    sender = "Quetzal Zanzibar <quetzal@zanzibar.example>"
    return question(number, From=sender, Subject="Zanzibar marzipan?") + b"\nZanzibar is where marzipan grows.\n"


def test_every_transition_of_a_job_is_one_line_without_text_from_the_mail(lab: Lab, log: StringIO) -> None:
    lab.flag(mail())
    answer = json.dumps({**ANSWER, "reply": "Marzipan!", "title": "Zanzibar"})
    lab.endpoint.queue = ["Marzipan is no JSON", Later("down"), answer]  # type: ignore[union-attr]
    lab.settle()

    found = log.getvalue().splitlines()
    (job,) = lab.jobs()
    events = [event.kind for event in lab.world.journal.events(job.id)]
    logged = [match[1] for line in found if (match := re.search(r"event=(\w+)", line))]
    assert job.state is State.DONE
    assert logged == events
    check(found)


def test_what_goes_wrong_is_one_line_each_without_text_from_the_mail(lab: Lab, log: StringIO) -> None:
    lab.flag(mail(1))
    lab.endpoint.queue = ["marzipan"] * 5  # type: ignore[union-attr]
    lab.settle()
    lab.flag(mail(2))
    lab.endpoint.queue = [OwnerMustAct("model", "the key is wrong", "Set the right one")]  # type: ignore[union-attr]
    lab.settle()
    lab.flag(question(3, From="Ada <ada@example.org>", Subject="Zanzibar, a mail of my own"))
    lab.settle()

    assert sorted(job.state for job in lab.jobs()) == [State.DONE, State.PARKED, State.SKIPPED]
    check(log.getvalue().splitlines())


def test_a_bug_that_a_mail_shows_is_one_line_without_its_words(
    lab: Lab, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(world: object, job: object) -> object:
        try:
            raise KeyError(HOSTILE)
        except KeyError as error:
            raise ValueError(HOSTILE) from error

    monkeypatch.setitem(steps.AT_HOME, Step.PREPARE, prepare)  # type: ignore[arg-type]
    lab.flag(mail())
    lab.settle()

    found = log.getvalue().splitlines()
    bugs = [line for line in found if "Traceback=" in line]
    check(found)
    assert len(bugs) == 3  # then the mail is parked
    assert all(re.search(r"test_log\.py:\d+>ValueError<-test_log\.py:\d+>KeyError$", line) for line in bugs)


class Echo:
    """A server that says what it could not answer: some do, in whole."""

    def act(self, exchange: Exchange, request: Request) -> None:
        prompt = request.body["messages"][-1]["content"]
        words = next(line for line in prompt.splitlines() if "quetzal" in line.lower())
        exchange.send(500, {"error": {"message": f"no room for {words.strip()[:120]} in this context"}})


def test_the_service_logs_no_secret_and_no_text(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    model = Endpoint(Text("Marzipan, not JSON"), Echo())
    with model, Home(account, model=model.base_url, extra='[log]\nlevel = "debug"\n[schedule]\nevery = 1\n') as home:
        home.environ["MAILBOT_MODEL_KEY"] = "hunter2-key"
        service = home.start()
        account.flag(account.deliver(mail()))
        until(lambda: "event=waiting" in service.log, "the call that the server could not answer")
        service.ask_to_end()
        service.ended()
        found = service.log.splitlines()
        assert account.server.password not in service.log
        assert "(500): no room" in service.log

    check(found)
    assert found[-1].endswith("service=ended")


def test_the_journal_gets_the_level_of_each_line_and_no_second_time() -> None:
    nobody = Account(SimpleNamespace(host="127.0.0.1", port=1, password="x", user=lambda name: name))  # type: ignore[arg-type]
    with Home(nobody) as home:
        file = home.folder / "log-0"  # the stderr of the first service
        file.touch()
        home.environ["JOURNAL_STREAM"] = f"{file.stat().st_dev}:{file.stat().st_ino}"
        for number in range(2):  # the second has inherited the variable, and writes elsewhere
            home.services.append(Service(home))
            until(lambda: "service=started" in home.services[-1].log, "the start")
            home.services[number].kill()
        journal, elsewhere = (service.log.splitlines() for service in home.services)

    (started,) = (line for line in journal if "service=started" in line)
    assert started.startswith("<6>service=started accounts=1 ")
    assert [line for line in journal if not re.match(r"<[3-7]>[a-z]+=", line)] == []
    check(elsewhere)
