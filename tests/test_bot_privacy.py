"""Privacy rules, from the flag to the page: what the model was sent, and what the owner reads of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import Box, FakeSession
from letters import sent
from running import SOON
from served import Served
from worlds import CONFIG, Lab, question

from mailbot.bot import gather
from mailbot.errors import BadUsage, Later
from mailbot.imap.trouble import Rejection
from mailbot.job import State
from mailbot.learn import filed

LAWYER = {"From": "Dr. Eve Holm <eve@holm-law.example>"}
HOSTED = CONFIG.replace("http://127.0.0.1:1/v1", "https://192.0.2.1/v1")
Make = Callable[..., Lab]


@pytest.fixture
def make() -> Iterator[Make]:
    labs: list[Lab] = []

    def make(rule: str, criteria: str = 'from = ["northwind.example"]', config: str = CONFIG) -> Lab:
        lab = Lab(config.replace("[[account]]", f'[[privacy]]\nrule = "{rule}"\n{criteria}\n[[account]]', 1))
        labs.append(lab)
        lab.cycle()
        return lab

    yield make
    for lab in labs:
        lab.close()


def page(lab: Lab) -> str:
    return "\n".join(lab.pages().values())


def asked(lab: Lab) -> list[str]:
    assert lab.endpoint is not None
    return [json.dumps(messages, ensure_ascii=False) for messages in lab.endpoint.asked]


def prompts(lab: Lab) -> list[Path]:
    return sorted((lab.config.archive.folder / "Outbox" / "_prompts").glob("*.json"))


def test_never_means_a_page_that_says_why_and_no_call(make: Make) -> None:
    lab = make("never")
    lab.flag()
    lab.settle()

    (job,) = lab.jobs()
    assert (job.state, job.status, asked(lab), prompts(lab)) == (State.SKIPPED, "skipped", [], [])
    assert lab.mailbox.raws() == []
    assert "Your privacy rule “never” (by its sender) keeps this mail from every model" in page(lab)


@pytest.mark.parametrize(("config", "state"), [(CONFIG, State.DONE), (HOSTED, State.SKIPPED)])
def test_local_means_a_draft_where_the_model_is_in_the_house(make: Make, config: str, state: State) -> None:
    lab = make("local", config=config)
    lab.flag()
    lab.settle()

    assert lab.jobs()[0].state is state
    assert len(asked(lab)) == (state is State.DONE)
    assert "Your privacy rule “local” (by its sender)" in page(lab)


def test_a_mail_that_must_stay_in_the_house_is_asked_for_with_that_word(make: Make) -> None:
    lab = make("local")
    assert lab.endpoint is not None
    told: list[bool] = []
    real = lab.endpoint.ask

    def ask(messages: object, shape: str, **how: bool) -> object:
        told.append(how["inside"])
        return real(messages, shape, **how)

    lab.endpoint.ask = ask  # type: ignore[assignment]
    lab.flag()
    lab.flag(question(2, From="Bo <bo@elsewhere.example>"))
    lab.settle()

    assert sorted(told) == [False, True]


def test_analysis_only_means_a_page_with_what_the_mail_says_and_no_draft(make: Make) -> None:
    lab = make("analysis-only")
    lab.flag()
    lab.settle()

    (job,) = lab.jobs()
    assert (job.state, job.status, len(asked(lab)), lab.mailbox.raws()) == (State.SKIPPED, "skipped", 1, [])
    text = page(lab)
    for words in ("Mara asks who buys the hardware.", "Say who buys", "It asks: Who buys the hardware?\n", "fake-1"):
        assert words in text
    assert "we buy it" not in text
    assert "lets a model read this mail and write no draft" in text
    assert lab.world.journal.kept(job.id, "mail") is None


def test_an_analysis_asks_for_no_reply_and_needs_none(make: Make) -> None:
    lab = make("analysis-only")
    assert lab.endpoint is not None
    told: list[bool] = []
    real = lab.endpoint.ask

    def ask(messages: object, shape: str, **how: bool) -> object:
        told.append(how["analysis"])
        return real(messages, shape, **how)

    lab.endpoint.ask = ask  # type: ignore[assignment]
    lab.endpoint.queue = [json.dumps({"summary": "Mara asks who buys.", "questions": ["Who buys?"]})]
    learn(lab, (sent("Hi Mara,\n\nthe CANARY racks are for you.\n\nCheers\nAda\n"), ""))
    lab.flag(question(To="Ada Example <ada@example.org>"))
    lab.settle()

    (prompt,) = asked(lab)
    assert (told, lab.jobs()[0].state) == ([True], State.SKIPPED)
    assert "It asks: Who buys?\n" in page(lab)
    for words in ("[[fill", "CANARY", "the reply itself", "WHO GETS THE REPLY", "Write the owner's reply"):
        assert words not in prompt


def test_a_bad_answer_of_an_analysis_is_asked_for_again(make: Make) -> None:
    lab = make("analysis-only")
    assert lab.endpoint is not None
    lab.endpoint.queue = ['{"reply": ""}']
    lab.flag()
    lab.settle()

    assert (lab.jobs()[0].state, len(asked(lab))) == (State.SKIPPED, 2)


def test_a_crash_between_answer_and_page_makes_no_draft_of_an_analysis(make: Make) -> None:
    lab = make("analysis-only")
    assert lab.endpoint is not None

    def die(name: str) -> None:
        if name == "asked":
            raise KeyboardInterrupt

    lab.endpoint.effect = die
    lab.flag()
    with pytest.raises(KeyboardInterrupt):
        lab.cycle()
    lab.endpoint.effect = lambda name: None
    lab.boot()
    lab.settle()

    assert (lab.jobs()[0].state, lab.mailbox.raws()) == (State.SKIPPED, [])


def test_folder_and_keyword_count_where_the_mail_was_flagged(make: Make) -> None:
    lab = make("never", 'folder = ["arch*"]\nkeyword = ["$Private"]')
    lab.flag(question(1))
    lab.flag(question(2), "INBOX", "$private")
    lab.flag(question(3), "Archive")
    lab.settle()

    reasons = sorted(job.reason.partition("(")[2].partition(")")[0] for job in lab.jobs() if job.state is State.SKIPPED)
    assert reasons == ["by its folder Archive", "by its keyword $Private"]
    assert len(asked(lab)) == 1


def test_a_mail_that_no_model_may_see_is_in_no_prompt_of_its_thread(make: Make) -> None:
    lab = make("never", 'from = ["holm-law.example"]\nkeyword = ["$private"]')
    root = "<1.1766332362@northwind.example>"
    lab.mailbox.add("INBOX", question(1))
    everybody = "Ada Example <ada@example.org>, Mara Lindqvist <mara@northwind.example>, Bo <bo@northwind.example>"
    secret = question(2, In_Reply_To=root, References=root, To=everybody, **LAWYER).replace(b"hardware", b"CANARY-1")
    lab.mailbox.add("INBOX", secret)
    lab.mailbox.add(
        "Archive", question(3, In_Reply_To=root, References=root).replace(b"hardware", b"CANARY-2"), "$Private"
    )
    quoting = question(4, In_Reply_To="<2.1766332362@northwind.example>", References=root)
    quoting += b"\nOn Monday, 5 January 2026 at 10:00, Dr. Eve Holm <eve@holm-law.example> wrote:\n> CANARY-3\n"
    lab.flag(quoting)
    lab.settle()

    (prompt,) = asked(lab)
    assert "CANARY" not in prompt
    assert "hardware" in prompt
    assert "CANARY" not in prompts(lab)[0].read_text()
    assert "2 mails of the thread were not shown to the model" in page(lab)
    assert lab.jobs()[0].state is State.DONE


def test_own_mails_with_words_that_no_model_may_see_are_no_samples(make: Make) -> None:
    lab = make("never", 'words = ["strictly confidential"]')
    secret = "Hi Mara,\n\nthis is strictly\nconfidential: the CANARY closes in May, and nobody knows.\n\nCheers\nAda\n"
    lab.mailbox.add("Sent", sent(secret), "\\Seen")
    lab.mailbox.add("Sent", sent("Hi Mara,\n\nthe racks are for you and for Bo.\n\nCheers\nAda\n", number=2), "\\Seen")
    lab.clock += 4000
    lab.cycle()
    lab.flag(question(To="Ada Example <ada@example.org>"))
    lab.settle()

    (prompt,) = asked(lab)
    assert "CANARY" not in prompt
    assert "the racks are for you" in prompt


REPORT = "<report-1@clinic.example>"
WRITTEN = "Hi Mara,\n\nthe {} are for you and for Bo, I think.\n\nCheers\nAda\n"


def clinic(lab: Lab, folder: str = "Health", *flags: str) -> None:
    """A mail that the rules of these tests keep from the model, in a folder that no thread search looks into."""
    lab.mailbox.boxes.setdefault(folder, Box(77))
    lab.mailbox.add(folder, question(9, Message_ID=REPORT).replace(b"hardware", b"CANARY-0"), *flags)


def learn(lab: Lab, *raws: tuple[bytes, str]) -> None:
    for raw, flag in raws:
        lab.mailbox.add("Sent", raw, "\\Seen", *filter(None, [flag]))
    lab.clock += 4000
    lab.cycle()


@pytest.mark.parametrize(
    ("criteria", "folder", "flags"),
    [('folder = ["heal*"]', "Health", ()), ('keyword = ["$Private"]', "Archive", ("$private",))],
)
def test_an_own_answer_to_a_mail_that_no_model_may_see_is_no_sample(
    make: Make, criteria: str, folder: str, flags: tuple[str, ...]
) -> None:
    lab = make("never", criteria)
    clinic(lab, folder, *flags)
    learn(
        lab,
        (sent(WRITTEN.format("CANARY-1 results"), In_Reply_To=REPORT), ""),
        (sent(WRITTEN.format("CANARY-2 results"), number=2, References=f"{REPORT} <x@y.example>"), ""),
        (sent(WRITTEN.format("racks"), number=3, In_Reply_To="<other@northwind.example>"), ""),
        (sent(WRITTEN.format("CANARY-3 results"), number=4, Message_ID=""), ""),
    )
    lab.flag(question(To="Ada Example <ada@example.org>"))
    lab.settle()

    (prompt,) = asked(lab)
    assert "CANARY" not in prompt
    assert "the racks are for you" in prompt


@pytest.mark.parametrize("criteria", ['folder = ["sent"]', 'keyword = ["$Private"]'])
def test_folder_and_keyword_of_a_mail_in_sent_itself_count(make: Make, criteria: str) -> None:
    lab = make("never", criteria)
    learn(lab, (sent(WRITTEN.format("CANARY results")), "$Private"), (sent(WRITTEN.format("racks"), number=2), ""))
    lab.flag(question(To="Ada Example <ada@example.org>"))
    lab.settle()

    assert "CANARY" not in asked(lab)[0]
    assert ("the racks are for you" in asked(lab)[0]) is ("keyword" in criteria)


def test_what_was_moved_into_such_a_folder_a_moment_ago_counts(make: Make) -> None:
    lab = make("never", 'folder = ["Health"]')
    learn(lab, (sent(WRITTEN.format("CANARY results"), In_Reply_To=REPORT), ""))
    clinic(lab)
    lab.flag(question(To="Ada Example <ada@example.org>"))
    lab.settle()

    assert "CANARY" not in asked(lab)[0]


def test_a_mail_that_lies_in_such_a_folder_too_is_not_shown_from_another_one(make: Make) -> None:
    lab = make("never", 'folder = ["Health"]')
    clinic(lab)
    uid = lab.mailbox.add("INBOX", question(9, Message_ID=REPORT).replace(b"hardware", b"CANARY-0"))
    lab.flag(question(2, In_Reply_To=REPORT, References=REPORT))
    lab.settle()
    lab.mailbox.star(uid)
    lab.settle()

    assert len(asked(lab)) == 1
    assert "CANARY" not in asked(lab)[0]
    assert "by its folder Health" in page(lab)


def quoting() -> bytes:
    return question(2, In_Reply_To="<3@x.example>", References=f"{REPORT} <3@x.example>") + b"\n> CANARY-4\n\nWell?\n"


def test_what_a_mail_quotes_of_a_thread_with_such_a_mail_stays_out(make: Make) -> None:
    lab = make("never", 'folder = ["Health"]')
    clinic(lab)
    lab.flag(quoting())
    lab.settle()

    assert "CANARY" not in asked(lab)[0]
    assert "Well?" in asked(lab)[0]
    assert "What the mails quote was not shown" in page(lab)


def test_where_the_server_does_not_open_such_a_folder_nothing_is_risked(make: Make) -> None:
    lab = make("never", 'folder = ["Health"]')
    clinic(lab)

    class Closed(FakeSession):
        def examine(self, folder: str) -> Any:
            if folder == "Health":
                raise Rejection("[NOPERM] not yours")
            return super().examine(folder)

    lab.boot(lambda world: replace(world, connect=lambda: Closed(lab.mailbox)))  # type: ignore[arg-type, return-value]
    learn(lab, (sent(WRITTEN.format("CANARY results"), In_Reply_To=REPORT), ""))
    lab.flag(quoting())
    lab.settle()

    assert lab.jobs()[0].state is State.DONE
    assert "CANARY" not in asked(lab)[0]


@pytest.mark.parametrize("slow", ["before its answer", "and busy"])
def test_what_was_known_of_such_a_folder_is_not_taken_for_all_when_it_cannot_be_asked_anew(
    make: Make, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    lab = make("never", 'folder = ["Health"]')
    lab.mailbox.boxes["Health"] = Box(77)
    learn(lab, (sent(WRITTEN.format("racks")), ""))
    assert filed.known(lab.world, ()).whole
    clinic(lab)
    over = threading.Event()

    class Slow(FakeSession):
        def examine(self, folder: str) -> Any:
            if folder == "Health":
                over.wait(SOON)
            return super().examine(folder)

    monkeypatch.setattr(gather, "WITHIN", 0.1 if slow == "before its answer" else 0.0)
    lab.boot(lambda world: replace(world, connect=lambda: Slow(lab.mailbox)))  # type: ignore[arg-type, return-value]
    lab.flag(quoting())
    lab.settle()
    over.set()

    assert lab.jobs()[0].state is State.DONE
    assert "CANARY" not in asked(lab)[0]


def test_what_was_known_counts_for_nothing_where_no_connection_is_left_by_now(make: Make) -> None:
    lab = make("never", 'folder = ["Health"]')
    lab.mailbox.boxes["Health"] = Box(77)
    learn(lab, (sent(WRITTEN.format("racks")), ""))
    clinic(lab)
    account = lab.config.accounts[0]
    fewer = account.model_copy(update={"imap": account.imap.model_copy(update={"connections": 2})})
    lab.boot(lambda world: replace(world, account=fewer))
    lab.flag(quoting())
    lab.settle()

    assert "CANARY" not in asked(lab)[0]


def test_an_account_that_is_in_the_config_no_more_hides_no_quotes_for_ever(make: Make) -> None:
    lab = make("never", 'folder = ["Health"]')
    lab.mailbox.boxes["Health"] = Box(77)
    index = lab.world.index.sent
    index.open("gone@imap.example", "Sent", 7)
    index.tried("gone@imap.example", "Sent", lab.clock, 0, True)
    learn(lab, (sent(WRITTEN.format("racks")), ""))
    assert not filed.known(lab.world, ()).whole

    lab.clock += 31 * 86_400
    lab.cycle()
    assert filed.known(lab.world, ()).whole


def test_at_gmail_a_label_of_the_flagged_mail_counts_where_no_folder_could_be_asked(make: Make) -> None:
    lab = make("never", 'folder = ["Health"]', CONFIG + "connections = 2\n")  # one for work, one for IDLE
    lab.mailbox.more = frozenset({"X-GM-EXT-1"})
    lab.mailbox.boxes["INBOX"].mails[lab.flag(question(1))].labels = frozenset({"Health", "Starred"})
    lab.flag(question(2))
    lab.settle()

    assert sorted(job.state for job in lab.jobs()) == [State.DONE, State.SKIPPED]
    assert len(asked(lab)) == 1
    assert "by its folder Health" in page(lab)


def test_at_gmail_so_does_a_label_of_a_mail_of_the_thread(make: Make) -> None:
    lab = make("never", 'folder = ["Health*"]')
    lab.mailbox.more = frozenset({"X-GM-EXT-1"})
    lab.mailbox.boxes |= {f"Health{number}": Box(number) for number in range(1, 70)}  # more than are read
    boxes = lab.mailbox.boxes
    secret = lab.mailbox.add("Archive", question(1).replace(b"hardware", b"CANARY"))
    boxes["Archive"].mails[secret].thread, boxes["Archive"].mails[secret].labels = "7", frozenset({"Health9"})
    other = lab.mailbox.add("Archive", question(2).replace(b"hardware", b"software"))
    boxes["Archive"].mails[other].thread = "7"
    boxes["INBOX"].mails[lab.flag(question(3))].thread = "7"
    lab.settle()

    (prompt,) = asked(lab)
    assert "CANARY" not in prompt
    assert "software" in prompt


def test_another_rule_is_read_for_anew(make: Make) -> None:
    lab = make("never", 'folder = ["Other"]')
    clinic(lab)
    learn(lab, (sent(WRITTEN.format("CANARY results"), In_Reply_To=REPORT), ""))
    rule = lab.config.privacy[0].model_copy(update={"folder": ("Health",)})
    lab.boot(lambda world: replace(world, config=lab.config.model_copy(update={"privacy": (rule,)})))
    lab.flag(question(To="Ada Example <ada@example.org>"))
    lab.settle()

    assert "CANARY" not in asked(lab)[0]


@pytest.mark.parametrize("criteria", ['from = ["holm-law.example"]', 'words = ["CANARY"]', 'from = ["other.example"]'])
def test_what_only_a_model_in_the_house_may_see_of_the_thread_keeps_the_whole_prompt_there(
    make: Make, criteria: str
) -> None:
    lab = make("local", criteria)
    root = "<1.1766332362@northwind.example>"
    everybody = "Ada Example <ada@example.org>, Mara Lindqvist <mara@northwind.example>, Bo <bo@northwind.example>"
    lab.mailbox.add("INBOX", question(1, To=everybody, **LAWYER).replace(b"hardware", b"CANARY"))
    lab.flag(question(2, In_Reply_To=root, References=root))
    lab.settle()

    assert "CANARY" in asked(lab)[0]
    assert lab.jobs()[0].inside is ("other" not in criteria)


def test_an_own_mail_that_only_a_model_in_the_house_may_see_is_no_sample_for_another_reply(make: Make) -> None:
    lab = make("local", 'from = ["holm-law.example"]')
    text = "Hi both,\n\nthe CANARY is for you and for nobody else.\n\nCheers\nAda\n"
    lab.mailbox.add("Sent", sent(text, cc="Eve <eve@holm-law.example>"), "\\Seen")
    lab.clock += 4000
    lab.cycle()
    lab.flag(question(To="Ada Example <ada@example.org>"))
    lab.settle()

    assert not lab.jobs()[0].inside  # so it may be asked for again of any model
    assert "CANARY" not in asked(lab)[0]


def test_a_rule_is_looked_up_anew_for_a_draft_that_is_asked_for_again(make: Make) -> None:
    lab = make("never")
    lab.flag()
    lab.settle()
    free = lab.config.model_copy(update={"privacy": ()})
    lab.boot(lambda world: replace(world, config=free))
    lab.mailbox.star(1, up=False)
    lab.cycle()
    lab.mailbox.star(1)
    lab.settle()

    assert [job.state for job in lab.jobs()] == [State.DONE, State.SKIPPED]


def test_a_prompt_that_waits_for_the_model_is_judged_anew_where_the_rules_are_others_by_now(make: Make) -> None:
    lab = make("never", 'from = ["other.example"]')
    assert lab.endpoint is not None
    lab.endpoint.queue = [Later("the model's server is down")]
    lab.flag()
    lab.cycle()
    assert len(asked(lab)) == 1
    rule = lab.config.privacy[0].model_copy(update={"from_": ("northwind.example",)})
    lab.boot(lambda world: replace(world, config=lab.config.model_copy(update={"privacy": (rule,)})))
    lab.settle()

    assert [job.state for job in lab.jobs()] == [State.SKIPPED]
    assert len(asked(lab)) == 1


def test_a_bad_answer_before_the_rule_came_does_not_keep_the_page_from_being_written(make: Make) -> None:
    lab = make("never", 'from = ["other.example"]')
    assert lab.endpoint is not None
    lab.endpoint.queue = ["no JSON", Later("the model's server is down")]
    lab.flag()
    lab.cycle()
    rule = lab.config.privacy[0].model_copy(update={"from_": ("northwind.example",)})
    lab.boot(lambda world: replace(world, config=lab.config.model_copy(update={"privacy": (rule,)})))
    lab.settle()

    (job,) = lab.jobs()
    assert (job.state, job.paged) == (State.SKIPPED, True)
    assert "Your privacy rule “never” (by its sender) keeps this mail from every model" in page(lab)


def test_a_prompt_that_waits_is_judged_anew_where_its_mail_was_moved_into_such_a_folder(make: Make) -> None:
    lab = make("never", 'folder = ["Health"]')
    assert lab.endpoint is not None
    lab.endpoint.queue = [Later("the model's server is down", after=9000)]
    uid = lab.flag(question(To="Ada Example <ada@example.org>"))
    lab.cycle()
    lab.mailbox.boxes["Health"] = Box(77)
    lab.mailbox.move("INBOX", uid, "Health")
    learn(lab, (sent(WRITTEN.format("racks")), ""))
    lab.settle()

    assert [job.state for job in lab.jobs()] == [State.SKIPPED]
    assert len(asked(lab)) == 1


def test_a_prompt_that_waits_under_the_same_rules_goes_out_as_it_is(make: Make) -> None:
    lab = make("never", 'from = ["other.example"]\nfolder = ["Health"]')
    assert lab.endpoint is not None
    lab.endpoint.queue = [Later("the model's server is down")]
    lab.flag()
    lab.settle()

    assert lab.jobs()[0].state is State.DONE
    first, second = asked(lab)
    assert first == second


def test_the_outline_writer_asks_nobody_so_no_rule_stops_it(make: Make) -> None:
    lab = make("never")
    lab.endpoint = None
    lab.boot()
    lab.flag()
    lab.settle()

    assert (lab.jobs()[0].state, len(lab.mailbox.raws())) == (State.DONE, 1)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('rule = "never"', "privacy[1]: fits no mail; add from, folder, keyword or words"),
        ('rule = "maybe"\nwords = ["x"]', 'privacy[1].rule: must be one of "never", "local" or "analysis-only"'),
        ('words = ["x"]', "privacy[1].rule: is missing; add it"),
        ('rule = "never"\nfrom = []', "privacy[1].from: must not be empty; fill it in, or remove it"),
        ('rule = "never"\nfrom = ["Eve Holm"]', "privacy[1].from[1]: must be an address or a domain, such as"),
        ('rule = "never"\nfrom = "eve@x.example"', 'privacy[1].from: must be a list, such as ["one", "two"]'),
        ('rule = "never"\nwords = [""]', "privacy[1].words[1]: must not be empty; fill it in"),
        ('rule = "never"\nsender = ["x"]\nwords = ["x"]', "privacy[1].sender: is not a key of mailbot"),
    ],
)
def test_a_rule_that_says_nothing_is_a_problem_of_the_config(lines: str, problem: str) -> None:
    with pytest.raises(BadUsage) as caught:
        Lab(CONFIG.replace("[[account]]", f"[[privacy]]\n{lines}\n[[account]]", 1))
    assert caught.value.problems[0].startswith(problem)


def test_on_a_real_server_folders_and_keywords_are_read_and_a_mail_that_leaves_is_free_again(dovecot: Any) -> None:
    rules = '[[privacy]]\nrule = "never"\nfolder = ["heal*"]\nkeyword = ["$Private"]\n'
    lab = Served(dovecot, CONFIG.replace("[[account]]", f"{rules}[[account]]", 1))
    with lab.other() as client:
        client.create_folder("Health")
    uid = lab.deliver(question(9, Message_ID=REPORT), folder="Health")
    lab.deliver(sent(WRITTEN.format("CANARY-1 results"), In_Reply_To=REPORT), folder="Sent")
    lab.deliver(sent(WRITTEN.format("CANARY-2 results"), number=2), "$private", folder="Sent")
    lab.deliver(sent(WRITTEN.format("racks"), number=3), folder="Sent")
    lab.cycle()
    lab.deliver(question(To="Ada Example <ada@example.org>"), "\\Flagged")
    lab.settle()
    with lab.other("Health") as client:
        client.move([uid], "Archive")
    lab.deliver(question(2, To="Ada Example <ada@example.org>"), "\\Flagged")
    lab.settle()

    first, second = asked(lab)
    assert "CANARY" not in first
    assert "the racks are for you" in first
    assert "CANARY-1" in second
    assert "CANARY-2" not in second
    lab.close()
