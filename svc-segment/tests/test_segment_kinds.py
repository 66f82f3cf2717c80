"""Lists, set algebra, history, archive and staleness of segments, over real gRPC and PostgreSQL."""

import pytest

from carillon.segment.v1 import segment_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as

from .segment_desk import SUBSCRIBERS, TYPES, UNKNOWN, SegmentDesk, difference, intersection, of, people, union
from .segmentation import Segmentation, csv_file, new_request_id, number_of

AGENT = Identity(subject="shop", roles=frozenset({"agent"}))


@pytest.fixture
async def desk(segmentation: Segmentation) -> SegmentDesk:
    """Six hundred subscribers."""
    rows = [[number_of(one), *values] for one, values in enumerate(people(), 1)]
    await segmentation.load(csv_file(["msisdn", *TYPES], *rows), TYPES)
    return SegmentDesk(segmentation)


def everyone() -> range:
    return range(1, SUBSCRIBERS + 1)


async def test_set_algebra_over_nested_expressions_has_exactly_the_members_it_says(desk: SegmentDesk) -> None:
    """SEG-69."""
    young, gotone = await desk.rule("young", "age < 30"), await desk.rule("gotone", "brand = 'GOTONE'")
    city = await desk.rule("city", "branch = 'guangzhou'")
    made = await desk.algebra("made", union(difference(of(young), of(gotone)), intersection(of(gotone), of(city))))
    assert await desk.ids(made.id) == [
        one for one in everyone() if (one % 100 < 30 and one % 3) or (one % 3 == 0 and one % 2 == 0)
    ]
    assert (made.kind, made.as_of, made.stale) == (segment_pb2.SEGMENT_KIND_ALGEBRA, "2011-03-31", False)
    assert (await desk.get(made.id)).expression == made.expression
    itself = await desk.algebra("the same", of(young))
    assert await desk.ids(itself.id) == await desk.ids(young.id)


async def test_a_circle_of_segments_is_refused_however_long(desk: SegmentDesk) -> None:
    first, other = await desk.rule("first", "age < 30"), await desk.rule("other", "age > 50")
    one = await desk.algebra("one", union(of(first), of(other)))
    two = await desk.algebra("two", difference(of(one), of(first)))
    three = await desk.algebra("three", union(of(two), of(other)))
    for expression in (of(one), of(three), union(of(first), of(two))):
        with pytest.raises(InvalidInput) as caught:
            await desk.redefine(one, expression=expression)
        assert (caught.value.reason, caught.value.field) == ("SEGMENT_CYCLE", "expression")
    assert (await desk.get(one.id)).version == 1


async def test_an_expression_of_unknown_or_archived_segments_is_refused(desk: SegmentDesk) -> None:
    young = await desk.rule("young", "age < 30")
    with pytest.raises(NotFound) as missing:
        await desk.algebra("made", union(of(young), segment_pb2.SetExpression(segment_id=UNKNOWN)))
    assert (missing.value.reason, missing.value.field) == ("SEGMENT_NOT_FOUND", "expression")
    await desk.change(young, archived=True)
    with pytest.raises(StateRefused) as put_away:
        await desk.algebra("made", of(young))
    assert put_away.value.reason == "SEGMENT_ARCHIVED"


async def test_a_segment_needs_a_rule_or_an_expression_and_not_both(desk: SegmentDesk) -> None:
    young = await desk.rule("young", "age < 30")
    for rule, expression in (("", None), ("true", of(young))):
        request = segment_pb2.CreateSegmentRequest(
            request_id=new_request_id(), name="made", rule=rule, expression=expression
        )
        with pytest.raises(InvalidInput) as caught:
            await invoke(desk.segmentation.segments.CreateSegment, request)
        assert caught.value.reason == "DEFINITION_MISSING"


async def test_an_expression_nested_too_deep_is_refused(desk: SegmentDesk) -> None:
    young = await desk.rule("young", "age < 30")
    expression = of(young)
    for _ in range(20):
        expression = union(expression, of(young))
    with pytest.raises(InvalidInput) as caught:
        await desk.algebra("deep", expression)
    assert caught.value.reason == "EXPRESSION_TOO_DEEP"


