"""Segments of every kind over HTTP: made, changed, listed, laid over one another, exported, rebuilt."""

import uuid

from carillon_gateway.audit.store import read_page
from carillon_gateway.testing.harness import Gateway
from carillon_gateway.testing.memberships import COUNT

LISTED = "/api/v1/segments/lists"
SEGMENTS = "/api/v1/segments"


async def test_set_algebra_goes_in_and_comes_out_as_nested_json(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    one, two, three = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
    expression = {"union": [one, {"difference": [two, {"intersection": [one, three]}]}]}
    made = await operator.post(SEGMENTS, json={"name": "made", "expression": expression})
    assert made.status_code == 201
    body = made.json()
    assert (body["kind"], body["expression"], body["rule"], body["stale"]) == ("algebra", expression, "", False)
    for bad in ({"union": [one]}, {"minus": [one, two]}, {"union": [one, two], "difference": [one, two]}, "no id"):
        refused = await operator.post(SEGMENTS, json={"name": "bad", "expression": bad})
        assert refused.status_code == 422


async def test_a_list_is_made_and_changed_by_hand(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    body = {"name": "listed", "msisdns": ["13800138000", "+8613800138001"], "subscriber_ids": [7]}
    made = await operator.post(LISTED, json=body)
    assert (made.status_code, made.json()["segment"]["kind"], made.json()["counts"]["read"]) == (201, "list", 3)
    path = made.headers["location"]
    changed = await operator.post(f"{path}/members", json={"add": {"subscriber_ids": [8, 9]}})
    assert (changed.json()["segment"]["count"], changed.json()["segment"]["version"]) == (5, 2)
    assert (await operator.post(LISTED, json={"name": "bad", "subscriber_ids": [0]})).status_code == 422


async def test_a_segment_is_listed_renamed_archived_redefined_and_restored(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    path = (await operator.post(SEGMENTS, json={"name": "young", "rule": "age < 30"})).headers["location"]
    changed = await operator.patch(path, json={"name": "under thirty", "archived": True})
    assert (changed.json()["name"], changed.json()["archived"]) == ("under thirty", True)
    assert (await operator.get(SEGMENTS, params={"name": "thirty"})).json()["segments"] == []
    listed = (await operator.get(SEGMENTS, params={"name": "thirty", "archived": True})).json()
    assert [one["name"] for one in listed["segments"]] == ["under thirty"]
    redefined = await operator.put(f"{path}/definition", json={"rule": "age < 20"})
    assert (redefined.json()["definition"], redefined.json()["rule"]) == (2, "age < 20")
    assert (await operator.post(f"{path}/definitions/1/restore")).json()["definition"] == 3
    history = (await operator.get(f"{path}/definitions")).json()["definitions"]
    assert [(one["number"], one["defined_by"]) for one in history] == [(3, "maker")]


async def test_overlaps_and_grids_are_one_call_each(gateway: Gateway) -> None:
    auditor = await gateway.signed_in("auditor")
    ids = [str(uuid.UUID(int=number)) for number in (1, 2)]
    overlap = (await auditor.post(f"{SEGMENTS}/overlap", json={"ids": ids})).json()
    assert [(row["id"], row["shared"]) for row in overlap["rows"]] == [(one, [0, 1]) for one in ids]
    grid = {"filter": "", "rows": ["age < 30", "age >= 30"], "columns": ["a", "b", "c"]}
    counted = (await auditor.post(f"{SEGMENTS}/grid", json=grid)).json()
    assert counted["rows"][1] == {"rule": "age >= 30", "cells": [0, 1, 2], "total": 3}
    assert (counted["column_totals"], counted["total"]) == ([0, 1, 2], COUNT)
    assert (await auditor.post(f"{SEGMENTS}/grid", json={"rows": [], "columns": ["a"]})).status_code == 422


async def test_an_export_streams_and_is_noted_and_agents_get_none(gateway: Gateway) -> None:
    operator, agent = await gateway.signed_in("branch_operator"), await gateway.signed_in("agent")
    path = f"{SEGMENTS}/{uuid.UUID(int=1)}/members"
    file = await operator.get(path, params={"attributes": "age, brand", "msisdn": True})
    assert (file.status_code, file.text) == (200, "age,brand\nTrue")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    parquet = await operator.get(path, params={"format": "parquet"})
    assert parquet.headers["content-disposition"].endswith('.parquet"')
    refused = await operator.get(path, params={"attributes": "nope"})
    assert (refused.status_code, refused.json()["reason"]) == (422, "ATTRIBUTE_UNKNOWN")
    assert (await agent.get(path)).status_code == 403
    await gateway.flush()
    async with gateway.database.read() as unit:
        noted = [linked.entry for linked in await read_page(unit, after=0)]
    assert [(one.role, one.outcome) for one in noted if one.action == "export_members"] == [
        ("branch_operator", 200),
        ("branch_operator", 200),
        ("branch_operator", 422),
        ("agent", 403),
    ]


async def test_a_rebuild_begins_and_shows_how_far_it_is(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    begun = await operator.post(f"{SEGMENTS}/rebuilds")
    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    assert (await operator.get(begun.headers["location"])).json()["rebuilt"] == 7
    approver = await gateway.signed_in("approver")
    assert (await approver.post(f"{SEGMENTS}/rebuilds")).status_code == 403
