"""Forgetting: by person, mail and time, by hand and by age. What goes, what stays, what is said of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from dovecot import Dovecot
from letters import sent
from running import Account, Home, until
from worlds import CONFIG, START, Lab, question

from mailbot.cli import commands
from mailbot.errors import BadUsage, Later
from mailbot.index import Unusable
from mailbot.job import State
from mailbot.notices import trouble
from mailbot.purge import removal, unreached
from mailbot.purge.find import Found, Target, find
from mailbot.purge.sweep import sweep

DAY = 86_400.0
CANARY = "Zyzzyva-4711"


def drafted() -> Lab:
    """Two mails drafted: one from Mara, about the canary, one from Eve."""
    lab = Lab()
    lab.cycle()
    lab.flag(question(1, Subject=CANARY).replace(b"hardware", CANARY.encode()))
    lab.flag(question(2, From="Eve <eve@holm.example>", To="ada@example.org", Subject="Contract"))
    lab.settle()
    assert [job.state for job in lab.jobs()] == [State.DONE, State.DONE]
    return lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = drafted()
    yield lab
    lab.close()


def files(lab: Lab) -> set[str]:
    root = lab.config.archive.folder
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def state(lab: Lab) -> bytes:
    """Every octet that lies in the state folder."""
    return b"".join(path.read_bytes() for path in lab.config.state.folder.iterdir() if path.is_file())


def forget(lab: Lab, *, edited: bool = False, **target: Any) -> tuple[Found, removal.Removed]:
    asked = Target(**target)
    found = find(lab.world.journal, lab.world.store, asked)
    return found, removal.remove(lab.world.journal, lab.world.store, lab.world.index, asked, found, edited=edited)


def maras(lab: Lab) -> Any:
    return next(job for job in lab.jobs() if "mara" in job.mail["from"])


WISHES = {
    "address": lambda lab: {"address": "MARA@northwind.example"},
    "message id": lambda lab: {"message_id": maras(lab).mail["message_id"]},
    "job": lambda lab: {"mails": frozenset({(maras(lab).account, maras(lab).key)})},
}


@pytest.mark.parametrize("way", WISHES)
def test_what_was_forgotten_is_in_no_file_any_more_and_the_rest_stays(lab: Lab, way: str) -> None:
    before, job = files(lab), maras(lab)
    assert CANARY.encode() in state(lab)
    found, removed = forget(lab, **WISHES[way](lab))

    assert removed.jobs == (job.id,)
    assert set(removed.files) == set(job.names.values())
    assert files(lab) == before - set(job.names.values())
    assert CANARY.encode() not in state(lab)
    assert [other.mail["subject"] for other in lab.jobs()] == ["Contract"]
    assert found.hosts == ["127.0.0.1"]


def test_a_mail_that_still_carries_its_star_is_not_drafted_again(lab: Lab) -> None:
    forget(lab, address="mara@northwind.example")
    for happens in (lambda: None, lambda: lab.mailbox.rebuild("INBOX"), lab.boot):
        happens()
        lab.settle()
    lab.cycle(include_existing=True)
    lab.settle()

    assert len(lab.mailbox.raws()) == 2
    assert [job.mail["subject"] for job in lab.jobs()] == ["Contract"]


def test_a_mail_that_is_flagged_anew_after_it_was_forgotten_gets_a_draft_of_its_own(lab: Lab) -> None:
    lab.mailbox.keywords = False
    forget(lab, address="mara@northwind.example")
    lab.mailbox.star(1, up=False)
    lab.cycle()
    lab.mailbox.star(1)
    lab.settle()

    (job,) = [job for job in lab.jobs() if job.mail["subject"] == CANARY]
    assert (job.generation, job.state, len(lab.mailbox.raws())) == (2, State.DONE, 3)


def test_a_page_that_the_owner_wrote_in_goes_only_with_a_yes(lab: Lab) -> None:
    page = lab.config.archive.folder / maras(lab).names["page"]
    page.write_text(page.read_text().replace("Hi Mara", "Dear Mara"))
    found, removed = forget(lab, address="mara@northwind.example")
    assert found.edited == [maras_page := str(page.relative_to(lab.config.archive.folder))]
    assert maras_page not in removed.files
    assert page.exists()

    found, removed = forget(lab, edited=True, address="mara@northwind.example")
    assert (found.edited, removed.files) == ([maras_page], (maras_page,))


def test_a_page_that_was_moved_is_found_and_counts_as_the_owners(lab: Lab) -> None:
    root, job = lab.config.archive.folder, maras(lab)
    (root / "Done").mkdir()
    (root / job.names["page"]).rename(root / "Done" / "Mara.md")

    found, removed = forget(lab, **WISHES["job"](lab))
    assert found.edited == ["Done/Mara.md"]
    assert set(removed.files) == {job.names["prompt"], job.names["source"]}


def test_what_is_under_way_or_held_is_left_alone_and_named(lab: Lab) -> None:
    assert lab.endpoint is not None
    lab.endpoint.queue = [Later("busy")]
    lab.flag(question(3, Subject="third"))
    lab.cycle()
    found, removed = forget(lab, address="mara@northwind.example")

    assert [job.mail["subject"] for job in found.busy] == ["third"]
    assert len(removed.jobs) == 1
    lab.boot()
    lab.settle()
    assert [job.mail["subject"] for job in lab.jobs() if job.state is State.DONE] == ["third", "Contract"]


def test_of_a_mail_that_was_drafted_twice_the_newer_draft_is_remembered(lab: Lab) -> None:
    (first, *_) = lab.jobs()
    for up in (False, True):
        for uid in lab.mailbox.boxes["INBOX"].mails:
            lab.mailbox.star(uid, up=up)
        lab.cycle()
    journal = lab.world.journal
    older, newer = journal.generations(first.account, first.key)

    journal.forgotten.forget([newer.id, older.id])

    assert journal.stars.memory(first.account, first.key).generation == newer.generation


def test_a_job_whose_page_is_still_to_be_written_is_left_alone(lab: Lab) -> None:
    assert lab.endpoint is not None
    lab.endpoint.queue = [Later("busy")]
    lab.flag(question(3, Subject="third"))
    lab.cycle()
    (waiting,) = lab.world.journal.open_jobs()
    lab.world.journal.record(waiting, "parked", lab.clock, reason="gave up")

    found, removed = forget(lab, address="mara@northwind.example")

    assert [job.id for job in found.busy] == [waiting.id]
    assert waiting.id not in removed.jobs


def test_a_job_that_begins_between_look_and_removal_is_left_alone(lab: Lab) -> None:
    asked = Target(address="mara@northwind.example")
    found = find(lab.world.journal, lab.world.store, asked)
    job = maras(lab)
    lab.mailbox.star(1, up=False)
    lab.cycle()
    lab.mailbox.star(1)
    lab.cycle()
    removal.remove(lab.world.journal, lab.world.store, lab.world.index, asked, found, edited=False)
    lab.settle()

    (left,) = [other for other in lab.jobs() if other.key == job.key]
    assert (left.generation, left.state) == (2, State.DONE)
    assert (lab.config.archive.folder / left.names["source"]).exists() or left.names["source"] in found.files


def test_a_page_that_the_owner_writes_in_between_look_and_removal_stays(lab: Lab) -> None:
    job, target = maras(lab), Target(address="mara@northwind.example")
    found = find(lab.world.journal, lab.world.store, target)
    page = lab.config.archive.folder / job.names["page"]
    page.write_text(page.read_text() + "\nMy own words.\n")
    removal.remove(lab.world.journal, lab.world.store, lab.world.index, target, found, edited=False)

    assert page.exists()
    assert not (lab.config.archive.folder / job.names["prompt"]).exists()


def test_what_the_index_could_not_forget_is_forgotten_by_the_next_start(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.mailbox.add("Sent", sent(f"Hi Mara,\n\nthe {CANARY} is on its way.\n\nCheers\nAda\n"), "\\Seen")
    lab.clock += 4000
    lab.settle()

    def locked(**target: Any) -> int:
        raise Unusable("database is locked")

    with monkeypatch.context() as busy:
        busy.setattr(lab.world.index, "forget", locked)
        _, removed = forget(lab, address="mara@northwind.example")
        assert removed.trouble
        assert not removal.finish(lab.world.journal, lab.world.store, lab.world.index)
    assert lab.world.index.sent.known(["mara@northwind.example"])

    assert removal.finish(lab.world.journal, lab.world.store, lab.world.index)
    assert not lab.world.index.sent.known(["mara@northwind.example"])
    assert not removal.finish(lab.world.journal, lab.world.store, lab.world.index)
    assert CANARY.encode() not in state(lab)


def test_what_came_to_be_after_a_purge_was_interrupted_is_left(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another job took a name that was free again, and the owner wrote in a page that was to go."""
    root, names = lab.config.archive.folder, maras(lab).names
    eve = next(job for job in lab.jobs() if "eve" in job.mail["from"])
    with monkeypatch.context() as patched:
        patched.setattr(lab.world.store, "remove", interrupted)
        with pytest.raises(KeyboardInterrupt):
            forget(lab, before=datetime(2030, 1, 1, tzinfo=UTC))
    (root / names["page"]).write_text((root / names["page"]).read_text().replace("Hi Mara", "Dear Mara"))
    ((name, plan),) = lab.world.journal.facts.all(removal.SCOPE).items()
    lab.world.journal.facts.put(removal.SCOPE, name, {**plan, "jobs": [maras(lab).id]})

    assert removal.finish(lab.world.journal, lab.world.store, lab.world.index)

    assert files(lab) == {*eve.names.values(), names["page"]}


