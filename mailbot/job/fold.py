"""From events to a job: ``fold`` is the only way to a state. Pure.

Recovery is not a mode: a job that is loaded in ``appending`` is by that alone in doubt, whether the wire broke a minute
ago or the process died last week."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mailbot.job.job import Event, Intent, Job, Mark, Place
from mailbot.job.state import PROGRESS, TRANSITIONS, IllegalEvent

_NO_WAIT: Mapping[str, Any] = {
    **{"waits_for": "", "trouble": "", "waiting_since": None, "until": None, "tries": 0, "starts": 0}
}


def apply(job: Job | None, event: Event) -> Job:
    """One step of ``fold``. Raises IllegalEvent, naming event and state."""
    before = job.state if job else None
    try:
        after = TRANSITIONS[event.kind][before]
    except KeyError:
        raise IllegalEvent(f"job {event.job}: {event.kind} cannot follow {before or 'nothing'}") from None
    data = event.data
    if job is None:
        return Job(
            id=event.job,
            account=data["account"],
            key=data["key"],
            generation=data["generation"],
            state=after,
            asked_at=event.at,
            changed_at=event.at,
            place=_place(data.get("place")),
            sent_mark=_mark(data.get("sent")),
            was_answered=data.get("was_answered", False),
            wish=data.get("note", ""),
            limited=data.get("limited", True),
            mail=data.get("mail", {}),
            reason=data.get("reason", ""),
        )
    job = replace(job, state=after, changed_at=event.at, **(_NO_WAIT if event.kind in PROGRESS else {}))
    change = _CHANGES.get(event.kind)
    return change(job, event) if change else job


def fold(events: Iterable[Event]) -> Job | None:
    job: Job | None = None
    for event in events:
        job = apply(job, event)
    return job


def _place(value: Any) -> Place | None:
    return Place(*value) if value else None


def _mark(value: Any) -> Mark | None:
    return Mark(*value) if value else None


def _fetched(job: Job, event: Event) -> Job:
    data = event.data
    return replace(
        job,
        fetched=True,
        fetched_from=data["folder"],
        truncated=data.get("truncated", False),
        reduced=data.get("reduced", False),
        searches=data.get("searches", False),
        keywords=tuple(data.get("keywords", ())),
        labels=tuple(data.get("labels", ())),
    )


def _named(job: Job, event: Event) -> Job:
    data = event.data
    return replace(
        job,
        names=data["names"],
        draft=data.get("draft", job.draft),
        mail=data.get("mail", job.mail),
        known=tuple(data.get("known", ())),
        remarks=_more(job, event),
    )


def _prompted(job: Job, event: Event) -> Job:
    # No progress by itself: the model may refuse this prompt as it refused the one before, so ``tries`` stays.
    data = event.data
    job = replace(job, remarks=tuple(r for r in job.remarks if r not in job.of_prompt))
    remarks = _more(job, event)
    return replace(
        job,
        prompted_at=event.at,
        shape=data["shape"],
        inside=data.get("inside", False),
        seen=data.get("seen", {}),
        judged_by=data.get("judged_by", ""),
        analysis=data.get("analysis", ""),
        starts=0,
        until=None,
        remarks=remarks,
        of_prompt=remarks[len(job.remarks) :],
    )


def _answered(job: Job, event: Event) -> Job:
    data = event.data
    return replace(
        job,
        answer=data,
        prompted_at=None,
        tokens_in=job.tokens_in + (data.get("tokens_in") or 0),
        tokens_out=job.tokens_out + (data.get("tokens_out") or 0),
    )


def _rejected(job: Job, event: Event) -> Job:
    data = event.data
    return replace(
        job,
        answer={},
        bad_answers=job.bad_answers + data.get("counts", 1),
        prompted_at=None,
        reason=data["reason"],
        not_json=job.not_json + 1 if data.get("not_json") else 0,
        cut_off=job.cut_off or data.get("cut_off", False),
    )


def _intended(job: Job, event: Event) -> Job:
    data = event.data
    intent = Intent(event.at, Mark(*data["drafts"]), tuple(Mark(*m) for m in data["others"]))
    return replace(job, intent=intent, doubt_since=event.at, draft=data["draft"], remarks=_more(job, event))


def _appended(job: Job, event: Event) -> Job:
    place = _place(event.data.get("place"))
    return replace(job, draft_place=place, drafted_at=event.at, remarks=_more(job, event))


def _more(job: Job, event: Event) -> tuple[str, ...]:
    return job.remarks + tuple(r for r in event.data.get("remarks", ()) if r not in job.remarks)


def _waiting(job: Job, event: Event) -> Job:
    since = job.waiting_since if job.waiting_since is not None else event.at
    data = event.data
    # ``starts`` counts beginnings in which the process ended. This one came to an end, though a bad one.
    return replace(
        job,
        waits_for=data["reason"],
        trouble=data.get("trouble", ""),
        waiting_since=since,
        until=data["until"],
        tries=job.tries + 1,
        starts=0,
    )


def _reason(job: Job, event: Event) -> Job:
    return replace(job, reason=event.data["reason"])


_CHANGES: Mapping[str, Callable[[Job, Event], Job]] = {
    "asked": lambda job, event: job,
    "held": _reason,
    "released": lambda job, event: replace(job, limited=False, reason="", asked_at=event.at),
    "moved": lambda job, event: replace(job, place=_place(event.data["place"])),
    "fetched": _fetched,
    "gathered": lambda job, event: replace(job, searches=False, remarks=_more(job, event)),
    "started": lambda job, event: replace(job, starts=job.starts + 1),
    "named": _named,
    "prompted": _prompted,
    "expired": lambda job, event: replace(job, prompted_at=None),
    "answered": _answered,
    "rejected": _rejected,
    "intended": _intended,
    "broke": lambda job, event: replace(job, doubt_since=event.at),
    "appended": _appended,
    "read": lambda job, event: replace(job, read_back=True, remarks=_more(job, event)),
    "paged": lambda job, event: replace(job, paged=True, status=event.data["status"], page_left=event.data["left"]),
    "waiting": _waiting,
    "skipped": _reason,
    "cancelled": _reason,
    "parked": _reason,
    "dismissed": lambda job, event: replace(job, reason="given up by you"),
    "superseded": lambda job, event: replace(job, status="superseded"),
}
