"""Notes: which are read, for whom, by which words, and what the page says of it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from letters import sent
from making import make_mail
from running import SOON, until
from test_voice import TO_ADA, knows, page, prompt, write
from worlds import CONFIG, Lab, question

from mailbot.index import Unusable, files
from mailbot.job import State
from mailbot.learn import notes
from mailbot.own import query
from mailbot.own.notes import LENGTH, MOST, passages
from mailbot.own.query import Asking

Made = Callable[..., Lab]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No draft goes on without notes because the machine is slow."""
    monkeypatch.setattr(notes, "WITHIN", SOON)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """A mailbot with one folder of notes per keyword: ``public="anyone"``."""
    labs: list[Lab] = []

    def make(**shared: str) -> Lab:
        tables = ""
        for name, share_with in shared.items():
            (tmp_path / name).mkdir(exist_ok=True)
            readers = ", ".join(f'"{each}"' for each in share_with.split())
            tables += f'[[notes]]\nfolder = "{tmp_path / name}"\nshare_with = [{readers}]\n'
        lab = Lab(CONFIG + tables)
        labs.append(lab)
        lab.cycle()
        return lab

    yield make
    for lab in labs:
        lab.close()


def note(tmp_path: Path, folder: str, name: str, text: str) -> Path:
    path = tmp_path / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def asked(lab: Lab, text: str, number: int = 1, **headers: str) -> str:
    """The prompt for a mail with this text."""
    headers = {**TO_ADA, "Subject": "A question", "Message_ID": f"<note-{number}@northwind.example>", **headers}
    lab.flag(question(number, **headers).replace(b"who buys the hardware? And can we meet on Friday?", text.encode()))
    lab.cycle()
    return prompt(lab)


# For whom


@pytest.mark.parametrize(
    ("share_with", "headers", "shown"),
    [
        ("mara@northwind.example", {}, True),
        ("northwind.example", {}, True),
        ("anyone", {}, True),
        ("contoso.example", {}, False),
        ("mara@northwind.example", {"Cc": "Bo <bo@northwind.example>"}, False),
        ("northwind.example", {"Cc": "Bo <bo@northwind.example>"}, True),
        ("northwind.example", {"Cc": "Eve <eve@evil.example>"}, False),
        ("northwind.example", {"Reply_To": "eve@evil.example"}, False),  # whoever From names
        ("anyone", {"From": "mara@northwind.example <eve@evil.example>"}, False),  # nobody can be named
    ],
)
def test_a_note_is_shown_only_when_every_reader_may_read_it(
    tmp_path: Path, made: Made, share_with: str, headers: dict[str, str], shown: bool
) -> None:
    note(tmp_path, "notes", "Northwind.md", "Northwind gets the canary racks in April.")
    lab = made(notes=share_with)

    assert ("canary" in asked(lab, "What about the racks?", **headers)) is shown
    assert ("these of your notes: “Northwind”" in page(lab)) is shown


def test_without_notes_in_the_config_no_file_is_read(tmp_path: Path, made: Made) -> None:
    note(tmp_path, "notes", "Northwind.md", "canary racks in April for Northwind")

    assert "canary" not in asked(made(), "What about the racks?")


# By which words


def test_a_sender_raises_no_topic_in_a_folder_that_is_for_some(tmp_path: Path, made: Made) -> None:
    note(tmp_path, "some", "Divorce.md", "The divorce lawyer costs 300 an hour: canary.")
    lab = made(some="northwind.example")

    assert "canary" not in asked(lab, "What does the divorce lawyer cost an hour? Repeat: divorce lawyer.")


def test_the_name_beside_an_address_raises_no_topic_either(tmp_path: Path, made: Made) -> None:
    note(tmp_path, "some", "Divorce.md", "The divorce lawyer costs 300 an hour: canary.")
    lab = made(some="northwind.example")

    assert "canary" not in asked(lab, "What does he cost?", From='"divorce lawyer hour" <mara@northwind.example>')


def test_a_name_that_the_owner_has_used_towards_them_counts() -> None:
    asking = Asking(own=[], before=["Dear Ms Lindqvist"], theirs="", readers=make_mail().from_)

    assert query.for_some(asking) == ("mara", "lindqvist", "northwind")


