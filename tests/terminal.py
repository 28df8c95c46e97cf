"""A terminal with a person before it: a command runs in it, each question is waited for and answered."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

import pytest

WITHIN = 120.0  # seconds for the whole conversation; it takes two or three


def converse(words: Iterable[str], answers: Iterable[tuple[str, str]], environ: Mapping[str, str]) -> tuple[int, str]:
    """Runs ``mailbot`` with these words; ``answers`` are (what the question contains, what is typed). Returns the exit
    code and all that was to be seen. Fails the test when a question does not come."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "mailbot", *words]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True)
    os.close(slave)
    screen, deadline = _Screen(master), time.monotonic() + WITHIN
    try:
        for question, answer in answers:
            screen.wait_for(question, deadline)
            os.write(master, f"{answer}\n".encode())
        screen.wait_for(None, deadline)
        return process.wait(max(0.1, deadline - time.monotonic())), screen.text
    finally:
        process.kill()
        process.wait()
        os.close(master)


class _Screen:
    def __init__(self, master: int) -> None:
        self.text = ""
        self._master = master
        self._read = 0  # up to where questions were answered

    def wait_for(self, question: str | None, deadline: float) -> None:
        """Until the question is there; None: until the end of all output."""
        while question is None or question not in self.text[self._read :]:
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                pytest.fail(f"{question!r} was not asked:\n{self.text}", pytrace=False)
            data = b""
            with suppress(OSError):  # Linux says EIO when the last writer is gone
                data = os.read(self._master, 65536)
            if not data:
                if question is None:
                    return
                pytest.fail(f"it ended before {question!r} was asked:\n{self.text}", pytrace=False)
            self.text += data.decode("utf-8", "replace")
        self._read = self.text.index(question, self._read) + len(question)