def interrupted(path: str) -> bool:
    raise KeyboardInterrupt


def test_notes_about_a_mail_that_gave_up_go_with_it(lab: Lab) -> None:
    kind = f"parked:{maras(lab).id}"
    trouble.begin(lab.world, kind, f"no draft for “{CANARY}”", "")
    assert kind in trouble.troubles(lab.world)
    forget(lab, address="mara@northwind.example")

    assert kind not in trouble.troubles(lab.world)
    assert CANARY.encode() not in state(lab)


def test_by_age_goes_what_was_drafted_before_the_day(lab: Lab) -> None:
    lab.clock += 10 * DAY
    lab.flag(question(3, Subject="third"))
    lab.settle()
    found, _ = forget(lab, before=datetime.fromtimestamp(START + 5 * DAY, UTC))

    assert len(found.jobs) == 2
    assert [job.mail["subject"] for job in lab.jobs()] == ["third"]
    assert len(lab.pages()) == 1


def test_pages_without_rows_are_found_by_what_they_say_and_need_a_yes(lab: Lab) -> None:
    page, prompt = maras(lab).names["page"], maras(lab).names["prompt"]
    lab.poller.close()
    assert lab.journal is not None
    lab.journal.close()
    lab.journal = None
    for path in lab.config.state.folder.iterdir():
        path.unlink()
    lab.boot()

    found, removed = forget(lab, address="mara@northwind.example")
    assert (found.jobs, found.edited) == ([], [page])
    assert prompt in removed.files
    assert forget(lab, edited=True, address="mara@northwind.example")[1].files == (page,)


