"""The rest of a thread in the prompt: found in every folder, in order, and never waited for too long."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import FakeSession
from running import until
from worlds import CONFIG, Lab, question

from mailbot.bot import gather, search
from mailbot.bot.connect import connect
from mailbot.bot.tick import rehearse
from mailbot.errors import Later, OwnerMustAct
from mailbot.imap.login import connect as log_in
from mailbot.imap.spare import Spare
from mailbot.imap.trouble import Rejection
from mailbot.job import STARTS, State
from mailbot.poller import Poller, background
from mailbot.poller.calls import Calls

ROOT = "<1.1766332362@northwind.example>"
OWN = {
    "From": "Ada Example <ada@example.org>",
    "To": "Mara Lindqvist <mara@northwind.example>",
    "Cc": "Bo <bo@northwind.example>",
}


def letter(number: int, text: str, **headers: str) -> bytes:
    """The numbered mail of a thread: each answers the one before it and knows the root."""
    before = {} if number == 1 else {"In_Reply_To": name(number - 1), "References": f"{ROOT} {name(number - 1)}"}
    return question(number, **before, **headers).replace(b"who buys the hardware?", text.encode())


def name(number: int) -> str:
    return f"<{number}.1766332362@northwind.example>"


def shown(lab: Lab, call: int = -1) -> list[dict[str, Any]]:
    """The mails of the prompt that the model was sent."""
    assert lab.endpoint is not None
    text = lab.endpoint.asked[call][-1]["content"]
    block = re.search(r"^--- \S+ begin ---\n(.*)\n--- \S+ end ---$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    return list(json.loads(block[1]))


def said(lab: Lab, call: int = -1) -> list[tuple[str, str]]:
    """Author and the number of each mail in the prompt."""
    found = [(mail["author"], re.search(r"letter (\d+)", mail["text"])) for mail in shown(lab, call) if "text" in mail]
    return [(author, match[1]) for author, match in found if match]


def page(lab: Lab) -> str:
    (text,) = lab.pages().values()
    return text.replace("\\", "")


class Connecting:
    """Counts the connections of a lab; ``make`` gives the session."""

    def __init__(self, lab: Lab, make: Callable[[], Any]) -> None:
        self.made: list[Any] = []
        self._make = make
        lab.boot(lambda world: replace(world, connect=self))

    def __call__(self) -> Any:
        session = self._make()
        self.made.append(session)
        return session


def on(server: Any, user: str) -> Any:
    where = SimpleNamespace(host=server.host, port=server.port, security="none", ca_file="", user=user, auth="password")
    return log_in(where, server.password, None)


@pytest.fixture
def new_lab() -> Iterator[Lab]:
    """A mailbot that has not seen its mailbox yet."""
    lab = Lab()
    lab.clock = time.time()  # servers stamp what arrives with their own clock
    yield lab
    lab.close()


def test_a_thread_over_three_folders_is_shown_in_order_once_each_and_own_mails_as_own(
    new_lab: Lab, dovecot: Any
) -> None:
    user = dovecot.user()
    Connecting(new_lab, lambda: on(dovecot, user))
    new_lab.cycle()
    with dovecot.client(user) as client:
        for number in range(1, 12):
            own = OWN if number % 3 == 0 else {}
            folder = "Sent" if own else "INBOX" if number > 6 else "Archive"
            client.append(folder, letter(number, f"letter {number}", **own))
        client.append("INBOX", letter(3, "letter 3", **OWN, Received="from list by mx; own mail over the list"))
        client.append("Archive", letter(8, "letter 8"))
        client.append("INBOX", question(40, Subject="another thread"))
        client.append("INBOX", letter(12, "letter 12"), ("\\Flagged",))

    new_lab.cycle()

    assert [number for _, number in said(new_lab)] == [str(number) for number in range(1, 13)]
    assert [number for author, number in said(new_lab) if author == "owner"] == ["3", "6", "9"]
    assert "The model was shown 11 other mails of the thread." in page(new_lab)
    assert new_lab.jobs()[0].state is State.DONE


@pytest.mark.parametrize("capability", ["X-GM-EXT-1", "OBJECTID"])
def test_a_server_that_knows_threads_is_asked_for_the_thread(new_lab: Lab, scripted: Any, capability: str) -> None:
    scripted.capabilities.append(capability)
    Connecting(new_lab, lambda: on(scripted, "ada"))
    new_lab.cycle()
    for number, folder, thread in ((1, "Archive", 7), (2, "Sent", 7), (3, "Archive", 8), (4, "INBOX", 7)):
        raw = question(number, **(OWN if folder == "Sent" else {})).replace(b"who buys", b"letter %d" % number)
        flags = [r"\Flagged"] if number == 4 else []
        scripted.append(folder, raw.replace(b"\n", b"\r\n"), flags, thread=thread)

    new_lab.cycle()

    assert said(new_lab) == [("other", "1"), ("owner", "2"), ("other", "4")]
    assert not any("HEADER REFERENCES" in line.upper() and "SEARCH" in line for _, line in scripted.log)


def test_what_the_owner_and_a_colleague_said_between_them_is_not_shown_and_the_page_says_so(lab: Lab) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    lab.mailbox.add("Sent", letter(2, "letter 2", **OWN | {"To": "sam@example.org", "Cc": "ada@example.com"}))
    lab.mailbox.add("INBOX", letter(3, "letter 3", From="sam@example.org", To="ada@example.com"))
    lab.flag(question(4, In_Reply_To=ROOT).replace(b"who buys", b"letter 4: who buys"))

    lab.cycle()

    assert said(lab) == [("other", "1"), ("other", "4")]
    assert "2 mails of the thread were not shown to the model" in page(lab)


def test_a_mail_that_says_it_is_from_the_owner_is_a_strangers_until_it_lies_in_sent(lab: Lab) -> None:
    lab.mailbox.add("INBOX", letter(1, "letter 1", **OWN))
    lab.flag(letter(2, "letter 2"))

    lab.cycle()

    assert said(lab) == [("other", "1"), ("other", "2")]


def test_what_came_after_the_flagged_mail_is_shown_and_the_flagged_one_comes_last(lab: Lab) -> None:
    lab.mailbox.add("INBOX", letter(3, "letter 3"))
    lab.flag(letter(2, "letter 2"))

    lab.cycle()

    assert said(lab) == [("other", "3"), ("other", "2")]
    assert shown(lab)[0]["remark"] == "written after the mail to answer"


def test_drafts_and_what_is_marked_as_deleted_are_no_mails_of_a_thread(lab: Lab) -> None:
    lab.mailbox.add("Drafts", letter(1, "letter 1"), "\\Draft")
    lab.mailbox.add("Archive", letter(2, "letter 2"), "\\Draft")  # as Gmail's All Mail has it
    lab.mailbox.add("INBOX", letter(3, "letter 3"), "\\Deleted")
    lab.flag(letter(4, "letter 4"))

    lab.cycle()

    assert said(lab) == [("other", "4")]


def test_of_a_long_thread_the_newest_are_fetched_and_the_rest_is_counted(lab: Lab) -> None:
    for number in range(1, 31):
        lab.clock += 1
        lab.mailbox.add("Archive" if number % 5 else "INBOX", letter(number, f"letter {number}"))
    lab.flag(letter(31, "letter 31"))

    lab.cycle()

    assert [number for _, number in said(lab)] == [str(number) for number in range(15, 32)]
    assert shown(lab)[0] == {"remark": "14 older mails of the thread are not here"}
    assert "14 older mails of the thread did not fit whole into the prompt." in page(lab)


def test_a_huge_mail_of_the_thread_is_read_in_part_only(lab: Lab) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1 " + "x" * 500_000))
    lab.flag(letter(2, "letter 2"))

    lab.cycle()

    assert shown(lab)[0]["remark"] == "only the beginning of this mail is here"
    assert len(shown(lab)[0]["text"]) < search.BEGINNING


def test_without_a_model_nothing_is_searched(lab: Lab) -> None:
    lab.endpoint = None
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))
    lab.flag()

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert len(connecting.made) == 1


@pytest.mark.parametrize(
    ("connections", "idle", "searched"), [(3, "true", True), (2, "true", False), (2, "false", True)]
)
def test_a_search_takes_a_connection_that_the_config_allows(connections: int, idle: str, searched: bool) -> None:
    config = CONFIG.replace("port = 1\n", f"port = 1\nconnections = {connections}\n") + f"[schedule]\nidle = {idle}\n"
    lab = Lab(config)
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))
    lab.cycle()
    before = len(connecting.made)
    lab.flag()

    lab.cycle()

    assert len(connecting.made) - before == 1 + searched
    assert lab.jobs()[0].state is State.DONE
    lab.close()


def test_a_mail_that_gets_no_draft_is_not_searched_for(lab: Lab) -> None:
    connecting = Connecting(lab, lambda: Failing(lab.mailbox))
    lab.flag(question(**OWN))

    lab.cycle()

    assert lab.jobs()[0].state is State.SKIPPED
    assert "a bug in mailbot" not in page(lab)
    assert all(session.closed for session in connecting.made[1:])  # the login that was made ahead


def test_mails_flagged_together_share_one_login_and_it_is_gone_afterwards(lab: Lab) -> None:
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))
    for number in (1, 2, 3):
        lab.flag(question(number, Message_ID=f"<other-{number}@x>"))

    lab.cycle()

    assert [job.state for job in lab.jobs()] == [State.DONE] * 3
    assert len(connecting.made) == 2
    assert all(session.closed for session in connecting.made)


def test_a_prompt_that_is_made_anew_needs_no_second_search(lab: Lab) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))
    lab.flag(letter(2, "letter 2"))
    assert lab.endpoint is not None
    lab.endpoint.queue = ["no JSON at all"]

    lab.cycle()

    assert said(lab, 0) == said(lab, 1) == [("other", "1"), ("other", "2")]
    assert len(connecting.made) == 2
    assert lab.world.journal.kept(lab.jobs()[0].id, "thread") is None  # other people's mails are kept no longer


def test_a_mail_without_any_id_has_no_thread_that_could_be_found(lab: Lab) -> None:
    lab.mailbox.add("INBOX", letter(1, "letter 1"))
    lab.flag(question(2, Message_ID="").replace(b"who buys", b"letter 2"))

    lab.cycle()

    assert said(lab) == [("other", "2")]
    assert "thread" not in page(lab)


def test_the_connection_of_a_search_is_gone_after_the_next_look(lab: Lab) -> None:
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))
    lab.flag()
    lab.poller.round()
    lab.poller.finish()

    lab.poller.round()

    assert [session.closed for session in connecting.made] == [False, True]


def test_a_search_that_ended_the_process_again_and_again_is_left_out(lab: Lab) -> None:
    job = fetched(lab)
    for _ in range(STARTS):
        job = lab.world.record(job, "started")
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))

    lab.cycle()

    assert len(connecting.made) == 1
    assert gather.ENDED in page(lab)


def test_a_dry_run_shows_the_prompt_with_the_thread(lab: Lab) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    lab.flag(letter(2, "letter 2"))

    (job,) = rehearse(lab.world, connect(lab.world), include_existing=False)

    assert "letter 1" in (lab.world.store.read(job.names["prompt"]) or "")


# Servers that are slow, refuse or break


class Hanging(FakeSession):
    """Answers no thread search until it is broken off."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.mailbox)
        self.looks = 0
        self._broken = threading.Event()

    def examine(self, folder: str) -> Any:
        self.looks += 1
        return super().examine(folder)

    def related(self, ids: Any, since: Any, folder: str) -> tuple[int, ...]:
        if folder == "Sent":
            return super().related(ids, since, folder)
        self._broken.wait(20)
        raise Later("the connection broke")

    def break_off(self) -> None:  # type: ignore[override]
        self._broken.set()
        self.close()


