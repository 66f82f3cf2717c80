"""What an operator sees of the lines: counters a line, and never a secret in a log."""

from carillon.common.v1 import metrics_pb2, metrics_pb2_grpc
from carillon_chassis.client import invoke, open_channel

from .house import House, client_of, new_campaign, request, until
from .processes import PASSWORD


async def test_answers_deliveries_and_the_state_of_a_line_are_counted_under_its_name(house: House) -> None:
    await house.smsc.start()
    service = house.process()
    await service.start()
    campaign, client = new_campaign(), client_of(service)
    await client.submit(request(campaign, [(one, "Hello") for one in range(1, 6)]))
    await client.until_ended(campaign, 5)
    channel = open_channel(service.address)
    stub = metrics_pb2_grpc.MetricsServiceStub(channel)
    text = (await invoke(stub.CollectMetrics, metrics_pb2.CollectMetricsRequest())).exposition
    await channel.close()
    await service.stop()
    found = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[:1] != "#"}
    of_line = {name.split("{")[0]: value for name, value in found.items() if 'line="smsc"' in name}
    assert of_line["carillon_channel_parts_answered_total"] == 5
    assert of_line["carillon_channel_deliveries_total"] == 5
    assert of_line["carillon_channel_line_up"] == 1
    assert of_line["carillon_channel_submit_window_used"] == 0


async def _logged(house: House, password: str, until_logged: str) -> str:
    """What a service says at its most talkative, until it has said something."""
    service = house.process(LOG_LEVEL="DEBUG", SMSC_PASSWORD=password)
    service.log = house.folder / f"log-{password}"
    path = service.log
    await service.start()

    async def is_said() -> bool:
        return until_logged in path.read_text(errors="replace")

    await until(is_said)
    await service.stop()
    return path.read_text(errors="replace")


async def test_no_secret_is_in_any_log_line_of_a_link_that_binds_or_is_refused(house: House) -> None:
    await house.smsc.start()
    bound = await _logged(house, PASSWORD, "bound to smsc")
    assert PASSWORD not in bound
    refused = await _logged(house, "wrong-pw", "INVALID_PASSWORD")
    assert "wrong-pw" not in refused
    assert len(bound.splitlines()) > 1
