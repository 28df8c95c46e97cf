"""What was said to a server and is not answered yet. Its answers are heard in order, before those of any later command,
so that none is left on the wire, whoever still wants to know it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from mailbot.imap.trouble import Rejection, translated

T = TypeVar("T")


class Told(Generic[T]):
    """One answer. ``read`` takes it from the wire; a refusal is kept for who asked, any other error is the end of the
    connection and raised to whoever hears it."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._answer: T | Rejection | None = None

    def hear(self) -> None:
        try:
            with translated():
                self._answer = self._read()
        except Rejection as error:
            self._answer = error

    def tell(self) -> T:
        if isinstance(self._answer, Rejection):
            raise self._answer
        assert self._answer is not None, "an answer is heard before it is told"
        return self._answer


class Said:
    """Of one connection."""

    def __init__(self) -> None:
        self._unheard: deque[Told[object]] = deque()

    def ask(self, read: Callable[[], T]) -> Callable[[], T]:
        """For a command that was said: ``read`` takes its answer from the wire. What is returned tells it."""
        told = Told(read)
        self._unheard.append(told)  # type: ignore[arg-type]

        def tell() -> T:
            self.hear()
            return told.tell()

        return tell

    def hear(self) -> None:
        while self._unheard:
            self._unheard.popleft().hear()

    @contextmanager
    def before(self, *, effect: bool = False) -> Iterator[None]:
        """Around a command that waits for its answer by itself."""
        self.hear()
        with translated(effect=effect):
            yield