def test_a_search_that_hangs_delays_a_draft_by_the_bound_and_what_was_found_before_is_shown(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "WITHIN", 0.3)
    connecting = Connecting(lab, lambda: Hanging(lab))
    lab.mailbox.add("Sent", letter(1, "letter 1", **OWN))
    lab.mailbox.add("Archive", letter(2, "letter 2"))
    lab.flag(letter(3, "letter 3"))
    began = time.monotonic()

    lab.cycle()

    assert time.monotonic() - began < 3
    assert said(lab) == [("owner", "1"), ("other", "3")]
    assert shown(lab)[0] == {"remark": "more mails of the thread may be missing"}
    assert search.SLOW in page(lab)
    assert connecting.made[1].closed


def test_a_server_that_lets_nobody_in_delays_by_the_bound_and_is_asked_once_only(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "WITHIN", 0.2)
    work, late = FakeSession(lab.mailbox), FakeSession(lab.mailbox)
    logins, patience = [], threading.Event()

    def silent() -> Any:
        logins.append(threading.current_thread().name)
        if len(logins) == 1:
            return work
        patience.wait(20)
        return late

    Connecting(lab, silent)
    for number in (1, 2, 3):
        lab.flag(question(number, Message_ID=f"<other-{number}@x>"))

    lab.cycle()
    patience.set()

    assert [job.state for job in lab.jobs()] == [State.DONE] * 3
    assert len(logins) == 2
    until(lambda: late.closed, "the end of a connection that nobody waits for")
    assert all(search.SLOW in text for text in lab.pages().values())


