"""Asks svc-segment whether a subscriber's snapshot says that they use a service; it must not be asked in a transaction."""

from carillon.segment.v1 import subscriber_pb2
from carillon.segment.v1.subscriber_pb2_grpc import SubscriberServiceStub
from carillon_chassis.client import invoke
from svc_reward.domain.referral_programme import ProgrammeTerms

# What a text column of a snapshot says for no.
NO = frozenset({"", "0", "n", "no", "false", "否"})


async def is_said_to_use(subscribers: SubscriberServiceStub, terms: ProgrammeTerms, subscriber_id: int) -> bool:
    """Whether ``user_attribute`` says yes: true, a number above zero, a date, or a text but no "no" (RWD-06).

    A subscriber without the attribute is no user. Raises Unavailable when svc-segment does not answer: who can't be
    checked is not accepted.
    """
    if not terms.user_attribute:
        return False
    request = subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
    for attribute in (await invoke(subscribers.GetSubscriber, request)).attributes:
        if attribute.name == terms.user_attribute:
            return _says_yes(attribute)
    return False


def _says_yes(attribute: subscriber_pb2.AttributeValue) -> bool:
    match attribute.WhichOneof("value"):
        case "boolean":
            return attribute.boolean
        case "integer":
            return attribute.integer > 0
        case "number":
            return attribute.number > 0
        case "text":
            return attribute.text.strip().casefold() not in NO
        case _:
            return bool(attribute.date)
