"""What mailbot check says of this host: disks, modes, notes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from checked import Checked, of

from mailbot.check import host

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

    assert "the mode 0755, not 0600: others here may read" in of(quirky(), "state", "warn")[0]


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