def test_searches_that_wait_for_slow_ones_are_given_up_after_a_bound(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "WITHIN", 0.3)
    monkeypatch.setattr(background, "PATIENCE", 0.5)
    connecting = Connecting(lab, lambda: Hanging(lab))
    calls, first = Calls(1), list[Callable[[], None]]()

    def submit(call: Callable[[], None]) -> None:
        """None begins before all six are there: a busy machine would spread them, and each would have its turn."""
        first.append(call)
        if len(first) >= 6:
            for each in tuple(first) if len(first) == 6 else (call,):
                calls.submit(each)

    lab.poller = Poller(lab.world, Calls(2), SimpleNamespace(submit=submit))  # type: ignore[arg-type]
    for number in range(1, 7):
        lab.flag(question(number, Message_ID=f"<other-{number}@x>"))

    lab.cycle()

    assert [job.state for job in lab.jobs()] == [State.DONE] * 6
    assert len(connecting.made) <= 4  # a third search may have a few milliseconds left
    assert sum(gather.BUSY in text for text in lab.pages().values()) >= 3


def test_while_a_search_hangs_the_poll_goes_on_and_does_not_spin(lab: Lab) -> None:
    connecting = Connecting(lab, lambda: Hanging(lab))
    ended = threading.Event()
    beside = SimpleNamespace(submit=lambda call: Calls(1).submit(lambda: (call(), ended.set())))
    slow = Poller(lab.world, Calls(2), beside)  # type: ignore[arg-type]
    thread = threading.Thread(target=slow.run, daemon=True)
    uid = lab.flag(letter(2, "letter 2"))
    thread.start()
    slow.wake()
    until(lambda: len(connecting.made) == 2 and connecting.made[1].looks, "the search")

    lab.mailbox.star(uid, up=False)
    slow.wake()

    until(lambda: lab.jobs()[0].state is State.CANCELLED, "the end of a job whose flag was taken away", within=4)
    assert connecting.made[0].looks < 20
    slow.stop()
    thread.join(5)
    connecting.made[1].break_off()
    assert ended.wait(5)


