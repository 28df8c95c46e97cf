"""mailbot replay: the archived prompt as it was, another answer beside the first, and no trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner, Result
from endpoint import Endpoint, Refuse, Text
from worlds import CONFIG, Lab, question

from mailbot.cli import commands
from mailbot.cli.replay import compared
from mailbot.errors import BadUsage
from mailbot.job import State
from mailbot.prompt import sources

DAY = date(2026, 1, 5)
ABROAD = "Hallo Mara,\n\nwir kaufen die Server und ich bin am Freitag leider nicht da.\n\nViele Grüße\nAda"
GERMAN = json.dumps({"reply": ABROAD, "language": "de"})
SECOND = json.dumps({"title": "t", "reply": "Hi Mara,\n\nnobody buys it.\n\nAda", "language": "en"})


@pytest.fixture
def model() -> Iterator[Endpoint]:
    with Endpoint(usual=Text(SECOND)) as server:
        yield server


@pytest.fixture
def lab(model: Endpoint) -> Iterator[Lab]:
    lab = Lab(CONFIG.replace("http://127.0.0.1:1/v1", model.base_url))
    lab.cycle()
    lab.flag()
    lab.settle()
    yield lab
    lab.close()


def replay(lab: Lab, *words: str) -> Result:
    arguments = ["replay", "--config", str(lab.folder / "config.toml"), *words, lab.jobs()[0].id[:6]]
    return CliRunner().invoke(commands, arguments, standalone_mode=False)


def disk(lab: Lab) -> dict[str, bytes]:
    root = lab.config.archive.folder
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_same_prompt_goes_out_and_nothing_is_stored(lab: Lab, model: Endpoint) -> None:
    assert lab.endpoint is not None
    before, events = disk(lab), lab.world.journal.last()
    shown: dict[str, Any] = json.loads(replay(lab, "--json", "--model", "other-2").output)

    assert model.requests[0].body["messages"] == lab.endpoint.asked[0]
    assert model.requests[0].body["model"] == "other-2"
    assert "we buy it" in shown["before"]["reply"]
    assert "nobody buys it" in shown["after"]["reply"]
    assert (disk(lab), lab.world.journal.last(), len(lab.mailbox.raws())) == (before, events, 1)


def test_another_server_gets_no_key_and_may_take_no_schema(lab: Lab) -> None:
    with Endpoint(Refuse("response_format"), usual=Text(SECOND)) as other:
        result = replay(lab, "--base-url", other.base_url_at("localhost"))

    assert result.exception is None
    assert "nobody buys it" in result.output
    assert {request.headers["authorization"] for request in other.requests} == {"Bearer none"}
    assert lab.world.journal.facts.all(f"learnt:{other.base_url_at('localhost')} fake-1") == {}


def test_a_server_outside_is_refused_over_plain_http(lab: Lab) -> None:
    assert isinstance(replay(lab, "--base-url", "http://192.0.2.1/v1").exception, BadUsage)


def add_rule(lab: Lab, lines: str) -> None:
    path = lab.folder / "config.toml"
    path.write_text(path.read_text().replace("[[account]]", f"[[privacy]]\n{lines}\n[[account]]", 1))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('rule = "never"\nfrom = ["mara@northwind.example"]', "“never” (mara@northwind.example) keeps a part of it"),
        ('rule = "never"\nfolder = ["inbox"]', "“never” (by its folder INBOX)"),
        ('rule = "never"\nwords = ["buys the hardware"]', "“never” (by the words “buys the hardware”)"),
        ('rule = "analysis-only"\nfrom = ["northwind.example"]', "lets a model read this mail and write no draft"),
    ],
)
def test_a_rule_that_came_since_keeps_the_prompt_from_the_model(
    lab: Lab, model: Endpoint, rule: str, words: str
) -> None:
    add_rule(lab, rule)
    lab.world.index.filed.came_through(lab.world.key, '[["inbox"], []]')
    error = replay(lab).exception

    assert isinstance(error, BadUsage)
    assert words in str(error)
    assert "mailbot redo" in str(error)
    assert model.requests == []


def test_a_local_rule_lets_a_model_in_the_house_answer_and_no_other(lab: Lab, model: Endpoint) -> None:
    add_rule(lab, 'rule = "local"\nfrom = ["northwind.example"]')
    assert replay(lab).exception is None
    assert "outside of your own network" in str(replay(lab, "--base-url", "https://192.0.2.1/v1").exception)
    assert len(model.requests) == 1


def test_what_is_not_known_of_folders_is_not_taken_for_nothing(lab: Lab, model: Endpoint) -> None:
    add_rule(lab, 'rule = "never"\nfolder = ["Health"]')
    assert "it is not known in which folders its mails lie" in str(replay(lab).exception)
    assert model.requests == []


def test_a_prompt_of_more_people_than_are_noted_is_not_sent_again_where_a_rule_might_mean_one(
    lab: Lab, model: Endpoint
) -> None:
    crowd = "\n".join(f"a{number}@x.example" for number in range(600))
    lab.flag(question(2, Message_ID="<crowd@x.example>") + crowd.encode())
    lab.clock += 7000
    lab.settle()
    assert [job.state for job in lab.jobs()] == [State.DONE, State.DONE]
    assert replay(lab).exception is None

    add_rule(lab, 'rule = "never"\nfrom = ["a599@x.example"]')
    assert "it is not noted whose mails are in this prompt" in str(replay(lab).exception)
    assert len(model.requests) == 1


def test_a_mail_that_was_moved_to_such_a_folder_since_is_not_sent_again(lab: Lab, model: Endpoint) -> None:
    add_rule(lab, 'rule = "never"\nfolder = ["Health"]')
    index = lab.world.index.filed
    index.came_through(lab.world.key, '[["Health"], []]')
    assert replay(lab).exception is None

    index.add(index.open(lab.world.key, "Health", "", 1), [(7, lab.jobs()[0].mail["message_id"])])
    assert "by its folder Health" in str(replay(lab).exception)
    assert len(model.requests) == 1


def test_the_new_reply_is_verified_and_its_gaps_and_remarks_are_shown(lab: Lab, model: Endpoint) -> None:
    reply = "Hi Mara,\n\npay at https://evil.example/pay by 17 March. We need [[fill: how many]].\n\nAda"
    text = json.dumps({"reply": reply, "language": "en", "assumptions": ["that it is urgent"]})
    model.then(Text(text), Text(text))
    shown, printed = json.loads(replay(lab, "--json").output)["after"], replay(lab).output

    assert "https://evil.example" not in shown["reply"]
    assert "[[check: link]]" in shown["reply"]
    assert shown["gaps"] == ["how many"]
    said = "\n".join(shown["remarks"])
    for words in ("Taken out of the draft", "17 March", "Fill in before you send: “how many”", "that it is urgent"):
        assert words in said
        assert words in " ".join(printed.split())


def test_a_new_reply_in_another_language_is_remarked(lab: Lab, model: Endpoint) -> None:
    model.then(Text(GERMAN))
    assert "The reply is in another language than the mail" in replay(lab).output


@pytest.mark.parametrize(("match", "told"), [("northwind.example", False), ("elsewhere.example", True)])
def test_a_language_that_the_instructions_for_a_reader_name_is_as_the_owner_wants_it(
    lab: Lab, model: Endpoint, match: str, told: bool
) -> None:
    path = lab.folder / "config.toml"
    wanted = f'[[owner.for]]\nmatch = "{match}"\ninstructions = "Always in German."\n'
    path.write_text(path.read_text().replace("[archive]", f"{wanted}[archive]", 1))
    model.then(Text(GERMAN))

    assert ("The reply is in another language" in replay(lab).output) is told


def test_without_a_prompt_there_is_nothing_to_ask_again(lab: Lab) -> None:
    lab.world.store.remove(lab.jobs()[0].names["prompt"])
    assert isinstance(replay(lab).exception, BadUsage)


def test_the_replies_stand_side_by_side_where_there_is_room() -> None:
    one, two = {"model": "a", "reply": "你好 " * 30}, {"model": "b", "reply": "first\nsecond \x1b[31m"}
    wide, narrow = compared(one, two, 120), compared(one, two, 60)

    assert wide[0].split() == ["before:", "a", "│", "now:", "b"]
    assert len({line.find("│") for line in wide if "你" not in line}) == 1
    assert "\x1b" not in "".join([*wide, *narrow])
    assert narrow.index("now: b") > narrow.index("before: a")
    assert not any("│" in line for line in narrow)


@pytest.mark.parametrize(
    "text", ["{cut off", "[]", "{}", '{"model": "m", "messages": [1]}', '{"model": "m", "messages": 1}']
)
def test_a_prompt_that_was_changed_by_hand_is_not_sent(lab: Lab, model: Endpoint, text: str) -> None:
    path = lab.jobs()[0].names["prompt"]
    (lab.config.archive.folder / path).write_text(text)
    error = replay(lab).exception

    assert isinstance(error, BadUsage)
    assert path in str(error)
    assert model.requests == []


def test_in_an_archived_prompt_samples_and_notes_are_told_apart() -> None:
    around = '[sample 1] 2026-01-01 "Hi \\"Mara\\",\\n\\nso be it."\n[sample 2] "Yes."\n'
    around += '[note 1] "Racks › Price": "12 euros"\n'
    said = sources.read(around, [{"author": "owner", "text": "Mine"}, {"author": "other", "text": "Theirs"}], DAY)

    assert said.lent == (
        ("your mail of 2026-01-01", 'Hi "Mara",\n\nso be it.'),
        ("your mail", "Yes."),
        ("your note Racks › Price", "12 euros"),
    )
    assert said.own == (around, "Mine")
    assert "Theirs" in said.others[1]
    assert "Mine" not in "".join(said.others)
