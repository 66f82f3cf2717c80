"""Counts members, responses by route and conversions, for /metrics; it must not see who they are."""

from opentelemetry.metrics import Meter


class Tally:
    """Counters of one process; a transaction that rolls back after it was counted is counted again."""

    def __init__(self, meter: Meter) -> None:
        self._contacts = meter.create_counter(
            "carillon_campaign_contacts", description="Contacts handed to svc-channel by launches"
        )
        self._answers = meter.create_counter(
            "carillon_campaign_answers", description="Answers to triggers handed to svc-channel"
        )
        self._members = meter.create_counter("carillon_campaign_members", description="Members booked by launches")
        self._responses = meter.create_counter(
            "carillon_campaign_responses", description="Members who responded for the first time, by route"
        )
        self._conversions = meter.create_counter(
            "carillon_campaign_conversions", description="Members who converted for the first time"
        )
        self._refused = meter.create_counter(
            "carillon_campaign_rewards_refused", description="Rewards that svc-reward could not grant, by reason"
        )

    def count_members(self, number: int) -> None:
        """Adds members of a booked batch."""
        self._members.add(number)

    def count_contacts(self, number: int) -> None:
        """Adds contacts that svc-channel took."""
        self._contacts.add(number)

    def count_answers(self, number: int) -> None:
        """Adds answers to triggers that svc-channel took."""
        self._answers.add(number)

    def count_responses(self, number: int, *, route: str) -> None:
        """Adds members whose first response came by a route: inbound, link or event."""
        self._responses.add(number, {"route": route})

    def count_conversions(self, number: int) -> None:
        """Adds members who converted."""
        self._conversions.add(number)

    def count_refused_rewards(self, number: int, *, reason: str) -> None:
        """Adds rewards that were not granted."""
        self._refused.add(number, {"reason": reason})
