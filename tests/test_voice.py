"""Voice: what is learnt from Sent, what of it stands in whose prompt, and that it costs no draft anything."""

from __future__ import annotations

import random
import re
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from fakes import FakeSession
from letters import MARA, sent
from running import SOON, until
from served import Served
from worlds import CONFIG, Lab, question

from mailbot.errors import Later, OwnerMustAct
from mailbot.imap.trouble import Rejection
from mailbot.index import Index, Unusable
from mailbot.job import State
from mailbot.learn import sent as learn
from mailbot.own import sent as own_mails
from mailbot.poller import Poller
from mailbot.poller.calls import Calls

BO, EVE = "Bo Svensson <bo@northwind.example>", "Eve <eve@elsewhere.example>"
TO_ADA = {"To": "Ada Example <ada@example.org>"}  # Mara writes, and nobody gets a copy
TEXT = "Hi Mara,\n\nthe {} are for you, and we can meet on Friday.\n\nCheers\nAda\n"


def prompt(lab: Lab, call: int = -1) -> str:
    assert lab.endpoint is not None
    return "\n".join(message["content"] for message in lab.endpoint.asked[call])


def page(lab: Lab) -> str:
    (text,) = lab.pages().values()
    return text.replace("\\", "")


def knows(lab: Lab, *addresses: str) -> list[str]:
    return sorted(lab.world.index.sent.known(addresses))


def write(lab: Lab, *raws: bytes) -> None:
    """Own mails lie in Sent, and an hour later mailbot has learnt from them."""
    for raw in raws:
        lab.mailbox.add("Sent", raw, "\\Seen")
    lab.clock += 4000
    lab.cycle()


# What stands in a prompt


def test_own_mails_to_the_same_person_are_samples_and_the_page_says_so(lab: Lab) -> None:
    write(lab, *(sent(TEXT.format(thing), number=n) for n, thing in enumerate(("racks", "lamps", "chairs"), start=1)))
    lab.flag(question(**TO_ADA))

    lab.cycle()

    assert [prompt(lab).count(f"the {thing} are for you") for thing in ("racks", "lamps", "chairs")] == [1, 1, 1]
    assert "“Hi Mara,” (3 of 3)" in prompt(lab)
    assert "“Cheers / Ada” (3 of 3)" in prompt(lab)
    assert "The model was shown 3 mails that you sent to the same readers before" in page(lab)


def test_of_mails_that_differ_in_their_numbers_only_one_is_shown(lab: Lab) -> None:
    write(lab, *(sent(f"Hi Mara,\n\nplease send {n} racks by {n} May.\n\nCheers\nAda\n", number=n) for n in (1, 2, 3)))
    lab.flag(question(**TO_ADA))
    lab.settle()

    assert "please send 3 racks" in prompt(lab)
    assert "please send 2 racks" not in prompt(lab)


def test_a_mail_to_one_person_is_no_sample_in_a_reply_to_another_or_to_both(lab: Lab) -> None:
    write(lab, *(sent(TEXT.format(f"canary{n}"), number=n) for n in range(1, 6)))
    lab.flag(question(1, From="Jonas <jonas@northwind.example>", **TO_ADA))
    lab.flag(question(2, Message_ID="<two@x>", Cc="Bo <bo@northwind.example>"))
    lab.flag(question(3, Message_ID="<three@x>", Reply_To="desk@northwind.example", **TO_ADA))

    lab.cycle()

    assert lab.endpoint is not None
    assert len(lab.endpoint.asked) == 3
    for call in range(3):
        assert "canary" not in prompt(lab, call)
        assert "“Hi Mara,”" not in prompt(lab, call)


def test_what_went_to_both_is_a_sample_in_a_reply_to_both(lab: Lab) -> None:
    write(lab, sent(TEXT.format("racks"), cc=BO))
    lab.flag(question())  # with a copy to Bo

    lab.cycle()

    assert "the racks are for you" in prompt(lab)