def test_of_what_the_owner_wrote_to_these_people_before_the_sender_may_speak(tmp_path: Path, made: Made) -> None:
    note(tmp_path, "some", "Racks.md", "A rack holds 800 kg: canary.")
    lab = made(some="northwind.example")
    assert "canary" not in asked(lab, "How many kg does a rack hold?")
    write(lab, sent("Hi Mara,\n\nthe rack holds what you need.\n\nAda\n"))
    assert knows(lab, "mara@northwind.example")

    assert "canary" in asked(lab, "How many kg does a rack hold?", 2)
    assert "canary" not in asked(lab, "How many kg does a rack hold?", 3, From="Jonas <jonas@northwind.example>")


def test_what_the_owner_wrote_in_the_thread_or_wishes_finds_notes(tmp_path: Path, made: Made) -> None:
    note(tmp_path, "some", "Racks.md", "A rack holds 800 kg: canary.")
    lab = made(some="northwind.example")
    asked(lab, "And?")
    assert "canary" not in prompt(lab)
    lab.mailbox.add("Sent", sent("Hi Mara,\n\nhow many kg a rack holds I will tell you.\n\nAda\n"))

    assert "canary" in asked(lab, "And?", 2, In_Reply_To="<own-1@example.org>")

    (job, *_) = [job for job in lab.jobs() if job.mail["message_id"] == "<note-1@northwind.example>"]
    assert job.state is State.DONE


def test_in_a_folder_for_anyone_the_senders_words_find_what_they_ask_for(tmp_path: Path, made: Made) -> None:
    note(tmp_path, "public", "Opening hours.md", "We open the shop on weekdays at nine: canary.")
    note(tmp_path, "public", "Other.md", "Nothing of this has to do with it, and you please have that from us.")
    lab = made(public="anyone")

    shown = asked(lab, "When do you open the shop on weekdays, please?")

    assert "canary" in shown
    assert "Nothing of this" not in shown


def test_what_a_model_answers_changes_no_query(tmp_path: Path, made: Made) -> None:
    note(tmp_path, "some", "Divorce.md", "The divorce lawyer costs 300 an hour: canary.")
    lab = made(some="northwind.example")
    assert lab.endpoint is not None
    lab.endpoint.queue = ['{"title": "divorce lawyer", "questions": ["divorce lawyer cost"], "reply": ""}'] * 2

    asked(lab, "Hello")

    assert len(lab.endpoint.asked) == 3
    assert not any("canary" in prompt(lab, call) for call in range(3))


def test_the_words_of_a_query_are_bounded_and_the_owners_come_first() -> None:
    asking = Asking(own=["rack"], before=["lamp"], theirs="lamp sofa " * 10_000, readers=make_mail().from_)

    assert query.for_some(asking) == ("mara", "northwind", "rack", "lamp")
    assert query.for_anyone(asking) == ("mara", "lindqvist", "northwind", "lamp", "sofa", "rack")
    many = Asking(own=[" ".join(f"word{n}x" for n in range(999))], before=[], theirs="", readers=())
    assert len(query.for_some(many)) == query.MOST


# Which files


def test_changed_and_removed_notes_are_seen_at_once(tmp_path: Path, made: Made) -> None:
    path = note(tmp_path, "public", "Hours.md", "We open the shop at nine: canary one.")
    lab = made(public="anyone")
    assert "canary one" in asked(lab, "When do you open the shop?")

    path.write_text("We open the shop at ten, in the morning: canary two.")
    second = asked(lab, "When do you open the shop?", 2)
    path.unlink()
    third = asked(lab, "When do you open the shop?", 3)

    assert ("canary one" in second, "canary two" in second) == (False, True)
    assert "canary" not in third


def test_a_folder_that_vanished_shows_nothing_and_the_draft_is_made(tmp_path: Path, made: Made) -> None:
    note(tmp_path, "public", "Hours.md", "We open the shop at nine: canary.")
    lab = made(public="anyone")
    assert "canary" in asked(lab, "When do you open the shop?")
    (tmp_path / "public").rename(tmp_path / "away")

    assert "canary" not in asked(lab, "When do you open the shop?", 2)
    assert [job.state for job in lab.jobs()] == [State.DONE] * 2


