"""The commands as processes: exit codes, sentences that say what to do, JSON with the fields of the contract."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dovecot import Dovecot
from endpoint import Endpoint, Hang, Status, Text
from running import COMMAND_WITHIN, NOBODY, Account, Home, until
from scripted import Scripted
from terminal import converse
from worlds import question

LISTED = (
    *("id", "account", "state", "status", "reason", "from", "to", "cc", "subject", "created", "page", "prompt"),
    *("message_id", "draft_message_id", "generation", "model", "tokens_in", "tokens_out"),
)
HEAVY = {"openai", "imapclient", "keyring", "apscheduler", "pydantic"}


@pytest.fixture
def account(dovecot: Dovecot) -> Account:
    return Account(dovecot)


@pytest.fixture
def flagged(account: Account) -> Account:
    """A mailbox with one mail, which is flagged."""
    account.deliver(None, "\\Flagged")
    return account


@pytest.fixture
def model() -> Iterator[Endpoint]:
    with Endpoint() as server:
        yield server


ONCE = ("once", "--include-existing")  # saves these tests a first contact


# Exit codes


def test_a_wrong_password_ends_with_3_and_says_what_to_do(account: Account) -> None:
    with Home(account) as home:
        wrong = {"MAILBOT_HOME_IMAP": "wrong-one"}
        once, status = home.command("once", environ=wrong), home.command("status", environ=wrong)

    assert (once.code, status.code) == (3, 3)
    assert f"refused the login of {account.user}" in once.out
    assert "Check user and password" in once.out
    assert "Check user and password" in status.out
    assert "wrong-one" not in once.out + once.err + status.out


def test_no_drafts_folder_ends_with_3_and_names_the_candidates(scripted: Scripted) -> None:
    del scripted.mailbox.special_use["Drafts"]
    with Home(Account(scripted)) as home:
        once = home.command("once")

    assert once.code == 3
    assert "Set drafts under [[account]] in the config to one of: Drafts" in once.out


def test_without_the_models_server_the_job_waits_and_goes_on_later(flagged: Account, model: Endpoint) -> None:
    with Home(flagged, model=NOBODY) as home:
        once = home.command(*ONCE)
        (job,) = home.command("list", "--json").json

        status, listed = home.command("status"), home.command("list")

        assert once.code == 1
        assert job["state"] == "new"
        assert job["reason"].startswith("The model's server at 127.0.0.1 cannot be reached")
        assert re.search(r"“.*” waits since .*: The model's server at 127\.0\.0\.1 cannot be reached", status.out)
        assert re.search(r"next try .*, or now with mailbot once --retry", status.out)
        assert "The model's server at 127.0.0.1 cannot be reached" in listed.out
        assert status.code == 0
        assert "\\Flagged" in flagged.flags(1)
        again = home.command("once")
        assert again.code == 0  # a job that already waits is no failure of this run
        assert again.out == "home: 1 mail waits: mailbot status says why, mailbot once --retry tries again now\n"
        assert "still under way; it waits: The model's server" in home.command("redo", job["id"]).err
        assert "take the flag away to cancel it" in home.command("dismiss", job["id"]).err

        home.write(model.base_url)
        assert home.command("once", "--retry").code == 0
        assert len(flagged.mails()) == 1


def test_the_first_contact_with_a_mailbox_without_flags_says_what_comes_next(account: Account) -> None:
    with Home(account) as home:
        first, second = home.command("once"), home.command("once")

    assert first.out == "home: nothing was flagged yet; what you flag from now on is drafted\n"
    assert second.out == "home: nothing new\n"


def test_nothing_is_asked_for_where_the_config_has_the_account_no_more(flagged: Account) -> None:
    """Nobody would ever draft it."""
    with Home(flagged) as home:
        home.command(*ONCE)
        (job,) = home.command("list", "--json").json
        home.config.write_text(home.config.read_text().replace(f'user = "{flagged.user}"', 'user = "somebody"'))

        redo = home.command("redo", job["id"])

        assert redo.code == 2
        assert f"the account of {job['id']} is not in the config any more" in redo.err
        assert len(home.command("list", "--json").json) == 1


def test_on_a_terminal_a_message_breaks_between_words(account: Account) -> None:
    with Home(account) as home:
        environ = {**home.environ, "MAILBOT_CONFIG": str(home.config), "TERM": "dumb", "COLUMNS": "40"}
        code, screen = converse(["show", "123456"], [], environ)

    assert code == 2
    assert screen.splitlines() == [
        "mailbot: no job has an ID that begins",
        "with '123456': mailbot list shows them",
    ]


def test_a_key_that_the_model_refuses_ends_with_3_and_says_what_to_do(flagged: Account) -> None:
    refusal = Status(401, {"error": {"message": "bad key"}})
    with Endpoint(refusal) as refusing, Home(flagged, model=refusing.base_url) as home:
        once, status = home.command(*ONCE), home.command("status")

    assert (once.code, status.code) == (3, 3)
    assert "mailbot secret set model" in once.out


def test_an_archive_that_cannot_be_used_ends_with_3_before_the_model_is_asked(
    flagged: Account, model: Endpoint
) -> None:
    with Home(flagged, model=model.base_url) as home:
        home.archive.write_text("a file in the place of the folder")

        once, run = home.command(*ONCE), home.command("run")

        assert (once.code, run.code) == (3, 3)
        assert str(home.archive) in once.out
        assert "archive.folder" in once.out
        assert model.requests == []


def test_an_unknown_key_ends_with_2_and_is_named(account: Account) -> None:
    with Home(account, extra="[schedule]\nevry = 60\nidle = 7\n") as home:
        once = home.command("once")

    assert once.code == 2
    assert "schedule.evry" in once.err
    assert "schedule.idle" in once.err  # every problem, not only the first


def test_a_missing_config_ends_with_2_and_names_the_place(account: Account) -> None:
    with Home(account) as home:
        home.config.unlink()

        status = home.command("status")

    assert status.code == 2
    assert str(home.config) in status.err


def test_an_unknown_id_ends_with_2(account: Account) -> None:
    with Home(account) as home:
        show = home.command("show", "abc123")

    assert show.code == 2
    assert "'abc123'" in show.err


@pytest.mark.case(15)
def test_a_second_mailbot_leaves_a_locked_account_alone_and_does_the_others(account: Account, dovecot: Dovecot) -> None:
    other = Account(dovecot, "work")
    with Home(account, extra="[schedule]\nevery = 600\n") as first, Home(account, other) as second:
        first.start()
        same_host = {"XDG_RUNTIME_DIR": first.environ["XDG_RUNTIME_DIR"]}

        once = second.command("once", environ=same_host)
        run = first.command("run")

        assert once.code == 4
        assert "home: another mailbot is running for this account" in once.out
        assert second.looked_at(account) == 0
        assert second.looked_at(other) > 0
        assert run.code == 4
        assert first.command("status", "--json").json["accounts"][0]["running"] is True


def test_ctrl_c_ends_a_run_with_130_while_the_model_thinks(flagged: Account, model: Endpoint) -> None:
    model.then(Hang())
    with Home(flagged, model=model.base_url) as home, home.begun(*ONCE) as process:
        until(lambda: model.requests, "the call")

        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=COMMAND_WITHIN)

        assert process.returncode == 130
        assert said.strip() == ""
        assert flagged.mails() == []


# A job's life, as the commands show it


def test_show_names_no_draft_and_no_file_that_is_not_there(account: Account) -> None:
    account.deliver(
        b"From: Eve <eve@secret.example>\nTo: ada@example.org\nSubject: sealed\nMessage-ID: <e1@secret.example>\n"
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\n\n'
        b"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--b--\n",
        "\\Flagged",
    )
    with Home(account) as home:
        home.command(*ONCE)
        (job,) = home.command("list", "--json").json

        shown = home.command("show", job["id"]).out.partition("\n\n")[0]

        assert job["state"] == "skipped"
        assert [line for line in shown.splitlines() if line.startswith(("draft", "to:", "cc:"))] == []
        paths = re.findall(r"^(?:page|prompt|source): +(.+)$", shown, re.MULTILINE)
        assert paths
        assert [path for path in paths if not Path(path).exists()] == []


def test_list_show_and_status_tell_of_a_draft(flagged: Account, model: Endpoint) -> None:
    with Home(flagged, model=model.base_url) as home:
        once = home.command(*ONCE)

        (job,) = home.command("list", "--json").json
        status = home.command("status", "--json")
        show = home.command("show", job["id"][:5])

        (draft,) = flagged.mails()
        assert once.code == 0
        assert job["page"] in once.out
        assert tuple(job) == LISTED
        assert (job["state"], job["status"], job["generation"], job["account"]) == ("done", "pending", 1, "home")
        assert job["draft_message_id"] == draft["Message-ID"]
        assert job["message_id"] == draft["In-Reply-To"]
        assert (job["to"], job["cc"], job["subject"]) == (str(draft["To"]), str(draft["Cc"]), draft["Subject"])
        assert job["model"] == "test-1"
        assert job["tokens_in"] > 0
        assert {job["page"], job["prompt"]} < home.files()
        assert status.code == 0
        assert status.json["healthy"] is True
        assert [row["account"] for row in status.json["accounts"]] == ["home"]
        events = re.findall(r"^  \d{4}-\S+  (\w+)", show.out, re.MULTILINE)
        assert events[0] == "asked"
        assert events[-1] == "marked"


def test_redo_makes_a_second_draft_and_the_first_page_says_superseded(flagged: Account, model: Endpoint) -> None:
    with Home(flagged) as home:
        home.command(*ONCE)
        home.write(model.base_url)
        (first,) = home.command("list", "--json").json

        redo = home.command("redo", first["id"], "--note", "decline with thanks")
        once = home.command("once")

        second, first = home.command("list", "--json").json
        assert (redo.code, once.code) == (0, 0)
        assert (second["generation"], second["status"]) == (2, "pending")
        assert (first["generation"], first["status"]) == (1, "superseded")
        assert re.search(r"^status: superseded$", (home.archive / first["page"]).read_text(), re.MULTILINE)
        ids = [first["draft_message_id"], second["draft_message_id"]]
        assert [draft["Message-ID"] for draft in flagged.mails()] == ids
        assert "decline with thanks" in json.dumps(model.requests[-1].body["messages"])
        assert "- Your note for this draft: “decline with thanks”\n" in (home.archive / second["page"]).read_text()
        assert "Your note" not in (home.archive / first["page"]).read_text()


def test_a_mail_that_was_given_up_and_is_asked_for_again_is_given_up_no_more(flagged: Account) -> None:
    with Endpoint(*[Text("")] * 3) as model, Home(flagged, model=model.base_url) as home:
        home.command(*ONCE)
        (job,) = home.command("list", "--json").json
        before = home.command("status", "--json").json["accounts"][0]["parked"]
        home.command("redo", job["id"])

        assert [parked["id"] for parked in before] == [job["id"]]
        assert home.command("status", "--json").json["accounts"][0]["parked"] == []


def test_redo_makes_a_draft_of_a_mail_that_was_answered_since_the_first(flagged: Account) -> None:
    with Home(flagged) as home:
        home.command(*ONCE)
        (first,) = home.command("list", "--json").json
        with flagged.opened("INBOX") as client:
            client.add_flags(client.search("ALL"), ["\\Answered"])

        home.command("redo", first["id"])
        home.command("once")

        assert len(flagged.mails()) == 2


def test_release_drafts_what_the_limit_held(account: Account) -> None:
    with Home(account, extra="[schedule]\nhold_above = 1\n") as home:
        home.command("once")
        for _ in range(3):
            account.deliver(None, "\\Flagged")

        once = home.command("once")
        jobs = home.command("list", "--json").json

        one = home.command("release", jobs[0]["id"])
        rest = home.command("release", "--all")
        none = home.command("release")
        after = home.command("once")

        assert once.code == 0
        assert {job["state"] for job in jobs} == {"held"}
        assert all("schedule.hold_above" in job["reason"] for job in jobs)
        assert (one.code, rest.code, after.code) == (0, 0, 0)
        assert "1 released" in one.out
        assert "2 released" in rest.out
        assert (none.code, none.out) == (0, "Nothing is held.\n")
        assert len(account.mails()) == 3


def test_three_bad_answers_park_a_job_that_can_be_dismissed(flagged: Account, model: Endpoint) -> None:
    # The second shows that the server does not hold its schema, so the third is asked for in plain text.
    model.then(*(Text("Sorry, as a model I cannot.") for _ in range(3)))
    with Home(flagged, model=model.base_url) as home:
        once = home.command(*ONCE)
        (parked,) = home.command("list", "--json").json
        dismissed = home.command("dismiss", parked["id"])
        (job,) = home.command("list", "--json").json
        listed = home.command("list")

        assert once.code == 1
        assert (parked["state"], parked["status"]) == ("parked", "failed")
        assert "  cancelled  " in listed.out
        assert "  failed  " not in listed.out
        assert len(model.requests) == 3
        assert dismissed.code == 0
        assert job["state"] == "cancelled"
        assert re.search(r"^status: failed$", (home.archive / parked["page"]).read_text(), re.MULTILINE)
        assert flagged.mails() == []
        assert home.command("dismiss", parked["id"]).code == 2


def test_a_dry_run_shows_recipients_and_prompt_and_stores_nothing(flagged: Account, model: Endpoint) -> None:
    with Home(flagged, model=model.base_url) as home:
        dry = home.command(*ONCE, "--dry-run")

        assert dry.code == 0
        assert "to Mara Lindqvist <mara@northwind.example>" in dry.out
        assert "cc Bo <bo@northwind.example>" in dry.out
        assert "who buys the hardware?" in dry.out
        assert model.requests == []
        assert home.files() == set()
        assert home.command("list", "--json").json == []
        assert flagged.mails() == []
        assert flagged.flags(1) == {"\\Flagged"}
        home.write()
        home.command(*ONCE)
        assert len(flagged.mails()) == 1  # the wish was not used up


def test_flags_from_before_the_first_run_are_drafted_only_when_included(account: Account) -> None:
    for number in range(2):
        account.deliver(question(number), "\\Flagged")
    with Home(account, extra="[schedule]\nhold_above = 1\n") as home:
        first = home.command("once")
        drafts = account.mails()

        included = home.command("once", "--include-existing")

        assert (first.code, included.code) == (0, 0)
        told = "2 flags were already there and are only remembered; flag another mail, or use --include-existing"
        assert told in first.out
        assert drafts == []
        assert len(account.mails()) == 2


@pytest.mark.parametrize("words", [[], ["secret"]], ids=["mailbot", "secret"])
def test_help_says_what_each_command_does_in_one_whole_line(words: list[str]) -> None:
    with Home() as home:
        said = home.command(*words, "--help")

    listed = said.out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(listed) >= 2
    assert [line for line in listed if line.endswith("...") or not line.endswith((".", "?"))] == []


def test_help_imports_nothing_heavy() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "mailbot", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "mailbot" in imported
    assert imported & HEAVY == set()


def test_a_subject_of_16000_characters_fills_no_screen_and_hides_no_reason(account: Account) -> None:
    long = "x" * 16_000 + "\x1b[31m"
    account.deliver(question(1, Subject=long), "\\Flagged")
    with Home(account, model=NOBODY) as home:
        once, status, listed = home.command(*ONCE), home.command("status"), home.command("list")

    for outcome in (once, status, listed):
        assert max(map(len, outcome.out.splitlines())) < 400
        assert "cannot be reached" in outcome.out
        assert outcome.out.replace("\n", "").isprintable()
