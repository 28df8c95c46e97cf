from __future__ import annotations

import pytest

from mailbot.doubt import LEFT, REPLY_FOUND, Contents, Finding, Stored, resolve
from mailbot.job import Intent, Mark, Place

AT = 1_000_000.0
OURS, ORIGINAL = "<OURS@example.org>", "<mail@northwind.example>"
INTENT = Intent(AT, Mark("Drafts", 1, 10), (Mark("Sent", 2, 50), Mark("Trash", 3, 90)))


def drafts(*mails: Stored, uidnext: int | None = None, uidvalidity: int = 1) -> Contents:
    return Contents("Drafts", uidvalidity, uidnext or max((m.uid for m in mails), default=9) + 1, mails)


def sent(*mails: Stored, uidvalidity: int = 2) -> Contents:
    return Contents("Sent", uidvalidity, 60, mails)


def found(*contents: Contents, original_id: str = ORIGINAL) -> Finding:
    return resolve(INTENT, contents, draft_id=OURS, other_ids={"<earlier@example.org>"}, original_id=original_id)


def other(uid: int, related: str = "", message_id: str = "<other@example.org>", arrived: float = AT + 5) -> Stored:
    return Stored(uid, message_id, (related,) if related else (), arrived)


def test_our_id_in_drafts_proves_that_it_was_stored() -> None:
    assert found(drafts(other(10), other(11, message_id=OURS)), sent()) == Finding(True, Place("Drafts", 1, 11))


def test_our_id_in_sent_or_trash_proves_that_it_was_stored() -> None:
    assert found(drafts(), sent(other(50, message_id=OURS))) == Finding(True, None, (LEFT,))


def test_nothing_new_in_drafts_proves_that_it_was_not_stored() -> None:
    assert found(drafts(), sent()) == Finding(False)


def test_drafts_of_others_without_a_gap_prove_that_it_was_not_stored() -> None:
    assert found(drafts(other(10), other(11)), sent(other(50, ORIGINAL))) == Finding(False)


@pytest.mark.case(9)
def test_a_gap_with_a_newer_reply_counts_as_the_draft() -> None:
    assert found(drafts(uidnext=11), sent(other(50, ORIGINAL))) == Finding(True, None, (REPLY_FOUND,))


@pytest.mark.case(9)
def test_a_gap_without_any_reply_means_append_again() -> None:
    assert found(drafts(uidnext=11), sent()) == Finding(False)


def test_a_gap_and_a_newer_mail_that_answers_something_else_mean_append_again() -> None:
    assert found(drafts(uidnext=11), sent(other(50, "<else@x.example>"), other(51))) == Finding(False)


def test_a_reply_above_the_mark_is_newer_whatever_its_date_says() -> None:
    """INTERNALDATE is what the client that stored the mail said."""
    assert found(drafts(uidnext=11), sent(other(50, ORIGINAL, arrived=AT - 86_400))).stored


def test_a_mail_that_came_after_the_folder_was_counted_fills_no_gap() -> None:
    gone = drafts(other(11), uidnext=11)

    assert found(gone, sent(other(50, ORIGINAL))).remarks == (REPLY_FOUND,)


def test_the_order_of_the_folders_means_nothing() -> None:
    assert found(sent(other(50, ORIGINAL)), drafts()) == Finding(False)


def test_a_gap_and_the_draft_of_another_generation_mean_append_again() -> None:
    earlier = other(11, ORIGINAL, "<earlier@example.org>")

    assert found(drafts(earlier, uidnext=12), sent()) == Finding(False)


def test_in_rebuilt_drafts_an_old_reply_is_no_proof() -> None:
    assert found(drafts(other(1, ORIGINAL, arrived=AT - 3600), uidvalidity=9), sent()) == Finding(False)


def test_in_rebuilt_drafts_a_newer_reply_counts_as_the_draft() -> None:
    assert found(drafts(other(1, ORIGINAL), uidvalidity=9), sent()).remarks == (REPLY_FOUND,)


def test_in_rebuilt_drafts_our_id_is_found() -> None:
    assert found(drafts(other(3, message_id=OURS, arrived=0.0), uidvalidity=9), sent()).stored


def test_vanished_drafts_without_a_reply_mean_append_again() -> None:
    assert found(Contents("Drafts", 0, 0, ()), sent()) == Finding(False)


def test_without_an_id_of_the_original_only_our_own_id_counts() -> None:
    assert found(drafts(uidnext=11), sent(other(50, "")), original_id="") == Finding(False)


@pytest.mark.timeout(60)  # to go through them all takes minutes
def test_a_server_that_lies_about_uidnext_costs_no_time() -> None:
    assert found(drafts(uidnext=2**32 - 1), sent()) == Finding(False)
