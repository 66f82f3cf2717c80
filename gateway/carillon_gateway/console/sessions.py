"""Who is signed in at the console, by browser; it must not outlive the process nor be written anywhere."""

from collections import OrderedDict
from datetime import datetime, timedelta

from carillon_gateway.console.backend import Session

# An operator has tens of people at the console; beyond this many the longest signed in has to sign in again.
SESSIONS_LIMIT = 1000


class Sessions:
    """Sessions in memory: the browser holds only a signed, random id in a cookie that scripts can't read."""

    def __init__(self, *, lifetime_seconds: int) -> None:
        self._lifetime = timedelta(seconds=lifetime_seconds)
        self._sessions: OrderedDict[str, tuple[Session, datetime]] = OrderedDict()

    def begin(self, browser_id: str, session: Session, *, now: datetime) -> None:
        """Signs the browser in until the lifetime has passed; another session of the same browser ends."""
        self._sessions.pop(browser_id, None)
        while len(self._sessions) >= SESSIONS_LIMIT:
            self._sessions.popitem(last=False)
        self._sessions[browser_id] = (session, now + self._lifetime)

    def find(self, browser_id: str, *, now: datetime) -> Session | None:
        """The browser's session, or None when it never signed in, signed out or the lifetime has passed."""
        session, ends_at = self._sessions.get(browser_id, (None, now))
        if session is None:
            return None
        if now >= ends_at:
            del self._sessions[browser_id]
            return None
        return session

    def end(self, browser_id: str) -> None:
        """Signs the browser out."""
        self._sessions.pop(browser_id, None)
