"""What the owner must know, told once. A notice is a mail from mailbot to its owner, and to nobody else.

trouble  each kind of trouble, from its beginning to its end
tell     which of it is told now, and by which way
digest   once a day: which drafts wait
notice   the mail itself (pure)
waiting  the same for the digest (pure)
"""