@pytest.mark.parametrize(
    ("when", "then", "why"),
    [
        ("before", "stall", search.SLOW),
        ("before", "close", "could not be searched for: the connection to the server broke"),
        ("before", b"NO [LIMIT] not on Mondays", "could not be searched for: [LIMIT] not on Mondays"),
        ("before", b"BAD what is OR", "could not be searched for"),
        ("after", lambda answer: b"* SEARCH 1 two\r\n" + answer, "sent an answer that cannot be read"),
    ],
)
def test_whatever_a_server_does_to_a_search_the_draft_is_made_and_the_page_says_so(
    new_lab: Lab, scripted: Any, monkeypatch: pytest.MonkeyPatch, when: Any, then: Any, why: str
) -> None:
    monkeypatch.setattr(gather, "WITHIN", 1.0)
    user = scripted.user()

    def log_in_again() -> Any:
        session = on(scripted, user)
        if connecting.made[2:]:  # learning had one, the poll has its own: the next search is for the thread
            scripted.fault("UID SEARCH", when=when, then=then)
        return session

    connecting = Connecting(new_lab, log_in_again)
    new_lab.cycle()
    scripted.append("INBOX", letter(2, "letter 2").replace(b"\n", b"\r\n"), [r"\Flagged"])

    new_lab.cycle()

    assert new_lab.jobs()[0].state is State.DONE
    assert why.lower() in page(new_lab).lower()


class Failing(FakeSession):
    def related(self, ids: Any, since: Any, folder: str) -> tuple[int, ...]:
        raise ZeroDivisionError


def test_a_bug_in_a_search_is_a_remark_and_the_draft_is_made(lab: Lab) -> None:
    Connecting(lab, lambda: Failing(lab.mailbox))
    lab.flag(letter(2, "letter 2"))

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert "a bug in mailbot: ZeroDivisionError" in page(lab)


def test_a_login_that_is_refused_for_the_search_is_a_remark_and_the_draft_is_made(lab: Lab) -> None:
    sessions = [FakeSession(lab.mailbox)]

    def once() -> Any:
        if sessions:
            return sessions.pop()
        raise OwnerMustAct("login", "too many connections", "wait")

    Connecting(lab, once)
    lab.flag()

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert "too many connections" in page(lab)


def test_the_login_of_a_search_is_made_while_the_mail_is_fetched(lab: Lab) -> None:
    """And only one: it takes three turns where the fetch takes one."""
    logins: list[int] = []

    class Fetching(FakeSession):
        def mail(self, uid: int, limit: int) -> Any:
            until(lambda: len(connecting.made) == 2, "the login")
            logins.append(len(connecting.made))
            return super().mail(uid, limit)

    connecting = Connecting(lab, lambda: Fetching(lab.mailbox))
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    lab.flag(letter(2, "letter 2"))

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert (logins[0], len(connecting.made)) == (2, 2)
    assert "letter 1" in (lab.world.store.read(lab.jobs()[0].names["prompt"]) or "")


