"""What can be found again of the owner's own texts: mails in Sent, and notes; and which mails privacy rules mean.
SQLite with FTS5, a file of its own.

Nothing depends on it. It may be deleted at any time and is built again; a damaged one is thrown away. Whoever asks gets
an answer or ``Unusable``, and goes on without. It never waits long for another process.

    index      the whole, and forgetting
    database   the file: opened when first asked, thrown away when it is no good
    sent       own mails, by reader, language and words
    filed      which mails lie where a privacy rule looks
    notes      passages of notes, by words
    files      what lies in a folder of notes

**Forgetting** (for ``purge``): ``Index.forget`` with one of ``address``, ``message_id``, ``before`` takes out own mails
and says how many they were; they stay known by their place, so that they are not read again while they lie in Sent
under the same UID. Nothing of their words is left in the file.
"""

from mailbot.index.database import Unusable
from mailbot.index.index import Index

__all__ = ["Index", "Unusable"]
