"""Attack mails against a model that obeys the attacker: what mailbot guarantees must hold whatever the model writes.

mails.toml, attack.py   the attacks of our own, and those of a corpus
behaviour.py            the ways in which the model misbehaves
planted.py              a mailbot full of texts that must not come out, and one run
guarantee.py            what must hold, by row of the threat table
__main__.py             all attacks in all ways, as a table
"""
