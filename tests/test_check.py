"""mailbot check: what it finds on good servers and on quirky ones, and that it leaves the mailbox as it was."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dovecot import Dovecot
from endpoint import Endpoint, Status, Text, answer_to, completion
from model_servers import Ollama
from running import Account
from scripted import Scripted
from scripted_mailbox import SYSTEM_FLAGS
from worlds import question

from mailbot import config
from mailbot.check import check, host, model, trial
from mailbot.check.finding import Finding
from mailbot.wiring import Home

WRITES = re.compile(
    r"\S+ (APPEND|UID STORE|UID COPY|UID MOVE|UID EXPUNGE|CREATE|SUBSCRIBE|DELETE|RENAME|EXPUNGE|CLOSE)"
)


class Checked:
    """One person's config for a mailbox, and what check says of it."""

    def __init__(self, folder: Path, server: Dovecot | Scripted) -> None:
        self.account = Account(server)
        self._folder = folder

    def __call__(self, *, write_test: bool = False, more: str = "", imap: str = "", extra: str = "") -> list[Finding]:
        toml = self.account.toml().replace("[account.imap]", f"{more}\n[account.imap]\n{imap}")
        path = self._folder / "config.toml"
        path.write_text(
            f'[owner]\nname = "Ada"\n[archive]\nfolder = "archive"\n[state]\nfolder = "state"\n{extra}\n{toml}'
        )
        environ = {"MAILBOT_HOME_IMAP": self.account.server.password, "HOME": str(self._folder)}
        home = Home(config.load(path, environ), environ, insist=True)
        try:
            return list(check(home, write_test=write_test, tell=lambda text: None))
        finally:
            home.close()


def of(findings: list[Finding], what: str, level: str = "") -> list[str]:
    """The texts about one subject, or only those of one level."""
    return [f.text for f in findings if f.what.removeprefix("home: ") == what and level in ("", f.level)]


def fails(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings if finding.level == "fail"]


@pytest.fixture
def quirky(tmp_path: Path, scripted: Scripted) -> Checked:
    return Checked(tmp_path, scripted)


@pytest.fixture(params=["dovecot", "scripted"])
def checked(request: pytest.FixtureRequest, tmp_path: Path) -> Checked:
    return Checked(tmp_path, request.getfixturevalue(request.param))


def test_a_good_server_has_nothing_to_do(checked: Checked) -> None:
    checked.account.deliver()

    findings = checked(extra='[model]\nname = ""')

    assert fails(findings) == []
    assert of(findings, "login")
    assert of(findings, "capabilities", "warn") == []
    assert of(findings, "folders") == [
        "drafts go to 'Drafts'",
        "watches 'INBOX', 0 flagged",
        "watches 'Archive', 0 flagged",
    ]
    assert "nothing was written" in of(findings, "write test", "ok")[0]


def test_without_consent_nothing_is_written_into_the_mailbox(quirky: Checked, scripted: Scripted) -> None:
    uid = quirky.account.deliver(None, "\\Flagged")
    before, told = quirky.account.flags(uid), len(scripted.log)

    quirky()

    assert [line for _, line in scripted.log[told:] if WRITES.match(line)] == []
    assert quirky.account.flags(uid) == before


def test_with_consent_a_draft_is_stored_read_marked_and_moved_to_trash(checked: Checked) -> None:
    uid = checked.account.deliver()

    findings = checked(write_test=True)

    assert fails(findings) == []
    assert of(findings, "write test") == [
        "a draft was stored, and the server says where (APPENDUID)",
        "the draft was read back as it was stored",
        "the test draft was moved to 'Trash'",
    ]
    assert re.fullmatch(r"a flag was seen after \d+\.\d s", of(findings, "IDLE", "ok")[0])
    assert of(findings, "keyword", "ok") == ["$MailbotDrafted was set and read back"]
    assert checked.account.mails("Drafts") == []
    assert [mail["Subject"] for mail in checked.account.mails("Trash")] == [trial.SUBJECT]
    assert checked.account.flags(uid) - {"\\Recent"} == set()


