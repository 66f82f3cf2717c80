"""The CMPP command identifiers, versions and time zone of this suite; must not hold layouts or behaviour."""

from datetime import timedelta, timezone
from typing import Final

RESPONSE_BIT: Final = 0x80000000

CONNECT: Final = 0x00000001
TERMINATE: Final = 0x00000002
SUBMIT: Final = 0x00000004
DELIVER: Final = 0x00000005
ACTIVE_TEST: Final = 0x00000008

CONNECT_RESP: Final = CONNECT | RESPONSE_BIT
TERMINATE_RESP: Final = TERMINATE | RESPONSE_BIT
SUBMIT_RESP: Final = SUBMIT | RESPONSE_BIT
DELIVER_RESP: Final = DELIVER | RESPONSE_BIT
ACTIVE_TEST_RESP: Final = ACTIVE_TEST | RESPONSE_BIT

# The version octet: major in the high half, minor in the low.
VERSION_20: Final = 0x20
VERSION_21: Final = 0x21
VERSION_30: Final = 0x30
VERSION_NAMES: Final = {"2.0": VERSION_20, "2.1": VERSION_21, "3.0": VERSION_30}
VERSIONS: Final = frozenset(VERSION_NAMES.values())

# China has one time, and no summer time, since 1991.
BEIJING: Final = timezone(timedelta(hours=8))
