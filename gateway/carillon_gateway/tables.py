"""Tables of the gateway's own database: clients and the audit log; rows never leave store."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, MetaData, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Row(SQLModel, registry=registry(metadata=MetaData())):
    """Base of the gateway's tables, with a metadata of their own."""


def _text() -> Any:  # SQLModel's Field wants a Column of each field's own
    return Field(sa_column=Column(Text, nullable=False))


class ClientRow(Row, table=True):
    """A client, its role and the scrypt hash of its secret."""

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint("client_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'", name="client_id_shape"),
        CheckConstraint(
            "role IN ('province_admin', 'branch_operator', 'approver', 'auditor', 'hall_terminal', 'agent', 'portal',"
            " 'affiliate', 'partner')",
            name="client_role_known",
        ),
        CheckConstraint("secret_hash LIKE 'scrypt$%'", name="client_secret_hashed"),
    )
    client_id: str = Field(sa_column=Column(Text, primary_key=True))
    role: str = _text()
    branch: str = _text()
    secret_hash: str = _text()
    changed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class AuditEntryRow(Row, table=True):
    """One changing call; a trigger refuses UPDATE, DELETE and TRUNCATE, and the chain shows what got past it."""

    __tablename__ = "audit_entry"
    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    subject: str = _text()
    role: str = _text()
    branch: str = _text()
    action: str = _text()
    target: str = _text()
    outcome: int = Field(sa_column=Column(BigInteger, nullable=False))
    reason: str = _text()
    request_id: str = _text()
    trace_id: str = _text()
    previous_hash: str = _text()
    hash: str = _text()


class AuditHeadRow(Row, table=True):
    """The chain's last place; one row, locked by whoever appends, so that replicas share one chain."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("single", name="audit_head_single"),)
    single: bool = Field(default=True, primary_key=True)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: str = _text()
