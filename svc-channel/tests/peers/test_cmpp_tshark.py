"""Wireshark's dissector reads what our CMPP codec writes: an oracle that shares no code with us.

It knows the 3.0 layout of SUBMIT, DELIVER and the answers alone, so of 2.0 only what both versions share is shown here;
the ISMG's code in a Msg_Id it reads from other bits, so that is not compared.
"""

from pathlib import Path
from typing import Any

import pytest

from svc_channel.domain.cmpp import codec, pdus
from svc_channel.domain.cmpp.authenticator import authenticate_source
from svc_channel.domain.cmpp.commands import VERSION_20 as V2
from svc_channel.domain.cmpp.commands import VERSION_30 as V3
from svc_channel.domain.cmpp.reports import Report, render_report
from svc_channel.domain.cmpp.texts import cut_text

from .dissector import dissect

pytestmark = pytest.mark.peers

MESSAGE_ID = 0xBAD5E00004D20007
CONNECT = pdus.Connect(
    source="900001",
    authenticator=authenticate_source("900001", "888888", 1021080510),
    version=V2,
    timestamp=1021080510,
)
SECOND_PART = cut_text("中" * 84, reference=1)[1]
SUBMIT = pdus.Submit(
    service_number="10086",
    destinations=("8613800138000", "8613800138001"),
    content=SECOND_PART.content,
    message_format=SECOND_PART.message_format,
    has_header=SECOND_PART.has_header,
    total=SECOND_PART.total,
    number=SECOND_PART.number,
    message_source="900001",
    service="CVM",
    fee_code="000010",
    fee_user_type=2,
    link="0123456789",
)
REPORT = Report(
    message_id=MESSAGE_ID,
    stat="UNDELIV",
    destination="8613800138000",
    submitted="2611212130",
    done="2611212131",
    smsc_sequence=9,
)

CASES: list[tuple[pdus.Pdu, int, dict[str, Any]]] = [
    (
        CONNECT,
        V2,
        {
            "Command_Id": "0x00000001",
            "Total_Length": "39",
            "connect_Source_Addr": "900001",
            "Version": "02.00",
            "connect_Timestamp": "10/21 08:05:10",
        },
    ),
    (
        pdus.ConnectResp(status=3, version=V3),
        V3,
        {"Command_Id": "0x80000001", "Total_Length": "33", "connect_resp_Status": "3", "Version": "03.00"},
    ),
    (
        SUBMIT,
        V3,
        {
            "Command_Id": "0x00000004",
            "submit_Pk_total": "2",
            "submit_Pk_number": "2",
            "submit_Registered_Delivery": True,
            "Servicd_Id": "CVM",
            "submit_Fee_UserType": "2",
            "TP_udhi": "1",
            "Msg_Fmt": "8",
            "submit_Msg_src": "900001",
            "submit_FeeType": "01",
            "submit_FeeCode": "000010",
            "submit_Src_Id": "10086",
            "submit_DestUsr_tl": "2",
            "Dest_terminal_Id": ["8613800138000", "8613800138001"],
            "Msg_Length": str(len(SECOND_PART.content)),
            "LinkID": "0123456789",
        },
    ),
    (
        pdus.SubmitResp(message_id=MESSAGE_ID, result=8),
        V3,
        {
            "Command_Id": "0x80000004",
            "Msg_Id": f"{MESSAGE_ID:#018x}",
            "Msg_Id_timestamp": "11/21 21:30:00",
            "Msg_Id_sequence_id": "7",
            "submit_resp_Result": "8",
        },
    ),
    (
        pdus.Deliver(message_id=MESSAGE_ID, service_number="10086", source="8613800138000", content=b"yes"),
        V3,
        {
            "Command_Id": "0x00000005",
            "deliver_Dest_Id": "10086",
            "deliver_Src_terminal_Id": "8613800138000",
            "deliver_Registered_Delivery": False,
            "Msg_Length": "3",
        },
    ),
    (
        pdus.Deliver(
            message_id=MESSAGE_ID,
            service_number="10086",
            source="8613800138000",
            content=render_report(REPORT, version=V3),
            is_report=True,
        ),
        V3,
        {
            "deliver_Registered_Delivery": True,
            "Msg_Length": "71",
            "deliver_Report_Status": "UNDELIV",
            "deliver_Report_Submit_time": "2611212130",
            "deliver_Report_Done_time": "2611212131",
            "Dest_terminal_Id": "8613800138000",
            "Report_SMSC_sequence": "9",
            "Msg_Id_timestamp": ["11/21 21:30:00", "11/21 21:30:00"],
        },
    ),
    (pdus.DeliverResp(message_id=7), V3, {"Command_Id": "0x80000005", "deliver_resp_Result": "0"}),
    (pdus.ActiveTest(), V2, {"Command_Id": "0x00000008", "Total_Length": "12"}),
    (pdus.ActiveTestResp(), V2, {"Command_Id": "0x80000008", "Total_Length": "13"}),
    (pdus.ActiveTest(), V3, {"Command_Id": "0x00000008", "Total_Length": "12"}),
    (pdus.Terminate(), V2, {"Command_Id": "0x00000002"}),
    (pdus.TerminateResp(), V3, {"Command_Id": "0x80000002"}),
]


def test_tshark_reads_every_cmpp_pdu_as_we_meant_it(tmp_path: Path) -> None:
    frames = [codec.encode(pdu, at, version=version) for at, (pdu, version, _) in enumerate(CASES, 1)]
    decoded = dissect(frames, tmp_path, protocol="cmpp", prefixes={"cmpp": "cmpp_cmpp_"})
    assert len(decoded) == len(CASES)
    for at, (fields, (_, _, expected)) in enumerate(zip(decoded, CASES, strict=True), 1):
        assert {name: fields.get(name) for name in expected} == expected
        assert fields["Sequence_Id"] == str(at)
        assert "malformed" not in fields