async def test_a_list_takes_numbers_and_ids_in_pieces_and_counts_what_it_could_not_use(desk: SegmentDesk) -> None:
    answer = await desk.listed(
        "listed",
        segment_pb2.ListPiece(msisdns=[number_of(3), "13800000005", "no number", number_of(9_999)]),
        segment_pb2.ListPiece(msisdns=[number_of(3)], subscriber_ids=[5, 7, 9_999]),
    )
    assert await desk.ids(answer.segment.id) == [3, 5, 7]
    assert answer.counts == segment_pb2.ListCounts(read=8, invalid=1, unknown=2, repeated=2)
    assert (answer.segment.kind, answer.segment.count) == (segment_pb2.SEGMENT_KIND_LIST, 3)
    again = await desk.segmentation.load(csv_file(["msisdn", "age"], [number_of(1), 99]), as_of="2011-04-30")
    assert again.accepted == 1
    assert (await desk.get(answer.segment.id)).stale is False


async def test_a_list_is_replayed_by_its_content(desk: SegmentDesk) -> None:
    piece = segment_pb2.ListPiece(msisdns=[number_of(3)])
    first = await desk.listed("listed", piece, request_id="the same")
    assert await desk.listed("listed", piece, request_id="the same") == first
    with pytest.raises(Conflict) as caught:
        await desk.listed("listed", segment_pb2.ListPiece(msisdns=[number_of(4)]), request_id="the same")
    assert caught.value.reason == "IDEMPOTENCY_CONFLICT"


async def test_a_list_changes_by_hand_and_what_rests_on_it_is_stale_until_rebuilt(desk: SegmentDesk) -> None:
    made = (await desk.listed("listed", segment_pb2.ListPiece(subscriber_ids=[1, 2, 3]))).segment
    young = await desk.rule("young", "age < 3")
    rest = await desk.algebra("rest", difference(of(young), of(made)))
    request = segment_pb2.ChangeListRequest(
        request_id=new_request_id(),
        id=made.id,
        add=segment_pb2.ListPiece(msisdns=[number_of(101)]),
        remove=segment_pb2.ListPiece(subscriber_ids=[1]),
    )
    changed = (await invoke(desk.segmentation.segments.ChangeList, request)).segment
    assert (changed.version, await desk.ids(made.id)) == (2, [2, 3, 101])
    await desk.segmentation.rebuilt(rest.id, version=2)
    assert await desk.ids(rest.id) == [one for one in everyone() if one % 100 < 3 and one not in {2, 3, 101}]
    with pytest.raises(InvalidInput) as caught:
        request.request_id, request.id = new_request_id(), young.id
        await invoke(desk.segmentation.segments.ChangeList, request)
    assert caught.value.reason == "SEGMENT_KIND"


async def test_a_new_rule_is_a_new_version_and_an_older_one_can_be_restored(desk: SegmentDesk) -> None:
    made = await desk.rule("young", "age < 30")
    changed = await desk.redefine(made, rule="age < 20")
    assert (changed.version, changed.definition, changed.rule) == (2, 2, "age < 20")
    assert await desk.ids(made.id) == [one for one in everyone() if one % 100 < 20]
    request = segment_pb2.RestoreDefinitionRequest(request_id=new_request_id(), id=made.id, definition=1)
    restored = (await invoke(desk.segmentation.segments.RestoreDefinition, request)).segment
    assert (restored.version, restored.definition, restored.rule, restored.count) == (3, 3, "age < 30", made.count)
    history = await invoke(
        desk.segmentation.segments.ListDefinitions, segment_pb2.ListDefinitionsRequest(id=made.id, page_size=2)
    )
    assert [(one.number, one.rule, one.defined_by) for one in history.definitions] == [
        (3, "age < 30", "tester"),
        (2, "age < 20", "tester"),
    ]
    assert history.next_page_token
    request.request_id, request.definition = new_request_id(), 9
    with pytest.raises(NotFound) as caught:
        await invoke(desk.segmentation.segments.RestoreDefinition, request)
    assert caught.value.reason == "DEFINITION_NOT_FOUND"


async def test_a_refused_rule_leaves_the_definition_that_stands(desk: SegmentDesk) -> None:
    made = await desk.rule("young", "age < 30")
    with pytest.raises(InvalidInput):
        await desk.redefine(made, rule="agge < 20")
    with pytest.raises(InvalidInput) as caught:
        await desk.redefine(made, expression=of(await desk.rule("other", "age > 3")))
    assert caught.value.reason == "SEGMENT_KIND"
    assert await desk.get(made.id) == made


