"""What the owner is told, how often, and by which way; and that nothing but a notice ever leaves."""

from __future__ import annotations

import ast
import shutil
import socket
import ssl
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from dovecot import Dovecot
from fakes import FakeEndpoint, FakeSession
from mail_server import make_certificate
from proxy import dripping
from running import Account, Home
from smtp_sink import SmtpSink
from worlds import CONFIG, Lab, question

import mailbot
from mailbot.bot.logins import PAUSE, guarded
from mailbot.bot.trouble import BLOCKING, troubles
from mailbot.bot.world import World
from mailbot.config import Smtp
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.imap.login import tls_context
from mailbot.imap.trouble import Rejection
from mailbot.job import Place, State
from mailbot.model import Reply
from mailbot.smtp import send_notice

SOURCES = Path(mailbot.__file__).parent
BY_SMTP = CONFIG.replace("[state]", '[notify]\nby = "smtp"\nto = "ada@example.com"\n[state]') + (
    '[account.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'
)
FULL = "[OVERQUOTA] Quota exceeded (mailbox for user is full)"
TOO_BIG = "[TOOBIG] Message too large"
TROUBLE = {"reason": "the server does not store the draft", "hint": "Make room", "told": False}


class Picky(FakeSession):
    """A session whose server takes no mail into some folders, and nowhere one with a word of 200 letters."""

    full: Iterable[str] = ()

    def append(self, folder: str, raw: bytes, flags: Iterable[str]) -> Place | None:
        if b"z" * 200 in raw:
            raise Rejection(TOO_BIG)
        if folder in self.full:
            raise Rejection(FULL)
        return super().append(folder, raw, flags)


def full(lab: Lab, *folders: str) -> None:
    """From now on the server takes nothing into these folders."""

    def connect() -> Picky:
        session = Picky(lab.mailbox)
        session.full = folders
        return session

    lab.boot(lambda world: replace(world, connect=connect))


def days(lab: Lab, count: int) -> None:
    """Many rounds: every back-off runs out several times."""
    for _ in range(count * 4):
        lab.clock += 6 * 3600
        with suppress(MailbotError):
            lab.cycle()


def notices(lab: Lab) -> list[EmailMessage]:
    mails = [message_from_bytes(raw, policy=policy.default) for raw in lab.mailbox.raws("INBOX")]
    return [mail for mail in mails if mail["Auto-Submitted"]]


def subjects(lab: Lab) -> list[str]:
    return [str(mail["Subject"]).strip().removeprefix("mailbot: ") for mail in notices(lab)]


# Each kind of trouble: once, and once when it is over


def test_a_full_drafts_folder_is_told_once_and_once_when_it_is_over(lab: Lab) -> None:
    full(lab, "Drafts")
    lab.flag(question(1))
    lab.flag(question(2))

    days(lab, 2)
    told = subjects(lab)
    full(lab)
    days(lab, 2)

    assert told == [f"the server does not store the draft: {FULL}"]
    assert subjects(lab) == [*told, f"over: {told[0]}"]
    assert len(lab.mailbox.raws()) == 2


def test_a_note_that_cannot_be_stored_follows_when_it_can(lab: Lab) -> None:
    full(lab, "Drafts", "INBOX")
    lab.flag()

    days(lab, 1)
    told = subjects(lab)
    full(lab, "Drafts")
    days(lab, 1)

    assert told == []
    assert subjects(lab) == [f"the server does not store the draft: {FULL}"]


def test_a_refused_login_is_told_as_soon_as_mailbot_gets_in_again(lab: Lab) -> None:
    def refuse() -> FakeSession:
        raise OwnerMustAct("login", "the server refused the login of ada", "Check user and password")

    lab.boot(lambda world: replace(world, connect=refuse))  # type: ignore[arg-type]
    days(lab, 2)
    (trouble,) = lab.world.journal.notes(f"trouble:{lab.world.key}").values()
    lab.boot()
    days(lab, 1)

    assert trouble["hint"] == "Check user and password"  # what status shows meanwhile
    assert subjects(lab) == ["over: the server refused the login of ada"]


