"""What the owner's privacy rules keep from a model."""

from __future__ import annotations

from typing import Any

import pytest
from making import ADA, MARA, make_mail

from mailbot.config import Privacy
from mailbot.mail.mail import Address, Attachment
from mailbot.mail.thread import Thread, ThreadMail
from mailbot.privacy import seen, sight
from mailbot.privacy.filed import NOWHERE, Filed
from mailbot.privacy.rules import asks_for_places, places
from mailbot.privacy.verdict import Verdict, judge
from mailbot.prompt.context import Sample

LAWYER = Address("Dr. Eve Holm", "eve@holm-law.example")


def rule(rule: str, **criteria: Any) -> Privacy:
    return Privacy.model_validate({"rule": rule, **{name: tuple(values) for name, values in criteria.items()}})


def from_(*senders: str, kind: str = "never") -> Privacy:
    return rule(kind, **{"from": senders})


def one(*, own: bool = False, folder: str = "INBOX", keywords: tuple[str, ...] = (), **changes: Any) -> ThreadMail:
    return ThreadMail(make_mail(**changes), own, 0.0, folder, frozenset(keywords))


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("mara@northwind.example", True),
        ("MARA@Northwind.Example", True),
        ("northwind.example", True),
        ("wind.example", False),
        ("m*@northwind.example", True),
        ("*@*.example", True),
        ("b*@northwind.example", False),
        ("*.northwind.example", False),
        ("m?ra@northwind.example", False),
        ("mara@*", True),
    ],
)
def test_a_sender_is_an_address_or_a_domain_perhaps_with_a_wildcard(pattern: str, fits: bool) -> None:
    assert bool(judge([from_(pattern)], one(), local=False).refusal) == fits


@pytest.mark.parametrize(
    ("email", "fits"), [("eve@mail.holm-law.example", True), ("eve@xholm-law.example", False), ("eve@holm-law", False)]
)
def test_a_domain_is_meant_with_all_below_it(email: str, fits: bool) -> None:
    verdict = judge([from_("holm-law.example")], one(from_=(Address("", email),)), local=False)
    assert bool(verdict.refusal) == fits


def test_an_address_that_replies_go_to_counts_as_the_sender() -> None:
    assert judge([from_("holm-law.example")], one(reply_to=(LAWYER,)), local=False).refusal


def test_who_gets_the_mail_is_not_its_sender() -> None:
    assert judge([from_("holm-law.example")], one(cc=(LAWYER,)), local=False) == Verdict()


@pytest.mark.parametrize(
    ("criteria", "by"),
    [
        ({"folder": ["inbox/health*"]}, "by its folder INBOX/Health/2026"),
        ({"folder": ["INBOX/Health/2026"]}, "by its folder INBOX/Health/2026"),
        ({"keyword": ["$PRIVATE"]}, "by its keyword $PRIVATE"),
        ({"words": ["streng  vertraulich"]}, "by the words “streng  vertraulich”"),
        ({"words": ["nobody", "Update"]}, "by the words “Update”"),
    ],
)
def test_folder_keyword_and_words_are_enough_each(criteria: dict[str, list[str]], by: str) -> None:
    mail = one(folder="INBOX/Health/2026", keywords=("$private",), text="Das ist STRENG\nvertraulich.")
    assert by in judge([rule("never", **criteria)], mail, local=True).refusal


@pytest.mark.parametrize(
    "file",
    [
        Attachment("Streng vertraulich.txt", "text/plain", 9),
        Attachment("a.txt", "text/plain", 9, "streng\nvertraulich"),
    ],
)
def test_words_count_in_attached_texts_and_in_the_names_of_files(file: Attachment) -> None:
    mail = one(attachments=(file,))
    assert judge([rule("never", words=["streng vertraulich"])], mail, local=True).refusal


@pytest.mark.parametrize(
    "criteria", [{"folder": ["Health"]}, {"keyword": ["$Other"]}, {"words": ["date", "up date", "hardware who"]}]
)
def test_what_fits_no_entry_is_free(criteria: dict[str, list[str]]) -> None:
    assert judge([rule("never", **criteria)], one(), local=False) == Verdict()


def test_a_mail_lies_in_its_folder_with_and_without_keywords_and_in_its_labels() -> None:
    health, labelled = one(folder="Health"), ThreadMail(make_mail(), False, 0.0, "INBOX", labels=frozenset({"Health"}))

    for mail in (health, labelled, one(folder="Health", keywords=("todo",))):
        assert judge([rule("never", folder=["health"])], mail, local=True).refusal