def test_who_is_only_named_in_anothers_mail_is_told_not_torn_out(lab: Lab) -> None:
    found, removed = forget(lab, address="bo@northwind.example")  # in copy of Mara's mail: it is his, too
    assert len(removed.jobs) == 1
    lab.flag(question(3, From="Eve <eve@holm.example>", To="ada@example.org") + b"\nAsk zoe@zoo.example.\n")
    lab.settle()
    found, removed = forget(lab, address="zoe@zoo.example")

    assert (removed.jobs, removed.files) == ((), ())
    assert len(found.naming) == 2  # source and prompt


def test_another_programs_notes_are_not_touched(lab: Lab) -> None:
    other = lab.config.archive.folder / "People" / "Mara.md"
    other.parent.mkdir()
    other.write_text('---\ntype: email\nfrom: "mara@northwind.example"\nprompt_file: "../../x"\n---\nMine.\n')
    forget(lab, edited=True, address="mara@northwind.example")

    assert other.exists()


# What it cannot reach


def test_what_cannot_be_reached_is_said(tmp_path: Path) -> None:
    archive, state_folder = tmp_path / "vault" / "mail", tmp_path / "state"
    (archive / ".trash").mkdir(parents=True)
    (tmp_path / "vault" / ".git").mkdir()
    state_folder.mkdir()
    (state_folder / "damaged-x-journal.sqlite").touch()
    said = "\n".join(
        unreached.sentences(archive, state_folder, ["api.openai.com", "127.0.0.1", "localhost", "10.0.0.7"])
    )
    for host in ("127.0.0.1", "localhost", "10.0.0.7"):
        assert f"{host}: your own model server was sent prompts" in said
    assert "api.openai.com: it was sent prompts, and keeps them" in said

    for words in ("the mail server", "api.openai.com", "backups", "git repository", "trash of Obsidian", "damaged-x"):
        assert words in said
    assert "Syncthing keeps" not in said


# By age, by itself


