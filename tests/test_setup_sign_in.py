"""mailbot setup with a sign-in in place of a password, against a local authority and a Dovecot that asks it."""

from __future__ import annotations

from typing import Any

import click
import pytest
from authority import CLIENT, Authority
from dovecot import Dovecot
from sign_ins import caught
from test_oauth_on_dovecot import signing
from test_setup import Person, at, person

from mailbot.cli.setup import login, talk
from mailbot.errors import Later, OwnerMustAct
from mailbot.oauth import SignIn

__all__ = ["person", "signing"]  # fixtures
REST = ("", "Ada Example", "", "1", "n")  # folders to watch, name, line, model, no write test


def flags(signing: tuple[Authority, Dovecot], user: str) -> list[str]:
    authority, dovecot = signing
    authority.approved, authority.broken = None, None
    return [*at(dovecot, user), "--authority", authority.url]


def test_flags_and_a_browser_are_enough(
    person: Person, signing: tuple[Authority, Dovecot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "has_terminal", lambda: False)
    authority, dovecot = signing
    user = dovecot.user()
    words = [*flags(signing, user), "--client-id", CLIENT, "--owner-name", "Ada"]
    authority.approve(user)

    assert person.setup(*words) == 0

    assert "https://microsoft.com/devicelogin    ABCD1234" in person.said
    (account,) = person.table()["account"]
    assert (account["imap"]["auth"], account["imap"]["client_id"]) == ("xoauth2", CLIENT)
    assert not [word for word in authority.issued if word in person.said + person.config.read_text()]


def test_a_wrong_client_id_is_asked_for_again(person: Person, signing: tuple[Authority, Dovecot]) -> None:
    authority, dovecot = signing
    user = dovecot.user()
    words = [*flags(signing, user), "--client-id", "nobody"]
    authority.approve(user)

    assert person.setup(*words, answers=[CLIENT, *REST]) == 0

    assert "it knows no application with this client_id" in person.said
    assert person.table()["account"][0]["imap"]["client_id"] == CLIENT


def test_a_second_run_needs_no_second_sign_in(person: Person, signing: tuple[Authority, Dovecot]) -> None:
    authority, dovecot = signing
    user = dovecot.user()
    words = flags(signing, user)
    authority.approve(user)
    person.setup(*words, "--client-id", CLIENT, answers=REST)
    before = person.config.read_text()
    authority.requests.clear()

    assert person.setup(*at(dovecot, user), answers=("", "", "", "", "n")) == 0

    assert person.config.read_text() == before
    assert authority.requests == []


def test_after_consent_is_gone_a_second_run_signs_in_again(person: Person, signing: tuple[Authority, Dovecot]) -> None:
    authority, dovecot = signing
    user = dovecot.user()
    words = flags(signing, user)
    authority.approve(user)
    person.setup(*words, "--client-id", CLIENT, answers=REST)
    authority.end_consent()

    assert person.setup(*at(dovecot, user), answers=("", "", "", "", "n")) == 0

    assert "your consent is no longer good" in person.said
    assert "ABCD1234" in person.said


def test_who_signed_in_as_somebody_else_is_asked_again(person: Person, signing: tuple[Authority, Dovecot]) -> None:
    authority, dovecot = signing
    user = dovecot.user()
    words = [*flags(signing, "wrong@example.org"), "--client-id", CLIENT]
    authority.approve(user)  # in the browser it was another user than the one that was named

    assert person.setup(*words, answers=[user, *REST]) == 0

    assert "See that it was wrong@example.org who signed in" in person.said
    assert person.said.count("ABCD1234") == 2


def test_an_authority_that_is_away_is_not_called_a_refusal(
    person: Person, signing: tuple[Authority, Dovecot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "has_terminal", lambda: False)
    authority, dovecot = signing
    words = [*flags(signing, dovecot.user()), "--client-id", CLIENT, "--owner-name", "Ada"]
    authority.broken = (503, b"")

    error = caught(lambda: person.setup(*words))

    assert isinstance(error, Later)
    assert not person.config.exists()


def test_microsoft_is_offered_the_browser(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def begin(tokens: SignIn) -> None:
        asked.append(f"{tokens.user} {tokens._authority.url} {tokens._authority.client_id}")
        raise OwnerMustAct("sign-in", "this test reaches no network", "None")

    monkeypatch.setattr(SignIn, "begin", begin)
    with pytest.raises(click.Abort):
        person.setup("--address", "ada@outlook.com", answers=[CLIENT, "", "", ""])

    assert "Microsoft wants no password: you sign in with a browser" in person.said
    assert "https://entra.microsoft.com" in person.said
    assert set(asked) == {f"ada@outlook.com https://login.microsoftonline.com/common {CLIENT}"}


def test_who_has_a_command_for_tokens_says_so_at_microsoft(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []

    def refused(imap: Any, secret: str, *rest: Any) -> Any:
        used.append(secret)
        raise OwnerMustAct("login", "this test reaches no network", "None")

    monkeypatch.setattr(login, "connect", refused)
    caught(lambda: person.setup("--address", "ada@outlook.com", answers=["", "echo token-1"] * 4))

    assert used == ["token-1"] * 4


def test_gmail_gets_an_app_password_and_is_told_why(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(imap: Any, secret: str, *rest: Any) -> Any:
        raise OwnerMustAct("login", "this test reaches no network", "None")

    monkeypatch.setattr(login, "connect", refused)
    caught(lambda: person.setup("--address", "ada@gmail.com", answers=["a", "", "b", "", "c", "", "d"]))

    assert "Gmail wants an app password, made at https://myaccount.google.com/apppasswords" in person.said
    assert "Google lets no program like this one sign in with a browser" in person.said