def test_only_the_star_is_a_wildcard_in_the_name_of_a_folder() -> None:
    club = rule("never", folder=["Club [2026]?"])

    assert judge([club], one(folder="Club [2026]?"), local=True).refusal
    assert not judge([club], one(folder="Club 2a"), local=True).refusal
    assert not judge([rule("never", folder=["*"])], one(folder=""), local=True).refusal  # nobody knows where it lies


def test_an_own_mail_follows_the_rule_of_whoever_got_it() -> None:
    for field in ("to", "cc"):
        mine = one(own=True, from_=(ADA,), **{"to": (MARA,)} | {field: (LAWYER,)})
        assert "by who got it" in judge([from_("holm-law.example")], mine, local=True).refusal


def test_local_asks_a_model_in_the_house_only() -> None:
    rules = [from_("northwind.example", kind="local")]
    inside = judge(rules, one(), local=True)

    assert (inside.refusal, inside.inside, inside.analysis) == ("", True, "")
    assert "rule “local” (by its sender) applied" in inside.remarks[0]
    assert "outside of your own network" in judge(rules, one(), local=False).refusal


def test_where_several_rules_fit_all_of_them_hold() -> None:
    rules = [from_("northwind.example", kind="analysis-only"), rule("local", words=["hardware"])]
    both = judge(rules, one(), local=True)

    assert both.inside
    assert "“analysis-only”" in both.analysis
    assert judge(rules, one(), local=False).refusal
    assert "“never”" in judge([*rules, from_("mara@*")], one(), local=True).refusal


# The thread


def shown(mail: ThreadMail, *others: ThreadMail, rules: list[Privacy], local: bool = False) -> Any:
    return sight.shown(rules, mail.mail, Thread(others), local=local)


def test_a_mail_of_the_thread_that_no_model_may_see_stays_out_and_the_page_says_why() -> None:
    mine = one(own=True, from_=(ADA,), to=(LAWYER,), text="Eve, what do you think?")
    theirs, free = one(from_=(LAWYER,), text="Do not sign."), one(text="Free.")
    _, thread, remarks = shown(one(), mine, theirs, free, rules=[from_("holm-law.example")])

    assert [other.mail.text for other in thread.mails] == ["Free."]
    assert remarks == (
        "2 mails of the thread were not shown to the model: your privacy rules keep them from it "
        "(never, by who got it; never, by its sender).",
    )


@pytest.mark.parametrize(
    ("kind", "local", "kept"), [("local", False, 0), ("local", True, 1), ("analysis-only", False, 1)]
)
def test_a_mail_of_the_thread_follows_its_own_rule(kind: str, local: bool, kept: int) -> None:
    other = one(from_=(LAWYER,))
    assert len(shown(one(), other, rules=[from_("holm-law.example", kind=kind)], local=local)[1].mails) == kept


QUOTING = """\
See below, can you live with that?

On Mon, 5 Jan 2026 at 10:00, Dr. Eve Holm <eve@holm-law.example> wrote:
> Do not sign before March.
"""
ANSWERED_INSIDE = "Eve wrote:\n\n> Do not sign.\n\nI would sign.\n"
FORWARDED = """\
FYI

---------- Forwarded message ---------
From: Dr. Eve Holm <eve@holm-law.example>
Subject: The contract

Do not sign before March.
"""


@pytest.mark.parametrize("text", [QUOTING, FORWARDED])
def test_what_is_quoted_of_somebody_whose_mails_stay_out_stays_out_too(text: str) -> None:
    mail, _, remarks = shown(one(text=text), rules=[from_("holm-law.example")])

    assert "sign" not in mail.text
    assert mail.text.splitlines()[0] in text
    assert remarks == (sight.UNQUOTED,)


@pytest.mark.parametrize(
    "written",
    [
        *("*{}*", "“{}”", "«{}»", "（{}）", "{}：", "{}写道：", "{}!", "{}?subject=x", "`{}`", "_{}_", "|{}|", "{}…"),
        *("{}@northwind.example", "mailto:{}", "<{}>", "{}."),
    ],
)
@pytest.mark.parametrize("sender", ["eve@holm-law.example", "holm-law.example"])
def test_whatever_stands_beside_an_address_it_is_known(written: str, sender: str) -> None:
    text = f"Can you live with that?\n\nFrom: {written.format('eve@holm-law.example')}\nDate: x\nTo: y\n\nDo not sign."

    assert "sign" not in shown(one(text=text), rules=[from_(sender)])[0].text


