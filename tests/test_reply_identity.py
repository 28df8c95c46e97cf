from __future__ import annotations

import pytest
from making import make_account, make_identity, make_mail, make_owner

from mailbot.mail.mail import Address
from mailbot.reply import identity


def _to(*emails: str) -> tuple[Address, ...]:
    return tuple(Address("", email) for email in emails)


def _from(**mail: object) -> str:
    account = make_account(aliases=("ada@example.com", "a@third.example", "ada+*@example.org", "*@shop.example"))
    return identity.choose(make_mail(**mail), account, make_owner()).address


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.org",
        "ADA@Example.ORG",
        "ada@example.com",
        "ada+news@example.org",
        "ada+news@example.com",
        "shop-7@example.org",
        "SHOP-x@example.org",
    ],
)
def test_own_addresses_are_the_account_its_aliases_and_their_plus_forms(email: str) -> None:
    assert identity.is_own(make_account(), email)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "mara@northwind.example",
        "ada@example.net",
        "adam@example.org",
        "ada@example.org.evil.example",
        "shop-1@evil.example",
        "shop-@evil.example@example.com",
        "bob+ada@example.org",
    ],
)
def test_other_addresses_are_not_own(email: str) -> None:
    assert not identity.is_own(make_account(), email)


def test_only_the_star_is_a_wildcard() -> None:
    account = make_account(aliases=("a?[x]*@example.net",))

    assert identity.is_own(account, "a?[x]1@example.net")
    assert not identity.is_own(account, "abx1@example.net")


def test_an_alias_with_umlauts_is_found_by_its_a_label() -> None:
    account = make_account(aliases=("ada@bücher.example", "ada+*@bücher.example"))

    assert identity.is_own(account, "ada@xn--bcher-kva.example")
    assert identity.is_own(account, "ada+x@xn--bcher-kva.example")


def test_owner_addresses_come_once_each_with_the_account_first() -> None:
    account = make_account(aliases=("ada@EXAMPLE.org", "b@example.org"))

    assert identity.owner_addresses(account) == ("ada@example.org", "b@example.org")


def test_from_is_the_account_when_nothing_names_another() -> None:
    assert _from(to=()) == "ada@example.org"


def test_from_is_the_alias_in_to() -> None:
    assert _from(to=_to("x@northwind.example", "Ada@Example.com")) == "ada@example.com"


def test_the_delivery_trace_comes_before_to() -> None:
    assert _from(delivered=("a@third.example", "ada@example.org"), to=_to("ada@example.com")) == "a@third.example"


def test_a_trace_that_gives_only_the_account_yields_to_the_one_alias_in_to() -> None:
    assert _from(delivered=("ada@example.org",), to=_to("ada@example.com")) == "ada@example.com"


@pytest.mark.parametrize("others", [("ada@example.com", "a@third.example"), ("ada@example.com", "ada@example.org")])
def test_a_trace_that_gives_only_the_account_stands_when_to_names_several(others: tuple[str, ...]) -> None:
    assert _from(delivered=("ada@example.org",), to=_to(*others)) == "ada@example.org"


def test_foreign_addresses_in_the_trace_choose_nothing() -> None:
    assert _from(delivered=("mallory@evil.example",), to=_to("ada@example.com")) == "ada@example.com"


def test_a_plus_form_of_a_plain_alias_is_never_written() -> None:
    assert _from(to=_to("ada+news@example.com")) == "ada@example.com"


def test_what_a_wildcard_matches_is_written_as_addressed() -> None:
    assert _from(to=_to("Ada+News@example.org")) == "Ada+News@example.org"
    assert _from(to=_to("returns@shop.example")) == "returns@shop.example"


def test_what_a_wildcard_matches_is_not_written_when_no_header_can_hold_it() -> None:
    assert _from(to=_to("x,evil@shop.example")) == "ada@example.org"


def test_an_identity_overrides_what_it_fills_in() -> None:
    account = make_account(identities=(make_identity("Ada@example.com", name="Ada E.", language="de"),))
    owner = make_owner(signature="Ada\nExample Ltd")

    voice = identity.choose(make_mail(to=_to("ada@example.com")), account, owner)

    assert voice == identity.Voice(
        address="ada@example.com",
        name="Ada E.",
        signature="Ada\nExample Ltd",
        about="Direct and warm.",
        language="de",
    )


def test_an_identity_is_not_taken_for_another_address() -> None:
    account = make_account(identities=(make_identity("ada@example.com", name="Ada E."),))

    assert identity.choose(make_mail(), account, make_owner()).name == "Ada Example"


def test_an_identity_holds_for_the_plus_forms_of_its_address_too() -> None:
    home, exact = make_identity("ada@example.org", name="Ada H."), make_identity("ada+club@example.org", name="Ada C.")
    account = make_account(aliases=("ada+*@example.org",), identities=(home, exact))

    names = [
        identity.choose(make_mail(to=_to(to)), account, make_owner()).name
        for to in ("ada+x@example.org", "ada+club@example.org")
    ]

    assert names == ["Ada H.", "Ada C."]


def test_no_spelling_of_an_own_address_is_somebody_else() -> None:
    account = make_account(address="a.da@gmail.com", aliases=())

    assert identity.is_own(account, '"Ada"@googlemail.com')
    assert identity.is_own(account, "A.D.A+lists@gmail.com.")


def test_what_an_identity_leaves_open_is_the_owners_and_what_it_says_is_its_own() -> None:
    owner = make_owner(signature="Ada")
    bare = make_account(identities=(make_identity("ada@example.com"),))
    own = {"name": "Ada E.", "signature": "A.", "about": "Chairs the club.", "language": "de"}
    full = make_account(identities=(make_identity("ada@example.com", **own),))
    mail = make_mail(to=_to("ada@example.com"))

    written = identity.Voice(address="ada@example.com", **own)
    assert identity.choose(mail, full, owner) == written
    assert identity.choose(mail, bare, owner) == identity.Voice(
        address="ada@example.com", name=owner.name, signature="Ada", about=owner.about, language="en"
    )


def test_an_own_alias_in_cc_is_written_to_as_well() -> None:
    assert _from(to=_to("mara@northwind.example"), cc=_to("ada@example.com")) == "ada@example.com"


def test_an_account_in_capitals_is_the_same_account() -> None:
    account = make_account(address="Ada@Example.ORG", identities=(make_identity("ADA@example.com", name="Ada E."),))
    mail = make_mail(delivered=("ada@example.org",), to=_to("ada@example.com"))

    assert identity.choose(mail, account, make_owner()).address == "ada@example.com"
    assert identity.choose(make_mail(to=_to("ada+x@example.com")), account, make_owner()).name == "Ada E."
