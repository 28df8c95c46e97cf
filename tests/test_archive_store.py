"""The archive on a real disk."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from mailbot.archive import store as module
from mailbot.archive.store import Store
from mailbot.errors import OwnerMustAct


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "archive", 0o640)


def test_a_file_comes_back_byte_for_byte(store: Store) -> None:
    store.write("Outbox/a.md", "ü\r\nb\n")

    assert store.read("Outbox/a.md") == "ü\r\nb\n"
    assert (store.root / "Outbox/a.md").read_bytes() == "ü\r\nb\n".encode()


def test_bytes_that_are_not_utf_8_survive_an_update(store: Store) -> None:
    store.write("Outbox/a.md", "")
    (store.root / "Outbox/a.md").write_bytes(b"M\xfcller")

    store.write("Outbox/a.md", store.read("Outbox/a.md") or "")

    assert (store.root / "Outbox/a.md").read_bytes() == b"M\xfcller"


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.read("Outbox/none.md") is None
    assert not store.exists("Outbox/none.md")
    assert list(store.pages()) == []


def test_files_and_folders_have_their_modes(store: Store) -> None:
    store.write("Outbox/_prompts/a.json", "{}")

    modes = {p.name: p.stat().st_mode & 0o777 for p in (store.root, *store.root.rglob("*"))}
    assert modes == {"archive": 0o700, "Outbox": 0o700, "_prompts": 0o700, "a.json": 0o640}


def test_a_write_leaves_no_temporary_file_and_removes_leftovers(store: Store) -> None:
    (store.root / "Outbox").mkdir(parents=True)
    (store.root / "Outbox/.mailbot-dead.tmp").write_text("half")

    store.write("Outbox/a.md", "x")

    assert [p.name for p in (store.root / "Outbox").iterdir()] == ["a.md"]


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_the_call_returns(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write("Outbox/a.md", "before")
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def replaced(old: Path, new: Path) -> None:
        done.append("name")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    store.write("Outbox/a.md", "after")

    assert done == ["file", "name", "folder"]


def test_check_writable_makes_the_archive_and_leaves_nothing(store: Store) -> None:
    store.check_writable()
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("rel", ["", "/etc/x", "../x", "Outbox/../../x", "a\\..\\b"])
def test_a_path_out_of_the_archive_is_a_bug(store: Store, rel: str) -> None:
    with pytest.raises(ValueError, match="inside the archive"):
        store.write(rel, "x")


def test_a_link_out_of_the_archive_is_not_followed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    store.root.mkdir()
    (store.root / "Outbox").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OwnerMustAct, match="leads out of the archive"):
        store.write("Outbox/_prompts/a.json", "x")
    with pytest.raises(OwnerMustAct):
        store.read("Outbox/a.md")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_to_the_archive_itself_is_fine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    Store(tmp_path / "link", 0o600).write("Outbox/a.md", "x")

    assert (tmp_path / "real/Outbox/a.md").read_text() == "x"


def test_a_file_in_the_place_of_a_folder_is_the_owners_to_mend(store: Store) -> None:
    store.root.mkdir()
    (store.root / "Outbox").write_text("")

    with pytest.raises(OwnerMustAct) as caught:
        store.write("Outbox/a.md", "x")

    assert caught.value.kind == "archive"
    assert "Outbox" in caught.value.reason


def test_a_full_disk_says_what_to_do() -> None:
    with pytest.raises(OwnerMustAct) as caught, module._disk(Path("/archive/a.md")):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert str(caught.value).endswith("(No space left on device). Free some space on that disk")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /proc")
def test_a_folder_that_takes_no_files_is_the_owners_to_mend() -> None:
    with pytest.raises(OwnerMustAct, match="/proc"):
        Store(Path("/proc/archive"), 0o600).check_writable()


def test_pages_give_the_front_matter_of_the_outbox(store: Store) -> None:
    store.write("Outbox/b.md", "---\nstatus: sent\n---\nbody\n---\n")
    store.write("Outbox/a.md", "---\nstatus: pending\n---\n")
    store.write("Outbox/note.md", "mine")
    store.write("Outbox/_prompts/c.md", "---\nstatus: no\n---\n")
    (store.root / "Outbox/folder.md").mkdir()

    assert list(store.pages()) == [("Outbox/a.md", {"status": "pending"}), ("Outbox/b.md", {"status": "sent"})]
