"""The tables of the hash chain: links are only ever added, and the one head moves with them."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, LargeBinary
from sqlmodel import Field

from svc_reward.domain.chain import LINK_BYTES
from svc_reward.store.tables import RewardTable


class ChainLinkRow(RewardTable, table=True):
    """The links of one transfer, at its gapless place in the chain."""

    __tablename__ = "chain_link"
    __table_args__ = (
        CheckConstraint(f"length(links) >= {LINK_BYTES} AND length(links) % {LINK_BYTES} = 0", name="links"),
    )

    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    transfer: int = Field(sa_type=BigInteger, unique=True)
    links: bytes = Field(sa_type=LargeBinary)


class ChainHeadRow(RewardTable, table=True):
    """Where the chain ends; its row lock lets one sealer work at a time."""

    __tablename__ = "chain_head"
    __table_args__ = (
        CheckConstraint("one", name="one"),
        CheckConstraint(f"length(link) = {LINK_BYTES}", name="link"),
    )

    one: bool = Field(sa_column=Column(Boolean, primary_key=True))
    position: int = Field(sa_type=BigInteger)
    link: bytes = Field(sa_type=LargeBinary)
    floor: int = Field(sa_type=BigInteger)
    watched: int = Field(sa_type=BigInteger)
    watched_until: int = Field(sa_type=BigInteger)
    highest: int = Field(sa_type=BigInteger)
