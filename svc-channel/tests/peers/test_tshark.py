"""Wireshark's dissector reads what our codec writes: an oracle that shares no code with us."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from svc_channel.domain.smpp import codec, pdus, statuses
from svc_channel.domain.smpp.receipts import MessageState, Receipt, render_receipt
from svc_channel.domain.smpp.ussd import SERVICE_TYPE, UssdInfo, answer_tlvs, encode_screen
from svc_channel.domain.text.segmentation import segment_text

from .dissector import dissect

pytestmark = pytest.mark.peers
PREFIXES = {"smpp": "smpp_smpp_", "gsm_sms_ud": "gsm_sms_gsm_sms_"}

RECEIPT = render_receipt(
    Receipt(
        message_id="0000000042",
        state=MessageState.UNDELIVERABLE,
        error_code="011",
        done_at=datetime(2026, 11, 21, 21, 30, tzinfo=UTC),
    ),
    source="8613800138000",
    destination="10086",
)
SECOND_PART = segment_text("中" * 84, reference=1)[1]
PARAMETERS = (
    (0x020C, b"\x00\x07"),
    (0x020E, b"\x02"),
    (0x020F, b"\x01"),
    (0x0501, b"\x02"),
    (0x1383, b"\x05\x03"),
    (0x0424, b"payload"),
    (0x1400, b"vv"),
)

SCREEN = encode_screen("Thank you, goodbye")

CASES: list[tuple[bytes, dict[str, Any]]] = [
    (
        codec.encode(pdus.Bind(system_id="carillon", password="secret", system_type="CVM"), 1),
        {
            "command_id": "0x00000009",
            "sequence_number": "1",
            "system_id": "carillon",
            "password": "secret",
            "system_type": "CVM",
            "interface_version": "52",
        },
    ),
    (
        codec.encode(pdus.BindResp(system_id="smsc", tlvs=((0x0210, b"\x34"),)), 0x7FFFFFFF),
        {"command_id": "0x80000009", "sequence_number": "2147483647", "SC_interface_version": "52"},
    ),
    (
        codec.encode(
            pdus.SubmitSm(
                source="10086", source_ton=0, destination="8613800138000", short_message=b"hi", registered_delivery=1
            ),
            2,
        ),
        {
            "command_id": "0x00000004",
            "source_addr": "10086",
            "source_addr_ton": "0x00",
            "destination_addr": "8613800138000",
            "dest_addr_ton": "0x01",
            "dest_addr_npi": "0x01",
            "regdel_receipt": "0x01",
            "data_coding": "0x00",
            "sm_length": "2",
            "message": "68:69",
        },
    ),
    (
        codec.encode(
            pdus.SubmitSm(
                source="10086",
                destination="8613800138000",
                short_message=SECOND_PART.short_message,
                data_coding=SECOND_PART.data_coding,
                esm_class=SECOND_PART.esm_class,
            ),
            3,
        ),
        {
            "esm_submit_features": "0x01",
            "data_coding": "0x08",
            "message_text": "中" * 17,
            "udh_mm_msg_id": "1",
            "udh_mm_msg_parts": "2",
            "udh_mm_msg_part": "2",
        },
    ),
    (
        codec.encode(RECEIPT, 4),
        {
            "command_id": "0x00000005",
            "esm_submit_msg_type": "0x01",
            "receipted_message_id": "0000000042",
            "message_state": "5",
            "network_error_type": "3",
            "network_error_code": "0x000b",
            "message": RECEIPT.short_message.hex(":"),
        },
    ),
    (
        codec.encode(pdus.DeliverSm(source="1", destination="2", tlvs=PARAMETERS), 5),
        {
            "sar_msg_ref_num": "7",
            "sar_total_segments": "2",
            "sar_segment_seqnum": "1",
            "ussd_service_op": "2",
            "its_session_number": "5",
            "its_session_sequence": "0x01",
            "its_session_ind": "0x01",
            "message_payload": b"payload".hex(":"),
            "vendor_op": "76:76",
        },
    ),
    (
        codec.encode(
            pdus.SubmitSm(
                source="10086",
                destination="8613800138000",
                service_type=SERVICE_TYPE,
                data_coding=SCREEN[0],
                short_message=SCREEN[1],
                tlvs=answer_tlvs(UssdInfo(operation=18, session=5, sequence=2), ends=True),
            ),
            14,
        ),
        {
            "service_type": "USSD",
            "ussd_service_op": "17",
            "its_session_number": "5",
            "its_session_sequence": "0x03",
            "its_session_ind": "0x01",
            "data_coding": "0x0f",
            "message": SCREEN[1].hex(":"),
        },
    ),
    (
        codec.encode(pdus.SubmitSmResp(message_id="abc"), 6),
        {"command_id": "0x80000004", "command_status": "0x00000000", "message_id": "abc"},
    ),
    (
        codec.encode(pdus.SubmitSmResp(), 7, statuses.THROTTLED),
        {"command_status": "0x00000058", "command_length": "16"},
    ),
    (codec.encode(pdus.DeliverSmResp(), 8), {"command_id": "0x80000005", "sequence_number": "8"}),
    (codec.encode(pdus.GenericNack(), 9, 3), {"command_id": "0x80000000", "command_status": "0x00000003"}),
    (codec.encode(pdus.EnquireLink(), 10), {"command_id": "0x00000015", "command_length": "16"}),
    (codec.encode(pdus.EnquireLinkResp(), 11), {"command_id": "0x80000015"}),
    (codec.encode(pdus.Unbind(), 12), {"command_id": "0x00000006"}),
    (codec.encode(pdus.UnbindResp(), 13), {"command_id": "0x80000006"}),
]


def test_tshark_reads_every_pdu_as_we_meant_it(tmp_path: Path) -> None:
    decoded = dissect([frame for frame, _ in CASES], tmp_path, protocol="smpp", prefixes=PREFIXES)
    assert len(decoded) == len(CASES)
    for fields, (_, expected) in zip(decoded, CASES, strict=True):
        assert {name: fields.get(name) for name in expected} == expected
        assert not any("malformed" in name for name in fields)
