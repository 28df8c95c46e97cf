"""Secrets are planted everywhere, mailbot works and fails at debug level, and all that it leaves is searched for them:
what it prints and logs, pages, prompts, drafts, notices, the journal's file, and the list of processes."""

from __future__ import annotations

import base64
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from authority import Authority
from dovecot import Dovecot
from dovecot import find as find_dovecot
from endpoint import Endpoint, Status
from running import COMMAND_WITHIN, Account, Home, Outcome
from scripted import Scripted
from smtp_sink import SmtpSink
from test_oauth_on_dovecot import Signing

PASSWORD, WRONG = "planted-imap-4f1c9b", "planted-wrong-77ab21"
SMTP_PASSWORD, KEY = "planted-smtp-0c33de", "sk-planted-9912aa"
READ = (PASSWORD, WRONG, SMTP_PASSWORD, KEY)
BUG = """
from mailbot.imap.session import Session
def folders(self):
    raise RuntimeError(f"a bug that tells {self._client._imap}: {SECRET}")
Session.folders = folders
SECRET = %r
"""


def forms(secret: str) -> Iterator[str]:
    """A secret as it is, and as protocols write it."""
    yield secret
    yield quote(secret, safe="")
    yield secret.encode().hex()
    for shift in range(3):  # base64 in every alignment, without the letters that depend on the neighbours
        text = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        yield text[shift and shift + 1 : len(text) - 4].lstrip("=")


def told(secrets: Iterable[str], places: Mapping[str, str]) -> list[tuple[str, str]]:
    """(place, secret) for each secret that stands somewhere."""
    found = [(s, f) for s in secrets for f in forms(s) if len(f) > 7]
    return [(place, secret) for place, text in places.items() for secret, form in found if form in text]


def test_the_search_finds_what_it_looks_for() -> None:
    blob = base64.b64encode(f"\0ada\0{PASSWORD}".encode()).decode()
    bearer = base64.b64encode(f"user=ada\1auth=Bearer {KEY}\1\1".encode()).decode()
    places = {
        "plain": f"x{PASSWORD}x",
        "blob": blob,
        "bearer": bearer,
        "url": quote(f"a={PASSWORD}"),
        "none": "planted-",
    }

    assert {place for place, _ in told(READ, places)} == {"plain", "blob", "bearer", "url"}


@contextmanager
def watched_processes() -> Iterator[dict[str, str]]:
    """Every command line that is to be seen meanwhile, by process."""
    seen: dict[str, str] = {}
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    text = path.read_bytes().decode(errors="replace")
                except OSError:
                    continue
                seen[f"process {path.parent.name}"] = seen.get(f"process {path.parent.name}", "") + text
            time.sleep(0.1)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


class Scene:
    """Two accounts, one with a password and one with a sign-in, a model with a key and notices by SMTP with a login."""

    def __init__(self, authority: Authority, dovecot: Dovecot, sink: SmtpSink) -> None:
        self.authority = authority
        self.sink = sink
        self.home, self.work = Account(dovecot, "home", tls=False), Signing(dovecot, authority)
        self.work.name = "work"
        self.said: dict[str, str] = {}
        self.place = Home(self.home, self.work)
        file = self.place.folder / "smtp-password"
        file.write_text(SMTP_PASSWORD)
        file.chmod(0o600)
        self.place.environ |= {"MAILBOT_MODEL_KEY": KEY, "MAILBOT_HOME_IMAP": PASSWORD}
        del self.place.environ["MAILBOT_WORK_IMAP"]
        self._file = file

    def write(self, model: str) -> None:
        smtp = f'[account.smtp]\nhost = "{self.sink.host}"\nport = {self.sink.port}\nsecurity = "none"\n'
        smtp += f'user = "{self.sink.user}"\npassword_file = "{self._file}"\n'
        notify = '[notify]\nby = "smtp"\nto = "ada@example.org"\ndigest = "00:00"\n'
        self.place.write(model, extra=f'{notify}[log]\nlevel = "debug"\n', more=smtp)

    def run(self, *words: str, environ: Mapping[str, str] = {}) -> Outcome:
        outcome = self.place.command(*words, environ=environ)
        name = f"{len(self.said)} mailbot {' '.join(words)}"
        self.said |= {f"{name}: out": outcome.out, f"{name}: err": outcome.err}
        return outcome

    def left(self) -> dict[str, str]:
        """Everything that is there at the end, by place. The file of tokens is where they belong."""
        places = dict(self.said)
        for folder in (self.place.archive, self.place.state):
            for path in folder.rglob("*"):
                if path.is_file() and path.suffix != ".tokens":
                    places[str(path)] = path.read_bytes().decode("latin-1")
        for account in (self.home, self.work):
            for name in ("INBOX", "Drafts", "Sent", "Trash"):
                places[f"{account.name} {name}"] = "".join(str(mail) for mail in account.mails(name))
        places["notices"] = "".join(mail.raw.decode("latin-1") for mail in self.sink.messages)
        places["services"] = "".join(service.log for service in self.place.services)
        return places


