"""What a job of this service is told: which campaign, and in whose trace; nothing that the database knows."""

import json
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPayload:
    """The campaign a job works on and the W3C traceparent of who asked for it."""

    campaign_id: UUID
    traceparent: str

    def to_bytes(self) -> bytes:
        """As kept in the queue."""
        return json.dumps({"campaign_id": str(self.campaign_id), "traceparent": self.traceparent}).encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> "JobPayload":
        """As read back from the queue."""
        told = json.loads(payload)
        return cls(campaign_id=UUID(told["campaign_id"]), traceparent=told["traceparent"])
