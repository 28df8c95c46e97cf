"""Servers for the tests, each on loopback with a port of its own; and a whole mailbot in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from dovecot import Dovecot
from dovecot import find as find_dovecot
from scripted import Scripted
from smtp_sink import SmtpSink
from worlds import Lab


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot for the whole run; take a fresh ``dovecot.user()`` in each test."""
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
