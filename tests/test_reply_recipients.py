from __future__ import annotations

import time
from typing import Any

import pytest
from making import ADA, MARA, make_account, make_mail

from mailbot.mail.address import a_label, read, u_label
from mailbot.mail.mail import Address
from mailbot.reply import recipients
from mailbot.reply.recipients import Recipients

BOB = Address("Bob", "bob@contoso.example")
EVE = Address("Eve", "eve@fabrikam.example")
LIST = Address("", "talk@lists.example")


def _choose(reply_all: bool = True, known: tuple[str, ...] = (), **mail: object) -> Recipients:
    return recipients.choose(make_mail(**mail), make_account(reply_all=reply_all), known)


def test_a_mail_to_the_owner_alone_is_answered_to_its_author() -> None:
    assert _choose() == Recipients((MARA,), (), ())


def test_reply_to_comes_before_from_and_all_of_it_counts() -> None:
    desk = Address("", "desk@northwind.example")

    assert _choose(reply_to=(desk, MARA)) == Recipients((desk, MARA), (), ())


def test_several_authors_are_all_answered() -> None:
    assert _choose(from_=(MARA, BOB)).to == (MARA, BOB)


def test_the_others_of_to_and_cc_get_a_copy_without_the_owner() -> None:
    found = _choose(to=(BOB, ADA), cc=(EVE, Address("", "ada+x@example.org"), Address("", "shop-1@example.org")))

    assert found == Recipients((MARA,), (BOB, EVE), ())


def test_without_reply_all_nobody_gets_a_copy() -> None:
    found = _choose(reply_all=False, to=(BOB, ADA), mail_followup_to=(BOB, EVE))

    assert found == Recipients((MARA,), (), ())


def test_nobody_is_named_twice_whatever_the_case() -> None:
    found = _choose(to=(ADA, Address("", "MARA@Northwind.example"), BOB), cc=(Address("B", "BOB@contoso.example"),))

    assert found == Recipients((MARA,), (BOB,), ())
    loud = Address("Mara", "MARA@Northwind.example")
    assert _choose(from_=(loud,), to=(ADA, MARA), cc=(BOB,)) == Recipients((loud,), (BOB,), ())
    assert _choose(from_=(loud,), reply_to=(Address("", MARA.email),)).to == (Address("Mara", MARA.email),)


def test_a_followup_address_is_taken_exactly_without_the_owner() -> None:
    found = _choose(mail_followup_to=(EVE, ADA, LIST), to=(ADA, BOB), reply_to=(BOB,))

    assert (found.to, found.cc) == ((EVE, LIST), ())
    assert found.remarks == (recipients.FOLLOWUP.format("eve@fabrikam.example, talk@lists.example"),)


def test_a_followup_address_that_is_only_the_owner_is_passed_over() -> None:
    assert _choose(mail_followup_to=(ADA,)).to == (MARA,)


def test_a_list_that_put_itself_into_reply_to_gets_a_copy_and_the_author_the_reply() -> None:
    found = _choose(list_post="talk@Lists.example", reply_to=(LIST,), to=(LIST,))

    assert found == Recipients((MARA,), (LIST,), ())


def test_a_list_and_its_author_in_reply_to_are_both_answered() -> None:
    assert _choose(list_post="talk@lists.example", reply_to=(LIST, MARA), to=(LIST,)).to == (LIST, MARA)


def test_a_list_mail_without_a_readable_author_goes_to_the_list() -> None:
    found = _choose(list_post="talk@lists.example", reply_to=(LIST,), to=(LIST,), from_=())

    assert (found.to, found.cc) == ((LIST,), ())


def test_a_list_in_reply_to_gets_its_copy_where_the_mail_itself_went_to_the_owner() -> None:
    assert _choose(list_post=LIST.email, reply_to=(LIST,)) == Recipients((MARA,), (LIST,), ())


