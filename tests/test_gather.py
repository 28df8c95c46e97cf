"""The rest of a thread in the prompt: found in every folder, in order, and never waited for too long."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fakes import FakeSession
from running import SOON, until
from threads import OWN, ROOT, Connecting, Failing, letter, on, page, said, shown
from worlds import CONFIG, Lab, question

from mailbot.bot import gather, search
from mailbot.bot.connect import connect
from mailbot.bot.tick import rehearse
from mailbot.job import State
from mailbot.poller import Poller
from mailbot.poller.calls import Calls


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search is given up because the machine is slow."""
    monkeypatch.setattr(gather, "WITHIN", SOON)


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


def test_a_dry_run_shows_the_prompt_with_the_thread(lab: Lab) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    lab.flag(letter(2, "letter 2"))

    (job,) = rehearse(lab.world, connect(lab.world), include_existing=False)

    assert "letter 1" in (lab.world.store.read(job.names["prompt"]) or "")


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


@pytest.mark.parametrize("date", ["Mon, 5 Jan 2099 08:00:00 +0100", "Thu, 1 Jan 0001 00:00:00 +0000", "soon", ""])
def test_a_date_that_a_stranger_made_up_hides_no_thread(lab: Lab, date: str) -> None:
    lab.mailbox.add("Archive", letter(1, "letter 1"))
    lab.flag(letter(2, "letter 2", Date=date))

    lab.cycle()

    assert said(lab) == [("other", "1"), ("other", "2")]


def test_the_model_is_asked_while_the_round_is_still_at_work(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many flags at once the model is kept busy: a prompt does not wait for drafts that are being stored."""
    storing, asked = threading.Event(), threading.Event()
    append, ask = FakeSession.append, lab.endpoint.ask  # type: ignore[union-attr]
    late = question(2, Message_ID="<late@x>", Subject="the late one")

    def slow(session: Any, folder: str, raw: bytes, flags: Any) -> Any:
        storing.set()
        assert asked.wait(SOON), "the second mail is asked about while the first is stored"
        return append(session, folder, raw, flags)

    def answer(messages: Any, *args: Any, **options: Any) -> Any:
        if "the late one" in messages[-1]["content"]:
            assert storing.wait(SOON)
            asked.set()
        return ask(messages, *args, **options)

    searched = gather.look

    def patient(session: Any, search: Any) -> str:
        if search.mail.subject == "the late one":
            assert storing.wait(SOON)
        return searched(session, search)

    monkeypatch.setattr(FakeSession, "append", slow)
    monkeypatch.setattr(lab.endpoint, "ask", answer)
    monkeypatch.setattr(gather, "look", patient)
    lab.poller = Poller(lab.world, Calls(2))
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
