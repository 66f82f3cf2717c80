"""Gives a subscriber the code to give out to friends; it must not give one subscriber two in a programme."""

from collections.abc import Callable
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Unavailable
from carillon_chassis.identity import Identity
from svc_reward.app.referral_access import require_programme
from svc_reward.app.require_referrer import require_referrer
from svc_reward.domain.referral_code import CODE_COUNT, make_referral_code
from svc_reward.store.referrals import add_code, own_code

# Each try meets an issued code once in 27,000 times when a million are issued.
TRIES = 5


async def issue_referral_code(
    unit: UnitOfWork,
    *,
    identity: Identity,
    number: int,
    subscriber_id: int,
    randoms: Callable[[int], int],
    at: datetime,
) -> str:
    """The subscriber's code, the same one when asked again (RWD-08); ``randoms(n)`` is a random number below n.

    Raises PermissionRefused ROLE_MISSING, NotFound PROGRAMME_UNKNOWN, StateRefused PROGRAMME_NOT_RUNNING,
    REFERRER_NOT_USER.
    """
    programme = await require_programme(unit, number, identity=identity)
    programme.require_running(at)
    await require_referrer(unit, programme.terms, subscriber_id)
    for _ in range(TRIES):
        if standing := await own_code(unit, programme=number, subscriber_id=subscriber_id):
            return standing
        code = make_referral_code(randoms(CODE_COUNT))
        if await add_code(unit, code, programme=number, subscriber_id=subscriber_id, at=at):
            return code
    raise Unavailable(reason="CODES_EXHAUSTED", detail="no free code was found; try again")