def test_where_a_mail_of_the_thread_stays_out_nobody_elses_quotes_of_it_are_shown() -> None:
    theirs, other = one(from_=(LAWYER,), text="Do not sign."), one(text=ANSWERED_INSIDE)
    mail, thread, remarks = shown(one(text=ANSWERED_INSIDE), theirs, other, rules=[from_("holm-law.example")])

    for text in (mail.text, thread.mails[0].mail.text):
        assert "Do not sign" not in text
        assert "I would sign" in text
    assert sight.UNQUOTED in remarks


def test_an_attached_mail_of_somebody_whose_mails_stay_out_is_not_the_text_of_the_mail() -> None:
    text = "[attached mail: The contract, from Eve <eve@holm-law.example>]\n\nDo not sign."
    assert shown(one(text=text), rules=[from_("holm-law.example")])[0].text == ""


def test_without_a_rule_that_fits_everything_is_shown_as_it_is() -> None:
    mail, thread, remarks = shown(one(text=QUOTING), one(text=ANSWERED_INSIDE), rules=[from_("other.example")])

    assert (mail.text, thread.mails[0].mail.text, remarks) == (QUOTING, ANSWERED_INSIDE, ())


@pytest.mark.parametrize(
    ("kind", "local", "free"), [("never", True, False), ("local", True, True), ("local", False, False)]
)
def test_own_mails_to_such_people_are_no_samples(kind: str, local: bool, free: bool) -> None:
    rules = [from_("holm-law.example", kind=kind)]
    assert sight.may_see(rules, ("bo@x.example", "eve@holm-law.example"), "", (), NOWHERE, local=local) == free
    assert sight.may_see(rules, (MARA.email,), "", (), NOWHERE, local=local)


# By folder and keyword

HEALTH = {"<1@clinic.example>": frozenset({("INBOX/Health", "")})}


@pytest.mark.parametrize(
    ("ids", "filed", "free"),
    [
        (("<own@example.org>",), Filed(HEALTH), True),
        (("<own@example.org>", "<1@clinic.example>"), Filed(HEALTH), False),
        (("<1@clinic.example>",), Filed(HEALTH), False),
        (("<own@example.org>",), Filed(HEALTH, whole=False), False),
        ((), Filed(HEALTH), False),
    ],
)
def test_an_own_mail_that_answers_one_in_such_a_folder_is_no_sample(
    ids: tuple[str, ...], filed: Filed, free: bool
) -> None:
    assert sight.may_see([rule("never", folder=["*/health"])], (), "", ids, filed, local=False) == free
    assert sight.may_see([rule("local", folder=["*/health"])], (), "", ids, filed, local=True)
    assert sight.may_see([from_("holm-law.example")], (), "", ids, filed, local=False)


def test_a_mail_lies_in_every_place_that_it_was_found_in() -> None:
    filed = Filed({"<1@clinic.example>": frozenset({("All Mail", "$PRIVATE"), ("Health", "")})})
    mail = one(message_id="<1@clinic.example>")

    assert "by its folder Health" in judge([rule("never", folder=["health"])], mail, filed, local=True).refusal
    assert "$private" in judge([rule("never", keyword=["$private"])], mail, filed, local=True).refusal


def test_an_own_answer_to_a_mail_that_stays_out_stays_out_too() -> None:
    private = one(keywords=("$private",), message_id="<1@clinic.example>")
    answer = one(
        own=True, from_=(ADA,), message_id="<own@example.org>", in_reply_to=("<1@clinic.example>",), text="I will."
    )
    more = one(own=True, from_=(ADA,), in_reply_to=("<own@example.org>",), text="The pills, I mean.")
    unseen = one(own=True, from_=(ADA,), in_reply_to=("<2@clinic.example>",), text="I will not.")
    later = one(in_reply_to=("<own@example.org>",), references=("<1@clinic.example>",), text="Well.")
    filed = Filed({"<2@clinic.example>": frozenset({("INBOX", "$Private")})})
    rules = [rule("never", keyword=["$Private"])]
    _, thread, remarks = sight.shown(
        rules, make_mail(), Thread((private, answer, more, unseen, later)), filed, local=False
    )

    assert [other.mail.text for other in thread.mails] == ["Well."]
    assert "4 mails" in remarks[0]
    assert "(never, by its keyword $Private; an answer to such a mail)" in remarks[0]


