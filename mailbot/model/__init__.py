"""The model's server, an edge: asks one stored prompt and brings back text, or one of the three kinds of error.

endpoint    the call: what is sent, in which form, and what is left out for this server
learnt      what is known of one model on one server, for a week
reply       pure: the model's text out of what the server sent
quirks      pure: what a server's refusal means, and what it must not be sent again
wire        the HTTP client: a deadline that holds, a limit of size, no redirect, only our headers
"""

from mailbot.model.endpoint import Endpoint, NeedsPlain
from mailbot.model.learnt import Learnt
from mailbot.model.reply import Reply

__all__ = ["Endpoint", "Learnt", "NeedsPlain", "Reply"]