def swept(lab: Lab, days: float, **keep: int) -> None:
    archive = {name: keep[name] for name in ("keep_pages_days", "keep_prompts_days") if name in keep}
    jobs = {"keep_jobs_days": keep["keep_jobs_days"]} if "keep_jobs_days" in keep else {}
    config = lab.config.model_copy(
        update={
            "archive": lab.config.archive.model_copy(update=archive),
            "state": lab.config.state.model_copy(update=jobs),
        }
    )
    sweep(config, lab.world.journal, lab.world.store, START + days * DAY)


def test_by_itself_nothing_goes_ever(lab: Lab) -> None:
    before = files(lab)
    swept(lab, 5000)
    assert (files(lab), len(lab.jobs())) == (before, 2)


def test_old_prompts_go_and_pages_stay(lab: Lab) -> None:
    swept(lab, 30, keep_prompts_days=30)
    assert any("_prompts" in path for path in files(lab))
    swept(lab, 31.5, keep_prompts_days=30)
    assert not any("_prompts" in path for path in files(lab))
    assert len(lab.pages()) == 2


def test_old_pages_go_with_their_sources_but_not_those_that_the_owner_wrote_in(lab: Lab) -> None:
    page = lab.config.archive.folder / maras(lab).names["page"]
    page.write_text(page.read_text() + "\nCall her.\n")
    swept(lab, 40, keep_pages_days=30)

    assert list(lab.pages()) == [page.name]
    assert [path for path in files(lab) if path.startswith("Sources")] == [maras(lab).names["source"]]


def test_old_jobs_go_and_their_star_is_remembered(lab: Lab) -> None:
    swept(lab, 40, keep_jobs_days=30)
    assert (lab.jobs(), CANARY.encode() in state(lab)) == ([], False)
    lab.boot()
    lab.settle()
    assert (lab.jobs(), len(lab.mailbox.raws())) == ([], 2)


def test_it_is_swept_once_a_day(lab: Lab) -> None:
    swept(lab, 40, keep_jobs_days=90)
    swept(lab, 40.5, keep_jobs_days=30)
    assert len(lab.jobs()) == 2
    swept(lab, 41.1, keep_jobs_days=30)
    assert lab.jobs() == []


def prompts(lab: Lab) -> set[str]:
    return {path for path in files(lab) if path.endswith(".prompt.json")}