def test_the_test_draft_carries_no_star(quirky: Checked, scripted: Scripted) -> None:
    """A mailbot that runs beside, and watches all starred mail as at Gmail, would take it for a wish."""
    quirky(write_test=True)

    assert [line for _, line in scripted.log if "STORE" in line and "Flagged" in line] == []


def test_a_draft_of_somebody_else_with_the_same_subject_stays(quirky: Checked) -> None:
    quirky.account.deliver(trial.draft("ada@example.org", "<other@example.org>", 0), folder="Drafts")

    quirky(write_test=True)

    assert [mail["Message-ID"] for mail in quirky.account.mails("Drafts")] == ["<other@example.org>"]


def test_a_test_draft_that_a_person_changed_meanwhile_stays(quirky: Checked, scripted: Scripted) -> None:
    def edit(answer: bytes) -> bytes:
        drafts = scripted.folder("Drafts")
        (ours,) = drafts.messages
        with scripted.mailbox.changing():  # as Thunderbird saves: a new mail with the same Message-ID
            drafts.add(ours.raw + b"And one more thing.\r\n", (), ours.arrived)
            drafts.remove([ours.uid])
        return answer

    scripted.fault("UID STORE", when="after", then=edit)

    findings = quirky(write_test=True)

    assert "may still be in 'Drafts'" in of(findings, "write test", "warn")[0]
    (draft,) = quirky.account.mails("Drafts")
    assert "And one more thing." in draft.get_content()
    assert quirky.account.mails("Trash") == []


def test_a_draft_that_the_server_stores_in_a_form_of_its_own_is_still_moved_away(
    quirky: Checked, scripted: Scripted
) -> None:
    def rewrite(answer: bytes) -> bytes:
        (ours,) = scripted.folder("Drafts").messages
        ours.raw = ours.raw.replace(b"8bit", b"binary")
        return answer

    scripted.fault("APPEND", when="after", then=rewrite)

    findings = quirky(write_test=True)

    assert "the server changes what it stores" in of(findings, "write test", "warn")[0]
    assert quirky.account.mails("Drafts") == []


# The rows of the table of providers


def test_no_keywords(quirky: Checked, scripted: Scripted) -> None:
    scripted.permanent_flags = SYSTEM_FLAGS

    findings = quirky(write_test=True)

    assert fails(findings) == []
    assert "takes no keywords (that is fine" in of(findings, "folders", "ok")[1]
    assert "takes none (that is fine" in of(findings, "keyword", "ok")[0]
    assert "a flag was seen" in of(findings, "IDLE", "ok")[0]


def test_a_keyword_of_the_owner_where_none_can_be_set(quirky: Checked, scripted: Scripted) -> None:
    scripted.permanent_flags = SYSTEM_FLAGS

    assert "takes no new keywords" in of(quirky(more='flag = "reply"'), "folders", "warn")[0]


