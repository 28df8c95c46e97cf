"""Passwords, tokens and keys: where they are looked for, in which order, and how they get into the keyring.

Owns the sources and their order. Refuses to keep a value, to log one or to put one into an exception: each ``get``
reads anew, so that a changed password works at the next connect. keyring is imported when nothing else has answered,
because it costs 10 MB and a headless host has none.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mailbot.config import Config
from mailbot.errors import BadUsage, OwnerMustAct

SERVICE = "mailbot"  # the name under which the keyring keeps them
COMMAND_TIMEOUT = 30.0  # seconds; a person may have to touch a key
OPENAI_HOST = "api.openai.com"


def names(config: Config) -> tuple[str, ...]:
    """Every secret that this config can have."""
    accounts = [f"{a.name}.{kind}" for a in config.accounts for kind in ("imap", "smtp") if kind == "imap" or a.smtp]
    return (*accounts, *(("model",) if config.model else ()))


def _elsewhere(name: str) -> str:
    """What to do on a host whose keyring does not work, in one sentence."""
    table, key = ("model", "api_key") if name == "model" else (f"account.{name.rpartition('.')[2]}", "password")
    file = f"a file of mode 0600 and name it as {key}_file under [{table}]"
    return f"On a host without a desktop write it into {file}, or use {key}_command or systemd's LoadCredential"


class Secrets:
    """The secrets of one config; the first source that has a value wins."""

    def __init__(self, config: Config, environ: Mapping[str, str]) -> None:
        self._config = config
        self._environ = environ

    def get(self, name: str) -> str:
        """The secret of this name. Raises OwnerMustAct (kind "secret") when no source has it or a source that the
        config names does not work, BadUsage for a name that the config does not have."""
        value = self._configured(name) or self._credential(name) or self._variable(name) or _from_keyring(name)
        if not value:
            raise OwnerMustAct(
                "secret", f"There is no secret {name}", f"Run 'mailbot secret set {name}'. {_elsewhere(name)}"
            )
        return value

    def has(self, name: str) -> bool:
        """Whether a source has it. Commands and files that the config names are taken at their word."""
        file, command = self._sources(name)
        if file or command or self._credential(name) or self._variable(name):
            return True
        try:
            return bool(_from_keyring(name))
        except OwnerMustAct:
            return False

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the config because a secret is missing: a hosted model without any key."""
        model = self._config.model
        if model is None or self.has("model") or model.is_local:
            return ()
        return (
            "model.api_key_file: a hosted model needs a key; run 'mailbot secret set model', set MAILBOT_MODEL_KEY, "
            "or name a file here or a command in api_key_command",
        )

    def remarks(self) -> tuple[str, ...]:
        """What is unsafe about the sources: password files that other users of this machine can read."""
        files = ((name, self._sources(name)[0]) for name in names(self._config))
        return tuple(
            f"{name}: others on this machine can read {file}; run: chmod 600 {shlex.quote(file)}"
            for name, file in files
            if file and _exposed(Path(file))
        )

    def _sources(self, name: str) -> tuple[str, str]:
        """The file and the command that the config names for a secret."""
        if name == "model" and self._config.model:
            return self._config.model.api_key_file, self._config.model.api_key_command
        for account in self._config.accounts:
            if name == f"{account.name}.imap":
                imap = account.imap
                return imap.password_file, imap.token_command or imap.password_command
            if name == f"{account.name}.smtp" and account.smtp:
                return account.smtp.password_file, account.smtp.password_command
        known = ", ".join(names(self._config))
        raise BadUsage(f"{name}: is not a secret of this config; it has {known}")

    def named(self, name: str) -> str:
        """The file or the command from which the config has a secret, in words; it wins over the keyring. "" = none."""
        file, command = self._sources(name)
        return f"the file {file}" if file else "a command" if command else ""

    def _configured(self, name: str) -> str:
        file, command = self._sources(name)
        if file:
            return _from_file(Path(file), name)
        return _from_command(command, name, self._environ) if command else ""

    def _credential(self, name: str) -> str:
        """systemd's ``LoadCredential=``, see CREDENTIALS in systemd.exec(5)."""
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        file = Path(folder, name) if folder else None
        return _from_file(file, name) if file and file.exists() else ""

    def _variable(self, name: str) -> str:
        if name != "model":
            return self._environ.get(f"MAILBOT_{name.upper().replace('-', '_').replace('.', '_')}", "")
        own = self._environ.get("MAILBOT_MODEL_KEY", "")
        hosted_there = self._config.model is not None and self._config.model.host == OPENAI_HOST
        return own or (self._environ.get("OPENAI_API_KEY", "") if hosted_there else "")


