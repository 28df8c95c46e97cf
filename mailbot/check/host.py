"""This host: archive, state, notes, clock and zone."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.archive.store import TEMPORARY
from mailbot.check.finding import Finding
from mailbot.errors import MailbotError
from mailbot.index import files

if TYPE_CHECKING:
    from mailbot.config import Notes
    from mailbot.wiring import Home

MOUNTS = Path("/proc/self/mounts")  # of Linux; where there is none, nothing is said about the kind of file system
# SQLite's write-ahead log wants memory shared between processes and locks that hold (sqlite.org/wal.html).
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.rclone", "davfs"})
# In memory; or a layer over a system that stays as it was (containers, a Pi whose card is write-protected).
FLEETING = frozenset({"tmpfs", "ramfs", "overlay", "aufs"})
PRIVATE = 0o600  # the mode of the state's files
ROOM = 100 * 2**20  # octets free, below which a warning is due


def host(home: Home) -> Iterator[Finding]:
    yield from _archive(home)
    yield from _state(home)
    yield from map(_notes, home.config.notes)
    yield _clock(home)


def _archive(home: Home) -> Iterator[Finding]:
    folder, mode = home.config.archive.folder, home.config.archive.mode
    try:
        home.store.check_writable()
        yield Finding("ok", "archive", f"{folder} can be written")
        yield from _disk("archive", folder, mode, "your mail")
    except (MailbotError, OSError) as error:
        yield Finding("fail", "archive", str(error))


def _state(home: Home) -> Iterator[Finding]:
    try:
        journal = home.journal
        journal.facts.put("check", "written", time.time())
        journal.facts.put("check", "written", None)
        yield Finding("ok", "state", f"{journal.path} can be read and written")
        folder = journal.path.parent
        if (kind := _kind(folder)) in REMOTE:
            text = f"it is on {kind}, over the network, where its locks may not hold"
            yield Finding("warn", "state", f"{text}; set state.folder to a disk of this machine")
        yield from _disk("state", folder, PRIVATE, "what mailbot remembers")
    except (MailbotError, OSError) as error:
        yield Finding("fail", "state", str(error))


def _disk(what: str, folder: Path, mode: int, content: str) -> Iterator[Finding]:
    """What a disk does to files: who may read them, whether they are still there tomorrow, how many more there can
    be."""
    if (kept := kept_mode(folder, mode)) != mode:
        text = f"the disk gives files the mode {kept:04o}, not {mode:04o}: others here may read {content}"
        yield Finding("warn", what, f"{text}; choose another {what}.folder, or accept it")
    if (kind := _kind(folder)) in FLEETING:
        text = f"{folder} is on {kind}, which is empty again after a restart: of the machine, or of a container"
        yield Finding("warn", what, f"{text}; set {what}.folder to a disk, or mount a volume there")
    if (free := shutil.disk_usage(folder).free) < ROOM:
        yield Finding("warn", what, f"only {free // 2**20} MiB are free on that disk: make room")


def kept_mode(folder: Path, mode: int) -> int:
    """The mode that a file gets there which asks for ``mode``: file systems without modes have one for all."""
    prefix, suffix = TEMPORARY
    with tempfile.NamedTemporaryFile(dir=folder, prefix=prefix, suffix=suffix) as file:
        with suppress(PermissionError):  # vfat
            os.fchmod(file.fileno(), mode)
        return os.fstat(file.fileno()).st_mode & 0o777


def _kind(folder: Path) -> str:
    return file_system(folder, MOUNTS.read_text(errors="replace") if MOUNTS.exists() else "")


def file_system(path: Path, mounts: str) -> str:
    """The type of the file system that holds the path, from the lines of proc_mounts(5); "" when they do not tell."""
    real, found, kind = os.path.realpath(path), "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].encode("latin-1", "replace").decode("unicode_escape")  # a blank is written \\040
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(found):  # of two on one point the later covers the earlier
            found, kind = point, fields[2]
    return kind


def _notes(notes: Notes) -> Finding:
    """Who may read which folder is shown, so that the owner sees it before a model does."""
    try:
        count = len(list(files.listed(notes.folder, ())))
    except OSError as error:
        text = f"{notes.folder} cannot be read ({error.strerror}): correct folder under [[notes]]"
        return Finding("warn", "notes", text)
    return Finding("ok", "notes", f"{count} in {notes.folder}, for {', '.join(notes.share_with)}")


def _clock(home: Home) -> Finding:
    try:
        zone = home.config.zone
    except MailbotError as error:
        return Finding("fail", "clock", str(error))
    now = datetime.now(zone)
    text = f"{now:%Y-%m-%d %H:%M} in the zone {zone.key}"
    if not home.config.owner.timezone and zone.key in ("UTC", "Etc/UTC"):
        return Finding("warn", "clock", f"{text}, which is that of this host: set owner.timezone if you live elsewhere")
    return Finding("ok", "clock", text)
