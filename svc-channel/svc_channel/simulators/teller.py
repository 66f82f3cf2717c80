"""Posts what a simulator has to tell its client, in a thread of its own, and journals it; must not know what it says."""

import http.client
import queue
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Final

from svc_channel.simulators.line_journal import LineJournal

_TRIES: Final = 5
_TIMEOUT_SECONDS: Final = 5.0
# The pause before the second try; each one after it is as much longer.
_PAUSE_SECONDS: Final = 0.2

Post = tuple[Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell at ``url``; ``record`` is what the journal says of it beside the status it came to.

    ``write`` gives headers and body of each try, ``is_taken`` says by the status whether another one is needed.
    """

    url: str
    write: Callable[[], Post]
    is_taken: Callable[[int], bool]
    record: Mapping[str, Any]


class Teller:
    """Tells notices one after the other, each after ``delay_seconds``; what nobody takes is given up."""

    def __init__(self, journal: LineJournal, stopping: Event, *, delay_seconds: float = 0.0) -> None:
        self._journal = journal
        self._stopping = stopping
        self._delay_seconds = delay_seconds
        self._notices: queue.Queue[Notice | None] = queue.Queue()
        self._thread = Thread(target=self._tell, daemon=True)
        self._thread.start()

    def tell_later(self, notice: Notice) -> None:
        """Queues a notice."""
        self._notices.put(notice)

    def close(self) -> None:
        """Ends the thread."""
        self._notices.put(None)
        self._thread.join(timeout=_TIMEOUT_SECONDS)

    def _tell(self) -> None:
        while (notice := self._notices.get()) is not None:
            self._stopping.wait(self._delay_seconds)
            status = 0
            for tries in range(_TRIES):
                status = _post(notice.url, *notice.write())
                if notice.is_taken(status):
                    break
                self._stopping.wait(_PAUSE_SECONDS * (tries + 1))
            self._journal.append({"record": "told", **notice.record, "status": status})


def _post(where: str, headers: Mapping[str, str], body: bytes) -> int:
    """Posts over plain HTTP; the status, or 0 when nobody answered."""
    url = urllib.parse.urlsplit(where)
    connection = http.client.HTTPConnection(url.netloc, timeout=_TIMEOUT_SECONDS)
    path = f"{url.path}?{url.query}" if url.query else url.path
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
