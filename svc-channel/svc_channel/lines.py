"""Builds the lines: from the line file to keepers with their senders and bookers; the part of main that knows protocols."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Final, TypeAlias

from carillon_chassis.clock import Clock, SystemClock
from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput
from carillon_chassis.ids import new_id
from svc_channel.adapters.callbacks import Book, Callback, Callbacks
from svc_channel.adapters.cmpp_peer import CmppPeer, cmpp_settings
from svc_channel.adapters.line import Line, Peer
from svc_channel.adapters.line_file import LineFile, LineSpec, read_line_file
from svc_channel.adapters.market_callback import KeepEvent, market_callback
from svc_channel.adapters.market_exchange import market_peer
from svc_channel.adapters.mm7_callback import mm7_callback
from svc_channel.adapters.mm7_exchange import Renditions, mm7_peer
from svc_channel.adapters.pap_callback import pap_callback
from svc_channel.adapters.pap_exchange import pap_peer
from svc_channel.adapters.resource_library import ResourceLibrary
from svc_channel.adapters.smpp_peer import SmppPeer, smpp_settings
from svc_channel.adapters.ussd_exchange import ussd_peer
from svc_channel.domain.channel import BULK, MessageClass
from svc_channel.domain.inbound import InboundPart
from svc_channel.settings import Settings
from svc_channel.store.claims import Wanted
from svc_channel.store.ownership import Ownership
from svc_channel.worker.booker import Booker
from svc_channel.worker.feed import Feed
from svc_channel.worker.instruments import Instruments
from svc_channel.worker.link_keeper import LinkKeeper
from svc_channel.worker.pacing import PaceKeeper
from svc_channel.worker.quotas import Quotas
from svc_channel.worker.rate_shares import RateShares
from svc_channel.worker.sender import REPLY_ROWS, Sender, claim_rows
from svc_channel.worker.wire import Token, Wire

# The name of the one line of the SMSC_* settings, and of the variable that stands for its password.
ONLY_LINE: Final = "smsc"
ONLY_PASSWORD: Final = "CARILLON_CHANNEL_SMSC_PASSWORD"  # noqa: S105 -- the name of a variable, no secret


def _smpp(spec: LineSpec, environment: Mapping[str, str]) -> Peer[Token]:
    return SmppPeer(spec.name, smpp_settings(spec, environment))


def _cmpp(spec: LineSpec, environment: Mapping[str, str]) -> Peer[Token]:
    return CmppPeer(spec.name, cmpp_settings(spec, environment), now=SystemClock().now)


MakePeer: TypeAlias = Callable[[LineSpec, Mapping[str, str]], Peer[Token]]
MakeCallback: TypeAlias = Callable[[LineSpec, Mapping[str, str]], Callback]

# Turns of sessions with the name of the line that brought them.
NamedTurns = Callable[[str, Line[Token], Sequence[InboundPart]], Awaitable[None]]

# Their peers know a message that is sent again, so that sending it is no guess: by the id of its push or job.
REPEATABLE: Final = frozenset({"pap", "market", "ussd_http"})


def read_lines(settings: Settings) -> LineFile:
    """The lines of the file, or the one line of the SMSC_* settings. Raises InvalidInput."""
    if settings.lines is not None:
        return read_line_file(settings.lines)
    only = LineSpec(
        name=ONLY_LINE,
        protocol="smpp",
        window=settings.submit_window,
        rate_per_second=settings.rate_limit_per_second,
        options={
            "host": settings.smsc_host,
            "port": settings.smsc_port,
            "system_id": settings.smsc_system_id,
            "password_variable": ONLY_PASSWORD,
        },
    )
    return LineFile(lines=(only,))


def open_peer(spec: LineSpec, environment: Mapping[str, str], renditions: Renditions) -> Peer[Token]:
    """The peer of a line. Raises InvalidInput (LINE_PROTOCOL) for a protocol that is not spoken here."""
    clock = SystemClock()
    # What a line file may say under protocol; an entry a protocol.
    spoken_here: dict[str, MakePeer] = {
        "smpp": _smpp,
        "cmpp": _cmpp,
        "pap": pap_peer,
        "mm7": partial(mm7_peer, renditions=renditions, clock=clock),
        "market": partial(market_peer, clock=clock),
        "ussd_http": ussd_peer,
    }
    make = spoken_here.get(spec.protocol)
    if make is None:
        spoken = ", ".join(sorted(spoken_here))
        raise InvalidInput(
            reason="LINE_PROTOCOL", field=spec.name, detail=f"line {spec.name}: {spec.protocol} is none of {spoken}"
        )
    return make(spec, environment)


def build_keepers(
    lines: LineFile,
    *,
    settings: Settings,
    environment: Mapping[str, str],
    database: Database,
    ownership: Ownership,
    instruments: Instruments,
    clock: Clock,
    turns: NamedTurns | None = None,
) -> tuple[list[LinkKeeper], RateShares]:
    """A keeper a line, and what gives them their shares of rates. Raises InvalidInput for a line that can't be."""
    secrets = {**environment, ONLY_PASSWORD: settings.smsc_password.get_secret_value()}
    library = ResourceLibrary(database, monotonic=time.monotonic)
    quotas = Quotas(lines.limits.limits(), monotonic=time.monotonic)
    draw = Random().random  # noqa: S311 -- spreads re-binds; nobody gains by guessing it
    paces = [PaceKeeper(spec.rate_per_second, monotonic=time.monotonic) for spec in lines.lines]
    shares = RateShares(count_senders=ownership.count_senders, paces=paces, quotas=quotas)

    def keeper(spec: LineSpec, pace: PaceKeeper) -> LinkKeeper:
        peer, wire = open_peer(spec, secrets, library.renditions), Wire(spec.name)

        def feed(classes: Sequence[MessageClass], limit: int) -> Feed:
            wanted = Wanted(line=spec.name, routes=spec.routes, classes=classes, limit=limit)
            return Feed(
                database=database,
                ownership=ownership,
                wanted=wanted,
                clock=clock,
                new_id=new_id,
                instruments=instruments,
            )

        bulk, replies = feed(BULK, claim_rows(spec.rate_per_second)), feed([MessageClass.REPLY], REPLY_ROWS)
        booker = Booker(
            line=spec.name,
            database=database,
            wire=wire,
            pace=pace,
            instruments=instruments,
            clock=clock,
            new_id=new_id,
            turns=None if turns is None else partial(turns, spec.name),
        )
        sender = Sender(
            peer=peer, account=spec.account, bulk=bulk, replies=replies, wire=wire, pace=pace, quotas=quotas
        )
        return LinkKeeper(
            peer=peer,
            sender=sender,
            booker=booker,
            instruments=instruments,
            clock=clock,
            draw=draw,
            may_send=shares.known,
        )

    return [keeper(spec, pace) for spec, pace in zip(lines.lines, paces, strict=True)], shares


def repeatable_lines(lines: LineFile) -> frozenset[str]:
    """The lines over which a message in doubt may be sent again whatever its class."""
    return frozenset(spec.name for spec in lines.lines if spec.protocol in REPEATABLE)


def build_callbacks(
    lines: LineFile, *, environment: Mapping[str, str], book: Book, keep: KeepEvent, clock: Clock
) -> Callbacks:
    """What takes the requests of each line's peer, of the lines whose protocol has any. Raises InvalidInput."""
    # The protocols whose peers make requests of their own.
    makers: dict[str, MakeCallback] = {
        "pap": partial(pap_callback, book=book, clock=clock),
        "mm7": partial(mm7_callback, book=book, clock=clock),
        "market": partial(market_callback, keep=keep, clock=clock),
    }
    return {
        (spec.protocol, spec.name): makers[spec.protocol](spec, environment)
        for spec in lines.lines
        if spec.protocol in makers
    }
