"""What mailbot must survive: 33 cases of servers, networks, hosts and mails that went wrong for somebody.

The table says what each case is; the mark ``case(number)`` on a test says that it holds it. This file has the table and
the cases that have no better place: servers that answer oddly, on the scripted server or on real Dovecot."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dovecot import Dovecot
from running import Account, Home
from scripted import Scripted
from worlds import CONFIG, Lab, question

from mailbot.bot.trouble import troubles
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.imap import login
from mailbot.imap.session import Session
from mailbot.job import State

CASES = {
    1: "a flag set by a second client during the work, before IDLE and inside it: one draft each",
    2: "a flag that is pending when IDLE begins is found",
    3: "IDLE: an event before the plus, in its packet, half a line, BYE, NO, BAD",
    4: "the server closes in IDLE: no busy loop, back-off",
    5: "the peer stops answering, at every point",
    6: "stopped at every step and in every octet class of APPEND: one draft",
    7: "APPEND: no APPENDUID, a wrong one, OK and not there, the double removed by the server",
    8: "APPEND refused: TRYCREATE, OVERQUOTA, TOOBIG, LIMIT, UNAVAILABLE, BAD, throttled with milliseconds",
    9: "APPEND of unknown outcome while others save and delete drafts",
    10: "UIDVALIDITY changes of INBOX, Drafts and both",
    11: "two folders with one UIDVALIDITY and the same UIDs",
    12: "moved, copied or in two views while under way: one draft",
    13: "expunged between SEARCH and FETCH",
    14: "unflagged, flagged again; the draft deleted, edited, sent",
    15: "two mailbots on one account, one host and two hosts",
    16: "keywords refused, read-only, the case of a flag changed",
    17: "no UIDPLUS, UIDNEXT, SPECIAL-USE, NAMESPACE, IDLE; capabilities only after the login",
    18: "SEARCH: split, unsorted, missing, with MODSEQ, as ESEARCH",
    19: "a large mailbox with 5,000 stars: the first contact is bounded",
    20: "names of folders: quotes, backslash, &, umlauts, brackets, digits, NIL, blanks, INBOX. prefix",
    21: "literals where nobody expects them, answers without text, UID 4294967295",
    22: "login: wrong password, not connected, LOGINDISABLED, too many, non-ASCII password, a user with a blank",
    23: "TLS: nobody's certificate, a CA of one's own, STARTTLS stripped",
    24: "clock jumps, suspend, no name server, a network that is gone",
    25: "the parser's poison mails: never out of the worker, parked once",
    26: "long ids, a hundred references, CRLF in encoded words, 8-bit, IDN, groups, 8,000 recipients",
    27: "no Message-ID, one for two mails, one with blanks",
    28: "an attached mail's words are not the mail's",
    29: "a draft that a client edited keeps its thread",
    30: "disk full, state locked, archive read-only, SIGTERM in each phase",
    31: "no connection is held while the model thinks",
    32: "a star on one's own draft, in Drafts, Sent and Trash, on mail from oneself, on a notice",
    33: "this suite on this Python, with keyring absent and failing",
}


# Tests of other promises that hold a case as well, by file and name.
ELSEWHERE = {
    1: (
        "test_service.test_a_flag_becomes_a_draft_at_once_while_the_service_idles",
        "test_service.test_other_mails_are_drafted_while_a_model_call_is_open",
    ),
    2: ("test_service.test_a_flag_set_between_the_first_look_and_idle_is_not_missed",),
    6: (
        "test_crash.test_stopped_at_any_effect_it_goes_on_to_one_draft",
        "test_crash.test_stopped_at_any_two_effects_it_goes_on_to_one_draft",
        "test_crash_append.test_broken_twice_inside_append_it_goes_on_to_one_draft",
        "test_crash_kill.test_killed_at_random_while_the_owner_works_on_nothing_is_lost_and_nothing_is_double",
    ),
    9: (
        "test_crash_append.test_a_draft_that_its_owner_took_meanwhile_is_not_made_again",
        "test_bot_trouble.test_drafts_that_vanished_before_the_append_are_made_again",
        "test_doubt.test_a_gap_with_a_newer_reply_counts_as_the_draft",
        "test_doubt.test_a_gap_without_any_reply_means_append_again",
    ),
    23: ("test_imap_contract.test_a_certificate_of_nobody_is_for_the_owner",),
    12: (
        "test_service.test_a_mail_that_is_flagged_and_archived_at_once_gets_its_draft",
        "test_bot_flags.test_a_second_delivery_joins_the_first",
        "test_bot_flags.test_a_move_between_watched_folders_asks_nothing_new",
    ),
    14: (
        "test_bot_flags.test_unflagged_before_the_model_is_asked_cancels",
        "test_bot_flags.test_flagged_again_after_it_was_seen_unflagged_is_asked_anew",
        "test_bot_trouble.test_a_draft_that_the_owner_sent_meanwhile_is_found_in_sent",
    ),
    26: (
        "test_reply_properties.test_whatever_a_mail_says_its_draft_reads_back_as_it_was_meant",
        "test_mail_header.test_long_ids_stay_whole_and_absurd_ones_are_left_out",
    ),
    27: (
        "test_bot_flags.test_different_mails_with_one_message_id_are_two",
        "test_mail_key.test_a_mail_without_any_field_has_a_key",
    ),
    28: ("test_mail_parse.test_an_attached_mail_is_not_the_text_of_the_mail",),
    31: ("test_service.test_other_mails_are_drafted_while_a_model_call_is_open",),
    33: ("test_secrets.test_a_host_without_a_usable_keyring_says_what_else_works",),
}


def sources() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.stem}.{node.name}", node


def held() -> dict[int, set[str]]:
    """The tests that hold each number, read from the sources."""
    found: dict[int, set[str]] = defaultdict(set)
    for name, node in sources():
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.case":
                found[ast.literal_eval(mark.args[0])].add(name)
    for number, names in ELSEWHERE.items():
        found[number] |= set(names)
    return found


def test_every_case_is_held_by_a_test() -> None:
    assert set(held()) == set(CASES)


def test_no_test_that_holds_a_case_has_gone() -> None:
    known = {name for name, _ in sources()}

    assert [name for names in ELSEWHERE.values() for name in names if name not in known] == []


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


class Odd(Lab):
    """A whole mailbot on a scripted server that knows the mailbox already."""

    def __init__(self, server: Scripted, config: str = CONFIG) -> None:
        self.server = server
        super().__init__(config.replace("port = 1\n", f"port = {server.port}\n"))

    def boot(self, wrap: Any = None) -> None:
        def wired(world: Any) -> Any:
            return replace(world, connect=lambda: login.connect(world.account.imap, self.server.password, None))

        super().boot(wired)

    def flagged(self, number: int = 1, folder: str = "INBOX", *flags: str) -> int:
        return self.server.append(folder, crlf(question(number)), ["\\Flagged", *flags])

    def settle(self, cycles: int = 4) -> None:
        """So many rounds an hour apart, whatever becomes of each."""
        for _ in range(cycles):
            with suppress(MailbotError):
                self.cycle()
            self.poller.close()
            self.clock += 4000

    def states(self) -> list[State]:
        return [job.state for job in self.jobs()]

    def drafts(self) -> int:
        return len(self.server.folder("Drafts").messages)


@pytest.fixture
def odd(scripted: Scripted) -> Iterator[Odd]:
    lab = Odd(scripted)
    lab.cycle()
    yield lab
    lab.close()


# 7 and 8: APPEND


def no_code(answer: bytes) -> bytes:
    return re.sub(rb"\[APPENDUID[^]]*\] ", b"", answer)


def untagged(answer: bytes) -> bytes:
    found = re.search(rb"\[APPENDUID[^]]*\]", answer)
    return b"* OK " + (found[0] if found else b"") + b" stored\r\n" + no_code(answer)


def wrong(answer: bytes) -> bytes:
    return re.sub(rb"\[APPENDUID (\d+) (\d+)\]", rb"[APPENDUID \2 \1]", answer)


@pytest.mark.case(7)
@pytest.mark.parametrize("answer", [no_code, untagged, wrong])
def test_a_draft_is_found_whatever_append_says_of_its_place(odd: Odd, answer: Callable[[bytes], bytes]) -> None:
    odd.server.fault("APPEND", when="after", then=answer)
    odd.flagged()

    odd.settle()

    assert odd.states() == [State.DONE]
    assert odd.drafts() == 1
    assert "was not there" not in "".join(odd.pages().values())


@pytest.mark.case(7)
def test_a_draft_that_was_confirmed_and_is_not_there_is_remarked_and_not_stored_again(odd: Odd) -> None:
    odd.server.fault("APPEND", when="before", then=b"OK [APPENDUID 1700000001 77] stored")
    odd.flagged()

    odd.settle()

    assert odd.states() == [State.DONE]
    assert odd.drafts() == 0
    assert "was not there when it was read back" in "".join(odd.pages().values())


REFUSALS = {
    b"NO [TRYCREATE] no such folder": "",
    b"NO [OVERQUOTA] mailbox is full": "mailbox",
    b"NO [TOOBIG] too big": "mailbox",
    b"NO [LIMIT] reached": "mailbox",
    b"NO [UNAVAILABLE] try later": "",
    b"NO [READ-ONLY] no": "mailbox",
    b"BAD Command Argument Error. 11": "",
}


@pytest.mark.case(8)
@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refused_append_waits_and_stores_the_one_draft_later(odd: Odd, answer: bytes) -> None:
    odd.server.fault("APPEND", when="before", then=answer, times=2)
    odd.flagged()
    odd.cycle()

    (job,) = odd.jobs()
    assert job.state is State.ANSWERED
    assert "the server does not store the draft" in job.waits_for
    assert set(troubles(odd.world)) == {REFUSALS[answer]} - {""}

    odd.settle()
    assert odd.states() == [State.DONE]
    assert odd.drafts() == 1
    assert len(odd.endpoint.asked) == 1  # type: ignore[union-attr]
    assert troubles(odd.world) == {}


@pytest.mark.case(8)
def test_the_servers_own_back_off_is_kept(odd: Odd) -> None:
    said = b"BAD Request is throttled. Suggested Backoff Time: 1800000 milliseconds"
    odd.server.fault("APPEND", when="before", then=said)
    odd.flagged()
    with pytest.raises(Later) as caught:
        odd.cycle()

    assert caught.value.after == 1800
    assert odd.jobs()[0].until == pytest.approx(odd.clock + 1800, abs=60)
    odd.settle()
    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)


@pytest.mark.case(8)
def test_a_server_that_asks_for_years_is_asked_again_after_an_hour(odd: Odd) -> None:
    said = b"NO throttled, Suggested Backoff Time: 999999999999 milliseconds"
    odd.server.fault("APPEND", when="before", then=said)
    odd.flagged()
    with suppress(MailbotError):
        odd.cycle()

    assert odd.jobs()[0].until == pytest.approx(odd.clock + 3600, abs=60)


# 10 and 11: UIDs


@pytest.mark.case(10)
@pytest.mark.parametrize("folders", [["INBOX"], ["Drafts"], ["INBOX", "Drafts"]])
def test_rebuilt_folders_ask_nothing_new_and_the_next_flag_is_drafted(odd: Odd, folders: list[str]) -> None:
    odd.flagged(1)
    odd.settle()
    for folder in folders:
        odd.server.rebuild(folder)
    odd.settle()
    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)

    odd.flagged(2)
    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE] * 2, 2)


@pytest.mark.case(10)
def test_drafts_made_anew_on_a_real_server_take_the_next_draft(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account) as home:
        home.command("once")
        account.flag(account.deliver())
        home.command("once")
        with dovecot.client(account.user) as client:
            client.delete_folder("Drafts")
            client.create_folder("Drafts")
        account.flag(account.deliver())

        assert home.command("once").code == 0

        assert len(account.mails()) == 1
        assert [job["state"] for job in home.command("list", "--json").json] == ["done", "done"]


@pytest.mark.case(11)
def test_equal_uidvalidity_and_uids_in_two_folders_are_two_mails(scripted: Scripted) -> None:
    for folder in scripted.mailbox.folders.values():
        folder.uidvalidity = 7
    odd = Odd(
        scripted,
        CONFIG.replace('address = "ada@example.org"', 'address = "ada@example.org"\nfolders = ["INBOX", "Archive"]'),
    )
    odd.cycle()
    odd.flagged(1)
    odd.flagged(2, "Archive")

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE] * 2, 2)
    odd.close()


# 13 and 18: what SEARCH and FETCH answer


@pytest.mark.case(13)
@pytest.mark.parametrize(
    "answer",
    [
        lambda answer: b"",
        lambda answer: re.sub(rb"BODY\[[^]]*\](<0>)? \{\d+\}\r\n.*\)\r\n", b"BODY[] NIL)\r\n", answer, flags=re.DOTALL),
    ],
    ids=["missing", "NIL"],
)
def test_a_mail_that_vanishes_between_search_and_fetch_stops_nobody(odd: Odd, answer: Any) -> None:
    def gone(whole: bytes) -> bytes:
        tagged = whole.rstrip().rsplit(b"\r\n", 1)[-1] + b"\r\n"
        head = answer(whole[: len(whole) - len(tagged)])
        return bytes(head + tagged)

    odd.flagged(1)
    odd.server.fault("UID FETCH", when="after", then=gone)
    with suppress(MailbotError):
        odd.cycle()
    odd.flagged(2)

    odd.settle()

    assert State.DONE in odd.states()
    assert odd.drafts() == len(odd.jobs())


@pytest.mark.case(13)
def test_a_fetch_that_is_refused_as_gone_stops_nobody(odd: Odd) -> None:
    odd.flagged(1)
    odd.server.fault("UID FETCH", when="before", then=b"NO Some of the requested messages no longer exist")
    with suppress(MailbotError):
        odd.cycle()

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)


SEARCHES: dict[str, Callable[[bytes], bytes]] = {
    "split in two lines": lambda answer: answer.replace(b"* SEARCH 1 2\r\n", b"* SEARCH 1\r\n* SEARCH 2\r\n"),
    "unsorted and twice": lambda answer: answer.replace(b"SEARCH 1 2", b"SEARCH 2 1 2"),
    "with a MODSEQ tail": lambda answer: answer.replace(b"SEARCH 1 2", b"SEARCH 1 2 (MODSEQ 917162500)"),
    "as ESEARCH": lambda answer: re.sub(rb"\* SEARCH 1 2", b'* ESEARCH (TAG "A1") UID ALL 1:2', answer),
    "no line at all": lambda answer: re.sub(rb"\* SEARCH[^\r]*\r\n", b"", answer),
    "a long line": lambda answer: answer.replace(b"SEARCH 1 2", b"SEARCH " + b"1 2 " * 300_000),
}


@pytest.mark.case(18)
@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_that_is_answered_oddly_once_costs_a_round_and_no_mail(odd: Odd, name: str) -> None:
    odd.flagged(1)
    odd.flagged(2)
    odd.server.fault("UID SEARCH", when="after", then=SEARCHES[name])
    with suppress(MailbotError):
        odd.cycle()
    odd.poller.close()

    odd.settle()
    odd.settle()

    assert odd.states() == [State.DONE] * 2
    assert odd.drafts() == 2


# 16 and 17: what a server lacks


@pytest.mark.case(16)
@pytest.mark.parametrize("flags", [("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"), ("\\Seen",), ()])
def test_a_server_without_keywords_gets_its_draft_and_no_second_one(odd: Odd, flags: tuple[str, ...]) -> None:
    odd.server.permanent_flags = flags
    odd.flagged()

    odd.settle()
    odd.cycle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)


@pytest.mark.case(16)
@pytest.mark.parametrize("answer", [b"NO [LIMIT] too many keywords", b"NO [READ-ONLY] not now", b"BAD no"])
def test_a_keyword_that_is_refused_costs_nothing_but_the_keyword(odd: Odd, answer: bytes) -> None:
    odd.server.fault("UID STORE", when="before", then=answer, times=9)
    odd.flagged()

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)


@pytest.mark.case(16)
def test_a_flag_that_the_server_writes_in_another_case_stays_flagged(odd: Odd) -> None:
    odd.flagged()
    odd.server.fault("UID FETCH", when="after", then=lambda answer: answer.replace(b"\\Flagged", b"\\FLAGGED"))

    odd.settle()
    odd.cycle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)


@pytest.mark.case(17)
def test_a_server_with_nothing_but_the_basics_gets_its_draft(scripted: Scripted) -> None:
    scripted.capabilities = ["IMAP4rev1"]
    scripted.mailbox.special_use.clear()
    odd = Odd(scripted, CONFIG.replace('address = "ada@example.org"', 'address = "ada@example.org"\ndrafts = "Drafts"'))
    odd.cycle()
    odd.flagged()
    scripted.fault("APPEND", when="after", then=no_code)

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)
    odd.close()


# 19: many


@pytest.mark.case(19)
def test_the_first_contact_with_5000_stars_is_a_few_commands_and_asks_nothing(scripted: Scripted) -> None:
    for number in range(5000):
        scripted.folder("INBOX").add(
            crlf(question(number % 60, Message_ID=f"<{number}@x.example>")), ["\\Flagged"], scripted_now()
        )
    odd = Odd(scripted)
    before = scripted.octets

    odd.cycle()

    assert odd.jobs() == []
    assert scripted.octets - before < 5000 * 800
    assert all(len(line) < 8000 for _, line in scripted.log)
    assert sum("FETCH" in line for _, line in scripted.log) < 20
    odd.close()


def scripted_now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC).replace(microsecond=0)


# 20 and 21: names and literals


@pytest.mark.case(20)
@pytest.mark.parametrize(
    "name", ['Dra"fts', "Dra\\fts", "Q&A", "Entwürfe", "[Gmail]/草稿", "2026", "NIL", "Drafts ", "A%B*"]
)
def test_drafts_may_have_any_name(dovecot: Dovecot, name: str) -> None:
    account = Account(dovecot)
    with dovecot.client(account.user) as client:
        client.create_folder(name)
    toml = account.toml().replace('address = "ada@example.org"', f"address = \"ada@example.org\"\ndrafts = '{name}'")
    account.toml = lambda: toml  # type: ignore[method-assign]
    with Home(account) as home:
        home.command("once")
        account.flag(account.deliver())

        assert home.command("once").code == 0
        assert len(account.mails(name)) == 1


@pytest.mark.case(21)
def test_a_mail_with_the_last_uid_there_is_gets_its_draft(odd: Odd) -> None:
    odd.server.folder("INBOX").uidnext = 4294967295
    odd.flagged()

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)


@pytest.mark.case(21)
@pytest.mark.parametrize("command", ["LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "APPEND", "UID STORE", "STATUS"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: re.sub(rb"(\w+ OK)[^\r]*\r\n$", rb"\1\r\n", answer),
        lambda answer: b"* 1 FETCH (FLAGS (\\Seen \\*) X {5}\r\nhello)\r\n" + answer,
        lambda answer: b"* LIST () {1}\r\n/ {5}\r\nhello\r\n" + answer,
        lambda answer: b"* OK\r\n" + answer,
        lambda answer: b"* \0\0 what\r\n" + answer,
        lambda answer: b"* 99999999999999999999 EXISTS\r\n" + answer,
    ],
    ids=["OK without text", "foreign FETCH", "literal name", "bare OK", "NUL", "overflow"],
)
def test_an_odd_line_in_an_answer_costs_a_round_and_no_mail(odd: Odd, command: str, spoil: Any) -> None:
    odd.server.fault(command, when="after", then=spoil)
    odd.flagged()

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)


@pytest.mark.case(17)
@pytest.mark.parametrize("key", ["sent", "trash"])
def test_a_folder_that_the_config_names_and_the_server_lacks_is_told_and_stops_nothing(
    scripted: Scripted, key: str
) -> None:
    named = f'address = "ada@example.org"\n{key} = "Gone"'
    odd = Odd(scripted, CONFIG.replace('address = "ada@example.org"', named))
    odd.cycle()
    odd.flagged()

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)
    assert set(troubles(odd.world)) == {"folders"}
    odd.close()


@pytest.mark.case(17)
@pytest.mark.parametrize("name", ["Sent", "Trash"])
def test_a_folder_that_vanishes_while_mailbot_is_connected_stops_nothing(odd: Odd, name: str) -> None:
    odd.poller.round()
    odd.server.delete(name)
    odd.flagged()

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.DONE], 1)


@pytest.mark.case(22)
def test_a_password_that_cannot_be_sent_is_not_shown(scripted: Scripted) -> None:
    scripted.capabilities = ["IMAP4rev1"]
    with pytest.raises(MailbotError) as caught:
        login.connect(imap_of(scripted, "ada"), "gehëim", None)

    assert not {"gehëim", "geh\\xebim"} & set(re.split(r"[\\s']", str(caught.value)))


# 22 and 23: login and TLS


@pytest.mark.case(22)
@pytest.mark.parametrize(
    ("said", "wait"),
    [
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", 300.0),
        (b"NO [UNAVAILABLE] Temporary authentication failure", 0.0),
        (b"BAD User is authenticated but not connected.", 300.0),
        (b"NO Request is throttled. Suggested Backoff Time: 42000 milliseconds", 42.0),
    ],
)
def test_a_login_that_is_refused_for_now_is_no_wrong_password(odd: Odd, said: bytes, wait: float) -> None:
    odd.server.capabilities = [c for c in odd.server.capabilities if not c.startswith("AUTH=")]
    odd.server.fault("LOGIN", when="before", then=said)

    with pytest.raises(Later) as caught:
        odd.world.connect()

    assert (caught.value.after or 0.0) == wait
    assert odd.world.connect()


@pytest.mark.case(22)
def test_the_round_after_a_crowded_login_waits_as_long_as_the_server_asked(odd: Odd) -> None:
    odd.server.capabilities = [c for c in odd.server.capabilities if not c.startswith("AUTH=")]
    odd.server.fault("LOGIN", when="before", then=b"NO Suggested Backoff Time: 1500000 milliseconds, throttled")
    with suppress(MailbotError):
        odd.poller.round()

    assert odd.poller._not_before == pytest.approx(odd.clock + 1500, abs=30)


@pytest.mark.case(22)
def test_a_server_that_wants_no_password_gets_none(odd: Odd) -> None:
    odd.server.capabilities = ["IMAP4rev1", "LOGINDISABLED"]

    with pytest.raises(OwnerMustAct, match="takes no password"):
        odd.world.connect()

    assert not any("LOGIN" in line for _, line in odd.server.log[-2:])


@pytest.mark.case(22)
@pytest.mark.parametrize("user", ["ada lovelace", 'ada"quote', "ada\\back"])
def test_a_user_with_odd_characters_can_log_in(scripted: Scripted, user: str) -> None:
    scripted.password = "pässwörd" if "AUTH=PLAIN" in scripted.capabilities else scripted.password
    session = login.connect(imap_of(scripted, user), scripted.password, None)

    assert isinstance(session, Session)
    session.close()


def imap_of(server: Scripted, user: str) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(host=server.host, port=server.port, security="none", ca_file="", user=user, auth="password")


@pytest.mark.case(23)
def test_a_server_without_starttls_gets_no_password(scripted: Scripted) -> None:
    imap = imap_of(scripted, "ada")
    imap.security = "starttls"

    with pytest.raises(MailbotError):
        login.connect(imap, scripted.password, login.tls_context(""))

    assert not any("LOGIN" in line or "AUTHENTICATE" in line for _, line in scripted.log)


# 32: what is not answered


@pytest.mark.case(32)
@pytest.mark.parametrize("folder", ["Drafts", "Sent", "Trash"])
def test_a_star_in_drafts_sent_or_trash_asks_nothing(odd: Odd, folder: str) -> None:
    odd.flagged(1, folder)

    odd.settle()

    assert odd.jobs() == []


@pytest.mark.case(32)
def test_a_star_on_the_bots_own_notice_and_on_mail_from_oneself_makes_no_draft(odd: Odd) -> None:
    own = b"From: ada@example.org\r\nTo: ada@example.org\r\nSubject: mine\r\nMessage-ID: <m@example.org>\r\n\r\nhi\r\n"
    odd.server.append("INBOX", own, ["\\Flagged"])

    odd.settle()

    assert (odd.states(), odd.drafts()) == ([State.SKIPPED], 0)
