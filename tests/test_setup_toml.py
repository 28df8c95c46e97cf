"""The config that setup writes: comments kept, other accounts untouched, every key one that mailbot knows."""

from __future__ import annotations

import errno
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailbot import config
from mailbot.errors import BadUsage, OwnerMustAct
from mailbot.setup import disk, toml
from mailbot.setup.toml import Answers, account_name, written

IMAP = {"host": "imap.example.org", "port": 993, "security": "tls", "user": "ada@example.org", "auth": "password"}
HOME = Answers(account="home", address="ada@example.org", imap=IMAP, owner={"name": "Ada", "about": ""})
WORK = Answers(account="work", address="ada@work.example", imap={**IMAP, "host": "imap.work.example"})
BY_HAND = """\
# mine
[owner]
name = "Ada" # that's me
signature = '''
Ada'''

[[account]]   # the first
name = "home"
address = "ada@example.org"
folders = [ "INBOX", # all
            "Later" ]
[account.imap]
host = "IMAP.example.org"  # moved in 2024
password_command = "pass show mail"  # from pass

[log]
level = "debug"
"""


def test_a_new_file_is_a_config(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"

    disk.replace(path, written("", HOME), {})

    (account,) = config.load(path, {}).accounts
    assert (account.name, account.imap.host) == ("home", "imap.example.org")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_every_key_of_a_new_file_is_in_the_example_with_the_same_default() -> None:
    example = tomllib.loads(_uncommented((Path(__file__).parents[1] / "config.example.toml").read_text()))
    ours = tomllib.loads(_uncommented(toml.NEW_FILE + toml.NEW_ACCOUNT))
    theirs = dict(_paths(example))

    assert {path for path, _ in _paths(ours)} - set(theirs) == set()
    optional = {m[1] for m in re.finditer(r"^#: (\w+) =", toml.NEW_FILE + toml.NEW_ACCOUNT, re.MULTILINE)}
    assert [p for p, v in _paths(ours) if p.rpartition(".")[2] in optional and theirs[p] != v] == []


def _uncommented(text: str) -> str:
    return re.sub(r"^#: ", "", text, flags=re.MULTILINE)


def _paths(table: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) or (key in ("account", "identity") and isinstance(value, list)):
            yield from _paths(value[0] if isinstance(value, list) else value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def test_writing_the_same_answers_again_changes_nothing() -> None:
    once = written("", HOME)

    assert written(once, HOME) == once


def test_a_second_account_leaves_every_byte_of_the_file() -> None:
    both = written(BY_HAND, WORK)

    assert both.startswith(BY_HAND)
    assert [row["name"] for row in tomllib.loads(both)["account"]] == ["home", "work"]


def test_what_a_person_wrote_into_an_account_stays() -> None:
    text = written(BY_HAND, Answers(account="home", address="ada@example.org", imap=IMAP, folders=("INBOX", "Later")))

    for line in BY_HAND.splitlines():
        if not line.startswith(("host", "password_command")):
            assert line in text.splitlines()
    assert "# moved in 2024" in text


def test_a_password_kept_elsewhere_is_no_longer_asked_of_the_old_command() -> None:
    imap = tomllib.loads(written(BY_HAND, HOME))["account"][0]["imap"]

    assert imap["password_command"] == ""


@pytest.mark.parametrize("value", ['a"b', "back\\slash", "Entwürfe", "# no comment", "'''", "[model]"])
def test_whatever_a_folder_is_called_it_is_read_back(value: str) -> None:
    text = written("", Answers(account="home", address="a@example.org", imap=IMAP, drafts=value, folders=(value,)))

    row = tomllib.loads(text)["account"][0]
    assert (row["drafts"], row["folders"]) == (value, [value])


@pytest.mark.parametrize("text", ["[owner]\nname =\n", "[[account]]\nname = 'a'\nname = 'b'\n", "[owner]\n[owner]\n"])
def test_a_config_that_is_no_toml_is_said_to_be_none(text: str) -> None:
    """tomlkit has an error of another kind for a key that stands twice in a row of tables."""
    with pytest.raises(BadUsage, match="not TOML"):
        toml.addresses(text)


def test_the_mailbox_of_the_file_is_found_again_and_a_new_one_gets_a_free_name() -> None:
    assert account_name(BY_HAND, "ada@example.org", "imap.example.ORG", "ada@example.org") == "home"
    assert account_name(BY_HAND, "ada@work.example", "imap.work.example", "ada@work.example") == "work"
    assert account_name("", "ada@x.org", "imap.x.org", "ada@x.org") == "home"
    third = written(BY_HAND, WORK)
    assert account_name(third, "bob@work.example", "imap.work.example", "bob@work.example") == "work-2"


@pytest.mark.parametrize("text", ["[owner", "account = [{name = 'x'}]"])
def test_a_file_that_cannot_be_added_to_says_so(text: str) -> None:
    with pytest.raises(BadUsage):
        written(text, HOME)


def test_a_config_that_would_be_wrong_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BY_HAND)

    with pytest.raises(BadUsage, match="address"):
        disk.replace(path, written(BY_HAND, Answers(account="work", address="nonsense", imap=IMAP)), {})

    assert path.read_text() == BY_HAND
    assert [p.name for p in tmp_path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "Make room on that disk"), (errno.EROFS, "Check the folder and its owner")]
)
def test_a_disk_that_takes_no_config_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BY_HAND)

    def fail(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OwnerMustAct, match=words):
        disk.replace(path, written(BY_HAND, WORK), {})

    assert path.read_text() == BY_HAND
    assert [p.name for p in tmp_path.iterdir()] == ["config.toml"]


def test_a_link_to_the_config_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "mailbot.toml", tmp_path / "config.toml"
    real.write_text(BY_HAND)
    real.chmod(0o640)
    link.symlink_to(real)

    disk.replace(link, written(BY_HAND, WORK), {})

    assert link.is_symlink()
    assert "work" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640