@pytest.fixture
def scene(smtp_sink: SmtpSink) -> Iterator[Scene]:
    if find_dovecot() is None:
        pytest.skip("needs Dovecot")
    smtp_sink.password = SMTP_PASSWORD  # type: ignore[misc]
    with Authority() as authority:
        dovecot = Dovecot(authority.introspection)
        dovecot.password = PASSWORD
        with dovecot:
            scene = Scene(authority, dovecot, smtp_sink)
            with scene.place:
                yield scene


@pytest.mark.timeout(900)  # thirty commands, one after the other
def test_no_secret_is_told_anywhere(scene: Scene, tmp_path: Path) -> None:
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}. Header: Bearer {KEY}"}}
    with Endpoint(Status(401, echo)) as model, watched_processes() as processes:
        scene.write(model.base_url)
        scene.authority.approve(scene.work.user)
        assert scene.run("secret", "set", "work.imap").code == 0
        scene.home.deliver(None, "\\Flagged")
        scene.work.deliver(None, "\\Flagged")
        scene.run("once", "--include-existing", "--dry-run")
        assert scene.run("once", "--include-existing").code == 3  # the model refuses the key
        assert scene.run("once", "--retry").code == 0
        assert len(scene.home.mails()) == len(scene.work.mails()) == 1
        service = scene.place.start()
        scene.home.flag(scene.home.deliver())
        scene.home.drafts(2)
        service.ask_to_end()
        assert service.ended() == 0

        # and everything that can go wrong with a secret
        for words in (("once",), ("check",), ("check", "--json", "--write-test"), ("run", "--nonsense")):
            scene.run(*words, environ={"MAILBOT_HOME_IMAP": WRONG})
        scene.authority.end_access()
        assert scene.run("once").code == 0
        scene.authority.end_consent()
        assert scene.run("once").code == 3
        scene.authority.refusal = ("invalid_grant", f"AADSTS70000: {scene.authority.issued[-1]} is not good")
        scene.run("check")
        (tmp_path / "sitecustomize.py").write_text(BUG % PASSWORD)
        path = f"{tmp_path}:{scene.place.environ['PYTHONPATH']}"
        with scene.place.begun("once", environ={"PYTHONPATH": path}) as bug:
            scene.said["a bug"] = bug.communicate(timeout=COMMAND_WITHIN)[0]
        assert ">RuntimeError" in scene.said["a bug"]  # its kind and its place, and not its words
        for words in (("status",), ("status", "--json"), ("list",)):
            scene.run(*words)
        scene.run("show", scene.run("list", "--json").json[0]["id"])
        in_config = scene.place.config.read_text().replace("[account.imap]", f'[account.imap]\npassword = "{PASSWORD}"')
        scene.place.config.write_text(in_config)
        assert scene.run("once").code == 2

        prompts = {f"prompt {n}": str(request.body) for n, request in enumerate(model.requests)}

    assert scene.sink.messages, "the notices went through the login"
    assert [path for path in scene.left() if path.endswith("journal.sqlite")]
    assert [path for path in scene.left() if path.endswith(".prompt.json")]
    assert len(scene.authority.issued) == 5  # a code, and the tokens of two grants
    assert told((*READ, *scene.authority.issued), {**scene.left(), **prompts, **processes}) == []


def test_files_with_secrets_are_for_their_owner_only(scene: Scene) -> None:
    scene.write("")
    scene.authority.approve(scene.work.user)
    scene.run("secret", "set", "work.imap")

    (tokens,) = scene.place.state.glob("*.tokens")
    assert scene.authority.issued[-1] in tokens.read_text()
    assert tokens.stat().st_mode & 0o777 == 0o600
    assert os.stat(scene.place.state).st_mode & 0o077 == 0


@pytest.mark.parametrize("auth", ["AUTH=PLAIN", "no AUTH"])
def test_a_server_that_repeats_the_password_does_not_get_it_into_the_log(scripted: Scripted, auth: str) -> None:
    if auth == "no AUTH":
        scripted.capabilities.remove("AUTH=PLAIN")
    command = "LOGIN" if auth == "no AUTH" else "AUTHENTICATE"
    with Home(Account(scripted), extra='[log]\nlevel = "debug"\n') as place:
        scripted.fault(command, when="after", then=f"NO no user with the password {WRONG}".encode(), times=9)
        outcome = place.command("once", environ={"MAILBOT_HOME_IMAP": WRONG})
        status = place.command("status")

        assert (outcome.code, "with the password ***" in outcome.out) == (3, True)
        assert told([WRONG], {"once": outcome.out + outcome.err, "status": status.out}) == []