def test_for_a_stranger_the_card_tells_habits_without_names_and_nothing_else(lab: Lab) -> None:
    texts = ("Hi Mara,\n\nthe test was positive, and we are glad.\n\nCheers from the clinic\nAda\n",) * 3
    write(lab, *(sent(text, number=n) for n, text in enumerate(texts)))
    lab.flag(question(From="Jonas <jonas@contoso.example>", **TO_ADA))

    lab.cycle()

    assert "“Hi {first name},” (3 of 3)" in prompt(lab)
    assert "“Cheers / Ada” (3 of 3)" in prompt(lab)
    assert not re.search("positive|clinic|Hi Mara,”", prompt(lab))


def test_samples_are_in_the_language_of_the_mail(lab: Lab) -> None:
    german = "Hallo Mara,\n\ndie Lampen sind für dich, und wir können uns am Freitag sehen.\n\nLG\nAda\n"
    write(lab, sent(TEXT.format("racks")), sent(german, number=2))
    lab.flag(question(**TO_ADA))

    lab.cycle()

    assert "the racks are for you" in prompt(lab)
    assert "die Lampen sind für dich" not in prompt(lab)


def test_a_mail_of_the_thread_is_not_shown_twice(lab: Lab) -> None:
    write(lab, sent(TEXT.format("racks"), Message_ID="<root@northwind.example>"))
    lab.flag(question(In_Reply_To="<root@northwind.example>", References="<root@northwind.example>", **TO_ADA))

    lab.cycle()

    assert prompt(lab).count("the racks are for you") == 1


def test_an_unknown_recipient_gets_no_samples(lab: Lab) -> None:
    write(lab, *(sent(TEXT.format(f"canary{n}"), number=n) for n in range(1, 6)))
    lab.flag(question(From="mara@northwind.example <evil@evil.example>", **TO_ADA))

    lab.cycle()

    assert "canary" not in prompt(lab)


def test_nothing_is_learnt_with_from_sent_off_and_what_was_learnt_is_forgotten() -> None:
    lab = Lab()
    write(lab, sent(TEXT.format("racks")))
    assert knows(lab, "mara@northwind.example")
    off = Lab(CONFIG + "[voice]\nfrom_sent = false\n", folder=lab.folder)
    off.mailbox = lab.mailbox
    off.flag(question(**TO_ADA))

    off.cycle()

    assert "the racks are for you" not in prompt(off)
    assert "Greeting: " not in prompt(off)
    assert knows(off, "mara@northwind.example") == []
    assert b"racks" not in b"".join(path.read_bytes() for path in off.config.state.folder.glob("index.sqlite*"))
    off.close()
    lab.close()


# What is learnt


def test_what_another_wrote_is_not_learnt_wherever_it_lies(lab: Lab) -> None:
    write(
        lab,
        sent("Hi Mara,\n\ncanary one is here for you.\n\nAda\n", number=1, From="Mallory <mallory@evil.example>"),
        sent("Hi Mara,\n\ncanary two is here for you.\n\nAda\n", number=2, Reply_To="mallory@evil.example"),
        sent("Hi Mara,\n\ncanary three is here for you.\n\nAda\n", number=3, Delivered_To="ada@example.org"),
        sent("Yes, that is fine for us.\n\nOn 5 Jan 2026, Bo <bo@x.example> wrote:\n> canary four\n", number=4),
        sent("Yes, this is fine.\n\n---------- Forwarded message ---------\nFrom: Bo\n\ncanary five\n", number=5),
    )
    lab.mailbox.add("Archive", sent("Hi Mara,\n\ncanary six is here for you.\n\nAda\n", number=6))
    lab.flag(question(**TO_ADA))

    lab.cycle()

    assert "that is fine for us" in prompt(lab)
    assert "canary" not in prompt(lab)


