"""Servers for the tests, each on loopback with a port of its own; and a whole mailbot in memory.

``MAILBOT_SERVER=cyrus`` (``make test-cyrus``): every test that wants a Dovecot gets a Cyrus, and the others are left
out."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from checked import Checked
from cyrus import Cyrus
from dovecot import Dovecot
from dovecot import find as find_dovecot
from scripted import Scripted
from served import Served
from smtp_sink import SmtpSink
from worlds import Lab

DOVECOTS_OWN = {"test_scripted.py", "test_bench.py"}  # they hold its very words, and its turns
CYRUS = os.environ.get("MAILBOT_SERVER") == "cyrus"

# A shell has what it begins with & ignore Ctrl-C, and so would every mailbot that these tests begin.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if CYRUS:
        others = [item for item in items if not _wants_a_real_server(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def _wants_a_real_server(item: pytest.Item) -> bool:
    """By its fixtures, or by one that it takes by name."""
    parameters = getattr(item, "callspec", None)
    taken = getattr(item, "fixturenames", ())
    by_name = "dovecot" in parameters.params.values() if parameters else False
    return (by_name or "dovecot" in taken) and item.path.name not in DOVECOTS_OWN


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot | Cyrus]:
    """One real server for the whole run; take a fresh ``dovecot.user()`` in each test."""
    if CYRUS:
        with Cyrus() as cyrus:
            yield cyrus
        return
    if find_dovecot() is None:
        missing = "needs Dovecot: `make test` as root installs it, or install the package dovecot-imapd"
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    with Dovecot() as server:
        yield server


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted IMAP server; a command that it does not expect fails the test."""
    with Scripted() as server:
        yield server
    assert server.violations == []


@pytest.fixture(params=["dovecot", "scripted"])
def mailbox_server(request: pytest.FixtureRequest) -> Dovecot | Scripted:
    """Both servers, one after the other, for tests that must pass on each. Take a fresh ``.user()`` in each test."""
    server: Dovecot | Scripted = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """An SMTP server that keeps what it gets in ``.messages``."""
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A mailbox that mailbot knows already."""
    lab = Lab()
    lab.cycle()
    yield lab
    lab.close()


@pytest.fixture
def new_lab() -> Iterator[Lab]:
    """A mailbot that has not seen its mailbox yet."""
    lab = Lab()
    lab.clock = time.time()  # servers stamp what arrives with their own clock
    yield lab
    lab.close()


@pytest.fixture
def served(dovecot: Dovecot) -> Iterator[Served]:
    """A whole mailbot on a real Dovecot, which knows the mailbox already."""
    served = Served(dovecot)
    served.cycle()
    yield served
    served.close()


@pytest.fixture
def quirky(tmp_path: Path, scripted: Scripted) -> Checked:
    """mailbot check on a scripted server, which can be given any quirk."""
    return Checked(tmp_path, scripted)


@pytest.fixture(params=["dovecot", "scripted"])
def checked(request: pytest.FixtureRequest, tmp_path: Path) -> Checked:
    """mailbot check on both servers, one after the other."""
    return Checked(tmp_path, request.getfixturevalue(request.param))
