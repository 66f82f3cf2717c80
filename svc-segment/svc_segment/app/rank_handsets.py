"""Ranks the handset models that a subsidy may offer, by who has them now; it must not choose one."""

import asyncio
from collections.abc import Sequence

from carillon_chassis.database import Database
from svc_segment.app.current_base import require_base
from svc_segment.domain.handset_plan import HandsetPlan, ModelRank, rank_models
from svc_segment.domain.rules.reader import read_rule
from svc_segment.store.engine import Engine
from svc_segment.store.handset_models import count_models


async def rank_handsets(database: Database, engine: Engine, plan: HandsetPlan, *, branch: str) -> Sequence[ModelRank]:
    """The models with price, share of the market and rank among the service's users (SEG-78); raises InvalidInput RULE_*."""
    async with database.read() as unit:
        dictionary, base = await require_base(unit)
    offered, users, everyone = [
        await asyncio.to_thread(read_rule, text, dictionary)
        for text in (plan.offered(branch), plan.service_users, plan.of_branch(branch))
    ]
    found, people = await engine.ask(base, count_models(plan, offered=offered, users=users, everyone=everyone))
    return rank_models(found, people)
