"""Vouchers through HTTP, over real gRPC; the services behind are stand-ins."""

from carillon_gateway.testing.harness import Gateway, client_id
from carillon_gateway.testing.vouchers import CODE, VOUCHER_ID

MSISDN = "+8613800138000"


async def test_the_portal_shows_a_voucher_and_a_partner_takes_it_once(gateway: Gateway) -> None:
    portal, partner = await gateway.signed_in("portal"), await gateway.signed_in("partner")
    listed = (await portal.get(f"/api/v1/subscribers/{MSISDN}/vouchers")).json()
    assert [one["id"] for one in listed["vouchers"]] == [VOUCHER_ID]
    assert CODE not in str(listed)
    shown = (await portal.post(f"/api/v1/vouchers/{VOUCHER_ID}/show")).json()
    assert (shown["code"], shown["bar_code"], shown["voucher"]["state"]) == (CODE, [104, 19, 106], "shown")

    taken = await partner.post("/api/v1/voucher-redemptions", json={"code": CODE})
    assert (taken.status_code, taken.json()["state"], taken.json()["merchant"]) == (
        201,
        "redeemed",
        client_id("partner"),
    )
    again = await partner.post("/api/v1/voucher-redemptions", json={"code": CODE})
    assert (again.status_code, again.json()["reason"]) == (409, "VOUCHER_REDEEMED")


async def test_a_partner_sees_no_codes_and_the_portal_takes_no_vouchers(gateway: Gateway) -> None:
    portal, partner = await gateway.signed_in("portal"), await gateway.signed_in("partner")
    refused = [
        await partner.post(f"/api/v1/vouchers/{VOUCHER_ID}/show"),
        await partner.get(f"/api/v1/subscribers/{MSISDN}/vouchers"),
        await portal.post("/api/v1/voucher-redemptions", json={"code": CODE}),
    ]
    assert [response.status_code for response in refused] == [403, 403, 403]


async def test_a_code_that_nobody_was_given_is_not_found(gateway: Gateway) -> None:
    partner = await gateway.signed_in("partner")
    unknown = await partner.post("/api/v1/voucher-redemptions", json={"code": "0" * 17})
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "VOUCHER_UNKNOWN")
    nothing = await partner.post("/api/v1/voucher-redemptions", json={"code": ""})
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (422, "code")
