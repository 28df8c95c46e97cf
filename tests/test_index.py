"""The index: found again by reader, language and words; forgotten without a trace; never worse than not there."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from letters import sent
from making import make_account

from mailbot.index import Index, Unusable, database
from mailbot.own.sent import OwnMail, read
from mailbot.own.words import telling

ME, FOLDER = "ada@imap", "Sent"


def own(text: str, to: str, **changes: Any) -> OwnMail:
    mail = read(sent(text, to, **changes), make_account(), ["Ada Example"], arrived=2e9)
    assert mail is not None
    return mail


def fill(index: Index, *mails: OwnMail, first: int = 1, uidvalidity: int = 7) -> None:
    index.sent.open(ME, FOLDER, uidvalidity)
    uids = range(first, first + len(mails))
    index.sent.begin(ME, FOLDER, uids)
    index.sent.add(ME, FOLDER, zip(uids, mails, strict=True))


RACKS = own("Hi Mara,\n\nthe racks from Lisbon come on Monday, and they are ours.\n\nAda", "mara@x.example", number=1)
SOFA = own("Hi Mara,\n\nthe sofa is not for sale, but the lamp is.\n\nAda", "mara@x.example, bo@x.example", number=2)
REGAL = own("Hallo Jo,\n\ndas Regal ist nicht mehr da.\n\nAda", "jo@x.example", number=3)
HAYASHI = own("お世話になっております。\n\n来週の会議は木曜日でお願いします。\n\nAda", "mara@x.example", number=4)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "state")
    yield index
    index.close()


def test_mails_come_back_as_they_were_by_all_of_their_readers_the_newest_first(index: Index) -> None:
    fill(index, RACKS, SOFA, REGAL)

    assert index.sent.to(["mara@x.example"], 9) == [SOFA, RACKS]
    assert index.sent.to(["mara@x.example"], 1) == [SOFA]
    assert index.sent.to(["bo@x.example", "mara@x.example"], 9) == [SOFA]
    assert index.sent.to(["bo@x.example", "jo@x.example"], 9) == []
    assert index.sent.to([], 9) == []
    assert index.sent.recent("de", 9) == [REGAL]
    assert index.sent.recent("", 9) == [REGAL, SOFA, RACKS]


def test_mails_are_found_by_their_words_among_those_of_the_readers(index: Index) -> None:
    fill(index, RACKS, SOFA, REGAL, HAYASHI)

    def near(text: str, reader: str = "mara@x.example") -> tuple[str, ...]:
        return index.sent.near(telling(text, 9), [reader], 9)

    assert near("Lisbon, Monday, Regal?") == (RACKS.message_id,)
    assert near("many lamps") == (SOFA.message_id,)
    assert near("会議") == (HAYASHI.message_id,)
    assert near("Lisbon", "jo@x.example") == ()
    assert near("") == ()
    assert near('" OR * NEAR( Lisbon') == (RACKS.message_id,)
    assert index.sent.near(['" OR *', "NEAR"], ["mara@x.example"], 9) == ()


def test_it_knows_whom_the_owner_wrote_to(index: Index) -> None:
    fill(index, RACKS, SOFA)

    assert index.sent.known(["mara@x.example", "eve@x.example", "bo@x.example"]) == {"mara@x.example", "bo@x.example"}
    assert index.sent.known([]) == frozenset()


def test_another_uidvalidity_or_another_folder_means_other_mails(index: Index) -> None:
    fill(index, RACKS, SOFA)
    assert index.sent.uids(ME, FOLDER) == {1, 2}

    index.sent.open(ME, FOLDER, 8)

    assert index.sent.uids(ME, FOLDER) == frozenset()
    assert index.sent.known(["mara@x.example"]) == frozenset()

    fill(index, RACKS, uidvalidity=8)
    index.sent.open(ME, "Gesendet", 8)

    assert index.sent.recent("", 9) == []


def test_what_is_gone_from_the_folder_is_gone(index: Index) -> None:
    fill(index, RACKS, SOFA)

    index.sent.drop(ME, FOLDER, {1})

    assert index.sent.recent("", 9) == [SOFA]
    assert index.sent.near(telling("lisbon", 9), ["mara@x.example"], 9) == ()
    assert index.sent.near(telling("sofa", 9), ["mara@x.example"], 9) == (SOFA.message_id,)


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ({"address": "mara@x.example"}, [REGAL]),
        ({"message_id": RACKS.message_id}, [REGAL, SOFA]),
        ({"before": SOFA.at}, [REGAL, SOFA]),
        ({"address": "nobody@x.example"}, [REGAL, SOFA, RACKS]),
    ],
)
def test_what_is_forgotten_leaves_no_words_and_is_not_read_again(
    index: Index, what: dict[str, Any], left: list[OwnMail]
) -> None:
    fill(index, RACKS, SOFA, REGAL)

    assert index.forget(**what) == 3 - len(left)

    assert index.sent.recent("", 9) == left
    assert index.sent.uids(ME, FOLDER) == {1, 2, 3}
    octets = b"".join(path.read_bytes() for path in index.path.parent.iterdir())
    assert (b"lisbon" in octets.lower()) == (RACKS in left)
    assert (b"sofa" in octets.lower()) == (SOFA in left)


def test_the_file_is_for_its_owner_only(index: Index) -> None:
    fill(index, RACKS)

    assert {stat.S_IMODE(path.stat().st_mode) for path in index.path.parent.iterdir()} == {0o600}


def test_a_file_that_was_deleted_is_built_again(index: Index) -> None:
    fill(index, RACKS)
    for path in index.path.parent.iterdir():
        path.unlink()

    assert index.sent.recent("", 9) == []
    fill(index, SOFA)

    assert index.path.exists()
    assert index.sent.recent("", 9) == [SOFA]


@pytest.mark.parametrize("octets", [b"", b"no database at all, " * 500, None])
def test_a_damaged_file_is_thrown_away(index: Index, octets: bytes | None) -> None:
    fill(index, *[RACKS] * 300)
    index.close()
    if octets is None:
        octets = index.path.read_bytes()
        octets = octets[:8192] + b"\xa5" * 200_000
    index.path.write_bytes(octets)
    index = Index(index.path.parent)

    for _ in range(2):
        try:
            index.sent.recent("", 999)
            fill(index, SOFA)
        except Unusable:
            continue

    assert index.sent.recent("", 9) == [SOFA]


def test_nonsense_in_a_row_is_a_damage_like_any_other(index: Index) -> None:
    fill(index, RACKS)
    with sqlite3.connect(index.path) as other:
        other.execute("UPDATE mail SET data = '{}'")
    other.close()

    with pytest.raises(Unusable):
        index.sent.recent("", 9)

    assert index.sent.recent("", 9) == []


def test_a_file_of_another_version_is_built_again(index: Index) -> None:
    fill(index, RACKS)
    index.close()
    with sqlite3.connect(index.path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    index = Index(index.path.parent)

    assert index.sent.recent("", 9) == []


def test_a_full_disk_makes_it_unusable_and_what_was_there_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MOST_PAGES", 40)
    index = Index(tmp_path)
    fill(index, RACKS)

    with pytest.raises(Unusable, match="full"):
        fill(index, *[SOFA] * 500, first=2)

    assert RACKS in index.sent.recent("", 999)
    index.close()


def test_a_folder_that_cannot_be_written_makes_it_unusable(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")

    with pytest.raises(Unusable):
        Index(tmp_path / "state").sent.known(["a@b.example"])


def test_a_process_that_hangs_on_the_file_is_not_waited_for(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    fill(index, RACKS)
    index.close()
    index = Index(index.path.parent)
    other = sqlite3.connect(index.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    assert index.sent.recent("", 9) == [RACKS]
    with pytest.raises(Unusable, match="locked"):
        fill(index, SOFA)

    other.close()
