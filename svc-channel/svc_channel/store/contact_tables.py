"""The tables of consents, contact rules, templates and single messages as SQLModel sees them; rows never leave store."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    Time,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.store.tables import LARGEST_SUBSCRIBER_ID, ChannelTable, moment

SCOPES = "^(all|do_not_disturb|channel:[a-z][a-z0-9_]{0,39}|category:[a-z][a-z0-9_]{0,39})$"


class ConsentEntryRow(ChannelTable, table=True):
    """One line of the ledger of consents; a trigger refuses to change or delete it."""

    __tablename__ = "consent_entry"
    __table_args__ = (
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {LARGEST_SUBSCRIBER_ID}", name="consent_entry_subscriber_id"),
        CheckConstraint(f"scope ~ '{SCOPES}'", name="consent_entry_scope"),
        CheckConstraint("state IN ('granted', 'withdrawn')", name="consent_entry_state"),
        CheckConstraint("source IN ('inbound', 'operator')", name="consent_entry_source"),
        CheckConstraint("evidence <> ''", name="consent_entry_evidence"),
        Index("consent_entry_subscriber", "subscriber_id", "number"),
    )

    number: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    subscriber_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    scope: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = moment()
    source: str = Field(sa_column=Column(Text, nullable=False))
    evidence: str = Field(sa_column=Column(Text, nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    booked_at: datetime = moment()


class ConsentRow(ChannelTable, table=True):
    """What a subscriber said last about a scope; the key is the index by which every claim asks."""

    __tablename__ = "consent"
    __table_args__ = (CheckConstraint("state IN ('granted', 'withdrawn')", name="consent_state"),)

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    scope: str = Field(sa_column=Column(Text, primary_key=True))
    state: str = Field(sa_column=Column(Text, nullable=False))
    entry: int = Field(sa_column=Column(BigInteger, ForeignKey("consent_entry.number"), nullable=False))
    since: datetime = moment()


class HeardOptOutRow(ChannelTable, table=True):
    """A number from which an opt-out came, until it is known whose number that is; by its latest message."""

    __tablename__ = "heard_opt_out"

    msisdn: str = Field(sa_column=Column(Text, primary_key=True))
    inbound_id: UUID = Field(sa_column=Column(PG_UUID, nullable=False))


class QuietHoursRow(ChannelTable, table=True):
    """Hours of peace of a channel ('' for all without own) and class, local time."""

    __tablename__ = "quiet_hours"
    __table_args__ = (
        CheckConstraint("message_class IN ('marketing', 'service')", name="quiet_hours_class"),
        CheckConstraint("starts <> ends", name="quiet_hours_length"),
    )

    channel: str = Field(sa_column=Column(Text, primary_key=True))
    message_class: str = Field(sa_column=Column(Text, primary_key=True))
    starts: time = Field(sa_column=Column(Time, nullable=False))
    ends: time = Field(sa_column=Column(Time, nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()


class KeywordRow(ChannelTable, table=True):
    """A word that people write to us."""

    __tablename__ = "keyword"
    __table_args__ = (
        CheckConstraint("match IN ('exact', 'prefix', 'fuzzy', 'any')", name="keyword_match"),
        CheckConstraint("action IN ('opt_out', 'opt_in', 'tell', 'confirm_order')", name="keyword_action"),
        CheckConstraint("(match = 'any') = (word = '')", name="keyword_word"),
        UniqueConstraint("match", "word", "recipient", name="keyword_once"),
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    match: str = Field(sa_column=Column(Text, nullable=False))
    word: str = Field(sa_column=Column(Text, nullable=False))
    recipient: str = Field(sa_column=Column(Text, nullable=False))
    action: str = Field(sa_column=Column(Text, nullable=False))
    threshold: int = Field(sa_column=Column(SmallInteger, nullable=False))
    answer: str = Field(sa_column=Column(Text, nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()


class KeywordAnswerRow(ChannelTable, table=True):
    """When a subscriber was last answered to a word, so that nobody is answered twice a day."""

    __tablename__ = "keyword_answer"

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    name: str = Field(sa_column=Column(Text, primary_key=True))
    answered_at: datetime = moment()


class ForbiddenWordRow(ChannelTable, table=True):
    """A word that may not go out, and why."""

    __tablename__ = "forbidden_word"

    word: str = Field(sa_column=Column(Text, primary_key=True))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()


class TemplateRow(ChannelTable, table=True):
    """One version of a template; whoever judges it did not make it."""

    __tablename__ = "template"
    __table_args__ = (
        UniqueConstraint("name", "version", name="template_version"),
        CheckConstraint("purpose IN ('general', 'price_confirmation')", name="template_purpose"),
        CheckConstraint("state IN ('draft', 'approved', 'rejected')", name="template_state"),
        CheckConstraint("(state = 'draft') = (judged_at IS NULL)", name="template_judged"),
        CheckConstraint("judged_by <> made_by", name="template_four_eyes"),
    )

    id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    made_by: str = Field(sa_column=Column(Text, nullable=False))
    made_at: datetime = moment()
    judged_by: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    judged_at: datetime | None = moment(nullable=True)
    judgement: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))


class FailedStepRow(ChannelTable, table=True):
    """One way that a message tried and that did not work, before it went on to the next."""

    __tablename__ = "failed_step"

    message_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    step: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    channel: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    ended_at: datetime = moment()


class SingleRow(ChannelTable, table=True):
    """A message that somebody asked for by itself, under the id that they were given; it may be among the kept ones."""

    __tablename__ = "single"
    __table_args__ = (UniqueConstraint("message_id", name="single_message_id_key"),)

    id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    message_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    caller: str = Field(sa_column=Column(Text, nullable=False))
    branch: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = moment()
