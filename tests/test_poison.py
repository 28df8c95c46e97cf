"""Poison mail, from flag to page: it parks once, with its reason, or gets its draft; it never stops the others.

The bombs are those of test_mail_limits, each of which hung or crashed a parser that people use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dovecot import Dovecot
from worlds import Lab, question

from mailbot.bot import addressed, fetch, look
from mailbot.job import STARTS, State
from mailbot.mail import parse

# Every bomb on its way from a Dovecot through a whole mailbot, in a process that may not take 200 MB more than it has
# when it begins. The CPU time of this process is mailbot's: neither the server nor a busy neighbour counts.
BOMBS = """
import resource, time
from dovecot import Dovecot
from served import Served
from test_mail_limits import MAILS, PAGES, TEXTS
from worlds import question
from mailbot.job import State
html = b"Subject: x\\nFrom: a@b.example\\nContent-Type: text/html; charset=utf-8\\n\\n"
text = b"Subject: x\\nFrom: a@b.example\\nContent-Type: text/plain; charset=utf-8\\n\\n"
bombs = dict(MAILS)
bombs |= {name: html + page.encode() for name, page in PAGES.items()}
bombs |= {name: text + body.encode() for name, body in TEXTS.items()}
with Dovecot() as server:
    lab = Served(server)
    lab.cycle()
    lab.starred(question(1))
    lab.settle()
    size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 200 * 1024 * 1024, resource.RLIM_INFINITY))
    for number, (name, raw) in enumerate(bombs.items()):
        unlike = b"Message-ID: <bomb-%d@x.example>\\n" % number
        lab.starred(unlike + raw)
        began = time.process_time()
        lab.cycle()
        lab.cycle()
        took = time.process_time() - began
        job = lab.jobs()[0]
        print(f"{name}\\t{job.state}\\t{took:.2f}\\t{job.reason or job.waits_for}")
    print("others", sum(job.state is State.DONE for job in lab.jobs()))
    lab.close()
"""


@pytest.mark.case(25)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="measures memory as Linux tells it")
@pytest.mark.timeout(900)
def test_every_bomb_passes_through_a_whole_mailbot_in_two_seconds_and_200_megabytes(dovecot: Dovecot) -> None:
    tests = Path(__file__).parent
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)])}
    done = subprocess.run(
        [sys.executable, "-c", BOMBS], env=environ, capture_output=True, text=True, timeout=800, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
    *rows, last = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) > 30
    assert [row for row in rows if row[1] not in (State.DONE, State.SKIPPED)] == []
    assert [row for row in rows if float(row[2]) > 2.0] == []
    assert int(last[0].split()[1]) > 20


def poison(lab: Lab) -> None:
    """One mail that shows a bug, and one that does not."""
    lab.flag(question(1, Subject="poison") + b"poison\n")
    lab.flag(question(2))


def check(lab: Lab) -> None:
    """The one is parked, with a page that says why, and told once; the other has its draft, made in the first round."""
    assert sorted(job.state for job in lab.jobs()) == [State.DONE, State.PARKED]
    parked = next(job for job in lab.jobs() if job.state is State.PARKED)
    assert "bug" in parked.reason or "ended" in parked.reason
    assert sorted("status: failed" in page for page in lab.pages().values()) == [False, True]
    assert len(lab.mailbox.raws()) == 1
    assert sum(b"no draft for" in raw for raw in lab.mailbox.raws("INBOX")) == 1


@pytest.mark.case(25)
@pytest.mark.parametrize("where", ["parse", "mail_key"])
@pytest.mark.parametrize("bug", [ValueError, RecursionError, MemoryError])
def test_a_mail_that_shows_a_bug_parks_once_and_the_others_are_drafted_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, where: str, bug: type[Exception]
) -> None:
    plain: Any = getattr(parse, where)

    def fails(raw: bytes, **named: Any) -> Any:
        if b"Subject: poison" in raw:
            raise bug("poison")
        return plain(raw, **named)

    monkeypatch.setattr(parse, where, fails)
    if where == "mail_key":
        for module in (look, fetch):
            monkeypatch.setattr(module, where, fails)
    poison(lab)

    lab.cycle()
    drafts = len(lab.mailbox.raws())
    lab.settle()
    for _ in range(3):
        lab.cycle(retry=True)

    assert drafts == 1
    check(lab)


@pytest.mark.case(25)
def test_a_mail_that_ends_the_process_again_and_again_parks_and_the_others_are_drafted_before(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The kernel, out of memory."""

    before = addressed.kept_mail
    starts: list[str] = []

    def kept_mail(world: Any, job: Any) -> Any:
        if job.mail["subject"] == "poison":
            starts.append(job.id)
            raise Killed
        return before(world, job)

    monkeypatch.setattr(addressed, "kept_mail", kept_mail)
    poison(lab)

    drafts = []
    for _ in range(STARTS):
        with pytest.raises(Killed):
            lab.cycle()
        drafts.append(len(lab.mailbox.raws()))
        lab.boot()
    lab.settle()

    assert drafts == [0, 1, 1, 1, 1]
    assert len(starts) == STARTS
    check(lab)