def test_a_list_mail_that_does_not_name_the_owner_is_no_blind_copy() -> None:
    assert _choose(list_post="talk@lists.example", to=(LIST,)) == Recipients((MARA,), (LIST,), ())


def test_a_reply_to_that_is_the_owner_is_passed_over() -> None:
    assert _choose(reply_to=(ADA,)).to == (MARA,)


def test_an_unusable_reply_to_is_passed_over_with_a_remark() -> None:
    found = _choose(reply_to=(Address("", "nobody"),))

    assert found == Recipients((MARA,), (), (recipients.LEFT_OUT.format("nobody"),))


def test_an_owner_in_bcc_does_not_show_in_a_copy() -> None:
    found = _choose(to=(BOB,), cc=(EVE,), mail_followup_to=(BOB, EVE))

    assert found == Recipients((MARA,), (), (recipients.BLIND,))


def test_no_readable_address_leaves_to_empty() -> None:
    assert _choose(from_=()) == Recipients((), (), (recipients.NO_ADDRESS,))


def test_two_readings_of_from_leave_to_empty() -> None:
    found = read("From", (b"mara@northwind.example <eve@fabrikam.example>",)).found

    chosen = _choose(from_=found)

    named = "mara@northwind.example, eve@fabrikam.example"
    assert chosen == Recipients((), (), (recipients.TWO_READINGS.format(named),))


def test_two_readings_stay_two_when_one_of_them_is_the_owner() -> None:
    found = read("From", (b"ada@example.org <eve@fabrikam.example>",)).found

    assert _choose(from_=found).to == ()


def test_two_readings_of_reply_to_are_not_mended_with_from() -> None:
    assert _choose(reply_to=read("Reply-To", (b"bob@contoso.example <eve@fabrikam.example>",)).found).to == ()


def test_a_quoted_address_as_a_name_is_one_reading() -> None:
    found = read("From", (b'"mara@northwind.example" <eve@fabrikam.example>',)).found

    assert [a.email for a in _choose(from_=found).to] == ["eve@fabrikam.example"]


def test_a_reply_to_in_another_domain_is_kept_with_a_remark() -> None:
    assert _choose(reply_to=(EVE,)) == Recipients((EVE,), (), (recipients.FOREIGN.format("eve@fabrikam.example"),))


def test_a_reply_to_in_a_part_of_the_same_domain_needs_no_remark() -> None:
    assert _choose(reply_to=(Address("", "x@mail.northwind.example"),)).remarks == ()


def test_a_local_part_beyond_ascii_is_kept_with_a_remark() -> None:
    joerg = Address("", "jörg@northwind.example")

    assert _choose(from_=(joerg,)) == Recipients((joerg,), (), (recipients.BEYOND_ASCII.format(joerg.email),))


def test_own_mail_ends_without_a_crash() -> None:
    assert _choose(from_=(ADA,), to=(BOB,)).to == ()


def test_a_form_that_writes_in_the_owners_name_is_answered_at_reply_to() -> None:
    assert _choose(from_=(ADA,), reply_to=(EVE,)).to == (EVE,)


def test_a_remark_about_many_addresses_stays_short() -> None:
    many = tuple(Address("", f"p{n}@x.example") for n in range(300))

    (remark,) = _choose(mail_followup_to=many).remarks

    assert "p4@x.example and 295 more" in remark


def test_a_copy_that_can_be_read_in_two_ways_is_left_out_with_a_remark() -> None:
    found = _choose(to=(ADA, BOB), cc=read("Cc", (b"eve@fabrikam.example <eve@evil.example>",)).found)

    assert found == Recipients(
        (MARA,), (BOB,), (recipients.AMBIGUOUS.format("eve@fabrikam.example, eve@evil.example"),)
    )


def test_a_name_that_shows_another_address_gets_a_remark() -> None:
    assert _choose(from_=(Address("Mara <mara@northwind.example>", "x@evil.example"),)).remarks
    assert not _choose(from_=(Address("MARA@northwind.example", "mara@northwind.example"),)).remarks