@pytest.mark.parametrize("kind", ["dovecot", "scripted"])
def test_sent_is_read_once_the_newest_first_and_stays_as_it_was(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn, "LOT", 3)
    lab = Served(request.getfixturevalue(kind))
    fetched: list[int] = []

    class Counting:
        def __init__(self, session: Any) -> None:
            self._session = session

        def __getattr__(self, name: str) -> Any:
            return getattr(self._session, name)

        def mails(self, uids: Any, limit: int) -> Any:
            fetched.extend(uids)
            return self._session.mails(uids, limit)

    lab.wrap_session = Counting
    for number in range(1, 9):
        lab.deliver(sent(TEXT.format("racks"), f"p{number}@x.example", number=number), folder="Sent")

    lab.cycle()

    assert fetched == [8, 7, 6, 5, 4, 3, 2, 1]
    assert knows(lab, "p1@x.example", "p8@x.example", "p9@x.example") == ["p1@x.example", "p8@x.example"]
    assert all("\\Seen" not in lab.flags(uid, "Sent") for uid in range(1, 9))

    lab.deliver(sent(TEXT.format("racks"), "p9@x.example", number=9), folder="Sent")
    with lab.other("Sent") as client:
        client.move([1], "Trash")
    fetched.clear()
    lab.clock += 4000
    lab.cycle()

    assert fetched == [9]
    assert knows(lab, "p1@x.example", "p8@x.example", "p9@x.example") == ["p8@x.example", "p9@x.example"]
    lab.close()


def test_a_sent_folder_that_was_rebuilt_is_read_anew(dovecot: Any) -> None:
    lab = Served(dovecot)
    lab.deliver(sent(TEXT.format("racks"), "p1@x.example"), folder="Sent")
    lab.cycle()
    with lab.other("Sent") as client:
        client.move([1], "Trash")
    lab.deliver(sent(TEXT.format("racks"), "p2@x.example"), folder="Sent")
    dovecot.rebuild(lab.user, "Sent", uidvalidity=99)
    lab.clock += 4000

    lab.cycle()

    assert knows(lab, "p1@x.example", "p2@x.example") == ["p2@x.example"]
    lab.close()


def test_of_many_mails_the_newest_are_learnt_and_not_all_are_listed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "MOST", 20)
    listed: list[int] = []

    class Listing(FakeSession):
        def uids_from(self, uid: int) -> tuple[int, ...]:
            found = super().uids_from(uid)
            listed.append(len(found))
            return found

    lab.boot(lambda world: replace(world, connect=lambda: Listing(lab.mailbox)))
    write(lab, *(sent(TEXT.format("racks"), f"p{n}@x.example", number=n) for n in range(1, 201)))

    everybody = [f"p{n}@x.example" for n in range(1, 201)]
    assert sum(len(knows(lab, *everybody[at : at + 40])) for at in range(0, 200, 40)) == 20
    assert knows(lab, *everybody[180:]) == sorted(everybody[180:])
    assert max(listed) <= 20


def test_gaps_between_uids_hide_no_mail(lab: Lab) -> None:
    lab.mailbox.boxes["Sent"].uidnext = 5_000_000
    write(lab, sent(TEXT.format("racks"), "p1@x.example"))
    lab.mailbox.boxes["Sent"].uidnext = 4_000_000_000
    write(lab, sent(TEXT.format("racks"), "p2@x.example", number=2))

    assert knows(lab, "p1@x.example", "p2@x.example") == ["p1@x.example", "p2@x.example"]


def test_a_round_ends_in_time_and_the_next_goes_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "ROUND", 0.0)
    write(lab, *(sent(TEXT.format("racks"), f"p{n}@x.example", number=n) for n in range(1, 61)))
    assert knows(lab, "p60@x.example") == []
    monkeypatch.setattr(learn, "ROUND", 10.0)

    lab.cycle()

    assert knows(lab, "p1@x.example", "p60@x.example") == ["p1@x.example", "p60@x.example"]


