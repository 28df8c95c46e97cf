"""Runs each thread of ``threads`` through a whole mailbot against Dovecot, with a scripted model, on the thread's day.

    python tests/drafts/prompts.py OUT_DIR                      what a model is sent, and what a judge needs
    python tests/drafts/prompts.py OUT_DIR --answers DIR        the same, and the draft that follows from an answer

Writes for each thread ``NAME.prompt.json`` (the exact messages, for the writer) and ``NAME.case.json`` (owner, mails,
what is expected, for the judge). With ``--answers``, ``DIR/NAME.txt`` is what the model wrote, letter for letter, and
``NAME.draft.json`` has From, To, Cc, Subject and text of the mail in Drafts, and its page. ``--only NAME`` takes one,
``--cases FOLDER`` another folder of cases than ``threads``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from dovecot import Dovecot
from draft_case import Case, cases
from draft_play import Played, play


def prompt_of(case: Case, played: Played) -> dict[str, Any]:
    """For the writer: the request's messages, and the form of the answer that the server was asked to hold."""
    body = played.bodies[0]
    return {"name": case.name, "messages": body["messages"], "response_format": body.get("response_format")}


def judged(case: Case) -> dict[str, Any]:
    """For the judge: who the owner is, every mail by its file's name, and the case."""
    return {
        "name": case.name,
        "language": case.language,
        "now": case.now.isoformat(),
        "owner": case.owner,
        "flagged": case.flagged.file,
        "mails": {letter.file: _shown(letter.message) for letter in [*case.thread, *case.sent]},
        "case": case.data["case"],
    }


def drafted(case: Case, played: Played) -> dict[str, Any]:
    """What stands in Drafts, or why nothing does."""
    return {
        "name": case.name,
        "state": played.state,
        "reason": played.reason,
        "calls": len(played.bodies),
        "draft": _shown(played.draft) if played.draft else None,
        "page": played.page,
    }


def _shown(message: Any) -> dict[str, str]:
    headers = {name.lower(): str(message.get(name, "")) for name in ("From", "To", "Cc", "Date", "Subject")}
    return {**headers, "text": message.get_content()}


def run(server: Dovecot, case: Case, out: Path, answers: Path | None) -> None:
    given = answers / f"{case.name}.txt" if answers else None
    answer = given.read_text(encoding="utf-8") if given and given.exists() else None
    played = play(case, answer, server)
    write(out / f"{case.name}.prompt.json", prompt_of(case, played))
    write(out / f"{case.name}.case.json", judged(case))
    if answer is not None:
        write(out / f"{case.name}.draft.json", drafted(case, played))
    octets = sum(len(message["content"].encode()) for message in played.bodies[0]["messages"])
    print(f"{case.name:<20} {octets:>7} octets of prompt, {len(played.bodies)} call(s), {played.state}")


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--cases", default="threads")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with Dovecot() as server:
        for case in cases(options.cases):
            if options.only in ("", case.name):
                run(server, case, options.out, options.answers)


if __name__ == "__main__":
    main()