def test_an_absurd_name_costs_no_time() -> None:
    begun = time.process_time()

    _choose(from_=(Address("a@" + "a." * 500_000, "m@x.example"), Address("b" * 1_000_000, "n@x.example")))

    assert time.process_time() - begun < 1


def test_a_newsletter_without_a_list_to_post_to_may_be_a_blind_copy() -> None:
    assert _choose(bulk=True, to=(BOB,)).cc == ()
    assert _choose(to=()).remarks == (recipients.BLIND_ALONE,)
    assert _choose(to=(BOB,)).remarks == _choose(to=(), cc=(BOB,)).remarks == (recipients.BLIND,)


KNOWN = ("mara@northwind.example",)
DESK = Address("", "desk@northwind.example")


def test_a_known_author_is_answered_and_not_a_foreign_reply_to_that_the_owner_never_wrote_to() -> None:
    found = _choose(known=KNOWN, reply_to=(EVE,))

    assert (found.to, found.cc) == ((MARA,), ())
    assert found.remarks == (recipients.DIVERTED.format("eve@fabrikam.example", "mara@northwind.example"),)


def test_a_foreign_address_beside_a_good_one_diverts_as_well() -> None:
    assert _choose(known=KNOWN, reply_to=(MARA, EVE)).to == (MARA,)


def test_a_reply_to_in_the_authors_domain_or_to_somebody_known_is_honoured() -> None:
    assert _choose(known=KNOWN, reply_to=(DESK,)).to == (DESK,)
    assert _choose(known=(*KNOWN, "eve@fabrikam.example"), reply_to=(EVE,)).to == (EVE,)


def test_the_reply_to_of_an_unknown_author_is_honoured_with_a_remark() -> None:
    assert _choose(reply_to=(EVE,)) == Recipients((EVE,), (), (recipients.FOREIGN.format("eve@fabrikam.example"),))
    assert _choose(known=("eve@fabrikam.example",), reply_to=(BOB,)).to == (BOB,)
    assert _choose(known=KNOWN, from_=(MARA, BOB), reply_to=(EVE,)).to == (EVE,)  # one author is not known


def test_a_known_author_who_can_be_read_in_two_ways_is_nobody() -> None:
    two = (MARA, Address("mara@northwind.example", "eve@fabrikam.example"))

    assert _choose(known=(*KNOWN, "eve@fabrikam.example"), from_=two, reply_to=(BOB,)).to == ()


def test_a_list_that_puts_itself_into_reply_to_gets_its_copy_also_from_a_known_author() -> None:
    found = _choose(known=KNOWN, reply_to=(LIST,), list_post="talk@lists.example", to=(LIST,))

    assert (found.to, found.cc) == ((MARA,), (LIST,))
    assert not any("never wrote" in remark for remark in found.remarks)


def test_a_stranger_whom_only_list_post_calls_a_list_gets_nothing_of_a_known_authors() -> None:
    """Anybody can write a List-Post; a list stands in To or Cc, or is one that the owner wrote to."""
    diverted = (recipients.DIVERTED.format(EVE.email, MARA.email),)

    assert _choose(known=KNOWN, reply_to=(EVE,), list_post=EVE.email) == Recipients((MARA,), (), diverted)
    assert _choose(known=KNOWN, mail_followup_to=(EVE,), list_post=EVE.email) == Recipients((MARA,), (), diverted)
    listed = _choose(known=(*KNOWN, LIST.email), reply_to=(LIST,), list_post=LIST.email)
    assert listed == Recipients((MARA,), (LIST,), ())


