"""Shapes that several nouns share in JSON: strict bodies, safe text, money, times; it must not know any noun."""

from datetime import UTC, datetime
from typing import Annotated, Any

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

# 1,000 million yuan in fen: beyond any order, and the order service's own limit.
AMOUNT_LIMIT_FEN = 100_000_000_000
# The largest page that any list gives.
PAGE_SIZE_LIMIT = 200
PAGE_TOKEN_LENGTH = 200


def _refuse_unstorable(text: str) -> str:
    """PostgreSQL stores no NUL, and UTF-8 has no lone surrogates."""
    if "\x00" in text or (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)):
        raise PydanticCustomError("text_unstorable", "must not hold NUL characters or lone surrogates")
    return text


Text = Annotated[str, AfterValidator(_refuse_unstorable)]
ShortText = Annotated[Text, Field(max_length=64)]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
Msisdn = Annotated[
    Text,
    Field(
        max_length=20,
        description="E.164; eleven-digit Chinese numbers are accepted and normalised",
        examples=["+8613800138000", "13800138000"],
    ),
]


class Body(BaseModel):
    """A body that is taken: an unknown field is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """A body that is given."""

    model_config = ConfigDict(frozen=True)


class Money(Body):
    """An amount in fen, a hundredth of a yuan."""

    amount_fen: int = Field(ge=0, le=AMOUNT_LIMIT_FEN, examples=[500])


def render_time(stamp: Timestamp) -> datetime:
    """The moment, in UTC."""
    return stamp.ToDatetime(tzinfo=UTC)


def render_optional_time(message: object, field: str) -> datetime | None:
    """The moment in that field of a message, None where it is absent."""
    if not message.HasField(field):  # type: ignore[attr-defined]  # any protobuf message has it
        return None
    return render_time(getattr(message, field))


def parse_time(moment: AwareDatetime) -> Timestamp:
    """A moment with its zone as a protobuf timestamp."""
    stamp = Timestamp()
    stamp.FromDatetime(moment.astimezone(UTC))
    return stamp


def render_state(name: str, prefix: str) -> Any:
    """An enum value's name as JSON has it: ``ORDER_STATE_ACTIVE`` is ``active``; the model checks that it knows it."""
    return name.removeprefix(prefix).lower()
