"""What is learnt beside the drafts: brought into the index, and asked of it again. Nothing here costs a draft.

sent   the owner's mails in Sent, in idle moments
filed  in which folders, and under which keywords, the mails lie that privacy rules ask for
notes  the owner's notes, and what of them the readers of a reply may have
"""