def test_who_is_known_is_known_in_any_case() -> None:
    loud = Address("Mara", "MARA@Northwind.Example")
    eve, bob = Address("Eve", "EVE@Fabrikam.Example"), Address("Bob", "BOB@Contoso.Example")

    assert _choose(known=KNOWN, from_=(loud,), reply_to=(eve,)).to == (loud,)
    assert _choose(known=KNOWN, from_=(loud,), mail_followup_to=(eve,)).to == (loud,)
    assert _choose(known=(*KNOWN, EVE.email), reply_to=(eve,)).to == (eve,)
    assert _choose(known=(*KNOWN, EVE.email), mail_followup_to=(eve,)).to == (eve,)
    assert _choose(known=KNOWN, mail_followup_to=(BOB,), to=(ADA,), cc=(bob,)).to == (BOB,)
    assert _choose(known=KNOWN, mail_followup_to=(bob,), to=(ADA, BOB)).to == (bob,)


def test_a_known_authors_followup_to_somebody_who_did_not_get_the_mail_is_passed_over() -> None:
    found = _choose(known=KNOWN, mail_followup_to=(MARA, EVE), to=(ADA, BOB))

    assert (found.to, found.cc) == ((MARA,), (BOB,))
    assert found.remarks == (recipients.DIVERTED.format("eve@fabrikam.example", "mara@northwind.example"),)


def test_a_known_authors_followup_to_those_who_got_the_mail_is_taken() -> None:
    assert _choose(known=KNOWN, mail_followup_to=(MARA, BOB, DESK), to=(ADA, BOB)).to == (MARA, BOB, DESK)
    listed = _choose(known=KNOWN, mail_followup_to=(LIST,), list_post="talk@lists.example", to=(LIST,))
    assert listed.to == (LIST,)


def test_an_author_who_is_asked_for_without_a_name_keeps_it() -> None:
    bare, desk = Address("", "MARA@northwind.example"), Address("Desk", MARA.email)

    assert _choose(reply_to=(bare,)).to == (Address(MARA.name, bare.email),)
    assert _choose(reply_to=(desk,)).to == (desk,)


def test_two_mailboxes_at_a_provider_are_two_people() -> None:
    mara, eve = Address("Mara", "mara@gmail.com"), Address("Mara", "m.ara.office@gmail.com")

    assert _choose(from_=(mara,), reply_to=(eve,)).remarks == (recipients.ANOTHER.format(eve.email),)
    assert _choose(from_=(mara,), reply_to=(eve,), known=(mara.email,)).to == (mara,)
    assert not _choose(from_=(mara,), reply_to=(Address("", "M.ara@googlemail.com"),)).remarks


def test_a_list_that_writes_in_its_own_name_is_no_stranger() -> None:
    munged = {"from_": (Address("Bob via Talk", LIST.email),), "reply_to": (BOB,), "list_post": LIST.email}

    found = _choose(to=(LIST,), **munged)
    assert (found.to, found.cc) == ((BOB,), (LIST,))
    assert found.remarks == (recipients.REWRITTEN.format(LIST.email, BOB.email),)
    assert _choose(to=(ADA,), **munged).remarks == (recipients.FOREIGN.format(BOB.email),)


def test_who_wrote_to_a_list_before_still_answers_those_who_write_there() -> None:
    """The list is known then, but it is nobody whose name a fraud could take."""
    munged = {"from_": (Address("Bob via Talk", LIST.email),), "reply_to": (BOB,), "list_post": LIST.email}

    found = _choose(known=(LIST.email,), to=(LIST,), **munged)
    assert (found.to, found.cc) == ((BOB,), (LIST,))
    assert _choose(known=(LIST.email,), to=(LIST,), reply_all=False, **munged).to == (BOB,)
    assert _choose(known=(LIST.email,), to=(ADA,), **munged).to == munged["from_"]  # said to be a list, and none


@pytest.mark.parametrize(
    "domain",
    [
        "sørensen.dk",
        "müller.de",
        "łódź.pl",
        "пример.рф",
        "пример.com",
        "日本語.jp",
        "ノート.jp",
        "abc書店.jp",
        "한국.kr",
    ],
)
def test_a_name_in_its_own_letters_needs_no_remark(domain: str) -> None:
    assert _choose(to=(ADA, Address("Jo", f"jo@{a_label(domain)}"))).remarks == ()


