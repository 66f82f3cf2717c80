"""Pushes a menu's first screen to a phone by USSD; the answer comes as a turn of the network's own session."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_channel.app.numbers import Numbers, find_holder
from svc_channel.app.turns import Taken, Turns
from svc_channel.domain.channel import Channel, MessageClass
from svc_channel.domain.number import OPERATOR_NUMBER
from svc_channel.domain.routes import Routes
from svc_channel.domain.sessions.state import Screen
from svc_channel.domain.sessions.turn import PUSHED, Turn, TurnKind
from svc_channel.domain.smpp.ussd import ASKS
from svc_channel.store.singles import Single, book_singles

CHANNEL = "ussd"


async def find_subscriber(numbers: Numbers, msisdn: str) -> int:
    """Whom the number belongs to. Raises NotFound SUBSCRIBER_UNKNOWN, Unavailable."""
    subscriber_id = await find_holder(numbers, msisdn)
    if subscriber_id is None:
        raise NotFound(reason="SUBSCRIBER_UNKNOWN", field="msisdn", detail="no snapshot has brought this number")
    return subscriber_id


async def begin_push(turns: Turns, *, msisdn: str, code: str, key: str) -> Taken:
    """Begins the session whose first screen is pushed; the same key again finds it. Raises Unavailable."""
    return await turns.take(Turn(channel=CHANNEL, peer=msisdn, number=PUSHED, key=key, kind=TurnKind.BEGIN, code=code))


async def push_screen(
    unit: UnitOfWork, screen: Screen, *, subscriber_id: int, msisdn: str, routes: Routes, now: datetime
) -> None:
    """Books the screen as a service message; one that ends asks for no answer."""
    single = Single(
        subscriber_id=subscriber_id,
        msisdn=msisdn,
        sender=OPERATOR_NUMBER,
        text=screen.text,
        parts=1,
        channel=Channel.USSD,
        route=routes.find(Channel.USSD, msisdn),
        message_class=MessageClass.SERVICE,
        content=None if screen.ends else ASKS,
    )
    await book_singles(unit, [single], now=now)
