"""Ten thousand random and truncated frames: none crashes anything, and memory stays where it was."""

import gc
import random
import tracemalloc
from collections.abc import Iterator

import pytest

from svc_channel.adapters.smpp_deliveries import read_delivery
from svc_channel.adapters.smpp_session import SmppSession
from svc_channel.adapters.smpp_values import Delivery
from svc_channel.domain.smpp import codec, commands, pdus
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.framer import Framer
from svc_channel.domain.smpp.receipts import MessageState, Receipt, render_receipt

FRAMES = 10_000
MEMORY_LIMIT = 20 * 1024 * 1024
COMMANDS = [
    value
    for name, value in vars(commands).items()
    if name.isupper() and isinstance(value, int) and name != "RESPONSE_BIT"
]
RECEIPT = render_receipt(
    Receipt(message_id="0123456789", state=MessageState.DELIVERED), source="8613800138000", destination="10086"
)
SOUND = [
    codec.encode(pdus.Bind(system_id="me", password="pw"), 1),
    codec.encode(pdus.SubmitSm(source="10086", destination="8613800138000", short_message=b"Hello"), 2),
    codec.encode(pdus.SubmitSmResp(message_id="0123456789"), 3),
    codec.encode(RECEIPT, 4),
    codec.encode(pdus.DeliverSm(source="1", destination="2", tlvs=((0x0424, b"x" * 2000), (0x1400, b"y"))), 5),
    codec.encode(
        pdus.DeliverSm(source="1", destination="2", esm_class=0x40, short_message=b"\x05\x00\x03\x01\x02\x01x"), 6
    ),
    codec.encode(pdus.EnquireLink(), 7),
]


def framed(body: bytes, command: int, drawn: random.Random) -> bytes:
    """A frame whose length is right, so that it reaches the codec."""
    header = (16 + len(body)).to_bytes(4, "big") + command.to_bytes(4, "big") + drawn.randbytes(8)
    return header + body


def garbage(seed: int) -> Iterator[bytes]:
    """Random bodies under real commands, and sound frames with octets changed, cut off or put in."""
    drawn = random.Random(seed)
    for _ in range(FRAMES):
        kind = drawn.randrange(3)
        if kind == 0:
            yield framed(drawn.randbytes(drawn.randrange(200)), drawn.choice(COMMANDS), drawn)
            continue
        frame = bytearray(drawn.choice(SOUND))
        if kind == 1:
            for _ in range(drawn.randrange(1, 8)):
                frame[drawn.randrange(16, len(frame)) if len(frame) > 16 else 15] = drawn.randrange(256)
            yield bytes(frame)
        else:
            body = bytes(frame[16 : drawn.randrange(16, len(frame) + 1)])
            yield framed(body, int.from_bytes(frame[4:8], "big"), drawn)


def test_ten_thousand_frames_of_garbage_are_read_or_refused_and_leave_no_memory_behind() -> None:
    outcomes = {"read": 0, "refused": 0}
    gc.collect()
    tracemalloc.start()
    try:
        for frame in garbage(20261122):
            try:
                envelope = codec.decode(frame)
            except MalformedPdu:
                outcomes["refused"] += 1
                continue
            outcomes["read"] += 1
            if isinstance(envelope.pdu, pdus.DeliverSm):
                read_delivery(Delivery(envelope.sequence, envelope.pdu))
        gc.collect()
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert min(outcomes.values()) > FRAMES // 10
    assert max(left, peak) < MEMORY_LIMIT


class Owner:
    """Keeps nothing of what the session tells."""

    def __init__(self) -> None:
        self.told = 0
        self.lost: str | None = None

    def on_pdu(self, envelope: codec.Envelope) -> None:
        """Counts."""
        self.told += envelope.sequence >= 0

    def on_batch_end(self) -> None:
        """Nothing waits here."""

    def on_tick(self, now: float) -> None:
        """No time-outs here."""

    def on_lost(self, reason: str, detail: str) -> None:
        """The end."""
        self.lost = reason
        assert detail


async def test_a_session_survives_garbage_in_sound_frames_and_ends_with_garbage_in_lengths() -> None:
    owner = Owner()
    session = SmppSession(owner, next_sequence=lambda: 1, enquire_link_seconds=30, response_timeout_seconds=30)
    drawn = random.Random(7)
    for frame in garbage(5):
        if int.from_bytes(frame[4:8], "big") == commands.UNBIND:
            continue
        cut = drawn.randrange(len(frame))
        session.data_received(frame[:cut])
        session.data_received(frame[cut:])
        assert owner.lost is None
    assert owner.told > FRAMES // 10
    session.data_received(b"\xff" * 16)
    assert owner.lost == "BROKEN_STREAM"


@pytest.mark.parametrize("seed", range(20))
def test_a_framer_holds_at_most_one_frame_of_a_random_stream(seed: int) -> None:
    drawn, framer = random.Random(seed), Framer()
    refused = False
    for _ in range(500):
        try:
            for _ in framer.feed(drawn.randbytes(drawn.randrange(1, 400))):
                pass
        except MalformedPdu:
            refused = True
            framer = Framer()
        assert framer.buffered <= 72 * 1024
    assert refused