def test_a_thousand_domains_with_letters_are_not_held_against_each_other() -> None:
    people = tuple(Address("", f"u@{a_label(f'bücher{number}.example')}") for number in range(1_000))
    began = time.process_time()

    assert _choose(to=(ADA, *people)).remarks == ()
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "domain",
    [
        *("аррӏе.com", "ɡoogle.example", "northwínd.example", "exámple.org", "gmaıl.com"),
        *("outlöok.com", "hotmaíl.fr", "yahoò.co.jp", "bank.comノlogin.example", "pay一pal.example"),
    ],
)
def test_a_name_that_reads_as_another_is_remarked(domain: str) -> None:
    """Of somebody in the mail, of the owner, or of a large provider."""
    found = _choose(to=(ADA, Address("Jo", f"jo@{a_label(domain)}")))

    assert [remark[:30] for remark in found.remarks] == [recipients.LOOK_ALIKE[:30]]


@pytest.mark.parametrize(
    "trace",
    [
        {"text": "Yes.\n\nOn Mon, 5 Jan 2026, Mara <mara@northwind.example> wrote:\n> Shall we?"},
        {"in_reply_to": ("<1@northwind.example>",)},
        {"references": ("<1@mail.northwind.example>",)},
    ],
)
def test_who_takes_the_place_of_somebody_of_the_thread_is_remarked(trace: dict[str, Any]) -> None:
    stranger = Address("Mara", f"mara@{a_label('nörthwind.example')}")

    without = {"from_": (stranger,), "text": "Yes.", "message_id": "<1@b>"}

    assert [remark[:30] for remark in _choose(**without | trace).remarks] == [recipients.LOOK_ALIKE[:30]]
    assert _choose(**without).remarks == ()


def test_who_looks_like_the_owner_is_remarked_wherever_the_mail_went() -> None:
    stranger = Address("Ada", f"ada@{a_label('exámple.com')}")

    assert any(remark.startswith(recipients.LOOK_ALIKE[:30]) for remark in _choose(from_=(stranger,), to=()).remarks)


@pytest.mark.parametrize("place", ["from_", "reply_to", "to", "cc", "mail_followup_to"])
def test_who_looks_like_somebody_in_any_field_is_remarked(place: str) -> None:
    """Also like somebody in another field of the mail, whom the reply does not go to."""
    people = {"from_": (MARA,), "reply_to": (DESK,), "to": (ADA,), "cc": ()}
    stranger = Address("Jo", f"JO@{a_label('nörthwind.example').upper()}")
    like = Address("Jo", f"jo@{a_label('fábrikam.example')}")

    remarks = _choose(**people | {place: (*people.get(place, ()), stranger)}).remarks
    assert any(remark.startswith(recipients.LOOK_ALIKE[:30]) for remark in remarks)
    if place != "from_":
        remarks = _choose(**people | {"from_": (like,), place: (*people.get(place, ()), EVE)}).remarks
        assert any(remark.startswith(recipients.LOOK_ALIKE[:30]) for remark in remarks)


def test_letters_that_look_like_others_are_remarked_with_what_they_are() -> None:
    lookalike = Address("Mara", "mara@xn--nrthwind-nbh.example")

    found = _choose(from_=(lookalike,))

    assert found.to == (lookalike,)
    assert found.remarks == (
        "Letters beyond a to z can look like others: mara@xn--nrthwind-nbh.example (shown as n\u043erthwind.example). "
        "Make sure who it is.",
    )
    assert not _choose().remarks


@pytest.mark.parametrize("domain", ["xn--.example", "xn--\u00e4", "xn--" + "a" * 200, "xn--a\u202e"])
def test_labels_that_stand_for_no_letters_stay(domain: str) -> None:
    assert u_label(domain) == domain
