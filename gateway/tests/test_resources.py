"""The resource library through HTTP: renditions by slide, their digests, and what is no rendition."""

import hashlib

import pytest

from carillon_gateway.testing.harness import Gateway

PATH = "/api/v1/resources/tones-2008"


async def test_a_rendition_is_added_and_found_with_its_digest(gateway: Gateway) -> None:
    operator, approver = await gateway.signed_in("branch_operator"), await gateway.signed_in("approver")
    octets = b"GIF89a\x00\xff"
    for _ in range(2):
        added = await operator.post(f"{PATH}/slots/2", content=octets, headers={"content-type": "image/gif"})
        assert (added.status_code, added.headers["location"]) == (201, PATH)
    found = (await approver.get(PATH)).json()
    digest = hashlib.sha256(octets).hexdigest()
    assert found == {
        "id": "tones-2008",
        "renditions": [{"slot": 2, "media_type": "image/gif", "size": 8, "sha256": digest}],
    }


@pytest.mark.parametrize(
    ("path", "octets", "media_type", "status"),
    [
        (f"{PATH}/slots/1", b"x", "text/html", 422),
        (f"{PATH}/slots/1", b"", "image/gif", 422),
        (f"{PATH}/slots/0", b"x", "image/gif", 422),
        (f"{PATH}/slots/21", b"x", "image/gif", 422),
        ("/api/v1/resources/-a/slots/1", b"x", "image/gif", 422),
        (f"{PATH}/slots/1", b"x" * (300 * 1024 + 1), "image/gif", 429),
    ],
)
async def test_what_is_no_rendition_is_refused(
    gateway: Gateway, path: str, octets: bytes, media_type: str, status: int
) -> None:
    admin = await gateway.signed_in("province_admin")
    answer = await admin.post(path, content=octets, headers={"content-type": media_type})
    assert answer.status_code == status


async def test_a_resource_that_there_is_not_is_a_problem(gateway: Gateway) -> None:
    auditor = await gateway.signed_in("auditor")
    answer = await auditor.get(PATH)
    assert (answer.status_code, answer.json()["reason"]) == (404, "RESOURCE_UNKNOWN")
