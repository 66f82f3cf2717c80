"""The content hash of a batch: the same for the same meaning, another for any other."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.outgoing import OutgoingBatch

ROWS = st.lists(st.tuples(st.integers(1, 2**32 - 1), st.text(max_size=5)), min_size=1, max_size=5)


def batch(rows: list[tuple[int, str]], sender: str = "10086") -> OutgoingBatch:
    return OutgoingBatch(
        campaign_id=UUID(int=1),
        number=1,
        sender=sender,
        subscriber_ids=tuple(subscriber_id for subscriber_id, _ in rows),
        texts=tuple(text for _, text in rows),
    )


@given(one=ROWS, other=ROWS)
def test_two_batches_hash_alike_only_when_they_are_alike(
    one: list[tuple[int, str]], other: list[tuple[int, str]]
) -> None:
    assert (batch(one).content_hash() == batch(other).content_hash()) == (one == other)


def test_the_sender_is_part_of_the_content() -> None:
    rows = [(1, "Hello")]
    assert batch(rows).content_hash() != batch(rows, sender="10010").content_hash()


def test_a_boundary_between_texts_is_part_of_the_content() -> None:
    assert batch([(1, "ab"), (2, "c")]).content_hash() != batch([(1, "a"), (2, "bc")]).content_hash()
