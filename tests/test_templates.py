"""The owner's own templates: they win over mailbot's, and a broken one stops nothing but the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest
from worlds import CONFIG, Lab

from mailbot import templates
from mailbot.errors import OwnerMustAct
from mailbot.notices import trouble


def own(folder: Path, **files: str) -> str:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.jinja").write_text(text)
    return str(folder)


def refused(folder: str) -> str:
    with pytest.raises(OwnerMustAct) as caught:
        templates.read(folder)
    assert caught.value.kind == "prompt"
    return str(caught.value)


def test_a_file_of_the_owner_wins_and_the_others_stay_mailbots(tmp_path: Path) -> None:
    read = templates.read(own(tmp_path, task="\ufeffIn one sentence."))

    assert read["task"].text == "In one sentence."
    assert read["system"] == templates.read("")["system"]


def test_files_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "task.jinja~").write_text("x")

    assert templates.read(str(tmp_path)) == templates.read("")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "no such" in refused(str(tmp_path / "nowhere")).lower()
    assert "sytem.jinja is no template" in refused(own(tmp_path, sytem="x"))
    (tmp_path / "sytem.jinja").unlink()
    (tmp_path / "task.jinja").write_bytes(b"one\ntw\xff")
    assert "task.jinja, line 2: is not UTF-8" in refused(str(tmp_path))
    own(tmp_path, task="x" * 200_000)
    assert "larger than 100 kB" in refused(str(tmp_path))


def test_a_broken_template_waits_for_the_owner_and_goes_on_once_it_is_mended(tmp_path: Path) -> None:
    folder = own(tmp_path / "prompt", task="Answer.\n{{ oops }}")
    lab = Lab(f'[prompt]\nfolder = "{folder}"\n{CONFIG}', tmp_path)
    try:
        lab.cycle()
        lab.flag()
        lab.cycle()
        (job,) = lab.jobs()
        told = trouble.troubles(lab.world)["prompt"]

        assert job.state == "new"
        assert "task.jinja, line 2: there is no oops here" in told["reason"]
        assert lab.endpoint is not None
        assert lab.endpoint.asked == []

        own(tmp_path / "prompt", task="Answer in one sentence.")
        lab.settle()
        assert lab.jobs()[0].state == "done"
        assert lab.endpoint.asked[0][1]["content"].endswith("Answer in one sentence.")
        lab.cycle()
        assert "prompt" not in trouble.troubles(lab.world)
    finally:
        lab.close()