async def test_segments_are_listed_by_name_page_by_page_and_without_the_archive(desk: SegmentDesk) -> None:
    for name in ("young", "Youngest", "old_ones", "50%"):
        await desk.rule(name, "age < 30")
    assert await desk.names() == [["50%", "Youngest", "old_ones", "young"]]
    assert await desk.names("YOUNG", page_size=1) == [["Youngest"], ["young"]]
    assert await desk.names("_") == [["old_ones"]]
    assert await desk.names("%") == [["50%"]]
    found = await invoke(desk.segmentation.segments.ListSegments, segment_pb2.ListSegmentsRequest(name="50%"))
    await desk.change(found.segments[0], archived=True)
    assert await desk.names() == [["Youngest", "old_ones", "young"]]
    assert await desk.names(with_archived=True) == [["50%", "Youngest", "old_ones", "young"]]


async def test_a_segment_is_renamed_described_archived_and_taken_out_again(desk: SegmentDesk) -> None:
    made = await desk.rule("young", "age < 30")
    changed = await desk.change(made, name="under thirty", description="for the spring campaign")
    assert (changed.name, changed.description, changed.version) == ("under thirty", "for the spring campaign", 1)
    assert (await desk.change(made, archived=True)).archived
    with pytest.raises(StateRefused) as caught:
        await desk.redefine(made, rule="age < 20")
    assert caught.value.reason == "SEGMENT_ARCHIVED"
    back = await desk.change(made, archived=False)
    assert (back.archived, back.name) == (False, "under thirty")
    await desk.rule("young", "age < 30")
    with pytest.raises(Conflict) as taken:
        await desk.change(made, name="young")
    assert taken.value.reason == "SEGMENT_NAME_TAKEN"


async def test_what_another_segment_reads_is_not_archived(desk: SegmentDesk) -> None:
    young, old = await desk.rule("young", "age < 30"), await desk.rule("old", "age > 60")
    both = await desk.algebra("both", union(of(young), of(old)))
    with pytest.raises(StateRefused) as caught:
        await desk.change(young, archived=True)
    assert (caught.value.reason, caught.value.metadata["used_by"]) == ("SEGMENT_IN_USE", both.id)
    await desk.change(both, archived=True)
    await desk.change(young, archived=True)
    with pytest.raises(StateRefused) as part:
        await desk.change(both, archived=False)
    assert part.value.reason == "SEGMENT_ARCHIVED"


@pytest.mark.parametrize(("name", "written"), [("young", "young"), ("mother's", "mother''s")])
async def test_what_a_rule_calls_by_its_name_keeps_it(desk: SegmentDesk, name: str, written: str) -> None:
    young = await desk.rule(name, "age < 30")
    named = await desk.rule("named", f"in_segment('{written}') and branch = 'guangzhou'")
    with pytest.raises(StateRefused) as caught:
        await desk.change(young, name="under thirty")
    assert (caught.value.reason, caught.value.field) == ("SEGMENT_NAMED", "name")
    await desk.redefine(named, rule=f"in_segment('{young.id}') and branch = 'guangzhou'")
    # By its id it may have any name.
    assert (await desk.change(young, name="under thirty")).name == "under thirty"
    with pytest.raises(InvalidInput) as circle:
        await desk.redefine(young, rule="in_segment('named')")
    assert circle.value.reason in {"RULE_CYCLE", "SEGMENT_CYCLE"}


async def test_a_version_that_a_launch_took_is_kept_while_others_go(desk: SegmentDesk) -> None:
    made = (await desk.listed("listed", segment_pb2.ListPiece(subscriber_ids=[1]))).segment
    assert await desk.ids(made.id, version=1) == [1]
    for added in (2, 3, 4):
        request = segment_pb2.ChangeListRequest(
            request_id=new_request_id(), id=made.id, add=segment_pb2.ListPiece(subscriber_ids=[added])
        )
        await invoke(desk.segmentation.segments.ChangeList, request)
    assert await desk.ids(made.id, version=1) == [1]
    assert await desk.ids(made.id) == [1, 2, 3, 4]
    with pytest.raises(NotFound) as caught:
        await desk.ids(made.id, version=2)
    assert (caught.value.reason, caught.value.field) == ("VERSION_NOT_FOUND", "segment_version")


async def test_who_is_nobody_or_holds_no_role_makes_and_sees_no_segments(desk: SegmentDesk) -> None:
    with acting_as(AGENT), pytest.raises(PermissionRefused) as caught:
        await desk.rule("young", "age < 30")
    assert caught.value.reason == "ROLE_MISSING"
    with acting_as(AGENT), pytest.raises(PermissionRefused):
        await desk.names()
    with acting_as(Identity(subject="")), pytest.raises(PermissionRefused) as nobody:
        await desk.listed("listed")
    assert nobody.value.reason == "CALLER_UNKNOWN"
