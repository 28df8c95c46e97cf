"""Who takes which step of a job."""

from __future__ import annotations

from collections.abc import Callable

from mailbot.bot import ask, deliver, fetch, gather, pages, prepare, read_back, resolve
from mailbot.imap.wire import Wire
from mailbot.job import Job, Step
from mailbot.world import World

ON_THE_WIRE: dict[Step, Callable[[World, Wire, Job], Job]] = {
    Step.FETCH: fetch.fetch,
    Step.GATHER: gather.alone,
    Step.STORE: deliver.store,
    Step.RESOLVE: resolve.resolve,
    Step.READ_BACK: read_back.read_back,
    Step.MARK: deliver.mark,
}
AT_HOME: dict[Step, Callable[[World, Job], Job]] = {
    Step.PREPARE: prepare.prepare,
    Step.ANALYSE: ask.analyse,
    Step.PAGE: pages.write,
}