@pytest.mark.parametrize(
    ("answered", "stays"),
    [
        ({"in_reply_to": ("<free@x.example>",), "references": ("<1@clinic.example>", "<free@x.example>")}, True),
        ({"references": ("<1@clinic.example>", "<free@x.example>")}, True),
        ({"references": ("<free@x.example>", "<1@clinic.example>")}, False),
        ({}, True),
    ],
)
def test_an_own_answer_to_another_mail_of_the_thread_stays(answered: dict[str, Any], stays: bool) -> None:
    private = one(keywords=("$private",), message_id="<1@clinic.example>")
    mine = one(own=True, from_=(ADA,), message_id="<own@example.org>", **answered)

    thread = shown(one(), private, mine, rules=[rule("never", keyword=["$private"])])[1]
    assert [other.mail.message_id for other in thread.mails] == ["<own@example.org>"] * stays


def test_an_own_mail_with_the_words_of_a_rule_is_no_sample() -> None:
    plan, other = rule("never", words=["the plan"]), rule("never", folder=["Club"])

    assert not sight.may_see([plan, other], (MARA.email,), "Here is\nthe plan.", ("<1@x>",), NOWHERE, local=True)
    assert sight.may_see([plan, other], (MARA.email,), "The planet.", ("<1@x>",), NOWHERE, local=True)


def test_one_of_several_rules_that_names_the_place_is_enough() -> None:
    filed = Filed({"<1@x>": frozenset({("Health", "")})})
    rules = [rule("never", folder=["Club"]), rule("never", folder=["Health"]), rule("never", keyword=["$x"])]

    assert not sight.may_see(rules, (), "", ("<1@x>",), filed, local=True)
    assert not sight.may_see([rule("never", folder=["Club"])], (), "", ("<2@x>",), Filed(whole=False), local=True)


@pytest.mark.parametrize("place", ["in_reply_to", "references"])
@pytest.mark.parametrize("of_the_thread", [False, True])
def test_whichever_mail_names_one_of_such_a_folder_hides_what_is_quoted(place: str, of_the_thread: bool) -> None:
    names, quotes = {place: ("<1@clinic.example>",)}, {"text": ANSWERED_INSIDE}
    mail = make_mail(**quotes | ({} if of_the_thread else names))
    thread = Thread((one(**names),)) if of_the_thread else Thread()

    bare = sight.shown([rule("never", folder=["*/health"])], mail, thread, Filed(HEALTH), local=False)[0]
    assert "Do not sign" not in bare.text


def test_quotes_are_shown_where_no_rule_names_a_place() -> None:
    mail = make_mail(text=ANSWERED_INSIDE)

    assert sight.shown([from_("other.example")], mail, Thread(), Filed(whole=False), local=False)[0] == mail


def test_only_what_a_model_outside_may_not_see_wants_one_inside() -> None:
    rules, thread = [from_("holm-law.example", kind="local")], Thread((one(from_=(LAWYER,)),))

    assert sight.is_for_inside(rules, make_mail(), thread)
    assert not sight.is_for_inside(rules, make_mail(), Thread((one(),)))
    assert not sight.is_for_inside([from_("holm-law.example")], make_mail(), thread)  # no model may see that


def test_the_places_that_are_looked_at_are_those_of_rules_that_keep_mails_back() -> None:
    rules = [
        rule("never", folder=["Health", "Club"]),
        rule("local", keyword=["$b", "$a"]),
        rule("analysis-only", folder=["Free"], keyword=["$free"]),
    ]

    assert places(rules) == (("Club", "Health"), ("$a", "$b"))
    assert asks_for_places([rule("never", keyword=["$a"])])
    assert not asks_for_places([from_("holm-law.example")])


# A prompt that is asked again


def kept(*others: ThreadMail, **changes: Any) -> seen.Seen:
    return seen.of(make_mail(**changes), Thread(others), ())


def objection(rules: list[Privacy], noted: seen.Seen, said: str = "", filed: Filed = NOWHERE, **where: Any) -> str:
    places = frozenset({(where.get("folder", "INBOX"), where.get("keyword", ""))})
    return seen.objection(rules, noted, said, places, filed, local=where.get("local", False))


