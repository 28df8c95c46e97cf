from __future__ import annotations

from typing import Any

from making import ADA, MARA, make_account, make_mail

from mailbot.mail.mail import Address, Mail
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.privacy import audience
from mailbot.reply import recipients

BOB = Address("Bob", "bob@example.org")
EVE = Address("Eve", "eve@fabrikam.example")
LIST = Address("", "talk@lists.example")


def mail(name: str, sender: Address = MARA, to: tuple[Address, ...] = (ADA,), **changes: Any) -> Mail:
    return make_mail(message_id=f"<{name}@x>", from_=(sender,), to=to, **changes)


def shown(answered: Mail, *others: Mail, reply_all: bool = True) -> tuple[list[str], tuple[str, ...]]:
    account = make_account(reply_all=reply_all)
    thread = Thread(tuple(ThreadMail(m, own=m.from_ == (ADA,), arrived=0) for m in others))
    known, remarks = audience.known(thread, answered, recipients.choose(answered, account), account)
    return [m.mail.message_id[1:-3] for m in known.mails], remarks


def test_what_went_between_owner_and_correspondent_is_shown() -> None:
    assert shown(mail("answered"), mail("hers"), mail("mine", ADA, (MARA,))) == (["hers", "mine"], ())


def test_what_the_owner_asked_a_colleague_about_the_mail_is_not_shown() -> None:
    inside, his = mail("inside", ADA, (BOB,)), mail("his", BOB)

    assert shown(mail("answered"), mail("hers"), inside, his) == (
        ["hers"],
        ("2 mails of the thread were not shown to the model: not everybody who gets the reply has had them.",),
    )


def test_a_colleague_in_copy_opens_nothing_that_went_to_him_alone() -> None:
    answered = mail("answered", to=(ADA, BOB), list_post="bob@example.org")

    assert shown(answered, mail("inside", ADA, (BOB,)), mail("his", BOB), mail("all", to=(ADA, BOB)))[0] == ["all"]


def test_whoever_is_put_in_copy_has_had_only_what_went_to_him_or_stands_before_the_mail() -> None:
    answered = mail("answered", cc=(EVE,), references=("<before@x>",))
    others = mail("before"), mail("beside"), mail("after", ADA, (MARA,), cc=(EVE,))

    assert shown(answered, *others)[0] == ["before", "after"]
    assert shown(answered, *others, reply_all=False)[0] == ["before", "beside", "after"]


def test_a_colleague_of_the_correspondent_takes_over_with_what_stands_before_the_mail() -> None:
    answered = mail("answered", Address("Jo", "jo@northwind.example"), references=("<hers@x>", "<mine@x>"))

    assert shown(answered, mail("hers"), mail("mine", ADA, (MARA,)), mail("inside", ADA, (BOB,)))[0] == ["hers", "mine"]


def test_an_id_opens_no_mail_that_went_past_the_house_of_who_names_it() -> None:
    stolen = {"references": ("<inside@x>", "<his@x>"), "in_reply_to": ("<inside@x>",)}
    inside, his = mail("inside", ADA, (BOB,)), mail("his", BOB)

    for sender in (MARA, EVE, Address("", "someone@example.org.evil.example")):
        assert shown(mail("answered", sender, to=(ADA, BOB), **stolen), inside, his)[0] == []


def test_who_asks_for_replies_elsewhere_in_the_name_of_a_house_opens_none_of_its_mails() -> None:
    """A colleague's name in From, an address of somebody else in Reply-To, and ids from an old mail."""
    jo, ids = Address("Jo", "jo@northwind.example"), ("<hers@x>", "<mine@x>")
    between = mail("hers"), mail("mine", ADA, (MARA,))

    for reply_to in ((EVE,), (EVE, jo)):
        assert shown(mail("answered", jo, reply_to=reply_to, cc=(MARA,), references=ids), *between)[0] == []
    desk = Address("", "desk@northwind.example")
    assert shown(mail("answered", jo, reply_to=(desk,), references=ids), *between)[0] == ["hers", "mine"]


def test_who_writes_from_the_owners_own_house_has_not_had_the_owners_mails() -> None:
    colleague, ids = Address("Jo", "jo@example.org"), ("<hers@x>", "<mine@x>")

    between = mail("hers"), mail("mine", ADA, (MARA,))
    assert shown(mail("answered", colleague, references=ids), *between)[0] == []


def test_a_mail_that_is_named_in_in_reply_to_alone_stands_before_as_well() -> None:
    answered = mail("answered", Address("Jo", "jo@northwind.example"), in_reply_to=("<hers@x>",))

    assert shown(answered, mail("hers"), mail("other"))[0] == ["hers"]


def test_a_list_in_cc_is_the_list_in_whatever_case_it_says_so() -> None:
    answered = mail("answered", EVE, cc=(LIST,), list_post="Talk@Lists.example", bulk=True)
    on_list = mail("bobs", BOB, (LIST,), list_post="TALK@lists.example", bulk=True)

    assert shown(answered, on_list)[0] == ["bobs"]


def test_the_mails_of_a_list_are_known_to_its_readers() -> None:
    on_list = {"list_post": LIST.email, "bulk": True}
    answered = mail("answered", to=(LIST,), references=("<mine@x>",), **on_list)

    assert shown(answered, mail("eves", EVE, (LIST,), **on_list), mail("mine", ADA, (LIST,)))[0] == ["eves", "mine"]


def test_a_mail_that_only_says_it_came_through_a_list_opens_none_of_its_mails() -> None:
    inside = mail("inside", BOB, (LIST,), list_post=LIST.email, bulk=True)

    assert shown(mail("answered", EVE, list_post=LIST.email, bulk=True), inside)[0] == []


def test_a_mail_without_an_id_is_named_by_nobody() -> None:
    assert shown(mail("answered"), make_mail(message_id="", from_=(BOB,)))[0] == []


def test_addresses_are_compared_without_case_and_a_reply_to_counts() -> None:
    desk = Address("", "Desk@Northwind.example")
    answered = mail("answered", reply_to=(desk,))

    mine = mail("mine", ADA, (Address("", "desk@northwind.EXAMPLE"),))
    assert shown(answered, mine, mail("hers"), mail("before", reply_to=(desk,)))[0] == ["mine", "before"]


def test_where_nobody_is_named_nothing_is_shown() -> None:
    answered = make_mail(from_=())

    assert shown(answered, mail("hers"))[0] == []