def _exposed(file: Path) -> bool:
    try:
        return os.name == "posix" and bool(file.stat().st_mode & 0o077)
    except OSError:
        return False


def _one_line(text: str, origin: str, name: str) -> str:
    if not text or any(mark in text for mark in "\r\n\0"):
        raise OwnerMustAct(
            "secret", f"{origin} does not give one line", f"Let it hold the secret {name} and nothing else"
        )
    return text


def _from_file(file: Path, name: str) -> str:
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        reason = f"The file {file} for the secret {name} cannot be read ({error.strerror})"
        raise OwnerMustAct("secret", reason, "Write it, and let the user of mailbot read it") from None
    except UnicodeDecodeError:
        text = ""  # said below, outside of the exception that holds the bytes
    return _one_line(text.rstrip("\r\n"), f"The file {file}", name)


def _from_command(command: str, name: str, environ: Mapping[str, str], timeout: float = COMMAND_TIMEOUT) -> str:
    """The first line that a command prints. It is run without a shell and gets no input."""
    trouble, output, program = "", b"", "it"
    try:
        words = shlex.split(command)
        program = words[0]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              env=dict(environ), check=False)  # fmt: skip
        output = done.stdout
        trouble = f"ended with code {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        trouble = f"was not done after {timeout:g} seconds"
    except (OSError, ValueError, IndexError):
        trouble = "cannot be run"
    if trouble:  # raised here, so that no exception in its chain holds what the command printed
        reason = f"The command for the secret {name} {trouble}"
        raise OwnerMustAct(
            "secret", reason, f"Run {program} by hand as the user of mailbot and correct it in the config"
        )
    line = output.split(b"\n", 1)[0].rstrip(b"\r").decode(errors="replace")
    return _one_line("" if "\ufffd" in line else line, f"The command for the secret {name}", name)


@contextmanager
def _keyring_trouble(name: str, without: str = "") -> Iterator[None]:
    """What keyring raises, as the owner's to mend. ``without``: what it means that there is none."""
    from keyring.errors import KeyringError, KeyringLocked, NoKeyringError, PasswordDeleteError

    try:
        yield
    except NoKeyringError:
        reason = without or f"There is no secret {name}, and this host has no keyring"
        raise OwnerMustAct("secret", reason, _elsewhere(name)) from None
    except KeyringLocked:
        reason = f"The keyring with the secret {name} is locked"
        raise OwnerMustAct("secret", reason, f"Unlock it by logging in. {_elsewhere(name)}") from None
    except PasswordDeleteError:
        raise OwnerMustAct("secret", f"The keyring has no secret {name}", "There is nothing to delete") from None
    except KeyringError as error:
        reason = f"The keyring failed for the secret {name} ({type(error).__name__})"
        raise OwnerMustAct("secret", reason, _elsewhere(name)) from None


def _from_keyring(name: str) -> str:
    import keyring

    with _keyring_trouble(name):
        return keyring.get_password(SERVICE, name) or ""


def plaintext_backend() -> str:
    """The name of the keyring back end in use when it, or one that it chains, keeps secrets in plain text; else ""."""
    import keyring

    chosen = keyring.get_keyring()
    for backend in (chosen, *getattr(chosen, "backends", ())):
        if "plaintext" in type(backend).__name__.lower():
            return f"{type(backend).__module__}.{type(backend).__name__}"
    return ""


def set_secret(name: str, value: str, *, yes: bool) -> None:
    """Store a secret in the keyring. ``yes``: the owner agreed to a back end that keeps it in plain text. Raises
    OwnerMustAct (kind "secret") when the back end is such a one and ``yes`` is missing, or when it kept nothing."""
    import keyring

    _one_line(value, "The input", name)
    with _keyring_trouble(name, f"This host has no keyring that could keep the secret {name}"):
        plain = plaintext_backend()
        if plain and not yes:
            reason = f"The keyring back end {plain} keeps secrets in plain text"
            raise OwnerMustAct("secret", reason, f"Say yes to that, or install another back end. {_elsewhere(name)}")
        keyring.set_password(SERVICE, name, value)
        kept = keyring.get_password(SERVICE, name) == value
    if not kept:  # the null back end takes everything and keeps nothing
        raise OwnerMustAct("secret", f"The keyring did not keep the secret {name}", _elsewhere(name))


def delete_secret(name: str) -> None:
    """Remove a secret from the keyring. Raises OwnerMustAct (kind "secret") when it is not there."""
    import keyring

    with _keyring_trouble(name, f"This host has no keyring, so the secret {name} is not in it"):
        keyring.delete_password(SERVICE, name)
