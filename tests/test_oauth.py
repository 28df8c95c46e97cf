"""Signing in in place of a password, at a local authority: the device flow, tokens, and trouble on the way."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from proxy import dripping
from sign_ins import USER, Clock, caught, sign_in

from mailbot import lock
from mailbot.errors import Later, OwnerMustAct
from mailbot.oauth import SignIn
from mailbot.oauth.refusal import refusal


@pytest.fixture
def authority() -> Iterator[Authority]:
    with Authority() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signed(authority: Authority, tmp_path: Path, clock: Clock) -> SignIn:
    """A sign-in that is done."""
    tokens = sign_in(authority, tmp_path, clock)
    authority.approve(USER)
    tokens.finish(tokens.begin(), clock.wait)
    return tokens


def refused(word: str) -> str:
    raise OwnerMustAct("login", "the server refused the login", "Check")


# The device flow


def test_who_enters_the_code_is_signed_in(authority: Authority, tmp_path: Path, clock: Clock) -> None:
    tokens = sign_in(authority, tmp_path / "state", clock)
    code = tokens.begin()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        clock.wait(seconds)
        waits.append(seconds)
        if len(waits) == 3:
            authority.approve(USER)

    tokens.finish(code, wait)

    assert (code.user_code, code.page) == ("ABCD1234", "https://microsoft.com/devicelogin")
    assert waits == [authority.interval] * 3
    assert authority.good[tokens.token()][0] == USER
    assert tokens.path.stat().st_mode & 0o777 == 0o600
    assert tokens.path.parent.stat().st_mode & 0o777 == 0o700


def test_an_authority_that_is_asked_too_often_is_asked_less_often(
    authority: Authority, tmp_path: Path, clock: Clock
) -> None:
    tokens = sign_in(authority, tmp_path, clock)
    code = tokens.begin()
    authority.refusal = ("slow_down", "")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(round(seconds, 2))
        if len(waits) == 3:
            authority.refusal = None
            authority.approve(USER)

    tokens.finish(code, wait)

    assert waits == [0.02, 5.02, 10.02]


def test_a_network_that_fails_meanwhile_does_not_end_the_sign_in(
    authority: Authority, tmp_path: Path, clock: Clock
) -> None:
    tokens = sign_in(authority, tmp_path, clock)
    code = tokens.begin()
    authority.broken = (502, b"")
    authority.approve(USER)

    def wait(seconds: float) -> None:
        clock.wait(seconds)
        authority.broken = None if len(authority.requests) > 3 else authority.broken

    tokens.finish(code, wait)

    assert tokens.token()


def test_a_code_that_ran_out_says_so(authority: Authority, tmp_path: Path, clock: Clock) -> None:
    tokens = sign_in(authority, tmp_path, clock)
    authority.interval = 100

    error = caught(lambda: tokens.finish(tokens.begin(), clock.wait))

    assert isinstance(error, OwnerMustAct)
    assert "the code ran out before it was entered" in error.reason
    assert error.hint == "To sign in again run 'mailbot secret set x'"
    assert not tokens.path.exists()


def test_a_sign_in_that_was_declined_says_so(authority: Authority, tmp_path: Path, clock: Clock) -> None:
    tokens = sign_in(authority, tmp_path, clock)
    authority.decline()

    error = caught(lambda: tokens.finish(tokens.begin(), clock.wait))

    assert "the sign-in was declined in the browser" in str(error)


def test_a_wrong_client_id_says_where_the_right_one_is(authority: Authority, tmp_path: Path, clock: Clock) -> None:
    error = caught(sign_in(authority, tmp_path, clock, client_id="nobody").begin)

    assert isinstance(error, OwnerMustAct)
    assert error.kind == "sign-in"
    assert "it knows no application with this client_id" in error.reason
    assert "Copy the Application (client) ID" in error.hint


# Tokens


def test_a_token_is_refreshed_before_its_end_and_the_refresh_token_rotates(
    authority: Authority, signed: SignIn, clock: Clock
) -> None:
    first, before = signed.token(), json.loads(signed.path.read_text())

    clock.now += 3200  # of 3600 seconds
    assert signed.token() == first
    clock.now += 200
    second = signed.token()
    after = json.loads(signed.path.read_text())

    assert second != first
    assert second in authority.good
    assert before["refresh_token"] != after["refresh_token"]
    assert before["sign_in"] == after["sign_in"]
    assert authority.refreshes() == 1
    for _ in range(3):  # the authority takes each refresh token once
        clock.now += 3400
        assert signed.token() in authority.good


def test_another_process_finds_the_rotated_token(
    authority: Authority, signed: SignIn, clock: Clock, tmp_path: Path
) -> None:
    clock.now += 3400
    token = signed.token()

    assert sign_in(authority, tmp_path, clock).token() == token
    assert authority.refreshes() == 1


def test_many_who_need_a_token_at_once_refresh_it_once(
    authority: Authority, signed: SignIn, clock: Clock, tmp_path: Path
) -> None:
    clock.now += 3400
    found: list[str] = []
    signed._alone = lambda: lock.turn("sign-in", tmp_path / "run")
    threads = [threading.Thread(target=lambda: found.append(signed.token())) for _ in range(6)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert len(set(found)) == 1
    assert authority.refreshes() == 1


@pytest.mark.parametrize("change", ["signs in anew", "signs out"])
def test_what_the_owner_does_while_a_token_is_refreshed_is_not_undone(
    signed: SignIn, authority: Authority, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    before = signed.identity
    other = sign_in(authority, tmp_path, clock)
    signed._alone = other._alone = lambda: lock.turn("sign-in", tmp_path / "run")
    acts = threading.Thread(
        target=other.forget if change == "signs out" else lambda: other.finish(other.begin(), clock.wait)
    )
    answer = authority.answer

    def meanwhile(path: str, form: dict[str, str]) -> tuple[int, Any]:
        if form.get("grant_type") == "refresh_token":
            acts.start()
            acts.join(0.5)  # it ends, or it waits for its turn
        return answer(path, form)

    monkeypatch.setattr(authority, "answer", meanwhile)
    clock.now += 3400
    signed.token()
    acts.join()

    if change == "signs out":
        assert not signed.path.exists()
    else:
        assert signed.identity != before
        assert signed.token() in authority.good


def test_a_token_that_the_mail_server_refuses_is_refreshed_once(authority: Authority, signed: SignIn) -> None:
    words: list[str] = []

    def use(word: str) -> str:
        words.append(word)
        return word if len(words) > 1 else refused(word)

    assert signed.used(use) == words[1] != words[0]

    caught(lambda: signed.used(refused))
    assert authority.refreshes() == 2


def test_other_trouble_of_the_mail_server_refreshes_nothing(authority: Authority, signed: SignIn) -> None:
    def broken(word: str) -> str:
        raise Later("the connection broke")

    caught(lambda: signed.used(broken))

    assert authority.refreshes() == 0


def test_consent_that_is_gone_says_how_to_sign_in_again(authority: Authority, signed: SignIn, clock: Clock) -> None:
    authority.end_consent()
    clock.now += 3400

    error = caught(signed.token)

    assert isinstance(error, OwnerMustAct)
    assert error.kind == "sign-in"
    assert "your consent is no longer good" in error.reason
    assert "mailbot secret set x" in error.hint


def test_nobody_signed_in_says_how(authority: Authority, tmp_path: Path, clock: Clock) -> None:
    error = caught(sign_in(authority, tmp_path, clock).token)

    assert str(error) == f"Nobody has signed in as {USER} yet. Run 'mailbot secret set x'"


@pytest.mark.parametrize("changed", [{"user": "eve@example.org"}, {"client_id": "another"}, {}])
def test_tokens_of_another_user_or_registration_are_not_used(
    authority: Authority, signed: SignIn, clock: Clock, tmp_path: Path, changed: dict[str, str]
) -> None:
    where = authority if changed else "https://login.example/tenant"

    assert "Nobody has signed in" in str(caught(sign_in(where, tmp_path, clock, **changed).token))


def test_a_damaged_file_of_tokens_asks_for_a_sign_in(signed: SignIn) -> None:
    for text in ("", "{}", "[1]", "\x00\xff"):
        signed.path.write_text(text)
        assert "Nobody has signed in" in str(caught(signed.token))


# Trouble on the way


HOTEL = b"<html>Welcome to the hotel</html>"
BROKEN = [(503, b""), (429, b""), (200, HOTEL), (200, b"[]"), (302, b""), (200, b"[" * 9999)]


@pytest.mark.parametrize("broken", BROKEN)
def test_an_authority_that_fails_is_trouble_of_the_network(
    authority: Authority, signed: SignIn, clock: Clock, broken: tuple[int, bytes]
) -> None:
    authority.broken = broken
    clock.now += 4000

    assert isinstance(caught(signed.token), Later)
    assert isinstance(caught(signed.begin), Later)

    authority.broken = None
    assert signed.token() in authority.good


def test_an_authority_that_is_not_there_is_trouble_of_the_network(tmp_path: Path, clock: Clock) -> None:
    error = caught(sign_in("http://127.0.0.1:1/common", tmp_path, clock).begin)

    assert isinstance(error, Later)
    assert "127.0.0.1 cannot be reached: " in error.reason


@pytest.mark.parametrize("first", [b"H", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n{"])
def test_an_authority_that_drips_is_not_waited_for(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    """Connecting waits for it, and the poll for connecting."""
    monkeypatch.setattr("mailbot.oauth.authority.PATIENCE", 0.3)
    with dripping(first) as port:
        error = caught(sign_in(f"http://127.0.0.1:{port}/common", tmp_path, clock).begin)

    assert isinstance(error, Later)


def test_a_token_that_is_still_good_is_used_while_the_authority_is_away(
    authority: Authority, signed: SignIn, clock: Clock
) -> None:
    token = signed.token()
    authority.broken = (503, b"")
    clock.now += 3400

    assert signed.token() == token


def test_nothing_is_asked_for_where_the_answer_could_not_be_kept(
    authority: Authority, signed: SignIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    clock.now += 3400
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        error = caught(signed.token)

    assert isinstance(error, OwnerMustAct)
    assert error.kind == "disk"
    assert authority.refreshes() == 0
    assert signed.token() in authority.good


def test_without_the_extra_it_says_what_to_install(
    authority: Authority, signed: SignIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "oauthlib.oauth2", None)
    clock.now += 4000

    assert "mailbot[oauth]" in str(caught(signed.token))
    assert "mailbot[oauth]" in str(caught(signed.begin))


def test_a_refusal_that_repeats_the_refresh_token_does_not_tell_it(
    authority: Authority, signed: SignIn, clock: Clock
) -> None:
    secret = json.loads(signed.path.read_text())["refresh_token"]
    authority.refusal = ("invalid_grant", f"AADSTS70000: {secret} is not good")
    clock.now += 4000

    assert secret not in str(caught(signed.token))


@pytest.mark.parametrize(
    ("error", "description", "word"),
    [
        ("invalid_client", "AADSTS7000218: The request body must contain ...", "Allow public client flows"),
        ("invalid_request", "AADSTS50194: Application is not configured as a multi-tenant application.", "your tenant"),
        ("invalid_request", "AADSTS90002: Tenant 'x' not found.", "your tenant"),
        ("invalid_grant", "AADSTS65001: The user has not consented. Trace ID: 77 Timestamp: 1", "mailbot secret set"),
        ("invalid_grant", "AADSTS90094: The grant requires admin permission.", "administrator"),
        ("invalid_scope", "", "IMAP.AccessAsUser.All"),
        ("nonsense\x1b[31m", "", "Check client_id and authority"),
    ],
)
def test_a_refusal_says_what_to_do(error: str, description: str, word: str) -> None:
    found = refusal("login.example", error, description, "mailbot secret set x")

    assert isinstance(found, OwnerMustAct)
    assert word in found.hint
    assert "Trace ID" not in found.reason
    assert found.reason.isprintable()


def test_trouble_of_the_authority_itself_passes() -> None:
    assert isinstance(refusal("login.example", "temporarily_unavailable", "", "x"), Later)
