"""The journal: the list of events, in SQLite, from which every state follows; and what was last seen of each folder.

It owns durability: ``record`` returns when the event is on disk (WAL, ``synchronous=FULL``). The table ``job`` is an
index over the folded events, written in the same transaction, so that open jobs are found without reading years of
history. Large bytes (the fetched mail, the draft) lie in ``blob`` while a job is open. It knows no IMAP, no model, no
files but its own. Safe for many threads, and for a second process that adds an event (``mailbot redo`` beside
``mailbot run``).

    database   the file, its version, its transactions
    migrations its schema, step by step
    journal    events and jobs
    stars      folders, UIDs and flags
    facts      small facts that outlive the process
    figures    what was done, counted
    forgotten  jobs taken out for good, and what is remembered of them
"""

from mailbot.journal.database import Damaged, put_aside
from mailbot.journal.journal import Journal

__all__ = ["Damaged", "Journal", "put_aside"]
