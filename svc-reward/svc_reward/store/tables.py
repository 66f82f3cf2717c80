"""The ledger's tables: account, transfer and entry are only ever added to, balance is what the entries sum to.

The constraints say in the database what domain/ says in Python; the triggers of migration 0001 say the rest.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    MetaData,
    Sequence,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from svc_reward.domain.account import KIND_RULES
from svc_reward.domain.currency import CURRENCIES
from svc_reward.domain.transfer import MAX_LEG_AMOUNT, MAX_LEGS, MAX_REASON_LENGTH, MAX_TRANSFER_ID_LENGTH, MIN_LEGS

METADATA = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)
# Numbers are drawn before the insert, for a whole batch at once; a refused transfer leaves a gap, which means nothing.
TRANSFER_NUMBER = Sequence("transfer_number", metadata=METADATA)

# Names and ids are compared byte by byte, whatever language the database is for.
BYTES = Text(collation="C")


class RewardTable(SQLModel, registry=registry(metadata=METADATA)):
    """What all tables of this service hang on; no other service shares its metadata."""

    metadata = METADATA


def _one_of(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


_OWNER_CHECK = " OR ".join(f"(kind = '{kind}' AND owner ~ '{rule.owner_pattern}')" for kind, rule in KIND_RULES.items())


class AccountRow(RewardTable, table=True):
    """Who owns an account, in which currency; never changed and never taken away."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("kind", "owner", "currency"),
        CheckConstraint(_one_of("currency", CURRENCIES), name="currency"),
        CheckConstraint(_OWNER_CHECK, name="owner"),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str = Field(sa_type=BYTES)
    owner: str = Field(sa_type=BYTES)
    currency: str = Field(sa_type=BYTES)
    opened_at: datetime = Field(sa_type=DateTime(timezone=True))


class BalanceRow(RewardTable, table=True):
    """Where an account stands: the last entry's balance, which the proof of the entries writes and nobody else.

    Its row lock orders all postings of the account.
    """

    __tablename__ = "balance"
    __table_args__ = (
        CheckConstraint("minimum IS NULL OR amount >= minimum", name="minimum"),
        CheckConstraint("entries >= 0", name="entries"),
        CheckConstraint("held >= 0 AND (held = 0 OR minimum IS NULL OR amount - held >= minimum)", name="held"),
        CheckConstraint("lots >= 0", name="lots"),
    )

    account: int = Field(sa_column=Column(BigInteger, ForeignKey("account.number"), primary_key=True))
    # The kind's own limit, kept on the row so that the database refuses by itself; NULL is no limit.
    minimum: int | None = Field(sa_type=BigInteger)
    amount: int = Field(sa_type=BigInteger)
    entries: int = Field(sa_type=BigInteger)
    as_of: datetime = Field(sa_type=DateTime(timezone=True))
    # Promised by holds.
    held: int = Field(sa_type=BigInteger)
    # Of a campaign's budget: what it was given in all, and the highest share in percent whose spending was told.
    funded: int = Field(sa_type=BigInteger)
    told: int = Field(sa_type=SmallInteger)
    # What expires of it; the rest never does.
    lots: int = Field(sa_type=BigInteger)


class TransferRow(RewardTable, table=True):
    """A booked transfer; its id stands once for ever, and the digest of its legs tells a replay from a conflict."""

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint(f"length(id) BETWEEN 1 AND {MAX_TRANSFER_ID_LENGTH}", name="id"),
        CheckConstraint("length(digest) = 32", name="digest"),
        CheckConstraint(f"legs BETWEEN {MIN_LEGS} AND {MAX_LEGS}", name="legs"),
        CheckConstraint(f"length(reason) BETWEEN 1 AND {MAX_REASON_LENGTH}", name="reason"),
    )

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    id: str = Field(sa_type=BYTES, unique=True)
    digest: bytes = Field(sa_type=LargeBinary)
    currency: str = Field(sa_type=Text)
    legs: int = Field(sa_type=SmallInteger)
    reason: str = Field(sa_type=Text)
    booked_at: datetime = Field(sa_type=DateTime(timezone=True))


class EntryRow(RewardTable, table=True):
    """One leg of a transfer on its account, gapless by ``sequence``.

    Its accounts and its transfer are proved by a trigger a statement, not by a foreign key a row: locking the
    account's row for each of thousands of legs would cost more than the booking.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("account", "sequence"),
        CheckConstraint(f"amount <> 0 AND abs(amount) <= {MAX_LEG_AMOUNT}", name="amount"),
        CheckConstraint("sequence >= 1", name="sequence"),
        CheckConstraint("sequence > 1 OR balance_after = amount", name="first"),
    )

    transfer: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    leg: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    account: int = Field(sa_type=BigInteger)
    sequence: int = Field(sa_type=BigInteger)
    amount: int = Field(sa_type=BigInteger)
    balance_after: int = Field(sa_type=BigInteger)
    booked_at: datetime = Field(sa_type=DateTime(timezone=True))
