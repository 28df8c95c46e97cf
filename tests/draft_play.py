"""Plays a case of ``drafts`` through a whole mailbot on the case's own day: what the model was sent, what came of it.

The mailbox is on a server when one is given (real Dovecot), else in memory; the model is the scripted one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from draft_case import Case
from endpoint import Endpoint, Text
from fakes import in_memory
from served import Served, Server
from worlds import Lab

from mailbot.model import Endpoint as Client

TRIES = 3  # a bad answer is asked for as often
BEFORE = 120.0  # seconds before the case's moment: the first look and the next, a minute each


@dataclass(frozen=True)
class Played:
    """``bodies`` are the requests that the model got; ``draft`` is None where none was stored."""

    state: str
    reason: str
    bodies: list[dict[str, Any]]
    draft: EmailMessage | None
    page: str


def answer(case: Case, reply: str) -> str:
    """What a model answers that has nothing to say beside the reply."""
    fields: dict[str, Any] = {"title": "", "summary": "", "key_points": [], "urgency": "low", "questions": []}
    return json.dumps({**fields, "language": case.language, "reply": reply})


def play(case: Case, answer: str | None, server: Server | None = None) -> Played:
    """The mails arrive, mailbot looks once, the last one is flagged, mailbot drafts. ``answer`` is what the model
    writes, letter for letter; None: the scripted one answers by itself."""
    with Endpoint(*([Text(answer)] * TRIES if answer is not None else [])) as model:
        config = case.config(model.base_url)
        person = Served(server, config) if server else Lab(config)
        try:
            assert person.config.model is not None
            client = Client(person.config.model, lambda: "", in_memory())
            person.endpoint = client  # type: ignore[assignment]
            person.boot()
            uid = _deliver(person, case)
            person.clock = case.now.timestamp() - BEFORE
            person.cycle()
            _star(person, uid)
            person.settle()
            (job,) = person.jobs()
            drafts = _drafts(person)
            bodies = [request.body for request in model.requests]
            page = "\n".join(person.pages().values())
            return Played(str(job.state), job.reason, bodies, drafts[0] if drafts else None, page)
        finally:
            person.close()


def _deliver(person: Lab, case: Case) -> int:
    """Returns the UID of the mail to flag."""
    flagged = 0
    for letter in sorted([*case.sent, *case.thread], key=lambda letter: letter.at):
        folder = "Sent" if letter.own else "INBOX"
        if isinstance(person, Served):
            with person.other(folder) as client:
                client.append(folder, letter.raw, ("\\Seen",), letter.at)
                uid = max(client.search("ALL"))
        else:
            person.clock = letter.at.timestamp()
            uid = person.mailbox.add(folder, letter.raw, "\\Seen")
        if letter is case.flagged:
            flagged = uid
    return flagged


def _star(person: Lab, uid: int) -> None:
    person.star(uid) if isinstance(person, Served) else person.mailbox.star(uid)


def _drafts(person: Lab) -> list[EmailMessage]:
    if isinstance(person, Served):
        return list(person.mails().values())
    return [message_from_bytes(raw, policy=policy.default) for raw in person.mailbox.raws()]
