"""mailbot setup at servers that mark no folders, and at those that a domain names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dovecot import Dovecot
from scripted import Scripted
from test_setup import USUAL, Person, at, person
from test_setup_search import file, incoming, reach, unreachable

from mailbot.cli.setup import login, talk
from mailbot.errors import BadUsage, Later, OwnerMustAct
from mailbot.setup.search import Reach

__all__ = ["person"]  # a fixture


# Folders


def test_where_the_server_marks_no_folders_the_owner_says_which(person: Person, scripted: Scripted) -> None:
    scripted.mailbox.special_use.clear()
    with scripted.mailbox.changing():
        scripted.mailbox.create("Entwürfe 2")
    answers = [scripted.password, "Nowhere", "Entwürfe 2", "", "", "INBOX, Archive", *USUAL[1:]]

    code = person.setup(*at(scripted, scripted.user()), answers=answers)

    assert code == 0
    assert "There is no such folder" in person.said
    row = person.table()["account"][0]
    assert (row["drafts"], row["sent"], row["trash"]) == ("Entwürfe 2", "Sent", "Trash")
    assert row["folders"] == ["INBOX", "Archive"]


def test_without_a_drafts_folder_and_anybody_to_ask_the_candidates_are_named(
    person: Person, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(talk, "has_terminal", lambda: False)
    scripted.mailbox.special_use.clear()
    (tmp_path / "password").write_text(scripted.password)
    flags = [*at(scripted, scripted.user()), "--owner-name", "Ada", "--password-file", str(tmp_path / "password")]

    with pytest.raises(OwnerMustAct, match=r"--drafts, one of: INBOX, Drafts"):
        person.setup(*flags)
    assert not person.config.exists()
    assert person.setup(*flags, "--drafts", "Drafts") == 0


def test_what_will_not_be_watched_is_named(person: Person, scripted: Scripted) -> None:
    with scripted.mailbox.changing():
        scripted.mailbox.create("Family")

    person.setup(*at(scripted, scripted.user()), answers=[scripted.password, *USUAL])

    assert "Watched for flags: INBOX, Archive. Not watched: Family." in person.said


def test_a_folder_to_watch_that_is_not_there_is_asked_for_again(person: Person, scripted: Scripted) -> None:
    answers = [scripted.password, "INBOX, Famly", "INBOX", *USUAL[1:]]

    assert person.setup(*at(scripted, scripted.user()), answers=answers) == 0
    assert "Not there: Famly" in person.said


# Servers that a domain names


def named_elsewhere() -> Reach:
    """A domain whose autoconfig names the server of somebody else."""
    return reach(fetch=lambda url: file(incoming(host="imap.elsewhere.example")))


def test_a_host_of_another_domain_gets_no_password_without_a_yes(person: Person, dovecot: Dovecot) -> None:
    flags = ["--address", "ada@example.org", *at(dovecot, dovecot.user())[4:]]

    code = person.setup(*flags, answers=["n", "127.0.0.1", dovecot.password, *USUAL], outside=named_elsewhere())

    assert code == 0
    assert "imap.elsewhere.example is no host of the domain of ada@example.org" in person.said
    assert person.table()["account"][0]["imap"]["host"] == "127.0.0.1"


def test_where_nobody_can_be_asked_such_a_host_is_refused(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "has_terminal", lambda: False)

    with pytest.raises(BadUsage, match=r"give --host imap\.elsewhere\.example"):
        person.setup(
            *("--address", "ada@example.org", "--password-stdin", "--owner-name", "Ada"), outside=named_elsewhere()
        )


def test_with_a_yes_it_is_tried_and_a_server_that_is_not_there_is_asked_for_again(
    person: Person, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, real = [], login.connect

    def connect(imap: Any, *rest: Any) -> Any:
        tried.append(imap.host)
        if imap.host == "imap.elsewhere.example":
            raise Later("the connection to imap.elsewhere.example broke")
        return real(imap, *rest)

    monkeypatch.setattr(login, "connect", connect)
    flags = ["--address", "ada@example.org", *at(dovecot, dovecot.user())[4:]]

    code = person.setup(*flags, answers=["y", dovecot.password, "127.0.0.1", *USUAL], outside=named_elsewhere())

    assert (code, tried) == (0, ["imap.elsewhere.example", "127.0.0.1"])


def test_a_provider_says_which_password_it_wants(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(imap: Any, *rest: Any) -> Any:
        raise OwnerMustAct("login", f"{imap.host} refused the login of {imap.user}: no", "Check")

    monkeypatch.setattr(login, "connect", refused)

    with pytest.raises(OwnerMustAct, match=r"imap\.mail\.me\.com refused the login of ada:"):
        person.setup(
            "--address", "ada@icloud.com", answers=["a", "", "b", "", "c", "", "d"], outside=reach(unreachable)
        )

    assert "iCloud wants an app-specific password, made at https://account.apple.com" in person.said


def test_what_a_domain_answers_cannot_write_on_the_terminal(person: Person, dovecot: Dovecot) -> None:
    def fetch(url: str) -> bytes:
        raise Later("\x1b[2J\x1b[31mowned")

    flags = ["--address", "ada@example.org", *at(dovecot, dovecot.user())[4:]]
    person.setup(*flags, answers=["127.0.0.1", dovecot.password, *USUAL], outside=reach(fetch=fetch))

    assert "owned" in person.said
    assert "\x1b[2J" not in person.said
