"""The CMPP command identifiers and versions this suite speaks; must not hold layouts or behaviour."""

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
VERSIONS: Final = frozenset({VERSION_20, VERSION_21, VERSION_30})
