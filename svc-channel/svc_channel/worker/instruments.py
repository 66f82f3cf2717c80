"""The metrics of sending: ends, the window's use and the queues; counts, and keeps no numbers of subscribers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from svc_channel.domain.message import MessageState
from svc_channel.store.messages import EndedMessage


class Instruments:
    """What an operator watches while a campaign goes out."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._ended = meter.create_counter(
            "carillon_channel_messages_ended", description="Messages that ended, by state"
        )
        self._links_lost = meter.create_counter("carillon_channel_links_lost", description="SMPP links lost, by reason")
        self._resent = meter.create_counter(
            "carillon_channel_messages_resent", description="Messages sent again because nothing proved them accepted"
        )
        self.queued = 0
        """Messages due in the database, as last measured."""
        self.observe("carillon_channel_queue_depth", "Messages waiting to be sent", lambda: self.queued)

    def observe(self, name: str, description: str, read: Callable[[], float]) -> None:
        """A gauge that is read when the metrics are asked for."""

        def observe(_: CallbackOptions) -> Sequence[Observation]:
            return [Observation(read())]

        self._meter.create_observable_gauge(name, callbacks=[observe], description=description)

    def count_ended(self, ended: Iterable[EndedMessage]) -> None:
        """Counts messages by the state they ended in."""
        states = Counter(MessageState.FAILED if message.reason else MessageState.DELIVERED for message in ended)
        for state, count in states.items():
            self._ended.add(count, {"state": state.value})

    def count_resent(self, count: int) -> None:
        """Counts messages that a doubt sent again."""
        if count:
            self._resent.add(count)

    def count_link_lost(self, reason: str) -> None:
        """Counts a link that ended."""
        self._links_lost.add(1, {"reason": reason})
