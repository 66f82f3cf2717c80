"""The tables of draws: entries and entrants are only ever added, and nothing of a draw is ever taken away."""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlmodel import Field

from svc_reward.domain.draw import DrawState
from svc_reward.domain.draw_entrant import MAX_SOURCE_KEY_LENGTH, SALT_BYTES, TOKEN_BYTES
from svc_reward.domain.draw_selection import SEED_BYTES
from svc_reward.store.tables import RewardTable

_STATES = ", ".join(f"'{state}'" for state in DrawState)


class DrawRow(RewardTable, table=True):
    """A draw as it stands; its row lock orders all changes, and entries hold it shared."""

    __tablename__ = "draw"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint(f"length(salt) = {SALT_BYTES}", name="salt"),
        CheckConstraint(f"length(commitment) = {SEED_BYTES}", name="commitment"),
        CheckConstraint(f"length(second_seed) = {SEED_BYTES}", name="second_seed"),
        CheckConstraint("first_seed IS NULL OR sha256(first_seed) = commitment", name="first_seed"),
        CheckConstraint("(root IS NULL) = (entrants IS NULL) AND (root IS NULL) = (tickets IS NULL)", name="frozen"),
        CheckConstraint(
            "state IN ('draft', 'void') OR (commitment IS NOT NULL AND (state <> 'open') = (root IS NOT NULL)"
            " AND (state IN ('seeded', 'drawn')) = (second_seed IS NOT NULL)"
            " AND (state = 'drawn') = (first_seed IS NOT NULL))",
            name="stage",
        ),
        CheckConstraint("(state = 'void') = (void_reason <> '')", name="void_reason"),
    )

    id: uuid.UUID = Field(sa_column=Column(Uuid, primary_key=True))
    # The rule as JSON text, byte for byte what was hashed.
    rule: str = Field(sa_type=Text)
    branch: str = Field(sa_type=Text)
    maker: str = Field(sa_type=Text)
    salt: bytes = Field(sa_type=LargeBinary)
    state: str = Field(sa_type=Text)
    opener: str = Field(sa_type=Text)
    # A seed that was revealed once is known: no two draws stand under one commitment.
    commitment: bytes | None = Field(sa_type=LargeBinary, unique=True)
    entrants: int | None = Field(sa_type=BigInteger)
    tickets: int | None = Field(sa_type=BigInteger)
    root: bytes | None = Field(sa_type=LargeBinary)
    contributor: str = Field(sa_type=Text)
    second_seed: bytes | None = Field(sa_type=LargeBinary)
    revealer: str = Field(sa_type=Text)
    first_seed: bytes | None = Field(sa_type=LargeBinary)
    void_reason: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))


class DrawEntryRow(RewardTable, table=True):
    """One ticket. Its draw is locked by the statement that adds it; a foreign key a row would cost as much again."""

    __tablename__ = "draw_entry"
    __table_args__ = (CheckConstraint(f"length(source_key) BETWEEN 1 AND {MAX_SOURCE_KEY_LENGTH}", name="source_key"),)

    draw: uuid.UUID = Field(sa_column=Column(Uuid, primary_key=True))
    subscriber: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    source_key: str = Field(sa_column=Column(Text, primary_key=True))
    added_at: datetime = Field(sa_type=DateTime(timezone=True))


class DrawEntrantRow(RewardTable, table=True):
    """One person of a frozen draw, in the order of the tokens; what the Merkle root is over."""

    __tablename__ = "draw_entrant"
    __table_args__ = (
        # Tokens are 128 bits, so two people with the same one are a fault; and who asks for the own one finds it at once.
        UniqueConstraint("draw", "token"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint("tickets >= 1", name="tickets"),
        CheckConstraint(f"length(token) = {TOKEN_BYTES}", name="token"),
    )

    draw: uuid.UUID = Field(sa_column=Column(Uuid, primary_key=True))
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    token: bytes = Field(sa_type=LargeBinary)
    tickets: int = Field(sa_type=BigInteger)
    subscriber: int = Field(sa_type=BigInteger)


class DrawWinnerRow(RewardTable, table=True):
    """One award; of a point prize also what the ledger has made of it so far. Fulfilment reads the others here."""

    __tablename__ = "draw_winner"
    __table_args__ = (
        CheckConstraint("award >= 1", name="award"),
        CheckConstraint("(currency IS NULL) = (amount IS NULL)", name="points"),
        CheckConstraint("(currency IS NULL) = (payment = '')", name="payment"),
    )

    draw: uuid.UUID = Field(sa_column=Column(Uuid, ForeignKey("draw.id"), primary_key=True))
    award: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    prize: str = Field(sa_type=Text)
    position: int = Field(sa_type=BigInteger)
    token: bytes = Field(sa_type=LargeBinary)
    subscriber: int = Field(sa_type=BigInteger)
    currency: str | None = Field(sa_type=Text)
    amount: int | None = Field(sa_type=BigInteger)
    payment: str = Field(sa_type=Text)
