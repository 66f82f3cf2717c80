"""The moments and the zone of the commissions' tests."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
# Noon in UTC, eight in the evening there.
START = datetime(2026, 11, 2, 12, tzinfo=UTC)