class WithoutSent(FakeSession):
    def related(self, ids: Any, since: Any, folder: str) -> tuple[int, ...]:
        if folder == "Sent":
            raise Rejection("Sent cannot be searched")
        return super().related(ids, since, folder)


def test_a_folder_that_refuses_takes_nothing_from_the_others(lab: Lab) -> None:
    Connecting(lab, lambda: WithoutSent(lab.mailbox))
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    lab.flag(letter(2, "letter 2"))

    lab.cycle()

    assert said(lab) == [("other", "1"), ("other", "2")]
    assert "Sent cannot be searched" in page(lab)


@pytest.mark.parametrize("date", ["Mon, 5 Jan 2099 08:00:00 +0100", "Thu, 1 Jan 0001 00:00:00 +0000", "soon", ""])
def test_a_date_that_a_stranger_made_up_hides_no_thread(lab: Lab, date: str) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    lab.flag(letter(2, "letter 2", Date=date))

    lab.cycle()

    assert said(lab) == [("other", "1"), ("other", "2")]


def test_a_kept_connection_that_died_is_replaced(lab: Lab) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    connecting = Connecting(lab, lambda: FakeSession(lab.mailbox))
    spare = Spare(lab.world.connect)
    searches = gather.Searches(lab.world, spare)
    roles = connect(lab.world).roles
    job = fetched(lab)
    died = FakeSession(lab.mailbox)
    died.close()
    spare._session = died  # type: ignore[assignment]
    before = len(connecting.made)

    searches.gather(job, roles, gather.WITHIN)

    assert len(gather.kept_thread(lab.world, job).mails) == 1
    assert len(connecting.made) == before + 1


def fetched(lab: Lab) -> Any:
    """A job that waits for its thread."""
    lab.poller = Poller(lab.world, Calls(1), SimpleNamespace(submit=lambda call: None))  # type: ignore[arg-type]
    lab.flag(letter(2, "letter 2"))
    lab.poller.round()
    (job,) = lab.world.journal.open_jobs(lab.world.key)
    return job


def test_the_model_is_asked_while_the_round_is_still_at_work(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many flags at once the model is kept busy: a prompt does not wait for drafts that are being stored."""
    storing, asked = threading.Event(), threading.Event()
    append, ask = FakeSession.append, lab.endpoint.ask  # type: ignore[union-attr]
    late = question(2, Message_ID="<late@x>", Subject="the late one")

    def slow(session: Any, folder: str, raw: bytes, flags: Any) -> Any:
        storing.set()
        assert asked.wait(5), "the second mail is asked about while the first is stored"
        return append(session, folder, raw, flags)

    def answer(messages: Any, *args: Any, **options: Any) -> Any:
        if "the late one" in messages[-1]["content"]:
            assert storing.wait(5)
            asked.set()
        return ask(messages, *args, **options)

    searched = gather.look

    def patient(session: Any, search: Any) -> str:
        if search.mail.subject == "the late one":
            assert storing.wait(5)
        return searched(session, search)

    monkeypatch.setattr(FakeSession, "append", slow)
    monkeypatch.setattr(lab.endpoint, "ask", answer)
    monkeypatch.setattr(gather, "look", patient)
    lab.poller = Poller(lab.world, Calls(2), Calls(1))
    lab.flag(question(1))
    lab.flag(late)

    lab.cycle()

    assert [job.state for job in lab.jobs()] == [State.DONE] * 2


def test_what_the_model_needs_is_loaded_beside_the_search_for_the_first_draft(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    searched = gather.look

    def watched(session: Any, search: Any) -> str:
        assert lab.endpoint is not None
        loaded.append(lab.endpoint.loaded)
        return searched(session, search)

    monkeypatch.setattr(gather, "look", watched)
    assert lab.endpoint is not None
    before = lab.endpoint.loaded
    lab.flag()
    lab.cycle()

    assert (before, loaded) == (False, [True])


def test_a_service_that_ends_during_a_search_asks_no_model_any_more(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = gather.look

    def ending(session: Any, search: Any) -> str:
        lab.poller.stop()
        return searched(session, search)

    lab.flag()
    with monkeypatch.context() as patched:
        patched.setattr(gather, "look", ending)
        lab.poller.round()
    assert lab.endpoint is not None
    asked = len(lab.endpoint.asked)

    lab.boot()
    lab.cycle()

    assert (asked, [job.state for job in lab.jobs()]) == (0, [State.DONE])