def test_what_is_no_note_is_not_read(tmp_path: Path, made: Made) -> None:
    text = "We open the shop at nine: canary {}."
    outside = note(tmp_path, "outside", "One.md", text.format("one"))
    note(tmp_path, "public", ".obsidian/Two.md", text.format("two"))
    note(tmp_path, "public", ".Three.md", text.format("three"))
    note(tmp_path, "public", "Four.txt", text.format("four"))
    note(tmp_path, "public", "Five.md", "---\ntype: email\n---\n" + text.format("five"))
    note(tmp_path, "public", "Six.md", '---\ntype: "draft-reply"\nstatus: pending\n---\n' + text.format("six"))
    note(tmp_path, "public", "deep/er/Good.md", text.format("good"))
    (tmp_path / "public" / "Linked.md").symlink_to(outside)
    (tmp_path / "public" / "linked").symlink_to(outside.parent)
    os.mkfifo(tmp_path / "public" / "Pipe.md")
    lab = made(public="anyone")

    shown = asked(lab, "When do you open the shop?")

    assert "canary good" in shown
    assert shown.count("canary") == 1


def test_the_archive_in_the_same_vault_holds_no_notes(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    note(tmp_path, "vault", "Sources/Email/2025/other.md", "We open the shop at nine: canary.")
    note(tmp_path, "vault", "Hours.md", "We open the shop at ten.")
    tables = f'[[notes]]\nfolder = "{vault}"\nshare_with = ["anyone"]\n'
    lab = Lab(CONFIG.replace('folder = "archive"', f'folder = "{vault}"') + tables)
    lab.cycle()

    shown = asked(lab, "When do you open the shop?")

    assert "at ten" in shown
    assert "canary" not in shown
    lab.close()


def test_a_vault_without_end_is_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        note(tmp_path, "vault", f"{number:02}/note.md", "x" * 100)

    assert len(list(files.listed(tmp_path / "vault", ()))) == 30
    monkeypatch.setattr(files, "MOST_FILES", 10)
    assert len(list(files.listed(tmp_path / "vault", ()))) == 10
    monkeypatch.setattr(files, "MOST_OCTETS", 450)
    assert len(list(files.listed(tmp_path / "vault", ()))) == 4
    monkeypatch.setattr(files, "MOST_ENTRIES", 5)
    assert len(list(files.listed(tmp_path / "vault", ()))) == 0


def test_a_disk_that_hangs_delays_a_draft_by_the_bound(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(tmp_path, "public", "Hours.md", "We open the shop at nine: canary.")
    lab, hangs = made(public="anyone"), threading.Event()
    text = files.text

    def hang(folder: Path, path: str) -> str:
        hangs.wait(SOON)
        return text(folder, path)

    monkeypatch.setattr(files, "text", hang)
    monkeypatch.setattr(notes, "WITHIN", 0.5)

    assert "canary" not in asked(lab, "When do you open the shop?")
    hangs.set()
    until(lambda: lab.index.notes.find(tmp_path / "public", ["shop"], 1), "the end of the reading")
    assert "canary" in asked(lab, "When do you open the shop?", 2)


@pytest.mark.parametrize("error", [Unusable("the disk is full"), ZeroDivisionError("bug")])
@pytest.mark.parametrize("part", ["find", "_look", "refresh"])
def test_whatever_is_wrong_with_the_notes_the_draft_is_made(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch, part: str, error: Exception
) -> None:
    def fail(*args: Any) -> Any:
        raise error

    note(tmp_path, "public", "Hours.md", "We open the shop at nine.")
    lab = made(public="anyone")
    monkeypatch.setattr(type(lab.index.notes), part, fail)

    asked(lab, "When do you open the shop?")

    assert [job.state for job in lab.jobs()] == [State.DONE]


# A note in passages


def test_a_note_falls_into_passages_at_its_headings() -> None:
    text = "---\ntitle: Price list\ntags: [a]\n---\nAll net.\n\n# Racks\n\n800 each.\n\n## Delivery\nFour weeks.\n"

    assert [(p.title, p.text) for p in passages("prices", text)] == [
        ("Price list", "All net."),
        ("Price list › Racks", "800 each."),
        ("Price list › Delivery", "Four weeks."),
    ]
    assert [p.title for p in passages("Racks", "# Racks\n\n800 each.\n")] == ["Racks"]


@pytest.mark.parametrize(
    "text", ["word " * 50_000, "x" * 200_000, "# a\n" * 50_000, "line\n\n" * 40_000, "---\n" * 9_000, ""]
)
def test_a_passage_is_short_and_a_note_has_not_many(text: str) -> None:
    began = time.process_time()

    found = passages("note", text)

    assert all(len(passage.text) <= LENGTH for passage in found)
    assert len(found) <= MOST
    assert time.process_time() - began < 2
