"""The state of each version that mailbot ever had, kept as a file: upgrades are tried on what was really written.

``python tests/states.py`` writes the file of today's version: once, in the change that adds a migration. A file that is
there is not made again, because only the code of its time can make it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from worlds import CONFIG, Lab, question

from mailbot.errors import Later, MailbotError, OwnerMustAct, Unknown
from mailbot.journal.migrations import MIGRATIONS

FILES = Path(__file__).parent / "states"
TODAY = len(MIGRATIONS)
STRICT = CONFIG + "[schedule]\nhold_above = 1\n"
APART = 700.0  # seconds: so far apart, flags are no burst


def file(version: int) -> Path:
    return FILES / f"version-{version}.sqlite"


def story(lab: Lab) -> dict[str, str]:
    """One mail in each state in which a job can be found at a start, by the number of its mail. The journal has
    something in each of its tables then."""
    assert lab.endpoint is not None
    down = OwnerMustAct("model", "the model's server refused the key", "Give it another")
    old = lab.flag(question(1))
    lab.cycle()  # first contact
    _flag(lab, 2)
    _redo(lab)
    _flag(lab, 3, From="Ada Example <ada@example.org>")
    _flag(lab, 4, answers=[""] * 3)
    _flag(lab, 5, answers=[Later("the model's server is down")])
    lab.mailbox.star(max(lab.mailbox.boxes["INBOX"].mails), up=False)
    lab.mailbox.star(old, up=False)
    lab.flag(question(6))
    _flag(lab, 7)
    _flag(lab, 8, answers=[down])
    lab.endpoint.queue.append(down)
    lab.mailbox.effect = _broken
    with suppress(MailbotError):
        _flag(lab, 9)
    lab.poller.close()
    lab.mailbox.effect = lambda name: None
    return states(lab)


def states(lab: Lab) -> dict[str, str]:
    """By number of the mail and generation, oldest first."""
    return {_number(job.mail["message_id"], job.generation): str(job.state) for job in reversed(lab.jobs())}


def _flag(lab: Lab, number: int, answers: Sequence[str | Exception] = (), **headers: str) -> None:
    assert lab.endpoint is not None
    lab.clock += APART
    lab.endpoint.queue += answers
    lab.flag(question(number, **headers))
    lab.cycle()


def _redo(lab: Lab) -> None:
    (job,) = lab.jobs()
    place = (job.place.folder, job.place.uidvalidity, job.place.uid)
    asked = {"account": job.account, "key": job.key, "generation": 2, "place": place, "mail": dict(job.mail)}
    lab.world.journal.begin("asked", lab.clock, **asked, note="shorter", limited=False)
    lab.cycle()


def _broken(name: str) -> None:
    """The wire breaks after the draft was stored, before the server said so."""
    if name == "appended":
        raise Unknown("the connection broke")


def _number(message_id: str, generation: int) -> str:
    return f"{message_id.partition('.')[0][1:]}, generation {generation}"


def write(version: int) -> None:
    if file(version).exists():
        raise SystemExit(f"{file(version)} is there already, made by the code of its time")
    lab = Lab(STRICT)
    found = story(lab)
    path = lab.world.journal.path
    lab.poller.close()
    lab.world.journal.close()
    FILES.mkdir(exist_ok=True)
    shutil.copyfile(path, file(version))
    print(f"{file(version)}: {found}")


if __name__ == "__main__":
    write(TODAY)
