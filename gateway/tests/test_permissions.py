"""Every role against every operation: the table in permissions is what the gateway does."""

from fastapi.routing import APIRoute

from carillon_gateway.http.application import ROUTERS
from carillon_gateway.http.permissions import APPROVAL, CAMPAIGN_WORK, OPERATIONS, PUBLIC, is_allowed
from carillon_gateway.identity.clients import Role
from carillon_gateway.testing.harness import Gateway

ID = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"
PATH_VALUES = {"{id}": ID, "{msisdn}": "+8613800138000", "{service}": "crbt", "{code}": "crbt", "{token}": "Ab3dEf9h"}


def guarded() -> dict[str, tuple[str, str]]:
    found = {}
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            path = route.path
            for name, value in PATH_VALUES.items():
                path = path.replace(name, value)
            found[route.name] = (next(iter(route.methods or ())), path)
    return {name: where for name, where in found.items() if name not in PUBLIC}


GUARDED = guarded()


def test_every_operation_is_public_or_in_the_table() -> None:
    known = PUBLIC.union(*OPERATIONS.values())
    served = {route.name for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
    assert served == known


def test_every_role_has_a_row() -> None:
    assert set(OPERATIONS) == set(Role)


def test_no_role_can_both_make_and_check_a_campaign() -> None:
    making = CAMPAIGN_WORK - {"list_campaigns", "get_campaign", "get_report"}
    for role, operations in OPERATIONS.items():
        assert not (operations & making and operations & APPROVAL), role


def test_the_auditor_changes_nothing() -> None:
    # These send rules to count by, and keep nothing.
    counting = {"preview_rule", "count_overlap", "count_grid"}
    methods = {GUARDED[operation][0] for operation in OPERATIONS[Role.AUDITOR] - counting}
    assert methods == {"GET"}


async def test_each_role_may_do_what_the_table_says_and_nothing_else(gateway: Gateway) -> None:
    for role in Role:
        client = await gateway.signed_in(role)
        for operation, (method, path) in GUARDED.items():
            response = await client.request(method, path)
            if is_allowed(role, operation):
                assert response.status_code not in {401, 403}, (role, operation)
            else:
                assert (response.status_code, response.json()["reason"]) == (403, "ROLE_MISSING"), (role, operation)


async def test_without_a_token_nothing_but_the_public_operations_answers(gateway: Gateway) -> None:
    for operation, (method, path) in GUARDED.items():
        response = await gateway.http.request(method, path)
        assert (response.status_code, response.json()["reason"]) == (401, "TOKEN_MISSING"), operation
        assert response.headers["www-authenticate"].startswith("Bearer")
