"""The Arrow batches at the border to svc-segment and svc-channel."""

import subprocess
import sys

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from svc_campaign.domain.message import Rendered
from svc_campaign.worker.channel_peer import write_messages
from svc_campaign.worker.segment_peer import read_members

ROWS = st.lists(st.tuples(st.integers(0, 2**32 - 1), st.text()), max_size=50)


@given(ROWS)
def test_what_svc_channel_gets_is_arrow_of_ids_and_texts(rows: list[tuple[int, str]]) -> None:
    encoded = write_messages([one for one, _ in rows], Rendered(texts=[text for _, text in rows]))
    table = pa.ipc.open_stream(encoded).read_all()
    table.validate(full=True)
    assert table.schema == pa.schema([("subscriber_id", pa.uint32()), ("text", pa.string())])
    assert list(zip(table["subscriber_id"].to_pylist(), table["text"].to_pylist(), strict=True)) == rows


def test_what_else_is_told_stands_in_columns_of_its_own() -> None:
    told = Rendered(texts=["a", "b"], contents=[b"{}", b"[]"], pushes=[b"x", b""], fallbacks=["铃音", ""])
    table = pa.ipc.open_stream(write_messages([1, 2], told)).read_all()
    table.validate(full=True)
    assert {name: str(table.schema.field(name).type) for name in table.column_names} == {
        "subscriber_id": "uint32",
        "text": "string",
        "content": "binary",
        "push": "binary",
        "fallback": "string",
    }
    assert table.to_pydict() == {
        "subscriber_id": [1, 2],
        "text": ["a", "b"],
        "content": [b"{}", b"[]"],
        "push": [b"x", b""],
        "fallback": ["铃音", ""],
    }


def test_members_come_as_columns_of_python_values() -> None:
    table = pa.table({"subscriber_id": pa.array([1, 2], pa.uint32()), "zip_code": ["Urban", None]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    batch = read_members(bytes(sink.getvalue()))
    assert batch.subscriber_ids == [1, 2]
    assert batch.columns == {"zip_code": ["Urban", None]}


def test_a_launch_does_not_import_pandas() -> None:
    program = (
        "import sys; from svc_campaign.domain.message import Rendered; "
        "from svc_campaign.worker.channel_peer import write_messages; "
        "write_messages([1], Rendered(texts=['x'], contents=[b'{}'])); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)  # noqa: S603 -- the test's own words
