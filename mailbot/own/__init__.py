"""What the owner wrote before: mails in Sent, notes, instructions. Pure: what of it may stand in which prompt.

Whoever reads a reply may have the model repeat all that stood in its prompt. So each part is lent only to a reply whose
every reader may read it anyway; ``readers`` owns that rule.
"""
