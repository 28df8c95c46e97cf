from __future__ import annotations

import pytest
from making import ADA, MARA, make_account, make_mail

from mailbot.mail.mail import Address, Kind
from mailbot.reply import answerable
from mailbot.reply.answerable import Verdict


def _check(**mail: object) -> Verdict:
    return answerable.check(make_mail(**mail), make_account())


def test_an_ordinary_mail_is_answered_without_remark() -> None:
    assert _check() == Verdict("", ())


@pytest.mark.parametrize(
    ("mail", "refusal"),
    [
        ({"kind": Kind.ENCRYPTED}, answerable.ENCRYPTED),
        ({"kind": Kind.REPORT, "automatic": True}, answerable.REPORT),
        ({"from_": (ADA,)}, answerable.OWN),
        ({"from_": (ADA,), "reply_to": (Address("", "ada+x@example.com"),)}, answerable.OWN),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(mail: dict[str, object], refusal: str) -> None:
    assert _check(**mail) == Verdict(refusal, ())


@pytest.mark.parametrize(
    "mail",
    [{"from_": (ADA,), "reply_to": (MARA,)}, {"from_": (ADA, MARA)}, {"from_": ()}, {"reply_to": (ADA,)}],
)
def test_a_mail_with_somebody_else_behind_it_is_not_own(mail: dict[str, object]) -> None:
    assert _check(**mail).refusal == ""


@pytest.mark.parametrize(
    ("mail", "remark"),
    [
        ({"list_post": "talk@lists.example", "bulk": True}, answerable.LIST.format("talk@lists.example")),
        ({"bulk": True}, answerable.BULK),
        ({"automatic": True}, answerable.AUTOMATIC),
        ({"kind": Kind.INVITATION}, answerable.INVITATION),
        ({"kind": Kind.TNEF}, answerable.TNEF),
        ({"truncated": True}, answerable.TRUNCATED),
    ],
)
def test_what_is_odd_about_a_mail_becomes_one_remark(mail: dict[str, object], remark: str) -> None:
    assert _check(**mail) == Verdict("", (remark,))


@pytest.mark.parametrize("local", ["noreply", "No-Reply", "do_not_reply", "shop.no-reply+12", "MAILER-DAEMON"])
def test_an_address_that_takes_no_replies_is_remarked(local: str) -> None:
    email = f"{local}@shop.example"

    assert _check(from_=(Address("", email),)) == Verdict("", (answerable.NO_REPLY.format(email),))


def test_a_no_reply_sender_with_a_reply_to_takes_replies() -> None:
    assert _check(from_=(Address("", "noreply@shop.example"),), reply_to=(MARA,)) == Verdict("", ())
