"""All attacks in all ways, as a table: ``python -m hostile [FOLDER]``; the folder's mails come on top. Ends with 1 when
a guarantee was broken."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from hostile.attack import corpus, own
from hostile.behaviour import BEHAVIOURS
from hostile.guarantee import ROWS, violations

NAMED = 3  # attacks that are named for each row and behaviour


def main() -> int:
    attacks = own() + [attack for folder in sys.argv[1:] for attack in corpus(Path(folder))]
    mails = Counter(attack.row for attack in attacks)
    print(f"{len(attacks)} mails; violations by row of the threat table\n")
    print(f"{'row':16}" + "".join(f"{row:4}" for row in ROWS))
    print(f"{'mails':16}" + "".join(f"{mails[row]:4}" for row in ROWS) + f"  and {mails[0]} of a corpus")
    total = 0
    for behaviour in BEHAVIOURS:
        broken = [(row, attack.name) for attack in attacks for row in violations(attack, behaviour)]
        found = Counter(row for row, _ in broken)
        print(f"{behaviour:16}" + "".join(f"{found[row]:4}" for row in ROWS), flush=True)
        for row in found:
            for name in [name for each, name in broken if each == row][:NAMED]:
                print(f"    {row} {ROWS[row]}: {name}")
        total += found.total()
    print(f"\n{len(attacks) * len(BEHAVIOURS)} runs, {total} violations")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
