"""Who may see what of a mail. Pure.

rules     the owner's privacy rules: which holds for a model, and which mails one fits
filed     where mails lie, as far as rules ask for it
verdict   what the rules mean for the mail that is to be answered
sight     what of it and of its thread a model may see, and what they quote
audience  which mails of the thread everybody who gets the reply knows already
seen      whose mails a prompt holds, for when it is judged again
"""
