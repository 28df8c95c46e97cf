"""Nothing that a mail says becomes a command: not on the wire to the mail server, not in an SMTP envelope.

The scripted server notes each command that mailbot has no business to send, CLOSE and EXPUNGE without UIDs among them;
its fixture fails the test for one."""

from __future__ import annotations

import re
import smtplib
from typing import Any

import pytest
from scripted import Scripted
from served import Served
from worlds import question

from mailbot.config import Smtp
from mailbot.imap import gate
from mailbot.notices.trouble import troubles
from mailbot.smtp import send_notice

# Each ends in a command, if the server ever reads it as one. A mail's own header cannot hold a bare CR LF, but folded
# lines, encoded words and NUL come through many parsers as one (mjs/imapclient#657).
COMMANDS = (
    "<a@x>\r\n A1 EXPUNGE",
    "<a\0b@x>",
    "<=?utf-8?q?a=0D=0AA1_EXPUNGE=0D=0A?=@x>",
    "=?utf-8?q?=3Ca@x=3E=0D=0AA1_DELETE_INBOX?=",
    "<a\rA1 CLOSE\r@x>",
    '<a" OR ALL (b{3+}\\c%*@x>',
    "<a@x>{12}",
    "<" + "a" * 4000 + "@x>",
    "<ü@x>",
)
VERB = re.compile(r"\S+ ((?:UID )?\S+)")
KNOWN = {
    *("CAPABILITY", "AUTHENTICATE", "LOGIN", "LIST", "EXAMINE", "SELECT", "STATUS", "APPEND", "LOGOUT", "UID SEARCH"),
    *("UID FETCH", "UID STORE", "NOOP"),
}


@pytest.mark.parametrize("value", COMMANDS)
@pytest.mark.parametrize("field", ["Message-ID", "References", "In-Reply-To", "Subject", "From", "Reply-To"])
def test_whatever_a_header_says_only_known_commands_are_sent_and_the_mail_gets_its_end(
    scripted: Scripted, field: str, value: str
) -> None:
    """The thread is searched for by these ids, and the mail too, which moves before it is fetched."""
    home = Served(scripted)
    home.cycle()
    raw = _raw(field, value)
    uid = scripted.append("INBOX", raw, [])
    home.star(uid)
    home.poller.round()
    home.poller.close()
    scripted.append("Archive", raw, ["\\Flagged"])
    scripted.expunge("INBOX", uid)

    home.settle()

    verbs = {VERB.match(line)[1] for _, line in scripted.log}  # type: ignore[index]
    assert verbs <= KNOWN
    assert [job.state for job in home.jobs()] == ["done"]
    assert troubles(home.world) == {}
    home.close()


def _raw(field: str, value: str) -> bytes:
    lines = [line for line in question(1).split(b"\n") if not line.startswith(field.encode() + b":")]
    return b"\r\n".join([f"{field}: {value}".encode(), *lines])


@pytest.mark.parametrize("name", ["Dra\r\nfts", "Dra\0fts"])
def test_a_folder_that_no_command_can_name_is_none(scripted: Scripted, name: str) -> None:
    home = Served(scripted)
    line = b'* LIST (\\Drafts) "/" {%d}\r\n%s\r\n' % (len(name), name.encode())
    scripted.fault("LIST", when="after", then=lambda answer: line + answer, times=9)
    home.cycle()
    home.starred()

    home.cycle()

    home.check()
    home.close()


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\0b"])
@pytest.mark.parametrize("passes", [gate.text, gate.ascii_text, gate.quoted, gate.flag, gate.section])
def test_no_gate_lets_a_line_end_or_nul_through(passes: Any, value: str) -> None:
    with pytest.raises(ValueError, match=r"control character|not an IMAP flag|not a section"):
        passes(value)


@pytest.mark.parametrize("passes", [gate.ascii_text, gate.quoted, gate.flag, gate.section])
def test_letters_beyond_ascii_reach_no_command_as_they_are(passes: Any) -> None:
    with pytest.raises(ValueError, match=r"beyond ASCII|not an IMAP flag|not a section"):
        passes("ä")


@pytest.mark.parametrize(
    "to", ["ada@x\r\nRCPT TO:<b@x>", "ada@x\nb", "ada@x\0", "<ada@x>", "ada@x,b@x", "ada@x b@x", ""]
)
def test_an_smtp_envelope_holds_one_address_of_the_owner(monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    """Also where the config named it so."""

    def connect(*args: Any, **named: Any) -> Any:
        raise AssertionError("nothing is said to a server")

    monkeypatch.setattr(smtplib, "SMTP_SSL", connect)
    with pytest.raises(ValueError, match="owner only"):
        send_notice(Smtp(host="smtp.example.org"), "x", b"Subject: x\r\n\r\n", to=to, own=[to], context=None)


@pytest.mark.parametrize("uid", [0, -1, 2**32])
def test_a_uid_that_is_none_reaches_no_command(uid: int) -> None:
    with pytest.raises(ValueError, match="not a UID"):
        list(gate.uids([7, uid]))