def test_held_mails_are_told_once_and_once_when_they_are_released() -> None:
    lab = Lab(CONFIG + "[schedule]\nhold_above = 1\n")
    lab.cycle()
    for number in range(3):
        lab.flag(question(number))

    days(lab, 1)
    told = subjects(lab)
    for job in lab.jobs():
        lab.world.record(job, "released")
    days(lab, 1)

    assert told == ["3 flagged mails are held"]
    assert "mailbot release --all" in notices(lab)[0].get_content()
    assert subjects(lab) == [*told, f"over: {told[0]}"]
    lab.close()


def test_the_daily_limit_is_told_once_and_over_on_the_next_day() -> None:
    lab = Lab(CONFIG + "[schedule]\ndaily_drafts = 1\n")
    lab.cycle()
    lab.flag(question(1))
    lab.flag(question(2))

    for _ in range(5):
        lab.cycle()
    told = subjects(lab)
    lab.clock += 86_400
    lab.cycle()

    assert told == ["the one draft of today is made (schedule.daily_drafts)"]
    assert subjects(lab) == [*told, f"over: {told[0]}"]
    lab.close()


def park(lab: Lab, *numbers: int) -> None:
    """Mails for which the model gives no usable answer; each is given up in the next cycle."""
    assert lab.endpoint is not None
    for number in numbers:
        lab.endpoint.queue += ['{"reply": ""}'] * 3
        lab.flag(question(number, Subject=f"mail {number}"))
    lab.cycle()


def test_each_parked_mail_is_told_once(lab: Lab) -> None:
    park(lab, 1)
    days(lab, 1)
    park(lab, 2)
    days(lab, 1)

    assert [s[:23] for s in subjects(lab)] == ["no draft for “mail 1”: ", "no draft for “mail 2”: "]
    assert f"mailbot redo {lab.jobs()[-1].id}" in notices(lab)[0].get_content()


def test_many_that_give_up_together_are_one_notice(lab: Lab) -> None:
    park(lab, *range(1, 15))
    days(lab, 1)

    assert subjects(lab) == ["no draft for 14 mails"]
    text = notices(lab)[0].get_content()
    assert text.count("* no draft for “mail ") == 10
    assert "* and 4 more" in text
    assert "mailbot redo ID" in text


def test_what_gives_up_one_after_the_other_is_told_once_an_hour(lab: Lab) -> None:
    for number in range(1, 30):
        park(lab, number)  # a minute apart
        lab.cycle()
    early = subjects(lab)
    lab.clock += 3600
    lab.cycle()
    lab.clock += 3600
    lab.cycle()

    assert [s.partition(":")[0] for s in early] == ["no draft for “mail 1”"]
    assert subjects(lab) == [*early, "no draft for 28 mails"]


