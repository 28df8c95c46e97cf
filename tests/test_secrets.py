"""Secrets: the order of their sources, the keyring, and that no value gets into an exception."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest
from click.testing import CliRunner
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from mailbot import config, secrets
from mailbot.cli import commands
from mailbot.errors import BadUsage, OwnerMustAct
from mailbot.secrets import Secrets

BASE = (
    '[owner]\nname = "Ada"\n[model]\nname = "m"\nbase_url = "{url}"\n{model}\n'
    '[[account]]\nname = "my-home"\naddress = "ada@example.org"\n[account.imap]\nhost = "imap.example.org"\n{imap}\n'
)
OPENAI = "https://api.openai.com/v1"


class Memory(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("nothing there")


class PlaintextKeyring(Memory):
    """As the one in keyrings.alt is called."""


class Chain(Memory):
    """A keyring that asks others."""

    backends = (PlaintextKeyring(),)


class Locked(Memory):
    """A keyring nobody has unlocked."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("locked")


@pytest.fixture(autouse=True)
def memory() -> Iterator[Memory]:
    before = keyring.get_keyring()
    backend = Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def load(tmp_path: Path, *, imap: str = "", model: str = "", url: str = OPENAI) -> config.Config:
    path = tmp_path / "config.toml"
    path.write_text(BASE.format(imap=imap, model=model, url=url))
    return config.load(path, {"HOME": str(tmp_path)}, resolve=lambda _: ())


def program(tmp_path: Path, code: str) -> str:
    """A command line that runs Python code."""
    (tmp_path / "program.py").write_text(code)
    return f"{sys.executable} {tmp_path / 'program.py'}"


def test_sources_are_asked_in_order(tmp_path: Path, memory: Memory) -> None:
    (tmp_path / "file").write_text("from file\n")
    (tmp_path / "my-home.imap").write_text("from credential\n")
    memory.set_password("mailbot", "my-home.imap", "from keyring")
    variable = {"MAILBOT_MY_HOME_IMAP": "from variable"}
    credential = variable | {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    plain, named = load(tmp_path), load(tmp_path, imap='password_file = "file"')

    assert Secrets(named, credential).get("my-home.imap") == "from file"
    assert Secrets(plain, credential).get("my-home.imap") == "from credential"
    assert Secrets(plain, variable).get("my-home.imap") == "from variable"
    assert Secrets(plain, {}).get("my-home.imap") == "from keyring"


def test_a_secret_is_read_anew_each_time(tmp_path: Path) -> None:
    opened = Secrets(load(tmp_path, imap='password_file = "file"'), {})
    for password in ("one", "two words "):
        (tmp_path / "file").write_text(f"{password}\r\n")
        assert opened.get("my-home.imap") == password


def test_a_command_gives_its_first_line_and_sees_the_environment(tmp_path: Path) -> None:
    command = program(tmp_path, "import os\nprint(os.environ['WHICH'])\nprint('user: ada')")
    opened = Secrets(load(tmp_path, imap=f'password_command = "{command}"'), {"WHICH": "hunter2"})

    assert opened.get("my-home.imap") == "hunter2"


def test_a_token_command_serves_xoauth2(tmp_path: Path) -> None:
    command = program(tmp_path, "print('token')")
    loaded = load(tmp_path, imap=f'auth = "xoauth2"\ntoken_command = "{command}"')

    assert Secrets(loaded, {}).get("my-home.imap") == "token"


def test_a_command_is_run_without_a_shell(tmp_path: Path) -> None:
    command = program(tmp_path, "import sys\nprint(sys.argv[1:])")
    opened = Secrets(load(tmp_path, model=f'api_key_command = "{command} $HOME; echo x"'), {})

    assert opened.get("model") == "['$HOME;', 'echo', 'x']"


@pytest.mark.parametrize(
    ("code", "words"),
    [("print('hunter2'); raise SystemExit(3)", "ended with code 3"), ("print(); print('hunter2')", "give one line"),
     ("import sys; sys.stdout.buffer.write(b'hunter2\\xff')", "give one line")],
)  # fmt: skip
def test_a_failing_command_is_told_without_what_it_printed(tmp_path: Path, code: str, words: str) -> None:
    opened = Secrets(load(tmp_path, imap=f'password_command = "{program(tmp_path, code)}"'), {})

    with pytest.raises(OwnerMustAct, match=words) as caught:
        opened.get("my-home.imap")

    assert caught.value.kind == "secret"
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_slow_command_is_ended_without_what_it_printed(tmp_path: Path) -> None:
    command = program(tmp_path, "import time\nprint('hunter2', flush=True)\ntime.sleep(60)")

    with pytest.raises(OwnerMustAct, match="not done after") as caught:
        secrets._from_command(command, "model", {}, timeout=0.3)

    assert caught.value.__context__ is None


@pytest.mark.parametrize("command", ["no-such-program-here", "'open quote", " "])
def test_a_command_that_cannot_be_run_is_told(tmp_path: Path, command: str) -> None:
    opened = Secrets(load(tmp_path, imap=f'password_command = "{command}"'), {})
    with pytest.raises(OwnerMustAct, match="cannot be run"):
        opened.get("my-home.imap")


@pytest.mark.parametrize("content", [b"", b"one\ntwo\n", b"hunter\xff\n"])
def test_a_file_must_hold_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(OwnerMustAct, match="does not give one line") as caught:
        Secrets(load(tmp_path, imap='password_file = "file"'), {}).get("my-home.imap")
    assert caught.value.__context__ is None


def test_a_named_file_that_is_missing_is_told_and_nothing_else_is_asked(tmp_path: Path, memory: Memory) -> None:
    memory.set_password("mailbot", "my-home.imap", "from keyring")
    with pytest.raises(OwnerMustAct, match="cannot be read"):
        Secrets(load(tmp_path, imap='password_file = "file"'), {}).get("my-home.imap")


def test_a_file_that_others_can_read_is_remarked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    opened = Secrets(load(tmp_path, imap='password_file = "file"'), {})

    (tmp_path / "file").chmod(0o644)
    assert opened.remarks()[0].startswith("my-home.imap: others on this machine can read")
    (tmp_path / "file").chmod(0o600)
    assert opened.remarks() == ()


def test_the_openai_key_goes_to_openai_only(tmp_path: Path) -> None:
    environ = {"OPENAI_API_KEY": "sk-1"}

    assert Secrets(load(tmp_path), environ).get("model") == "sk-1"
    assert not Secrets(load(tmp_path, url="https://api.openai.com.evil.example/v1"), environ).has("model")
    assert Secrets(load(tmp_path), environ | {"MAILBOT_MODEL_KEY": "sk-2"}).get("model") == "sk-2"


def test_a_hosted_model_without_a_key_is_a_problem(tmp_path: Path, memory: Memory) -> None:
    assert Secrets(load(tmp_path), {}).problems()[0].startswith("model.api_key_file: a hosted model needs a key")
    assert Secrets(load(tmp_path, url="http://127.0.0.1/v1"), {}).problems() == ()
    memory.set_password("mailbot", "model", "sk-1")
    assert Secrets(load(tmp_path), {}).problems() == ()


def test_a_missing_secret_says_how_to_set_it(tmp_path: Path) -> None:
    with pytest.raises(OwnerMustAct, match=r"Run 'mailbot secret set my-home.imap'"):
        Secrets(load(tmp_path), {}).get("my-home.imap")


def test_an_unknown_name_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match=r"it has my-home.imap, model"):
        Secrets(load(tmp_path), {}).get("office.imap")


