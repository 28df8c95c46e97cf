"""What a purge cannot reach, in sentences: whoever asks mailbot to forget has to know what else remembers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mailbot.config.value import PRIVATE, inside

SERVER = "the mail server: the mail itself, drafts, sent replies, and notices in your inbox that name its subject"
BACKUPS = "backups and snapshots of {} and {}, and copies of them on other devices (Obsidian Sync, Syncthing, a cloud)"
PROVIDER = "{}: it was sent prompts, and keeps them for as long as its terms say"
OWN_SERVER = "{}: your own model server was sent prompts, and may have them in its log and its cache"
GIT = "the history of the git repository {}"
TRASH = "the trash of Obsidian, {}"
VERSIONS = "the old versions that Syncthing keeps, {}"
DAMAGED = "the damaged state {}, which was put aside: delete it yourself"


def sentences(archive: Path, state: Path, hosts: Iterable[str]) -> tuple[str, ...]:
    """``hosts`` are the model servers that were sent something of it."""
    repository = next((folder for folder in (archive, *archive.parents) if (folder / ".git").exists()), None)
    there = ((TRASH, archive / ".trash"), (VERSIONS, archive / ".stversions"))
    return (
        SERVER,
        *((OWN_SERVER if _is_own(host) else PROVIDER).format(host) for host in hosts),
        BACKUPS.format(archive, state),
        *([GIT.format(repository)] if repository else []),
        *(words.format(folder) for words, folder in there if folder.is_dir()),
        *(DAMAGED.format(path) for path in sorted(state.glob("damaged-*.sqlite"))),
    )


def _is_own(host: str) -> bool:
    """By its name alone: nobody is asked where a name leads."""
    return inside(host, PRIVATE, lambda name: ())
