"""A campaign by WAP push and USSD beside one another, through all services to the SMSC and back by its receipts."""

from svc_campaign.domain.link_token import write_token
from svc_channel.domain.smpp.pdus import ESM_UDHI
from svc_channel.simulators.smsc.process import SmscProcess

from .campaigning import HELD_OUT, OUTSIDER, USER, accepted, launch
from .house import House, until

# Eight-bit data, as a push has it.
BINARY = 4


async def test_arms_by_push_and_by_ussd_reach_their_handsets_and_the_report(
    connected: House, smsc: SmscProcess
) -> None:
    """CHN-07, CHN-16: a push with the member's own link; a USSD notice beside it, and a hold-out that hears nothing."""
    push = {
        "name": "push",
        "segment_id": await connected.segment("thirty", "age = 30"),
        "template": "Tones for {age}",
        "channel": "wap_push",
        "content": {"kind": "si", "href": "{link}"},
        "fallback": "Tones: {link}",
    }
    notice = {
        "name": "notice",
        "segment_id": await connected.segment("older", "age = 35"),
        "template": "Tones by *100#",
        "channel": "ussd",
    }
    held = {"name": "holdout", "segment_id": await connected.segment("fifty", "age = 50"), "holdout": True}
    path = await launch(connected, [push, notice, held], link_target="https://portal.example/tones")
    auditor = await connected.as_role("auditor")

    async def ended() -> bool:
        return bool((await auditor.get(path)).json()["progress"]["delivered"] == 2)

    await until(ended)
    taken = accepted(smsc)
    assert set(taken) == {OUTSIDER, USER}
    assert HELD_OUT not in taken
    assert {(one.data_coding, one.esm_class & ESM_UDHI) for one in taken[OUTSIDER]} == {(BINARY, ESM_UDHI)}
    token = await connected.value("campaign", "SELECT link_token FROM member WHERE link_token IS NOT NULL")
    assert write_token(token).encode() in b"".join(one.short_message for one in taken[OUTSIDER])
    assert [one.decoded.text for one in taken[USER]] == ["Tones by *100#"]
    arms = {arm["arm"]: arm for arm in (await auditor.get(f"{path}/report")).json()["arms"]}
    assert {name: (arm["contacted"], arm["delivered"]) for name, arm in arms.items()} == {
        "push": (1, 1),
        "notice": (1, 1),
        "holdout": (0, 0),
    }
