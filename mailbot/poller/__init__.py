"""One account, kept going.

poller      the rounds, and the session between them
background  what a round hands over: thread searches, prompts, calls of the model
calls       the threads for that
pace        when the next round may begin
"""

from mailbot.poller.poller import Poller

__all__ = ["Poller"]
