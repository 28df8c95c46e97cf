"""mailbot setup as a person meets it: questions, flags, a second run, and what goes wrong on the way."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import keyring
import keyring.backends.fail
import pytest
from click.testing import CliRunner
from dovecot import Dovecot
from running import NOBODY, Account, Home
from scripted import Scripted
from terminal import converse
from test_secrets import Memory, PlaintextKeyring
from test_setup_search import file, incoming, reach, unreachable
from test_setup_web import body, serving

from mailbot.cli import commands
from mailbot.cli.setup import login, owner, talk
from mailbot.errors import BadUsage, Later, OwnerMustAct
from mailbot.setup.search import Reach

NOWHERE = reach()
USUAL = ("", "Ada Example", "Direct.", "1", "n")  # folders to watch, name, line, model, no write test


class Person:
    """Somebody at a terminal, with a home of their own. ``said`` is what the last command printed."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config" / "config.toml"
        self.said = ""

    def setup(self, *flags: str, answers: Sequence[str] = (), outside: Reach = NOWHERE) -> int:
        words = ["setup", "--config", str(self.config), *flags]
        done = CliRunner().invoke(commands, words, "\n".join([*answers, ""]), obj=outside, standalone_mode=False)
        self.said = done.output
        if done.exception:
            raise done.exception
        code: int = done.return_value
        return code

    def table(self) -> dict[str, Any]:
        return tomllib.loads(self.config.read_text())


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    for name in ("MAILBOT_CONFIG", "CREDENTIALS_DIRECTORY", "OPENAI_API_KEY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(talk, "has_terminal", lambda: True)
    monkeypatch.setattr(owner, "host_zone", lambda: "CET")
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield Person(tmp_path)
    keyring.set_keyring(before)


def at(server: Dovecot | Scripted, user: str) -> list[str]:
    """The flags that lead to a test server, so that nothing is searched for."""
    where = ["--address", "ada@example.org", "--host", server.host, "--user", user]
    if hasattr(server, "tls_port"):
        return [*where, "--port", str(server.tls_port), "--ca-file", str(server.ca_file)]
    return [*where, "--port", str(server.port), "--security", "none"]


def test_questions_and_answers_lead_to_a_draft(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account) as home:
        home.config.unlink()
        del home.environ["MAILBOT_HOME_IMAP"]
        environ = {**home.environ, "MAILBOT_CONFIG": str(home.config), "TERM": "dumb", "TZ": "Europe/Berlin"}
        where = at(dovecot, account.user)[2:]
        code, screen = converse(
            ["setup", *where],
            [
                ("Your mail address", "nonsense"),
                ("Your mail address", "ada@example.org"),
                ("Password of", dovecot.password),
                ("Folders to watch", "INBOX"),
                ("Your name", "Ada Example"),
                ("A line about you", "Direct, warm."),
                ("Number", "1"),
                ("test draft", "y"),
            ],
            environ,
        )

        assert code == 0, screen
        assert "It must be a mail address" in screen
        assert dovecot.password not in screen, "it is typed unseen"
        assert home.command("check").code == 0
        assert home.command("once").code == 0
        account.flag(account.deliver())
        assert home.command("once").code == 0
        (draft,) = account.mails()
        assert draft["From"] == "Ada Example <ada@example.org>"


def test_flags_alone_are_enough_where_nobody_can_be_asked(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account) as home:
        home.config.unlink()
        del home.environ["MAILBOT_HOME_IMAP"]
        flags = [*at(dovecot, account.user), "--owner-name", "Ada Example", "--password-stdin", "--folder", "INBOX"]

        done = home.command("setup", *flags, input=f"{dovecot.password}\n")

        assert done.code == 0, done.err
        assert "No keyring works on this host" in done.out
        kept = home.folder / "home.imap.secret"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert dovecot.password not in home.config.read_text() + done.out + done.err
        assert tomllib.loads(home.config.read_text())["account"][0]["folders"] == ["INBOX"]
        assert home.command("once").code == 0


def test_without_a_terminal_every_missing_flag_is_named_at_once(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "has_terminal", lambda: False)

    with pytest.raises(BadUsage) as refused:
        person.setup()

    assert [problem.partition(":")[0].split()[0] for problem in refused.value.problems] == [
        "--address",
        "--password-file",
        "--owner-name",
    ]
    assert not person.config.exists()


def test_a_password_is_never_taken_from_the_command_line(person: Person) -> None:
    done = CliRunner().invoke(commands, ["setup", "--help"])

    assert "--password-stdin" in done.output
    assert "--password " not in done.output


def test_a_wrong_password_is_asked_for_again_with_the_words_of_the_server(person: Person, dovecot: Dovecot) -> None:
    user = dovecot.user()

    code = person.setup(*at(dovecot, user), answers=["wrong", "", dovecot.password, *USUAL])

    assert code == 0
    assert "authentication fail" in person.said.lower()


def test_wrong_passwords_have_an_end_and_nothing_is_written(person: Person, dovecot: Dovecot) -> None:
    user = dovecot.user()

    with pytest.raises(OwnerMustAct, match="refused the login"):
        person.setup(*at(dovecot, user), answers=["wrong", "", "worse", "", "bad", "", "no"])

    assert not person.config.exists()


@pytest.mark.parametrize(
    ("source", "value", "words"),
    [
        ("--password-file", "nowhere", "cannot be read"),
        ("--password-command", "false", "ended with code 1"),
        ("--password-command", "echo wrong", "refused the login"),
    ],
)
def test_a_source_that_was_named_and_does_not_do_is_tried_once(
    person: Person, scripted: Scripted, source: str, value: str, words: str
) -> None:
    with pytest.raises(OwnerMustAct, match=words):
        person.setup(*at(scripted, "ada"), source, value)

    assert person.said.count(words) == 0, "it was said in the loop"
    assert not person.config.exists()


def test_a_folder_that_takes_no_config_ends_the_questions(person: Person, dovecot: Dovecot) -> None:
    person.config.parent.write_text("a file where the folder should be")

    with pytest.raises(OwnerMustAct, match="cannot be written"):
        person.setup(*at(dovecot, dovecot.user()), answers=[dovecot.password, *USUAL])


def test_a_server_with_a_certificate_of_its_own_is_believed_when_its_file_is_named(
    person: Person, dovecot: Dovecot
) -> None:
    user = dovecot.user()
    at_port = ["--address", "ada@example.org", "--host", "127.0.0.1", "--user", user, "--port", str(dovecot.tls_port)]

    code = person.setup(*at_port, answers=[dovecot.password, str(dovecot.ca_file), *USUAL])

    assert code == 0
    assert "is not trusted" in person.said
    assert person.table()["account"][0]["imap"]["ca_file"] == str(dovecot.ca_file)


def test_a_wrong_server_is_named_anew_where_its_certificate_is_not_trusted(person: Person, dovecot: Dovecot) -> None:
    flags = ["--address", "ada@example.org", "--user", dovecot.user(), "--security", "tls"]
    right = ["", f"127.0.0.1:{dovecot.tls_port}", str(dovecot.ca_file)]

    code = person.setup(*flags, answers=[f"localhost:{dovecot.tls_port}", dovecot.password, *right, *USUAL])

    assert code == 0
    assert person.table()["account"][0]["imap"]["host"] == "127.0.0.1"


def test_while_setup_asks_again_no_hint_sends_the_owner_elsewhere(person: Person, dovecot: Dovecot) -> None:
    at_port = ["--address", "ada@example.org", "--host", "127.0.0.1", "--user", dovecot.user()]
    answers = ["wrong", str(dovecot.ca_file), "", dovecot.password, *USUAL]

    code = person.setup(*at_port, "--port", str(dovecot.tls_port), answers=answers)

    asked, _, _ = person.said.partition("Logged in at")
    assert code == 0
    assert "is not trusted: self-signed certificate." in asked
    assert "Many providers want an app password." in asked
    assert "mailbot check" not in asked
    assert "ca_file" not in asked


def test_where_setup_ends_with_a_refused_login_it_says_what_to_run(person: Person, dovecot: Dovecot) -> None:
    wrong = ["1", "", "2", "", "3", "", "4"]

    with pytest.raises(OwnerMustAct, match="then run mailbot setup again"):
        person.setup(*at(dovecot, dovecot.user()), answers=wrong)


def test_after_a_check_that_fails_it_is_said_how_to_go_on(person: Person, dovecot: Dovecot) -> None:
    nobody = ["3", NOBODY, "some-model", "", "n"]

    code = person.setup(*at(dovecot, dovecot.user()), answers=[dovecot.password, "", "Ada", "", *nobody])

    assert code == 3
    assert "Mend that, then run mailbot check" in person.said
    assert "Next: " not in person.said


def test_a_second_run_keeps_comments_other_accounts_and_what_was_set(person: Person, dovecot: Dovecot) -> None:
    first, second = dovecot.user(), dovecot.user()
    person.setup(*at(dovecot, first), "--folder", "Archive", answers=[dovecot.password, *USUAL[1:]])
    text = person.config.read_text().replace("[notify]", '# mine\n[notify]\nby = "off" # quiet')
    person.config.write_text(text)

    assert (
        person.setup(*at(dovecot, second), "--account", "work", answers=[dovecot.password, "", "", "", "1", "n"]) == 0
    )
    assert person.setup(*at(dovecot, first), answers=["", "", "", "1", "n"]) == 0, "the password is known"

    assert person.config.read_text().startswith(text)
    home, work = person.table()["account"]
    assert (home["name"], home["folders"], work["name"]) == ("home", ["Archive"], "work")
    assert person.table()["owner"] == {"name": "Ada Example", "about": "Direct."}


def test_a_secret_of_the_config_that_works_no_more_is_asked_for(person: Person, dovecot: Dovecot) -> None:
    user = dovecot.user()
    person.setup(*at(dovecot, user), answers=[dovecot.password, *USUAL])
    (person.config.parent / "home.imap.secret").write_text("old\n")

    assert person.setup(*at(dovecot, user), answers=[dovecot.password, "", "", "", "1", "n"]) == 0

    assert "authentication fail" in person.said.lower()
    assert (person.config.parent / "home.imap.secret").read_text() == f"{dovecot.password}\n"


def test_a_command_that_has_the_password_stays_the_source(person: Person, dovecot: Dovecot) -> None:
    user, command = dovecot.user(), f"echo {dovecot.password}"
    person.setup(*at(dovecot, user), "--password-command", command, answers=USUAL)
    text = person.config.read_text()

    assert person.setup(*at(dovecot, user), answers=["", "", "", "1", "n"]) == 0

    assert f'password_command = "{command}"' in text
    assert person.config.read_text() == text


def test_a_config_that_is_not_toml_is_left_alone(person: Person, dovecot: Dovecot) -> None:
    person.config.parent.mkdir()
    person.config.write_text("[owner\n")

    with pytest.raises(BadUsage, match="not TOML"):
        person.setup(*at(dovecot, dovecot.user()), answers=[dovecot.password, *USUAL])

    assert person.config.read_text() == "[owner\n"


# Secrets and models


def test_a_keyring_that_works_keeps_the_password_and_no_file_does(person: Person, dovecot: Dovecot) -> None:
    memory, user = Memory(), dovecot.user()
    keyring.set_keyring(memory)

    assert person.setup(*at(dovecot, user), answers=[dovecot.password, *USUAL]) == 0

    assert memory.kept == {("mailbot", "home.imap"): dovecot.password}
    assert [path.name for path in person.config.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(("agrees", "kept"), [("y", True), ("n", False)])
def test_a_plaintext_keyring_is_used_only_after_a_yes(
    person: Person, dovecot: Dovecot, agrees: str, kept: bool
) -> None:
    plain = PlaintextKeyring()
    keyring.set_keyring(plain)
    answers = [dovecot.password, *USUAL[:4], agrees, "n"]

    assert person.setup(*at(dovecot, dovecot.user()), answers=answers) == 0

    assert bool(plain.kept) is kept
    assert (person.config.parent / "home.imap.secret").exists() is not kept


def test_a_server_of_models_on_this_machine_is_found_and_named(person: Person, dovecot: Dovecot) -> None:
    with serving(body(b'{"data": [{"id": "qwen3:8b"}]}')) as url:
        outside = Reach(unreachable, lambda name: (), lambda name: (), (int(url.rpartition(":")[2]),))
        answers = [dovecot.password, "", "Ada", "", "3", "", "n"]
        person.setup(*at(dovecot, dovecot.user()), answers=answers, outside=outside)

    assert f"this machine, {url}/v1: qwen3:8b" in person.said
    model = person.table()["model"]
    assert (model["base_url"], model["name"]) == (f"{url}/v1", "qwen3:8b")


def test_a_hosted_model_is_written_with_its_key_kept_apart(
    person: Person, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailbot.model.endpoint.Endpoint.ask", _no_network)
    answers = [dovecot.password, "", "Ada", "", "2", "", "sk-very-secret", "n"]

    person.setup(*at(dovecot, dovecot.user()), answers=answers)

    assert person.table()["model"]["base_url"] == "https://api.openai.com/v1"
    assert (person.config.parent / "model.secret").read_text() == "sk-very-secret\n"
    assert "sk-very-secret" not in person.said + person.config.read_text()


def _no_network(*args: object, **options: object) -> object:
    raise Later("no network in tests")


def test_a_new_name_for_the_model_keeps_the_key_and_another_server_does_not_get_it(
    person: Person, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("mailbot.model.endpoint.Endpoint.ask", _no_network)
    (tmp_path / "key").write_text("sk-1")
    where, rest = at(dovecot, dovecot.user()), ["", "", "", "n"]
    key = ["--model-key-file", str(tmp_path / "key")]
    person.setup(*where, "--model", "one", *key, answers=[dovecot.password, "", "Ada", "", "n"])

    person.setup(*where, "--model", "two", answers=rest)
    assert person.table()["model"]["api_key_file"] == str(tmp_path / "key")

    person.setup(*where, "--model", "three", "--model-url", "http://127.0.0.1:1/v1", answers=rest)
    assert person.table()["model"]["api_key_file"] == ""


def test_a_token_command_is_used_at_a_server_that_was_searched_for(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(imap: Any, secret: str, *rest: Any) -> Any:
        raise OwnerMustAct("login", f"{imap.auth} with {secret}", "Check")

    monkeypatch.setattr(login, "connect", refused)
    monkeypatch.setattr(talk, "has_terminal", lambda: False)
    flags = ["--address", "ada@example.org", "--token-command", "echo token-1", "--owner-name", "Ada"]

    with pytest.raises(OwnerMustAct, match="xoauth2 with token-1"):
        person.setup(*flags, outside=reach(fetch=lambda url: file(incoming())))


# What a newcomer does


def test_who_ends_it_before_the_last_answer_leaves_nothing_behind(person: Person, dovecot: Dovecot) -> None:
    with pytest.raises(click.Abort):  # the answers end at the question for the name
        person.setup(*at(dovecot, dovecot.user()), answers=[dovecot.password, ""])

    assert "Ended. No config was written." in person.said
    assert list(person.config.parent.iterdir()) == []


def test_who_ends_a_second_run_has_the_config_as_it_was(person: Person, dovecot: Dovecot) -> None:
    user = dovecot.user()
    person.setup(*at(dovecot, user), answers=[dovecot.password, *USUAL])
    before = {path.name: path.read_bytes() for path in person.config.parent.iterdir()}

    with pytest.raises(click.Abort):
        person.setup(*at(dovecot, user), "--about", "Somebody else", answers=[""])

    assert "Ended. The config is as it was." in person.said
    assert {path.name: path.read_bytes() for path in person.config.parent.iterdir()} == before


def test_a_port_may_stand_behind_the_name_of_the_server(person: Person, dovecot: Dovecot) -> None:
    flags = ["--address", "ada@example.org", "--user", dovecot.user(), "--ca-file", str(dovecot.ca_file)]

    assert person.setup(*flags, answers=[f"localhost:{dovecot.tls_port}", dovecot.password, *USUAL]) == 0

    imap = person.table()["account"][0]["imap"]
    assert (imap["host"], imap["port"], imap["security"]) == ("localhost", dovecot.tls_port, "tls")


def test_a_second_run_needs_no_flags_and_asks_nobody_for_the_server(person: Person, dovecot: Dovecot) -> None:
    def fail(name: str) -> Any:
        raise AssertionError(f"{name} was looked for, though the config has the server")

    person.setup(*at(dovecot, dovecot.user()), answers=[dovecot.password, *USUAL])
    before = person.config.read_text()

    assert person.setup(answers=["", "", "", "", "", "n"], outside=Reach(fail, fail, fail, ())) == 0

    assert person.config.read_text() == before
    assert "Your mail address (another one adds an account) [ada@example.org]" in person.said


def test_another_address_adds_an_account(person: Person, dovecot: Dovecot) -> None:
    person.setup(*at(dovecot, dovecot.user()), answers=[dovecot.password, *USUAL])
    user = dovecot.user("work")
    where = ["--user", user, "--ca-file", str(dovecot.ca_file)]
    answers = ["ada@work.example", f"localhost:{dovecot.tls_port}", dovecot.password, "", "", "", "", "n"]

    assert person.setup(*where, answers=answers) == 0

    assert [(a["name"], a["address"]) for a in person.table()["account"]] == [
        ("home", "ada@example.org"),
        ("work", "ada@work.example"),
    ]


def test_only_refused_passwords_count_as_tries(person: Person, dovecot: Dovecot) -> None:
    where = [*at(dovecot, dovecot.user())[:-1], "/no/such/file"]
    files = ["/nor/this", "/nor/that", "/nor/another", str(dovecot.ca_file)]
    wrong = [word for number in range(3) for word in ("", f"wrong-{number}")]

    answers = ["wrong", *files, *wrong[:-1], dovecot.password, *USUAL]

    assert person.setup(*where, answers=answers) == 0


def test_a_host_without_a_zone_asks_for_the_owners(
    person: Person, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "host_zone", lambda: "UTC")
    answers = [dovecot.password, "", "Ada", "", "Utopia", "Europe/Berlin", "1", "n"]

    assert person.setup(*at(dovecot, dovecot.user()), answers=answers) == 0

    assert "It must be a time zone" in person.said
    assert person.table()["owner"]["timezone"] == "Europe/Berlin"


def test_on_a_terminal_no_line_is_broken_inside_a_word(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account) as home:
        home.config.unlink()
        environ = {**home.environ, "MAILBOT_CONFIG": str(home.config), "TERM": "dumb", "COLUMNS": "60"}
        where = at(dovecot, account.user)[:-2]
        _, screen = converse(["setup", *where], [("Password of", "x"), ("The file with", "\x04")], environ)

    assert "the certificate of 127.0.0.1 is not trusted" in " ".join(screen.split())
    assert max(map(len, screen.splitlines())) <= 60