def ended_beside(lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A job that is cancelled or held just when its prompt is on the disk."""
    plain = lab.world.store.write

    def write(path: str, text: str) -> None:
        plain(path, text)
        if path.endswith(".prompt.json"):
            monkeypatch.undo()
            (job,) = lab.world.journal.open_jobs()
            lab.world.record(job, kind, reason="meanwhile")

    monkeypatch.setattr(lab.world.store, "write", write)
    lab.flag(question(5))
    lab.cycle()


@pytest.mark.parametrize("kind", ["cancelled", "held"])
def test_a_prompt_that_was_never_sent_goes(lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    before = prompts(lab)
    ended_beside(lab, monkeypatch, kind)
    assert len(prompts(lab)) == len(before) + 1

    swept(lab, 0.1)

    assert prompts(lab) == before


def test_a_prompt_that_was_removed_while_its_job_was_held_is_made_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended_beside(lab, monkeypatch, "held")
    swept(lab, 0.1)
    (job,) = lab.world.journal.held_jobs()

    lab.world.record(job, "released")
    lab.settle()

    assert (len(prompts(lab)), [job.state for job in lab.jobs()]) == (3, [State.DONE] * 3)


def test_a_prompt_that_was_sent_stays_though_its_job_was_cancelled(lab: Lab) -> None:
    assert lab.endpoint is not None
    lab.endpoint.queue.append(Later("down"))
    uid = lab.flag(question(5))
    lab.cycle()
    lab.mailbox.star(uid, up=False)
    lab.cycle()
    assert lab.jobs()[0].state is State.CANCELLED

    swept(lab, 0.1)

    assert len(prompts(lab)) == 3


def test_the_prompt_of_a_job_under_way_stays(lab: Lab) -> None:
    assert lab.endpoint is not None
    lab.endpoint.queue = [Later("busy")]
    lab.flag(question(3, Subject="third"))
    lab.cycle()
    swept(lab, 400, keep_prompts_days=30)

    assert [path for path in files(lab) if "_prompts" in path] == [lab.jobs()[0].names["prompt"]]


# The command


@pytest.fixture
def run(lab: Lab) -> Any:
    def run(*words: str, input: str | None = None) -> Result:
        config = lab.folder / "config.toml"
        return CliRunner().invoke(
            commands, ["purge", "--config", str(config), *words], input=input, standalone_mode=False
        )

    return run


def test_the_command_shows_before_it_removes_and_says_what_it_did(lab: Lab, run: Any) -> None:
    shown = json.loads(run("--json", "--address", "mara@northwind.example").output)
    assert (shown["removed"], len(shown["jobs"]), len(lab.jobs())) == (False, 1, 2)

    done = json.loads(run("--json", "--yes", "--address", "mara@northwind.example").output)
    assert (done["removed"], done["jobs"], len(lab.jobs())) == (True, shown["jobs"], 1)
    assert any("mail server" in line for line in done["not_reached"])
    said = run("--yes", lab.jobs()[0].id[:6])
    assert "To be removed: 1 job and 3 files.\n" in said.output  # of the index, only a person, a Message-ID or a day
    assert "Removed: 1 job, 3 files.\n" in said.output
    assert said.return_value == 0
    assert lab.jobs() == []


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--address", "a@b.c", "--before", "2026-01-01"),
        ("--yes", "--before", "soon"),
        ("--yes", "--address", "Mara"),
        ("--address", "a@b.c"),
    ],
)
def test_a_purge_that_does_not_say_one_thing_is_refused(run: Any, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert type(result.exception).__name__ == "BadUsage"


@pytest.mark.parametrize(
    "words", [("--address", "nobody@holm.example"), ("--before", "2000-01-01"), ("--message-id", "none@holm.example")]
)
def test_where_nothing_is_kept_nobody_is_asked(lab: Lab, run: Any, words: tuple[str, ...]) -> None:
    said = run("--yes", *words)  # without it, and without a terminal, the command is refused

    assert said.output.startswith("Nothing is to be removed.\n")
    assert "Removed" not in said.output
    assert said.return_value == 0
    assert len(lab.jobs()) == 2


def test_own_mails_alone_are_shown_and_asked_for(lab: Lab, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.mailbox.add("Sent", sent("Hi Bo,\n\nsee you on Friday.\n\nCheers\nAda\n", "Bo <bo@holm.example>"), "\\Seen")
    lab.clock += 4000
    lab.settle()
    monkeypatch.setattr("mailbot.cli.purge.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))

    said = run("--address", "bo@holm.example", input="y\n")

    assert "To be removed: 0 jobs and 0 files, and 1 own mail in the index." in said.output
    assert "Remove this?" in said.output
    assert "Removed: 0 jobs, 0 files, 1 own mail." in said.output


def test_a_purge_that_another_one_overtook_is_still_brought_to_its_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once: the first is killed after its plan is on the disk, the second ends well meanwhile."""

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as power:
        power.setattr(removal, "_carry_out", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(lab, address="mara@northwind.example")
    forget(lab, address="eve@holm.example")

    assert removal.finish(lab.world.journal, lab.world.store, lab.world.index)
    assert lab.jobs() == []
    assert files(lab) == set()


# Beside a running service


def test_a_purge_beside_a_running_service_takes_no_lock_and_breaks_nothing(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account) as home:
        service = home.start()
        account.flag(account.deliver(question(1, Subject=CANARY)), account.deliver(question(2)))
        account.drafts(2)
        until(lambda: len(home.pages()) == 2, "both pages")
        outcomes: list[Any] = []
        purging = threading.Thread(
            target=lambda: outcomes.append(home.command("purge", "--yes", "--json", "--before", "2999-01-01"))
        )
        purging.start()
        account.flag(account.deliver(question(3)))
        purging.join()
        account.drafts(3)
        service.ask_to_end()
        assert service.ended() == 0

        assert outcomes[0].code in (0, 1), outcomes[0].err
        assert json.loads(outcomes[0].out)["removed"]
        home.command("purge", "--yes", "--before", "2999-01-01")
        assert home.files() == set()
        assert CANARY.encode() not in b"".join(path.read_bytes() for path in home.state.iterdir() if path.is_file())
        assert home.command("once").code == 0
        assert len(account.mails()) == 3


def test_keys_that_would_leave_pages_nobody_knows_are_refused() -> None:
    text = CONFIG.replace('folder = "archive"', 'folder = "archive"\nkeep_pages_days = 90')
    with pytest.raises(BadUsage, match=r"^state\.keep_jobs_days: must be at least archive\.keep_pages_days"):
        Lab(text.replace('folder = "state"', 'folder = "state"\nkeep_jobs_days = 30'))
