"""The demo's fifth and sixth stages: the campaign planned, approved by another person, launched and delivered."""

import time
from http import HTTPStatus

from carillon_deploy.demo.dataset import ARMS, HOLDOUT
from carillon_deploy.demo.loop import CAMPAIGN, Loop, wait_for
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import CallRefused

SENDER = "10086"
VISIT = "site_visit"
SERVICE = "MOBILE_MALL"
CURRENCY = "experience_points"
POINTS = 100
BUDGET_POINTS = 1_000_000
# The data tell what happened within two weeks.
WINDOW_DAYS = 14
LINK_TARGET = "https://mall.example.com/hillstrom"
# Within one short message of 160 characters, links included.
TEMPLATES = {
    "mens": "You last bought {recency} months ago ({channel}). New for men this week: {link} Reply Y for details.",
    "womens": "You last bought {recency} months ago ({channel}). New for women this week: {link} Reply Y for details.",
}
# At the least rate of 1,500 a second the launch takes 29 s; this leaves room for a busy machine.
DELIVERY_LIMIT_SECONDS = 120.0


def plan(segments: dict[str, str]) -> dict[str, object]:
    """The campaign as the operator hands it in."""
    arms = [
        {"name": arm, "segment_id": segments[arm], "holdout": arm == HOLDOUT, "template": TEMPLATES.get(arm, "")}
        for arm in ARMS
    ]
    return {
        "name": CAMPAIGN,
        "arms": arms,
        "sender": SENDER,
        "link_target": LINK_TARGET,
        "window_days": WINDOW_DAYS,
        "response_events": [VISIT],
        "conversion_services": [SERVICE],
        "reward": {"currency": CURRENCY, "points_per_conversion": POINTS, "budget_points": BUDGET_POINTS},
    }


async def approve_campaign(loop: Loop) -> str:
    """Stage 5: made and submitted by one person, refused to that person, approved by another."""
    campaign = await loop.operator.post("/api/v1/campaigns", plan(loop.segments))
    loop.campaign_id = campaign["id"]
    await loop.operator.post(f"/api/v1/campaigns/{loop.campaign_id}/submit")
    try:
        await loop.operator.post(f"/api/v1/campaigns/{loop.campaign_id}/approve")
    except CallRefused as refusal:
        if refusal.status != HTTPStatus.FORBIDDEN:
            raise
    else:
        msg = "the maker's own approval was taken; it has to be refused"
        raise CommandError(msg)
    approved = await loop.approver.post(f"/api/v1/campaigns/{loop.campaign_id}/approve")
    return f"{CAMPAIGN}: own approval refused with 403, approved by {approved['approved_by']}"


async def launch_campaign(loop: Loop) -> str:
    """Stage 6: every contact booked, sent over SMPP, and its receipt matched."""
    began = time.monotonic()
    await loop.operator.post(f"/api/v1/campaigns/{loop.campaign_id}/launch")

    async def delivered() -> int:
        progress = (await loop.campaign())["progress"]
        if progress["failed"]:
            msg = f"{progress['failed']:,} messages failed; none was to"
            raise CommandError(msg)
        return int(progress["delivered"])

    await wait_for("receipts", loop.contacts, delivered, limit_seconds=DELIVERY_LIMIT_SECONDS)
    took = time.monotonic() - began
    loop.messages_per_second = loop.contacts / took
    progress = (await loop.campaign())["progress"]
    if progress["members"] != len(loop.customers) or progress["contacts_booked"] != loop.contacts:
        msg = f"{progress['members']:,} members and {progress['contacts_booked']:,} contacts are booked"
        raise CommandError(msg)
    doubt = f", {progress['in_doubt']:,} in doubt and sent again" if progress["in_doubt"] else ""
    return f"{loop.contacts:,} messages and receipts in {took:.1f} s, {loop.messages_per_second:,.0f} a second{doubt}"
