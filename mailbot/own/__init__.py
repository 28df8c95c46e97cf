"""What the owner wrote before: mails in Sent, notes, instructions. Pure: what of it may stand in which prompt.

Whoever reads a reply may have the model repeat all that stood in its prompt. So each part is lent only to a reply whose
every reader may read it anyway (``mailbot.address.readers``).

sent       a mail that lies in Sent, read for what the owner wrote in it
frame      how it begins and ends
habits     what can be counted of it
phrases    greetings, sign-offs and forms of address, in thirteen languages
card       the style card, counted from many of them
samples    which of them are shown
notes      a note, and the passages of it that can be shown
query      by which words notes are looked for, and which of those found are worth showing
words      the words of a text, without their endings
"""
