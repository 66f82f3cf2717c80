"""The metrics of sending, line by line: answers, ends, windows and queues; keeps no numbers of subscribers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from svc_channel.domain.message import MessageState
from svc_channel.domain.submission import Answer
from svc_channel.store.messages import EndedMessage


class Instruments:
    """What an operator watches while a campaign goes out."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._windows: dict[str, Callable[[], float]] = {}
        self._up: dict[str, Callable[[], bool]] = {}
        self._ended = meter.create_counter(
            "carillon_channel_messages_ended", description="Messages that ended, by state"
        )
        self._answers = meter.create_counter("carillon_channel_parts_answered", description="Parts by line and answer")
        self._deliveries = meter.create_counter(
            "carillon_channel_deliveries", description="What came over a line, by line and kind"
        )
        self._links_lost = meter.create_counter(
            "carillon_channel_links_lost", description="Lines lost, by line and reason"
        )
        self._resent = meter.create_counter(
            "carillon_channel_messages_resent", description="Messages sent again because nothing proved them accepted"
        )
        self._blocked = meter.create_counter(
            "carillon_channel_messages_blocked", description="Messages that were not let out, by reason"
        )
        self.queued = 0
        """Messages due in the database, as last measured."""
        self._gauge("carillon_channel_queue_depth", "Messages waiting to be sent", lambda: [Observation(self.queued)])
        self._gauge(
            "carillon_channel_submit_window_used",
            "Submits on the wire without an answer",
            lambda: [Observation(read(), {"line": line}) for line, read in self._windows.items()],
        )
        self._gauge(
            "carillon_channel_line_up",
            "1 while a line is bound",
            lambda: [Observation(int(read()), {"line": line}) for line, read in self._up.items()],
        )

    def watch_line(self, line: str, *, in_flight: Callable[[], float], is_up: Callable[[], bool]) -> None:
        """Gauges of one line, read when the metrics are asked for."""
        self._windows[line] = in_flight
        self._up[line] = is_up

    def count_answers(self, line: str, answers: Iterable[Answer]) -> None:
        """Counts the answers to parts."""
        for answer, count in Counter(answers).items():
            self._answers.add(count, {"line": line, "answer": answer.name.lower()})

    def count_deliveries(self, line: str, *, receipts: int, inbound: int, turns: int) -> None:
        """Counts what a line handed over."""
        for kind, count in (("receipt", receipts), ("inbound", inbound), ("turn", turns)):
            if count:
                self._deliveries.add(count, {"line": line, "kind": kind})

    def count_ended(self, ended: Iterable[EndedMessage]) -> None:
        """Counts messages by the state they ended in."""
        states = Counter(MessageState.FAILED if message.reason else MessageState.DELIVERED for message in ended)
        for state, count in states.items():
            self._ended.add(count, {"state": state.value})

    def count_blocked(self, blocked: Iterable[EndedMessage]) -> None:
        """Counts messages that ended because they might not go any more, by reason."""
        for reason, count in Counter(message.reason for message in blocked).items():
            self._blocked.add(count, {"reason": reason})
            self._ended.add(count, {"state": MessageState.FAILED.value})

    def count_resent(self, count: int) -> None:
        """Counts messages that a doubt sent again."""
        if count:
            self._resent.add(count)

    def count_link_lost(self, line: str, reason: str) -> None:
        """Counts a line that ended."""
        self._links_lost.add(1, {"line": line, "reason": reason})

    def _gauge(self, name: str, description: str, read: Callable[[], Sequence[Observation]]) -> None:
        def observe(_: CallbackOptions) -> Sequence[Observation]:
            return read()

        self._meter.create_observable_gauge(name, callbacks=[observe], description=description)