@pytest.mark.case(33)
@pytest.mark.parametrize(
    ("backend", "words"), [(keyring.backends.fail.Keyring(), "has no keyring"), (Locked(), "is locked")]
)
def test_a_host_without_a_usable_keyring_says_what_else_works(
    tmp_path: Path, backend: KeyringBackend, words: str
) -> None:
    keyring.set_keyring(backend)
    opened = Secrets(load(tmp_path), {})

    with pytest.raises(OwnerMustAct, match=words) as caught:
        opened.get("my-home.imap")

    assert "write it into a file of mode 0600 and name it as password_file under [account.imap]" in caught.value.hint
    assert not opened.has("model")
    with pytest.raises(OwnerMustAct, match=words) as caught:
        opened.get("model")
    assert "api_key_file under [model]" in caught.value.hint


def test_a_secret_is_set_and_deleted(memory: Memory) -> None:
    secrets.set_secret("my-home.imap", "hunter2", yes=False)
    assert memory.kept == {("mailbot", "my-home.imap"): "hunter2"}

    secrets.delete_secret("my-home.imap")
    assert memory.kept == {}
    with pytest.raises(OwnerMustAct, match="has no secret"):
        secrets.delete_secret("my-home.imap")


def test_without_a_keyring_nothing_is_set_and_nobody_is_told_that_a_secret_is_missing() -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())

    with pytest.raises(OwnerMustAct, match="has no keyring that could keep the secret model") as caught:
        secrets.set_secret("model", "sk-1", yes=False)

    assert "There is no secret" not in str(caught.value)


def test_a_secret_that_the_config_has_from_a_file_is_not_set_beside_it(tmp_path: Path, memory: Memory) -> None:
    file = tmp_path / "password"
    load(tmp_path, imap=f"password_file = '{file}'")

    words = ["secret", "set", "my-home.imap", "--config", str(tmp_path / "config.toml")]
    done = CliRunner().invoke(commands, words, "hunter2\n", standalone_mode=False)

    assert isinstance(done.exception, BadUsage)
    assert f"the config has it from the file {file}: change it there" in str(done.exception)
    assert memory.kept == {}


def test_a_secret_in_a_file_is_not_the_keyrings_to_delete(tmp_path: Path, memory: Memory) -> None:
    file = tmp_path / "password"
    load(tmp_path, imap=f"password_file = '{file}'")
    words = ["secret", "delete", "my-home.imap", "--config", str(tmp_path / "config.toml")]
    memory.set_password("mailbot", "my-home.imap", "of earlier")

    stale = CliRunner().invoke(commands, words, standalone_mode=False)
    done = CliRunner().invoke(commands, words, standalone_mode=False)

    assert stale.output == "my-home.imap: deleted.\n"
    assert isinstance(done.exception, BadUsage)
    assert f"the config has it from the file {file}: take it away there" in str(done.exception)


@pytest.mark.parametrize("backend", [PlaintextKeyring(), Chain()])
def test_a_plaintext_keyring_is_named_and_needs_a_yes(backend: Memory) -> None:
    keyring.set_keyring(backend)

    with pytest.raises(OwnerMustAct, match="PlaintextKeyring keeps secrets in plain text"):
        secrets.set_secret("model", "sk-1", yes=False)
    assert backend.kept == {}

    secrets.set_secret("model", "sk-1", yes=True)
    assert secrets.plaintext_backend().endswith("PlaintextKeyring")
    assert backend.kept == {("mailbot", "model"): "sk-1"}


def test_a_keyring_that_keeps_nothing_is_told() -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())
    with pytest.raises(OwnerMustAct, match="did not keep"):
        secrets.set_secret("model", "sk-1", yes=False)
