"""An SMSC and an ISMG side by side in one route: either carries any message, though they cut it into other parts."""

import json
from collections.abc import AsyncIterator

import pytest

from carillon.channel.v1 import facts_pb2

from .house import House, client_of, new_campaign, request, until
from .ismg import SECRET, SECRET_VARIABLE, SOURCE, Ismg
from .processes import PASSWORD, SYSTEM_ID, ServiceProcess
from .segment import number_of

PASSWORD_VARIABLE = "CARILLON_TEST_SMSC_PASSWORD"
MESSAGES = 600
# 134 characters: two parts over SMPP, three over CMPP with room for a signature.
TEXT = "彩铃" * 67
WINDOW = 16


@pytest.fixture
async def ismg(house: House) -> AsyncIterator[Ismg]:
    """The ISMG, which is a little slow to answer."""
    ismg = Ismg(house.folder / "ismg", options=("--response-delay-seconds", "0.01"))
    await ismg.start()
    yield ismg
    await ismg.stop()


@pytest.fixture
async def service(house: House, ismg: Ismg) -> AsyncIterator[ServiceProcess]:
    """The service with both lines in one route, in a process of its own, paced so that a kill hits the middle."""
    house.smsc.options = ("--response-delay-seconds", "0.01")
    await house.smsc.start()
    shared = {"host": "127.0.0.1", "window": WINDOW, "rate_per_second": 300}
    assert ismg.process is not None
    lines = [
        {
            **shared,
            "name": "smsc",
            "protocol": "smpp",
            "port": house.smsc.port,
            "system_id": SYSTEM_ID,
            "password_variable": PASSWORD_VARIABLE,
        },
        {
            **shared,
            "name": "mobile",
            "protocol": "cmpp",
            "port": ismg.process.port,
            "source": SOURCE,
            "secret_variable": SECRET_VARIABLE,
            "signature_room": 6,
        },
    ]
    path = house.folder / "lines.json"
    path.write_text(json.dumps({"lines": lines}))
    service = house.process(LINES=str(path), DOUBT_GRACE_SECONDS="1")
    service.environment |= {SECRET_VARIABLE: SECRET, PASSWORD_VARIABLE: PASSWORD}
    await service.start()
    yield service
    await service.stop()


async def test_a_killed_ismg_leaves_its_long_messages_to_the_smsc_and_each_ends_once(
    house: House, ismg: Ismg, service: ServiceProcess
) -> None:
    client, campaign = client_of(service), new_campaign()
    await client.submit(request(campaign, [(one, TEXT) for one in range(1, MESSAGES + 1)]))

    async def both_carry() -> bool:
        return min(sum(house.smsc.accepted().values()), len(ismg.records())) > 150

    await until(both_carry)
    await ismg.kill()
    before = sum(house.smsc.accepted().values())

    async def the_other_carries_on() -> bool:
        return sum(house.smsc.accepted().values()) > before + 300

    await until(the_other_carries_on)
    await ismg.start()
    progress = await client.until_ended(campaign, MESSAGES)
    assert (progress.delivered, progress.failed) == (MESSAGES, 0)
    assert await house.ended(campaign) == (list(range(1, MESSAGES + 1)), {})
    over_smpp, over_cmpp = house.smsc.accepted(), ismg.accepted()
    doubted = {number_of(one) for fact in await house.facts(facts_pb2.MessagesInDoubt) for one in fact.subscriber_ids}
    whole = {number for number in over_smpp if over_smpp[number] == 2} | {
        number for number in over_cmpp if over_cmpp[number] == 3
    }
    assert {number_of(one) for one in range(1, MESSAGES + 1)} - doubted <= whole
    parts = await house.fetch("SELECT parts, count(*) AS messages FROM message GROUP BY parts ORDER BY parts")
    assert [row["parts"] for row in parts] == [2, 3]
    assert await house.fetch("SELECT 1 FROM claim UNION ALL SELECT 1 FROM doubt") == []
