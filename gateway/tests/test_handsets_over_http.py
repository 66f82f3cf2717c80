"""Sizing a handset subsidy over HTTP, against a stand-in that echoes what it was asked."""

from carillon_gateway.testing.harness import Gateway

WISH = {"branch": "east", "price_yuan": 1500, "past_offered": 1000, "past_sold": 150}


async def test_a_subsidy_is_sized_and_its_models_are_ranked(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    sized = (await operator.post("/api/v1/handset-sizings", json=WISH | {"agreed_months": 24})).json()
    assert (sized["theoretical_arpu"], sized["handsets"]) == (62.5, 150)
    assert [one["membership"] for one in sized["memberships"]] == ["PREMIUM"]
    models = (await operator.get("/api/v1/handset-models", params={"branch": "east"})).json()["models"]
    assert [(one["model"], one["rank"], one["market_share"]) for one in models] == [("east phone", 1, 0.25)]


async def test_what_makes_no_sense_is_refused_and_the_auditor_sizes_nothing(gateway: Gateway) -> None:
    operator, auditor = await gateway.signed_in("branch_operator"), await gateway.signed_in("auditor")
    for wrong in ({"price_yuan": 0}, {"past_offered": 0}, {"agreed_share": -1}):
        assert (await operator.post("/api/v1/handset-sizings", json=WISH | wrong)).status_code == 422
    assert (await auditor.post("/api/v1/handset-sizings", json=WISH)).status_code == 403
    assert (await auditor.get("/api/v1/handset-models")).status_code == 403
