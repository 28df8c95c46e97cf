"""A deadline ends what it holds, and leaves nothing behind."""

from __future__ import annotations

import socket
import threading

from mailbot.deadline import Deadline


def test_what_it_holds_ends_when_the_time_is_over() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(0.05) as deadline:
        deadline.hold(ours)

        assert ours.recv(1) == b""

    assert deadline.expired


def test_its_thread_ends_with_it() -> None:
    for _ in range(20):
        with Deadline(61.5):
            pass

        assert 61.5 not in [getattr(thread, "interval", 0.0) for thread in threading.enumerate()]
