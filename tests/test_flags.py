from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailbot.flags import Contact, Meaning, Memory, Sighting, is_burst, is_unflagged, meaning, together
from mailbot.job import Place, State

SEEN = Sighting(
    place=Place("INBOX", 1, 7),
    key="k",
    twin="t",
    drafted=False,
    answered=False,
    message_id="<a@x.example>",
    related=(),
    sender="mara@x.example",
    own=False,
    subject="Servers",
    date=datetime(2026, 1, 5, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("contact", "memory", "expected"),
    [
        (Contact.KNOWN, Memory(), Meaning.ASKED),
        (Contact.FIRST, Memory(), Meaning.REMEMBERED),
        (Contact.REBUILT, Memory(), Meaning.HELD),
        (Contact.LOST, Memory(), Meaning.HELD),
        (Contact.KNOWN, Memory(up=True), Meaning.MOVED),
        (Contact.REBUILT, Memory(up=True, state=State.DONE, generation=1), Meaning.MOVED),
        (Contact.KNOWN, Memory(up=False), Meaning.ASKED),
        (Contact.KNOWN, Memory(up=False, state=State.DONE, generation=1), Meaning.ASKED),
        (Contact.KNOWN, Memory(up=False, state=State.CANCELLED, generation=2), Meaning.ASKED),
        (Contact.KNOWN, Memory(up=False, state=State.NEW, generation=1), Meaning.MOVED),
        (Contact.KNOWN, Memory(up=False, state=State.ANSWERED, generation=1), Meaning.MOVED),
        (Contact.KNOWN, Memory(up=False, state=State.APPENDING, generation=1), Meaning.MOVED),
        (Contact.KNOWN, Memory(up=False, state=State.DRAFTED, generation=1), Meaning.MOVED),
    ],
)
def test_what_a_flag_means_depends_on_what_is_remembered(contact: Contact, memory: Memory, expected: Meaning) -> None:
    assert meaning(SEEN, memory, contact, include_existing=False)[0] is expected


def test_include_existing_asks_for_what_was_only_remembered() -> None:
    assert meaning(SEEN, Memory(up=True), Contact.KNOWN, include_existing=True)[0] is Meaning.ASKED
    assert meaning(SEEN, Memory(), Contact.FIRST, include_existing=True)[0] is Meaning.ASKED


def test_include_existing_does_not_ask_twice() -> None:
    done = Memory(up=True, state=State.DONE, generation=1)

    assert meaning(SEEN, done, Contact.KNOWN, include_existing=True)[0] is Meaning.MOVED


def test_the_keyword_of_another_copy_only_says_no() -> None:
    seen = replace(SEEN, drafted=True)

    assert meaning(seen, Memory(), Contact.KNOWN, include_existing=False)[0] is Meaning.REMEMBERED
    assert meaning(seen, Memory(up=False), Contact.KNOWN, include_existing=False)[0] is Meaning.ASKED


def test_a_uid_that_does_not_answer_was_moved_and_not_unflagged() -> None:
    assert not is_unflagged(None, "\\Flagged")


def test_a_mail_marked_as_deleted_was_moved_and_not_unflagged() -> None:
    assert not is_unflagged({"\\Seen", "\\Deleted"}, "\\Flagged")


def test_a_mail_without_its_flag_was_unflagged_whatever_the_case_of_the_flag() -> None:
    assert is_unflagged({"\\Seen"}, "\\Flagged")
    assert not is_unflagged({"\\FLAGGED"}, "\\Flagged")
    assert not is_unflagged({"todo"}, "ToDo")


def test_a_burst_is_more_than_the_limit_within_ten_minutes() -> None:
    assert not is_burst([0.0] * 20, 600.0, 20)
    assert is_burst([0.0] * 21, 600.0, 20)
    assert not is_burst([0.0] * 21, 601.0, 20)
    assert is_burst([600.0, 600.0], 600.0, 1)
    assert not is_burst([700.0, 700.0], 600.0, 1)  # the clock was set back


def test_without_a_limit_nothing_is_a_burst() -> None:
    assert not is_burst([0.0] * 1000, 0.0, 0)


def test_of_a_thread_flagged_at_once_the_newest_of_others_is_answered() -> None:
    first = replace(SEEN, key="1")
    second = replace(
        SEEN, key="2", message_id="<b@x.example>", related=("<a@x.example>",), date=datetime(2026, 1, 6, tzinfo=UTC)
    )
    own = replace(
        SEEN,
        key="3",
        message_id="<c@x.example>",
        related=("<b@x.example>",),
        date=datetime(2026, 1, 7, tzinfo=UTC),
        own=True,
    )
    stranger = replace(SEEN, key="4", message_id="<z@x.example>")

    assert together([own, first, stranger, second]) == {"1": second, "3": second}


def test_the_newest_is_so_by_its_date_and_without_dates_by_its_place() -> None:
    older = replace(SEEN, key="1", place=Place("INBOX", 1, 9))
    newer = replace(
        SEEN, key="2", message_id="<b@x.example>", related=("<a@x.example>",), date=datetime(2026, 1, 6, tzinfo=UTC)
    )
    undated = [replace(older, date=None), replace(newer, date=None, place=Place("INBOX", 1, 8))]

    for seen in ([older, newer], [newer, older]):
        assert together(seen) == {"1": newer}
    for seen in (undated, undated[::-1]):
        assert together(seen) == {"2": undated[0]}


def test_mails_that_answer_the_same_unseen_mail_are_one_thread() -> None:
    one = replace(SEEN, key="1", message_id="<b@x.example>", related=("<unseen@x.example>",))
    two = replace(
        SEEN, key="2", message_id="<c@x.example>", related=("<unseen@x.example>",), place=Place("INBOX", 1, 8)
    )

    assert together([one, two]) == {"1": two}


def test_mails_without_ids_are_threads_of_their_own() -> None:
    one = replace(SEEN, key="1", message_id="")
    two = replace(SEEN, key="2", message_id="")

    assert together([one, two]) == {}


def test_different_mails_with_one_id_of_their_own_are_threads_of_their_own() -> None:
    assert together([replace(SEEN, key="1"), replace(SEEN, key="2")]) == {}