def test_whoever_wrote_a_mail_of_a_prompt_or_is_named_in_it_counts_when_it_is_asked_again() -> None:
    rules = [from_("holm-law.example")]
    mine, theirs = one(own=True, from_=(ADA,), to=(MARA,), cc=(LAWYER,)), one(from_=(LAWYER,))

    for noted in (
        *(kept(reply_to=(LAWYER,)), kept(theirs), kept(mine), kept(text=QUOTING), kept(one(text=QUOTING))),
        seen.of(make_mail(), Thread(), (Sample("s1", None, "", readers=(LAWYER.email,)),)),
    ):
        assert objection(rules, noted) == (
            "your privacy rule “never” (eve@holm-law.example) keeps a part of it from every model"
        )
    assert objection(rules, kept(one(cc=(LAWYER,)))) == ""


def test_a_prompt_is_judged_by_the_rules_for_the_model_of_today() -> None:
    rules = [from_("northwind.example", kind="local")]

    assert objection(rules, kept(), local=True) == ""
    assert objection(rules, kept()).endswith("a model outside of your own network")
    assert objection([from_("northwind.example", kind="analysis-only")], kept()).startswith("Your privacy rule")
    assert objection([from_("holm-law.example", kind="analysis-only")], kept(one(from_=(LAWYER,)))) == ""


def test_words_and_places_count_wherever_they_stand_in_a_prompt() -> None:
    filed = Filed({"<1@clinic.example>": frozenset({("Health", "$private")})})
    noted = kept(one(message_id="<1@clinic.example>"))

    assert "the words “the plan”" in objection([rule("never", words=["the plan"])], noted, said="So: the\nplan.")
    assert "its folder Health" in objection([rule("never", folder=["health"])], noted, filed=filed)
    assert "its folder Club" in objection([rule("never", folder=["club"])], noted, folder="Club")
    assert "its keyword $private" in objection([rule("never", keyword=["$private"])], noted, keyword="$PRIVATE")
    assert objection([rule("analysis-only", folder=["health"])], noted, filed=filed) == ""  # not the mail's own place


def test_what_a_sample_answers_counts_as_a_part_of_the_prompt() -> None:
    noted = seen.of(make_mail(), Thread(), (Sample("s1", None, "", ids=("<1@clinic.example>",)),))

    assert "its folder INBOX/Health" in objection([rule("never", folder=["*/health"])], noted, filed=Filed(HEALTH))


def test_a_prompt_of_which_too_little_is_known_stays() -> None:
    crowd = tuple(Address("", f"p{number}@x.example") for number in range(seen.MOST + 1))
    rules, folder = [from_("holm-law.example")], [rule("never", folder=["health"])]

    assert objection(rules, {}) == objection(rules, kept(reply_to=crowd)) == seen.UNKNOWN
    assert kept(references=tuple(f"<{number}@x.example>" for number in range(seen.MOST))) == {}
    assert objection(folder, kept(), filed=Filed(whole=False)) == seen.NOT_READ
    assert objection(rules, kept(), filed=Filed(whole=False)) == objection([], {}) == ""


def test_other_rules_or_other_places_mean_that_a_prompt_is_judged_anew() -> None:
    noted = kept(message_id="<1@clinic.example>")
    one_rule, another = [rule("never", folder=["health"])], [rule("local", folder=["health"])]
    words = [seen.judged_by(rules, noted, NOWHERE) for rules in (one_rule, another, [*one_rule, *another])]

    assert len({*words, seen.judged_by(one_rule, noted, Filed(HEALTH)), ""}) == 5
    assert seen.judged_by([], noted, NOWHERE) == ""
    assert seen.judged_by(one_rule, noted, NOWHERE) == words[0]


@pytest.mark.parametrize(
    ("filed", "hidden"), [(Filed(HEALTH), True), (Filed(whole=False), True), (Filed(), False), (NOWHERE, False)]
)
def test_a_quote_is_shown_only_where_nothing_before_the_mail_lies_in_such_a_folder(filed: Filed, hidden: bool) -> None:
    mail = make_mail(text=ANSWERED_INSIDE, references=("<1@clinic.example>", "<2@x.example>"))
    bare, _, remarks = sight.shown([rule("never", folder=["*/health"])], mail, Thread(), filed, local=False)

    assert ("Do not sign" not in bare.text) is hidden
    assert (sight.UNQUOTED in remarks) is hidden
