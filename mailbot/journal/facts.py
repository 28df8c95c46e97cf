"""Small facts that outlive the process: learnt quirks, troubles that were told, refused logins, the last poll.

They lie in the table ``note``, as it was called first.
"""

from __future__ import annotations

import json
from typing import Any

from mailbot.journal.database import Database


class Facts:
    """JSON values, each with a name in its scope."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, scope: str, name: str, value: Any) -> None:
        """Keeps a value; None removes it."""
        if value is None:
            self._db.run("DELETE FROM note WHERE scope = ? AND name = ?", scope, name)
        else:
            self._db.run("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", scope, name, json.dumps(value))

    def get(self, scope: str, name: str) -> Any:
        rows = self._db.rows("SELECT value FROM note WHERE scope = ? AND name = ?", scope, name)
        return json.loads(rows[0][0]) if rows else None

    def all(self, scope: str) -> dict[str, Any]:
        rows = self._db.rows("SELECT name, value FROM note WHERE scope = ? ORDER BY name", scope)
        return {name: json.loads(value) for name, value in rows}
