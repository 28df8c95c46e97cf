"""What a text names that can be right or wrong: links, addresses, accounts, phone numbers, days, times, numbers. Pure.

mention   what is common to all kinds; the folded text in which they are looked for
link      links and e-mail addresses, also those spelled so as not to look like any
account   where money goes: IBANs, cards, crypto addresses, numbers that are called an account
day       days and times in thirteen languages, compared whatever their form
number    phone numbers and numbers, compared whatever their separators
words     months and days of the week, in thirteen languages
find      all of a text, each stretch of it once

Refuses to know who wrote the text and what follows from it (``prompt.sources``). Linear in the length of the text.
"""

from mailbot.mention.find import find
from mailbot.mention.mention import Kind, Mention

__all__ = ["Kind", "Mention", "find"]