def test_no_idle(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities.remove("IDLE")

    findings = quirky(write_test=True)

    assert fails(findings) == []
    assert "no IDLE: a flag is seen at the next poll (schedule.every)" in of(findings, "capabilities", "warn")
    assert of(findings, "IDLE") == []
    assert of(findings, "keyword", "ok") == ["$MailbotDrafted was set and read back"]


def test_idle_that_is_named_and_refused(quirky: Checked, scripted: Scripted) -> None:
    scripted.fault("IDLE", when="before", then=b"NO not now", times=9)

    findings = quirky(write_test=True)

    assert "names IDLE and refuses it" in of(findings, "IDLE", "warn")[0]
    assert quirky.account.mails("Drafts") == []


def test_idle_that_never_tells(quirky: Checked, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "IDLE_WITHIN", 0.2)
    monkeypatch.setattr("mailbot.imap.session.Session.idle_check", lambda self, seconds: [])

    findings = quirky(write_test=True)

    assert "did not come through IDLE" in of(findings, "IDLE", "warn")[0]


def test_no_special_use(quirky: Checked, scripted: Scripted) -> None:
    scripted.mailbox.special_use.clear()

    (why,) = fails(quirky())
    assert "marks no folder as its Drafts folder. Set drafts under [[account]]" in why

    findings = quirky(more='drafts = "Drafts"', write_test=True)
    assert fails(findings) == []
    assert len(of(findings, "folders", "warn")) == 2, "sent and trash"
    assert "nothing was stored, because there is no Trash folder" in of(findings, "write test", "warn")[0]
    assert quirky.account.mails("Drafts") == []


def test_names_below_inbox(quirky: Checked, scripted: Scripted) -> None:
    box = scripted.mailbox
    with box.changing():
        for name in ("Drafts", "Sent", "Trash", "Junk", "Archive"):
            box.folders[f"INBOX.{name}"] = box.folders.pop(name)
            box.special_use[f"INBOX.{name}"] = box.special_use.pop(name)

    findings = quirky(write_test=True)

    assert fails(findings) == []
    assert "drafts go to 'INBOX.Drafts'" in of(findings, "folders", "ok")
    assert "the test draft was moved to 'INBOX.Trash'" in of(findings, "write test", "ok")


def test_attributes_in_lower_case(quirky: Checked, scripted: Scripted) -> None:
    scripted.mailbox.special_use.update({name: use.lower() for name, use in scripted.mailbox.special_use.items()})

    assert of(quirky(), "folders", "warn") == []


def test_no_uidnext_when_a_folder_is_opened(quirky: Checked, scripted: Scripted) -> None:
    def silent(answer: bytes) -> bytes:
        return re.sub(rb"\* OK \[UIDNEXT[^\n]*\n", b"", answer)

    scripted.fault("SELECT", when="after", then=silent, times=99)
    scripted.fault("EXAMINE", when="after", then=silent, times=99)

    assert fails(quirky(write_test=True)) == []


def test_limits_of_the_server_are_named(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities += ["APPENDLIMIT=65536", "MESSAGELIMIT=1000", "UIDONLY", "APPENDLIMIT=nonsense"]

    warned = of(quirky(), "capabilities", "warn")

    assert [text for text in warned if "no mail above 65,536 octets" in text]
    assert [text for text in warned if "1,000 mails of a folder at a time" in text]


def test_a_generous_limit_is_no_news(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities.append("APPENDLIMIT=35651584")

    assert of(quirky(), "capabilities", "warn") == []


def test_no_uidplus_but_move(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities.remove("UIDPLUS")
    scripted.fault("APPEND", when="after", then=lambda answer: re.sub(rb"\[APPENDUID [^\]]*\] ", b"", answer))

    findings = quirky(write_test=True)

    assert fails(findings) == []
    assert "it was found by its Message-ID" in of(findings, "write test", "ok")[0]


def test_where_a_draft_could_not_be_moved_away_none_is_stored(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities = [name for name in scripted.capabilities if name not in ("MOVE", "UIDPLUS")]

    findings = quirky(write_test=True)

    assert "neither MOVE nor UIDPLUS and the test draft would stay" in of(findings, "write test", "warn")[0]
    assert [line for _, line in scripted.log if "APPEND" in line] == []


# Trouble


def test_a_full_mailbox_says_so_and_nothing_is_left(quirky: Checked, scripted: Scripted) -> None:
    scripted.fault("APPEND", when="before", then=b"NO [OVERQUOTA] Quota exceeded")

    assert "Quota exceeded" in fails(quirky(write_test=True))[0]
    assert quirky.account.mails("Drafts") == []


def test_a_connection_that_breaks_after_the_draft_leaves_none_behind(quirky: Checked, scripted: Scripted) -> None:
    scripted.fault("APPEND", when="after", then="close")

    findings = quirky(write_test=True)

    assert len(fails(findings)) == 1
    assert quirky.account.mails("Drafts") == []


def test_a_wrong_password_says_what_to_do(quirky: Checked, scripted: Scripted) -> None:
    scripted.fault("AUTHENTICATE", when="before", then=b"NO [AUTHENTICATIONFAILED] Wrong")

    assert "Wrong" in of(quirky(), "login", "fail")[0]


def test_stars_in_a_folder_that_is_not_watched_are_named(quirky: Checked, scripted: Scripted) -> None:
    with scripted.mailbox.changing():
        scripted.mailbox.create("Family")
    scripted.append("Family", question(1), ["\\Flagged"])
    scripted.append("Junk", question(2), ["\\Flagged"])

    (warning,) = of(quirky(), "folders", "warn")

    assert warning.startswith("1 flagged in 'Family', which is not watched")
    assert of(quirky(more='folders = ["INBOX", "Family"]'), "folders", "warn") == []


def test_a_folder_that_may_not_be_opened_does_not_end_the_check(quirky: Checked, scripted: Scripted) -> None:
    with scripted.mailbox.changing():
        scripted.mailbox.create("Shared")
    scripted.fault("EXAMINE", when="before", then=b"NO [NOPERM] not yours")

    findings = quirky()

    assert "'Shared' cannot be opened" in of(findings, "folders", "warn")[0]
    assert of(findings, "write test")


def test_a_slow_clock_is_seen_by_the_newest_mail(quirky: Checked, scripted: Scripted) -> None:
    with scripted.mailbox.changing():
        scripted.folder("INBOX").add(question(1), (), datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2))

    assert "120 minutes from now" in of(quirky(), "clock", "warn")[-1]


# The model


def short(tokens: int) -> Any:
    """A good answer to a prompt of which only so many tokens were read."""

    class Short:
        def act(self, exchange: Any, request: Any) -> None:
            usage = {"prompt_tokens": tokens}
            exchange.send(200, completion(Text(json.dumps(answer_to(request)), usage=usage), request))

    return Short()


def with_model(server: Endpoint) -> str:
    return f'[model]\nbase_url = "{server.base_url}"\nname = "test-1"'


def test_a_window_that_is_large_enough_is_proved(quirky: Checked) -> None:
    with Endpoint() as server:
        findings = quirky(extra=with_model(server))

    assert "answers a sample mail (as JSON)" in of(findings, "model", "ok")[0]
    assert "was read whole" in of(findings, "context window", "ok")[0]
    size = sum(len(message["content"]) for message in server.requests[1].body["messages"])
    assert 0.70 < size / 4 / 16_000 < 0.76, "three quarters of context_tokens, as the server counts; the rest is answer"


def test_a_server_that_cuts_a_long_prompt_is_found_out(quirky: Checked) -> None:
    with Endpoint(short(1500), short(4096)) as server:
        findings = quirky(extra=with_model(server))

    (failure,) = of(findings, "context window", "fail")
    assert "cut the prompt" in failure
    assert "OLLAMA_CONTEXT_LENGTH" in failure


def test_a_server_that_refuses_a_long_prompt_is_quoted(quirky: Checked) -> None:
    said = {"error": {"message": "the request exceeds the available context size", "code": "context_length_exceeded"}}
    with Endpoint(short(1500), Status(400, said)) as server:
        findings = quirky(extra=with_model(server))

    assert "exceeds the available context size" in fails(findings)[0]


def test_an_answer_that_is_no_reply_fails(quirky: Checked) -> None:
    with Endpoint(usual=Text("I am a teapot")) as server:
        findings = quirky(extra=with_model(server))

    assert len(of(findings, "model", "fail")) == 1


def test_a_server_that_ignores_the_schema_is_asked_in_plain_text(quirky: Checked) -> None:
    with Endpoint(usual=Ollama(holds=False)) as server:
        findings = quirky(extra=with_model(server))

    assert "answers a sample mail (as plain text" in of(findings, "model", "ok")[0]


def test_a_model_that_thinks_long_gets_the_room_that_a_draft_would(quirky: Checked) -> None:
    with Endpoint(Text(None, finish="length")) as server:
        findings = quirky(extra=with_model(server))

    assert len(of(findings, "model", "ok")) == 1
    assert server.requests[1].body["max_tokens"] == 2 * server.requests[0].body["max_tokens"]


def test_the_long_prompt_differs_line_by_line() -> None:
    assert model.FILLER.format(1) != model.FILLER.format(2)


# This host


MOUNTS = r"""
/dev/sda1 / ext4 rw 0 0
nas:/home /home nfs4 rw 0 0
/dev/sdb1 /home/ada ext4 rw 0 0
//nas/share /mnt/my\040share cifs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/x", "ext4"),
        ("/home/bob/x", "nfs4"),
        ("/home/ada/x", "ext4"),
        ("/home/adam/x", "nfs4"),
        ("/mnt/my share/x", "cifs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert host.file_system(Path(path), MOUNTS) == kind


def test_a_state_on_the_network_is_warned_of(quirky: Checked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text("nas:/ / nfs4 rw 0 0\n")
    monkeypatch.setattr(host, "MOUNTS", tmp_path / "mounts")

    assert "over the network" in of(quirky(), "state", "warn")[0]


def test_each_folder_of_notes_is_named_with_its_readers(quirky: Checked, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one.md").write_text("x")
    tables = (
        f'[[notes]]\nfolder = "{name}"\nshare_with = ["bo@x.example", "y.example"]\n' for name in ("notes", "gone")
    )

    findings = quirky(extra="".join(tables))

    assert of(findings, "notes", "ok") == [f"1 in {tmp_path}/notes, for bo@x.example, y.example"]
    assert of(findings, "notes", "warn")[0].startswith(f"{tmp_path}/gone cannot be read (No such file or directory): ")


def test_a_disk_without_modes_is_warned_of(quirky: Checked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert host.kept_mode(tmp_path, 0o640) == 0o640

    monkeypatch.setattr(host, "kept_mode", lambda folder, mode: 0o777)

    assert "the mode 0777, not 0600" in of(quirky(), "archive", "warn")[0]


def test_a_state_that_others_can_read_is_warned_of(quirky: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "kept_mode", lambda folder, mode: 0o755)

    assert "the mode 0755: others here may read" in of(quirky(), "state", "warn")[0]


@pytest.mark.parametrize("kind", ["tmpfs", "overlay"])
def test_what_is_gone_after_a_restart_is_warned_of(
    quirky: Checked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "mounts").write_text(f"none / {kind} rw 0 0\n")
    monkeypatch.setattr(host, "MOUNTS", tmp_path / "mounts")
    findings = quirky()

    for what in ("archive", "state"):
        assert f"is on {kind}, which is empty again after a restart" in of(findings, what, "warn")[0]


@contextmanager
def disk(folder: Path, *options: str) -> Iterator[Path]:
    """A small disk of its own; skips the test where none may be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("needs root, for a disk of its own")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("what", ["archive", "state"])
def test_a_disk_that_is_full_fails_with_what_to_do(quirky: Checked, tmp_path: Path, what: str) -> None:
    with disk(tmp_path / what, "size=64k") as place:
        with suppress(OSError):
            (place / "filler").write_bytes(b"x" * 65_536)
        (text,) = of(quirky(), what, "fail")

    assert "Free some space" in text or "Make room" in text


@pytest.mark.parametrize("what", ["archive", "state"])
def test_a_disk_that_is_read_only_fails_with_what_to_do(quirky: Checked, tmp_path: Path, what: str) -> None:
    with disk(tmp_path / what, "ro"):
        (text,) = of(quirky(), what, "fail")

    assert "Make that disk writable" in text or "Check the folder" in text


def test_a_disk_without_fsync_fails_with_what_to_do(quirky: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(descriptor: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("os.fsync", none)

    assert "no fsync" in of(quirky(), "archive", "fail")[0]


def test_an_archive_that_cannot_be_written_fails(quirky: Checked, tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file")

    assert of(quirky(), "archive", "fail")


def test_a_nearly_full_disk_is_warned_of(quirky: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 5 * 2**20})())

    assert of(quirky(), "state", "warn") == ["only 5 MiB are free on that disk: make room"]


def test_a_broken_template_of_the_owner_is_named_with_its_line(quirky: Checked, tmp_path: Path) -> None:
    (tmp_path / "prompt").mkdir()
    (tmp_path / "prompt" / "reply.jinja").write_text("To: {{ to }}\n{% for n in notes %}{{ n.body }}{% endfor %}")
    with Endpoint() as server:
        findings = quirky(extra=f'[prompt]\nfolder = "prompt"\n{with_model(server)}')

    (failure,) = of(findings, "prompt", "fail")
    assert "reply.jinja, line 2" in failure
    assert of(findings, "model") == []


def test_mailbots_own_templates_are_where_check_says(quirky: Checked) -> None:
    with Endpoint() as server:
        (text,) = of(quirky(extra=with_model(server)), "prompt", "ok")

    assert (Path(text.rpartition(" from ")[2]) / "system.jinja").is_file()
