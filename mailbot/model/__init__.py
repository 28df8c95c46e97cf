"""The model's server, an edge: asks one stored prompt and brings back text, or one of the three kinds of error.

endpoint    the call: what is sent, what the answer has to look like at least
quirks      pure: what a server's refusal means, and what it must not be sent again
wire        the HTTP client: a deadline that holds, a limit of size, no redirect, only our headers
"""

from mailbot.model.endpoint import Endpoint, NeedsPlain, Reply

__all__ = ["Endpoint", "NeedsPlain", "Reply"]
