"""What takes the requests of a line's peer; must not know HTTP servers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from svc_channel.domain.callback import CallbackAnswer, CallbackRequest
from svc_channel.domain.flush import Flush
from svc_channel.store.messages import EndedMessage

Book = Callable[[Flush], Awaitable[list[EndedMessage]]]
"""Makes what a peer told durable; raises Unavailable."""


class Callback(Protocol):
    """The requests of one line's peer."""

    async def take(self, request: CallbackRequest) -> CallbackAnswer:
        """Checks that the request is the peer's, keeps what it says, and answers."""
        ...


Callbacks = Mapping[tuple[str, str], Callback]
"""By protocol and line."""
