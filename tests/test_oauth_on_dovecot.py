"""A sign-in at a mail server that takes nothing else: mailbot works with it, and says when it is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from authority import CLIENT, Authority
from dovecot import Dovecot
from dovecot import find as find_dovecot
from running import Account, Home
from sign_ins import Clock, caught, sign_in

from mailbot import wiring
from mailbot.config import load
from mailbot.errors import OwnerMustAct
from mailbot.imap.login import connect
from mailbot.imap.session import Session


@pytest.fixture(scope="module")
def signing() -> Iterator[tuple[Authority, Dovecot]]:
    """An authority, and a Dovecot that takes its tokens."""
    if find_dovecot() is None:
        pytest.skip("needs Dovecot")
    with Authority() as server, Dovecot(server.introspection) as dovecot:
        yield server, dovecot


def imap(server: Dovecot, user: str) -> Any:
    return SimpleNamespace(host=server.host, port=server.port, security="none", user=user, auth="xoauth2")


def test_dovecot_lets_the_token_in_and_refuses_it_when_it_was_revoked(
    signing: tuple[Authority, Dovecot], tmp_path: Path
) -> None:
    authority, dovecot = signing
    user = dovecot.user()
    tokens = sign_in(authority, tmp_path, Clock(), user=user, now=time.time)
    authority.approve(user)
    tokens.finish(tokens.begin())

    def enter(word: str) -> Session:
        return connect(imap(dovecot, user), word, None)

    tokens.used(enter).close()
    before = authority.refreshes()
    authority.end_access()
    tokens.used(enter).close()

    assert authority.refreshes() == before + 1
    error = caught(lambda: enter("nonsense"))
    assert isinstance(error, OwnerMustAct)
    assert error.kind == "login"
    assert f"See that it was {user} who signed in" in error.hint


class Signing(Account):
    """An account without a password."""

    def __init__(self, server: Dovecot, authority: Authority) -> None:
        super().__init__(server, tls=False)
        self.authority = authority

    def toml(self) -> str:
        keys = f'auth = "xoauth2"\nclient_id = "{CLIENT}"\nauthority = "{self.authority.url}"\n'
        return super().toml() + keys


@contextmanager
def home(signing: tuple[Authority, Dovecot]) -> Iterator[tuple[Authority, Signing, Home]]:
    authority, dovecot = signing
    authority.approved = None
    account = Signing(dovecot, authority)
    with Home(account) as place:
        del place.environ["MAILBOT_HOME_IMAP"]
        yield authority, account, place


def test_mailbot_works_with_a_sign_in_and_says_when_it_is_over(signing: tuple[Authority, Dovecot]) -> None:
    with home(signing) as (authority, account, place):
        before = place.command("once")
        authority.approve(account.user)
        signed = place.command("secret", "set", "home.imap")
        account.deliver(None, "\\Flagged")
        once = place.command("once", "--include-existing")
        authority.end_consent()
        over, status = place.command("once"), place.command("status")
        again = place.command("secret", "set", "home.imap")
        last, well = place.command("once"), place.command("status")

    assert (before.code, signed.code, once.code) == (3, 0, 0)
    assert f"Nobody has signed in as {account.user} yet. Run 'mailbot secret set home.imap'" in before.out
    assert "ABCD1234" in signed.out
    assert f"Sign in there as {account.user}. The code is good for 15 minutes" in signed.out
    assert len(account.mails()) == 1
    assert (over.code, status.code) == (3, 3)
    assert "your consent is no longer good" in over.out
    assert "mailbot secret set home.imap" in status.out
    assert (again.code, last.code, well.code) == (0, 0, 0)
    for outcome in (before, signed, once, over, status, again, last, well):
        assert not [word for word in authority.issued if word in outcome.out + outcome.err]


def test_a_mailbot_with_another_runtime_folder_waits_for_its_turn_too(
    signing: tuple[Authority, Dovecot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home(signing) as (authority, account, place):
        authority.approve(account.user)
        place.command("secret", "set", "home.imap")
        config = load(place.config, place.environ)
        found: list[str] = []

        def needs_another(runtime: str) -> None:
            monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / runtime))
            tokens = wiring.sign_in(config, config.accounts[0])
            tokens._now = lambda: time.time() + 3400
            found.append(tokens.token())

        cron = threading.Thread(target=needs_another, args=("cron",))
        answer, before = authority.answer, authority.refreshes()

        def meanwhile(path: str, form: dict[str, str]) -> tuple[int, Any]:
            if form.get("grant_type") == "refresh_token" and cron.ident is None:
                cron.start()
                cron.join(0.5)  # it ends, or it waits for its turn
            return answer(path, form)

        monkeypatch.setattr(authority, "answer", meanwhile)
        needs_another("service")
        cron.join()

        assert len(set(found)) == 1
        assert authority.refreshes() == before + 1


def test_a_sign_in_as_somebody_else_is_no_reason_to_hammer_the_server(signing: tuple[Authority, Dovecot]) -> None:
    with home(signing) as (authority, _, place):
        authority.approve("somebody@else.example")
        place.command("secret", "set", "home.imap")
        outcomes = [place.command("once") for _ in range(4)]
        refreshes = authority.refreshes()
        place.command("once")

        assert [o.code for o in outcomes] == [3] * 4
        assert "refused this login 3 times" in outcomes[-1].out
        assert authority.refreshes() == refreshes


def test_signing_out_removes_the_tokens(signing: tuple[Authority, Dovecot]) -> None:
    with home(signing) as (authority, account, place):
        authority.approve(account.user)
        place.command("secret", "set", "home.imap")
        assert list(place.state.glob("*.tokens"))

        first, second = place.command("secret", "delete", "home.imap"), place.command("secret", "delete", "home.imap")

        assert (first.code, second.code) == (0, 3)
        assert not list(place.state.glob("*.tokens"))


def test_the_service_drafts_with_a_sign_in_and_never_tells_it(signing: tuple[Authority, Dovecot]) -> None:
    with home(signing) as (authority, account, place):
        place.write(extra='[log]\nlevel = "debug"\n')
        authority.approve(account.user)
        place.command("secret", "set", "home.imap")
        service = place.start()
        account.flag(account.deliver())
        account.drafts(1)
        service.ask_to_end()

        assert service.ended() == 0
        assert not [word for word in authority.issued if word in service.log]