def test_a_mail_that_ends_the_process_is_not_read_twice(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(*args: Any, **options: Any) -> Any:
        raise Killed

    monkeypatch.setattr(own_mails, "read", kill)
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    write(lab, sent(TEXT.format("racks"), "p1@x.example"))
    monkeypatch.undo()
    write(lab, sent(TEXT.format("racks"), "p2@x.example", number=2))

    assert knows(lab, "p1@x.example", "p2@x.example") == ["p2@x.example"]


# Whatever happens, drafts are made


class Hanging(FakeSession):
    """Answers no FETCH in Sent until it is broken off."""

    def __init__(self, lab: Lab, entered: threading.Event) -> None:
        super().__init__(lab.mailbox)
        self._entered = entered
        self._broken = threading.Event()

    def mails(self, uids: Any, limit: int) -> Any:
        if self.selected and self.selected.folder == "Sent":
            self._entered.set()
            self._broken.wait(2 * SOON)
            raise Later("the connection broke")
        return super().mails(uids, limit)

    def break_off(self) -> None:  # type: ignore[override]
        self._broken.set()
        self.close()


def test_a_search_does_not_wait_for_learning_and_what_was_under_way_is_read_later(lab: Lab) -> None:
    entered, hangs = threading.Event(), [True]
    lab.mailbox.add("Sent", sent(TEXT.format("racks"), "p1@x.example"))
    lab.clock += 4000
    lab.boot(
        lambda world: replace(world, connect=lambda: Hanging(lab, entered) if hangs[0] else FakeSession(lab.mailbox))
    )
    poller = Poller(lab.world, Calls(1), Calls(1))
    thread = threading.Thread(target=poller.run, daemon=True)
    thread.start()
    poller.wake()
    assert entered.wait(SOON)
    hangs[0] = False
    lab.mailbox.add("Archive", question(1))
    lab.flag(question(2, In_Reply_To="<1.1766332362@northwind.example>"))

    poller.wake()

    until(lambda: lab.jobs() and lab.jobs()[0].state is State.DONE, "the draft")
    assert "The model was shown 1 other mail of the thread." in page(lab)
    poller.stop()
    thread.join(SOON)
    lab.clock += 4000
    lab.cycle()
    assert knows(lab, "p1@x.example")


@pytest.mark.parametrize(
    "error",
    [Later("broken"), Rejection("NO"), OwnerMustAct("login", "no", "do"), Unusable("full"), ZeroDivisionError("bug")],
)
def test_whatever_learning_meets_the_draft_is_made(lab: Lab, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    class Failing(FakeSession):
        def uids_from(self, uid: int) -> tuple[int, ...]:
            if self.selected and self.selected.folder == "Sent":
                raise error
            return super().uids_from(uid)

    lab.boot(lambda world: replace(world, connect=lambda: Failing(lab.mailbox)))
    lab.clock += 4000
    lab.flag(question(**TO_ADA))

    lab.cycle()

    assert [job.state for job in lab.jobs()] == [State.DONE]
    assert not lab.notices


@pytest.mark.parametrize("part", ["to", "recent", "near", "known", "reading", "open", "begin", "add"])
@pytest.mark.parametrize("error", [Unusable("the disk is full"), ZeroDivisionError("bug")])
def test_whatever_is_wrong_with_the_index_the_draft_is_made(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, part: str, error: Exception
) -> None:
    def fail(*args: Any) -> Any:
        raise error

    monkeypatch.setattr(type(lab.world.index.sent), part, fail)
    lab.mailbox.add("Sent", sent(TEXT.format("racks")))
    lab.clock += 4000
    lab.flag(question(**TO_ADA))

    lab.cycle()

    assert [job.state for job in lab.jobs()] == [State.DONE]


def test_a_failure_is_tried_again_more_and_more_seldom(lab: Lab) -> None:
    logins: list[float] = []

    def refuse() -> Any:
        logins.append(lab.clock)
        if len(logins) > 1:
            raise Later("too many connections")
        return FakeSession(lab.mailbox)

    lab.boot(lambda world: replace(world, connect=refuse))
    poller = lab.poller
    lab.clock += 4000
    for _ in range(120):
        lab.clock += 60
        poller.round()
        poller.finish()

    assert 4 < len(logins) < 12


def test_hostile_mails_in_sent_cost_no_draft_and_no_time(lab: Lab) -> None:
    chance = random.Random(5)
    letters = [
        sent("x" * 1_000_000),
        sent("Hi " * 400_000, number=2),
        sent("> " * 400_000, number=3),
        sent("", number=4, html="<div>" * 100_000),
        b"From: ada@example.org\nTo: " + b"<a@b.example>," * 50_000 + b"\n\nx",
        b"From: ada@example.org\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 100_000,
        b"\x00" * 10_000,
        b"",
        *(bytes(chance.randrange(256) for _ in range(3_000)) for _ in range(10)),
    ]
    began = time.process_time()

    write(lab, *letters, sent(TEXT.format("racks"), number=20))
    lab.flag(question(**TO_ADA))
    lab.cycle()

    assert time.process_time() - began < 15
    assert [job.state for job in lab.jobs()] == [State.DONE]
    assert "the racks are for you" in prompt(lab)


def test_without_a_spare_connection_nothing_is_learnt() -> None:
    lab = Lab(CONFIG.replace("port = 1\n", "port = 1\nconnections = 2\n"))
    lab.mailbox.add("Sent", sent(TEXT.format("racks")))

    lab.cycle()

    assert knows(lab, "mara@northwind.example") == []
    lab.close()


def test_the_index_may_be_deleted_at_any_time(lab: Lab) -> None:
    write(lab, sent(TEXT.format("racks")))
    for path in lab.config.state.folder.glob("index.sqlite*"):
        path.unlink()
    assert isinstance(lab.world.index, Index)
    lab.flag(question(1, **TO_ADA))
    lab.cycle()
    assert "the racks are for you" not in prompt(lab)

    lab.flag(question(2, Message_ID="<two@x>", **TO_ADA))
    lab.cycle()

    assert "the racks are for you" in prompt(lab)


# Whom the owner knows

DIVERTED = {"From": MARA, "Reply_To": "mara.lindqvist@evil.example", **TO_ADA}


def written_to(lab: Lab) -> list[str]:
    return [raw.partition(b"\r\nTo: ")[2].partition(b"\r\n")[0].decode() for raw in lab.mailbox.raws("Drafts")]


def test_a_reply_to_a_known_correspondent_does_not_go_to_a_foreign_reply_to(lab: Lab) -> None:
    write(lab, sent(TEXT.format("racks")))
    lab.flag(question(**DIVERTED))

    lab.cycle()

    assert written_to(lab) == [MARA]
    assert "where you never wrote before" in page(lab)
    assert "the racks are for you" in prompt(lab)  # as in any reply to her


def test_without_having_written_to_the_author_reply_to_is_honoured(lab: Lab) -> None:
    write(lab, sent(TEXT.format("racks"), BO))
    lab.flag(question(**DIVERTED))

    lab.cycle()

    assert written_to(lab) == ["mara.lindqvist@evil.example"]
    assert "Replies go to another domain" in page(lab)


@pytest.mark.parametrize("before", [True, False])
def test_the_recipients_of_a_job_stay_whatever_the_index_says_later(lab: Lab, before: bool) -> None:
    if before:
        write(lab, sent(TEXT.format("racks")))
    assert lab.endpoint is not None
    lab.endpoint.queue = [Later("the model is down")]
    lab.flag(question(**DIVERTED))
    lab.cycle()
    (job,) = lab.jobs()
    if before:
        lab.index.path.unlink()
        lab.mailbox.boxes["Sent"].mails.clear()
    write(lab, *([] if before else [sent(TEXT.format("racks"))]))
    lab.settle()

    assert written_to(lab) == [MARA if before else "mara.lindqvist@evil.example"]
    assert job.draft["to"] in (MARA, "mara.lindqvist@evil.example")
    assert [j.draft["to"] for j in lab.jobs()] == [job.draft["to"]]