def test_trouble_that_comes_and_goes_is_told_at_most_once_an_hour(lab: Lab) -> None:
    def flicker() -> None:
        full(lab, "Drafts")
        lab.flag(question(len(lab.jobs()) + 1))
        lab.cycle()
        lab.cycle()
        full(lab)
        lab.clock += 1000  # the back-off of a draft that was refused for good
        lab.cycle()

    began = lab.clock
    while lab.clock < began + 6 * 3600:
        flicker()
    told = subjects(lab)

    assert len([s for s in told if not s.startswith("over: ")]) <= 7
    assert [s.startswith("over: ") for s in told] == [False, True] * (len(told) // 2)


def test_what_was_over_before_anybody_heard_of_it_is_no_news(lab: Lab) -> None:
    full(lab, "Drafts")
    lab.flag(question(1))
    lab.cycle()
    full(lab)
    lab.clock += 1000
    lab.cycle()
    before = subjects(lab)
    lab.world.journal.note(f"trouble:{lab.world.key}", "mailbox", {**TROUBLE, "since": lab.clock, "over": True})

    lab.cycle()

    assert subjects(lab) == before
    assert lab.world.journal.notes(f"trouble:{lab.world.key}") == {}


def test_notices_are_as_rare_after_a_restart(lab: Lab) -> None:
    park(lab, 1)
    lab.cycle()
    lab.boot()
    park(lab, 2)
    lab.boot()
    lab.cycle()

    assert len(subjects(lab)) == 1


def test_a_clock_that_is_set_back_silences_nobody(lab: Lab) -> None:
    park(lab, 1)
    lab.cycle()
    lab.clock -= 10 * 86_400
    park(lab, 2)
    lab.cycle()

    assert len(subjects(lab)) == 2


def test_an_archive_that_cannot_be_written_is_told_once_and_once_when_it_is_over(lab: Lab) -> None:
    archive = lab.config.archive.folder
    archive.write_text("a file in the place of the folder")
    lab.flag()

    days(lab, 1)
    told = subjects(lab)
    archive.unlink()
    days(lab, 1)

    assert len(told) == 1
    assert told[0].startswith("The archive cannot be used at ")
    assert subjects(lab) == [*told, f"over: {told[0]}"]


def test_a_missing_key_of_the_model_is_told_once_although_the_mailbox_lets_mailbot_in(lab: Lab) -> None:
    assert lab.endpoint is not None
    reason = "The file key for the secret model cannot be read"
    lab.endpoint.queue = [OwnerMustAct("secret", reason, "Write it")] * 5
    lab.flag()

    days(lab, 3)

    assert subjects(lab) == [reason, f"over: {reason}"]
    assert lab.jobs()[0].state is State.DONE


def test_a_draft_that_stays_too_big_is_told_once_while_others_are_stored(lab: Lab) -> None:
    full(lab)
    lab.flag(question(1) + b"z" * 200 + b"\n")
    for number in (2, 3):
        days(lab, 1)
        lab.flag(question(number))
    days(lab, 1)

    assert subjects(lab) == [f"the server does not store the draft: {TOO_BIG}"]
    assert len(lab.mailbox.raws()) == 2


def test_a_prompt_that_stays_too_long_is_told_once_while_others_are_answered(lab: Lab) -> None:
    class Narrow(FakeEndpoint):
        def ask(self, messages: Any, shape: str, **how: bool) -> Reply:
            if "z" * 200 in str(messages):
                raise OwnerMustAct("model", "The prompt is too long for the model", "Lower context_tokens")
            return super().ask(messages, shape, **how)

    lab.endpoint = Narrow()
    lab.boot()
    lab.flag(question(1) + b"z" * 200 + b"\n")
    for number in (2, 3):
        days(lab, 1)
        lab.flag(question(number))
    days(lab, 1)

    assert subjects(lab) == ["The prompt is too long for the model"]
    assert len(lab.mailbox.raws()) == 2


def test_trouble_of_one_kind_in_two_wordings_is_told_once_and_over_once(lab: Lab) -> None:
    full(lab, "Drafts")
    lab.flag(question(1))
    lab.flag(question(2) + b"z" * 200 + b"\n")
    days(lab, 1)
    full(lab)
    days(lab, 1)
    told = subjects(lab)

    lab.boot()  # the server that takes large mails, too
    days(lab, 1)

    assert told == [f"the server does not store the draft: {FULL}"]
    assert subjects(lab) == [*told, f"over: {told[0]}"]


def test_trouble_that_comes_back_is_told_again(lab: Lab) -> None:
    for number in range(2):
        full(lab, "Drafts")
        lab.flag(question(number))
        days(lab, 1)
        full(lab)
        days(lab, 1)

    assert [s.startswith("over: ") for s in subjects(lab)] == [False, True, False, True]


# A notice


def test_a_notice_is_unseen_marked_as_automatic_and_never_answered(lab: Lab) -> None:
    full(lab, "Drafts")
    lab.flag()
    days(lab, 1)
    full(lab)
    days(lab, 1)
    drafts = len(lab.mailbox.raws())
    inbox = lab.mailbox.boxes["INBOX"].mails
    uids = [uid for uid, mail in inbox.items() if b"Auto-Submitted: auto-generated\r\n" in mail.raw]
    flags = [set(inbox[uid].flags) for uid in uids]

    for uid in uids:
        lab.mailbox.star(uid)
    days(lab, 1)

    assert flags == [set(), set()]
    assert len(lab.mailbox.raws()) == drafts
    assert {job.state for job in lab.jobs()[:2]} == {State.SKIPPED}


def test_no_notice_is_stored_where_the_owner_wants_none() -> None:
    lab = Lab(CONFIG.replace("[state]", '[notify]\nby = "off"\n[state]'))
    lab.cycle()
    full(lab, "Drafts")
    lab.flag()

    days(lab, 1)
    full(lab)
    days(lab, 1)

    assert subjects(lab) == []
    assert len(lab.mailbox.raws()) == 1
    lab.close()


@pytest.mark.parametrize("kind", ["disk", "state", "lock"])
def test_trouble_that_no_job_met_is_over_with_the_next_good_look(lab: Lab, kind: str) -> None:
    def connect() -> FakeSession:
        raise OwnerMustAct(kind, "the tokens cannot be written", "Make room")

    lab.boot(lambda world: replace(world, connect=connect))  # type: ignore[arg-type, return-value]
    with pytest.raises(OwnerMustAct):
        lab.cycle()
    began = troubles(lab.world)[kind]["over"]
    lab.boot()
    lab.cycle()

    assert (kind in BLOCKING, began) == (True, False)
    assert kind not in troubles(lab.world)
    assert subjects(lab) == ["over: the tokens cannot be written"]


# By SMTP, to the owner and to nobody else


def test_by_smtp_only_notices_are_sent_and_no_draft() -> None:
    lab = Lab(BY_SMTP)
    lab.cycle()
    full(lab, "Drafts")
    lab.flag()

    days(lab, 1)
    full(lab)
    days(lab, 1)

    sent = [message_from_bytes(raw, policy=policy.default) for raw in lab.notices]
    assert [mail["Auto-Submitted"] for mail in sent] == ["auto-generated"] * 2
    assert {str(mail["To"]) for mail in sent} == {"ada@example.com"}
    assert len(lab.mailbox.raws()) == 1
    assert subjects(lab) == []
    lab.close()


def test_by_smtp_a_full_mailbox_is_told_to_the_owner_only(dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
    account = Account(dovecot, quota=4000)
    smtp = f'[account.smtp]\nhost = "{smtp_sink.host}"\nport = {smtp_sink.port}\nsecurity = "none"\n'
    notify = '[notify]\nby = "smtp"\nto = "ada@example.org"\n'
    with Home(account, extra=notify, more=smtp) as home:
        account.deliver(question(1) + (b"z" * 60 + b"\n") * 40, "\\Flagged")

        once = home.command("once", "--include-existing")

        assert once.code == 3
        assert account.mails() == []
        (received,) = smtp_sink.messages
        notice = message_from_bytes(received.raw, policy=policy.default)
        assert received.recipients == ("ada@example.org",)
        assert received.sender == "ada@example.org"
        assert notice["Auto-Submitted"] == "auto-generated"
        assert "quota" in notice["Subject"].lower()


def test_a_wrong_password_for_smtp_is_tried_three_times_and_the_right_one_at_once(
    dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    account = Account(dovecot, quota=4000)
    smtp = f'[account.smtp]\nhost = "{smtp_sink.host}"\nport = {smtp_sink.port}\nsecurity = "none"\n'
    notify = '[notify]\nby = "smtp"\nto = "ada@example.org"\n'
    with Home(account, extra=notify, more=f'{smtp}user = "{smtp_sink.user}"\n') as home:
        home.environ["MAILBOT_HOME_SMTP"] = "wrong"
        account.deliver(question(1) + (b"z" * 60 + b"\n") * 40, "\\Flagged")
        home.command("once", "--include-existing")
        for _ in range(4):
            home.command("once")

        assert smtp_sink.calls == 3
        home.environ["MAILBOT_HOME_SMTP"] = smtp_sink.password
        home.command("once")
        assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize(
    "to", ["mara@northwind.example", "ada@example.org,mara@northwind.example", "ada@example.org\r\nDATA", "", "ada@*"]
)
def test_smtp_refuses_every_address_but_the_owners(smtp_sink: SmtpSink, to: str) -> None:
    smtp = Smtp(host=smtp_sink.host, port=smtp_sink.port, security="none")

    with pytest.raises(ValueError, match="owner only"):
        send_notice(
            smtp, "", b"Subject: hello\r\n\r\n", to=to, own=["ada@example.org", "ada+*@example.org"], context=None
        )

    assert smtp_sink.messages == []


NOTICE = b"Subject: hello\r\n\r\n"
ADA = "ada@example.org"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, for a certificate")
@pytest.mark.parametrize(("host", "arrives"), [("localhost", True), ("127.0.0.1", True), ("ip6-localhost", False)])
def test_smtp_over_tls_proves_the_name_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, arrives: bool
) -> None:
    make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with SmtpSink(context) as sink:
        here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (sink.host, sink.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **named: here)
        smtp = Smtp(host=host, port=sink.port, security="tls")

        with nullcontext() if arrives else pytest.raises(Later):
            send_notice(smtp, "", NOTICE, to=ADA, own=[ADA], context=tls_context(str(tmp_path / "cert.pem")))

        assert len(sink.messages) == arrives


def test_an_smtp_server_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The poll waits for a notice; each octet comes in time, and the greeting never ends."""
    monkeypatch.setattr("mailbot.smtp.SENT_WITHIN", 0.3)

    with dripping(b"2") as port:
        smtp = Smtp(host="127.0.0.1", port=port, security="none")
        with pytest.raises(Later):
            send_notice(smtp, "", NOTICE, to=ADA, own=[ADA], context=None)


def test_only_one_module_can_send_and_only_notices_reach_it() -> None:
    senders: set[str] = set()
    importers: set[str] = set()
    callers: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        name = path.relative_to(SOURCES).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            senders |= {name} if imports(node) & {"smtplib", "aiosmtplib", "aiosmtpd"} else set()
            importers |= {name} if imports(node) & {"mailbot.smtp"} else set()
            if isinstance(node, ast.Attribute) and node.attr in ("send", "send_notice", "_send"):
                callers.add(name)
    assert senders == {"smtp.py"}
    assert importers == {"wiring.py"}
    assert callers == {"bot/notices.py", "wiring.py"}


def imports(node: ast.AST) -> set[str]:
    """The modules that an import names, with the packages above them."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    else:
        names = []
    return {part for name in names for part in (name, name.partition(".")[0])}


# A refused login


class Door:
    """A server that refuses one password; counts who knocks."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.secret = self.wrong = "wrong"
        self.tries = 0

    def guard(self, world: World) -> World:
        return replace(world, connect=lambda: self.connect(world))  # type: ignore[arg-type, return-value]

    def connect(self, world: World, *, insist: bool = False) -> FakeSession:
        now = world.now()
        return guarded(world.journal, world.key, self.secret, self._knock, now, insist=insist)  # type: ignore[arg-type, return-value]

    def _knock(self, secret: str) -> FakeSession:
        self.tries += 1
        if secret == self.wrong:
            raise OwnerMustAct("login", "the server refused the login of ada", "Check user and password")
        return FakeSession(self.lab.mailbox)


@pytest.fixture
def door(lab: Lab) -> Door:
    """The password was refused three times, and mailbot was started anew."""
    door = Door(lab)
    for _ in range(3):
        lab.boot(door.guard)
        with pytest.raises(OwnerMustAct):
            lab.cycle()
    assert door.tries == 3
    return door


def test_a_password_refused_three_times_is_not_tried_again_for_six_hours(lab: Lab, door: Door) -> None:
    began = lab.clock
    while lab.clock < began + PAUSE - 120:
        with pytest.raises(OwnerMustAct, match="tries again in"):
            lab.cycle()
        lab.clock += 3600
    assert door.tries == 3

    lab.clock = began + PAUSE
    with pytest.raises(OwnerMustAct, match="refused the login"):
        lab.cycle()
    with pytest.raises(OwnerMustAct, match="tries again in"):
        lab.cycle()
    assert door.tries == 4


def test_a_login_that_works_ends_the_count_of_refusals(lab: Lab) -> None:
    door = Door(lab)
    lab.boot(door.guard)

    for secret in ("wrong", "wrong", "right", "wrong", "wrong", "wrong"):
        door.secret = secret
        with suppress(OwnerMustAct):
            lab.cycle()

    assert door.tries == 6


def test_a_changed_password_is_tried_at_once(lab: Lab, door: Door) -> None:
    door.secret = "right"

    lab.cycle()

    assert door.tries == 4


def test_check_tries_a_refused_password_all_the_same(lab: Lab, door: Door) -> None:
    door.wrong = "another"  # it was right after all

    door.connect(lab.world, insist=True)
    lab.cycle()

    assert door.tries == 5


def test_a_refused_password_is_not_kept(lab: Lab, door: Door) -> None:
    state = b"".join(path.read_bytes() for path in lab.config.state.folder.iterdir())

    assert b"refused" in state
    assert b'"wrong"' not in state


def test_by_smtp_a_refused_login_is_told_at_once() -> None:
    lab = Lab(BY_SMTP)
    lab.cycle()

    def refuse() -> FakeSession:
        raise OwnerMustAct("login", "the server refused the login of ada", "Check user and password")

    lab.boot(lambda world: replace(world, connect=refuse))
    days(lab, 2)

    assert len(lab.notices) == 1
    lab.close()
