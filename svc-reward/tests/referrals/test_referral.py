"""When a referral is complete, refused or still open, as tables; and loops against a plain graph."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import DomainError, InvalidInput, StateRefused
from svc_reward.domain.referral import (
    Referral,
    ReferralState,
    Usage,
    open_loop,
    recommend,
    require_below_cap,
    require_free,
    require_new_user,
)

from .referral_values import DAY, NOON, one, points, terms

SERVICE, LOAD, LOGIN = "MOBILE_MARKET", "downloaded", "logged_in"


def referral(*, code_age: timedelta | None = None, **changes: Any) -> Referral:
    begun = recommend(
        terms(),
        programme=1,
        referrer_id=1,
        friend_id=2,
        friend_hint="+86138*****00",
        at=NOON,
        code_issued_at=None if code_age is None else NOON - code_age,
    )
    return replace(begun, **changes)


def usage(service: float | None = None, load: float | None = None, login: float | None = None) -> Usage:
    """Days after the recommendation."""

    def moment(days: float) -> datetime:
        return NOON + days * DAY

    return Usage(
        services={} if service is None else {SERVICE: moment(service), "CRBT": moment(-500)},
        events={kind: moment(days) for kind, days in ((LOAD, load), (LOGIN, login)) if days is not None},
    )


@pytest.mark.parametrize(
    ("known", "state", "after_days"),
    [
        (usage(), "open", None),
        (usage(1), "open", None),
        (usage(1, 2), "open", None),
        (usage(None, 1, 2), "open", None),
        (usage(1, 2, 3), "completed", 3),
        (usage(3, 2, 1), "completed", 3),
        (usage(0, 0, 0), "completed", 0),
        (usage(13.9, 1, 2), "completed", 13.9),
        # The window is half open; what is done too late is never done in time.
        (usage(14, 1, 2), "open", None),
        (usage(1, 2, 20), "open", None),
        # Any of it before the recommendation: a user, even years ago, even of a part alone.
        (usage(-0.001, 1, 2), "refused", None),
        (usage(-2000, 1, 2), "refused", None),
        (usage(1, -1, 2), "refused", None),
        (usage(None, None, -1), "refused", None),
    ],
)
def test_a_referral_is_complete_when_all_is_done_in_the_window_and_nothing_before(
    known: Usage, state: str, after_days: float | None
) -> None:
    """RWD-06."""
    judged = referral().judged(terms(), known)
    assert judged.state == state
    assert judged.completed_at == (None if after_days is None else NOON + after_days * DAY)


def test_other_services_and_events_say_nothing_about_the_friend() -> None:
    known = Usage(services={"CRBT": NOON - 500 * DAY}, events={"shared": NOON - DAY})
    assert referral().judged(terms(), known).state is ReferralState.OPEN


def test_the_order_in_which_news_come_does_not_matter() -> None:
    news = [("service", SERVICE, NOON + DAY), ("event", LOAD, NOON + 2 * DAY), ("event", LOGIN, NOON + 3 * DAY)]
    ends = set()
    for order in permutations(news):
        services: dict[str, datetime] = {}
        events: dict[str, datetime] = {}
        standing = referral()
        for kind, name, moment in order:
            (services if kind == "service" else events)[name] = moment
            standing = standing.judged(terms(), Usage(services=services, events=events))
        ends.add((standing.state, standing.completed_at))
    assert ends == {(ReferralState.COMPLETED, NOON + 3 * DAY)}


@pytest.mark.parametrize("state", [ReferralState.COMPLETED, ReferralState.REFUSED, ReferralState.EXPIRED])
def test_what_is_over_never_moves_again(state: ReferralState) -> None:
    standing = referral(state=state)
    assert standing.judged(terms(), usage(-1, 1, 1)) is standing
    assert standing.judged(terms(), usage(1, 1, 1)) is standing


@pytest.mark.parametrize(
    ("code_age", "first_use", "state"),
    [
        # Typed in a day after the download, as people do.
        (30 * DAY, -1, "completed"),
        (30 * DAY, -2, "completed"),
        (30 * DAY, -2.1, "refused"),
        # The code is younger than the use, so it can't have brought the friend.
        (0.5 * DAY, -1, "refused"),
        (0.5 * DAY, -0.4, "completed"),
    ],
)
def test_a_code_covers_the_late_days_but_nothing_before_it_was_issued(
    code_age: timedelta, first_use: float, state: str
) -> None:
    judged = referral(code_age=code_age).judged(terms(), usage(first_use, first_use, 1))
    assert judged.state == state


@pytest.mark.parametrize(("said", "known"), [(True, usage()), (False, usage(-1)), (False, usage(None, None, -300))])
def test_a_friend_who_is_a_user_is_refused_at_once(said: bool, known: Usage) -> None:
    with pytest.raises(StateRefused) as caught:
        require_new_user(referral(), terms(), known, said_to_use=said)
    assert caught.value.reason == "FRIEND_IS_USER"
    require_new_user(referral(), terms(), usage(0), said_to_use=False)


def test_nobody_recommends_to_themselves() -> None:
    with pytest.raises(InvalidInput) as caught:
        referral(friend_id=1)
    assert caught.value.reason == "SELF_REFERRAL"


def test_the_first_valid_recommendation_of_a_friend_wins_until_it_is_late() -> None:
    first = referral()
    for at in (NOON, NOON + 13.9 * DAY):
        with pytest.raises(StateRefused) as caught:
            require_free(first, referrer_id=3, at=at)
        assert caught.value.reason == "FRIEND_RECOMMENDED"
    require_free(first, referrer_id=3, at=NOON + 14 * DAY)
    with pytest.raises(StateRefused):
        require_free(replace(first, state=ReferralState.COMPLETED), referrer_id=3, at=NOON + 99 * DAY)
    require_free(None, referrer_id=3, at=NOON)


def test_a_referrer_has_no_more_friends_than_the_programme_takes() -> None:
    require_below_cap(9, terms())
    with pytest.raises(StateRefused) as caught:
        require_below_cap(10, terms())
    assert caught.value.reason == "REFERRER_LIMIT"


def link(referrer_id: int, friend_id: int, *, overdue: bool = False) -> Referral:
    made = replace(referral(), referrer_id=referrer_id, friend_id=friend_id)
    return replace(made, counts_until=NOON) if overdue else made


def chain_of(standing: Sequence[Referral], referrer_id: int) -> list[Referral]:
    """What the store reads: up from the referrer."""
    brought = {one.friend_id: one for one in standing}
    chain = []
    while (up := brought.get(referrer_id)) is not None:
        chain.append(up)
        referrer_id = up.referrer_id
    return chain


def reaches(edges: set[tuple[int, int]], start: int, end: int) -> bool:
    """Plain search for a way from one to the other."""
    seen, waiting = set(), [start]
    while waiting:
        here = waiting.pop()
        if here == end:
            return True
        if here not in seen:
            seen.add(here)
            waiting += [friend for referrer, friend in edges if referrer == here]
    return False


@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(1, 7), st.booleans()).filter(lambda edge: edge[0] != edge[1]),
        max_size=40,
    )
)
def test_no_circle_closes_whatever_is_recommended_in_whatever_order(attempts: list[tuple[int, int, bool]]) -> None:
    """Against a graph: refused exactly when the friend already leads to the referrer by referrals that hold."""
    standing: dict[int, Referral] = {}
    for referrer, friend, overdue in attempts:
        if friend in standing and not standing[friend].is_overdue(NOON):
            continue
        holding = {(one.referrer_id, one.friend_id) for one in standing.values() if not one.is_overdue(NOON)}
        chain = chain_of(list(standing.values()), referrer)
        if reaches(holding, friend, referrer):
            with pytest.raises(StateRefused, match="REFERRAL_LOOP"):
                open_loop(chain, friend_id=friend, at=NOON)
            continue
        broken = open_loop(chain, friend_id=friend, at=NOON)
        if broken is not None:
            del standing[broken.friend_id]
        standing[friend] = link(referrer, friend, overdue=overdue)
        everybody = {(one.referrer_id, one.friend_id) for one in standing.values()}
        assert not any(reaches(everybody - {edge}, edge[1], edge[0]) for edge in everybody)


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"name": ""}, "PROGRAMME_INVALID", "name"),
        ({"services": ()}, "PROGRAMME_INVALID", "services"),
        ({"services": ("CRBT", "CRBT")}, "PROGRAMME_INVALID", "services"),
        ({"services": ("a b",)}, "PROGRAMME_INVALID", "services"),
        ({"event_types": tuple("abcdef")}, "PROGRAMME_INVALID", "event_types"),
        ({"needs_activation": False, "event_types": ()}, "PROGRAMME_INVALID", "needs_activation"),
        ({"valid_to": NOON - 31 * DAY}, "PROGRAMME_INVALID", "valid_to"),
        ({"user_attribute": "a\x00"}, "PROGRAMME_INVALID", "user_attribute"),
        ({"draw_id": "mine"}, "PROGRAMME_INVALID", "draw_id"),
        ({"window_days": 0}, "PROGRAMME_INVALID", "window_days"),
        ({"window_days": 366}, "PROGRAMME_INVALID", "window_days"),
        ({"late_days": -1}, "PROGRAMME_INVALID", "late_days"),
        ({"max_friends": 1001}, "PROGRAMME_INVALID", "max_friends"),
        ({"referrer_offer": None}, "PROGRAMME_INVALID", "referrer_offer"),
        ({"campaign_id": "other"}, "PROGRAMME_INVALID", "referrer_offer"),
        ({"friend_offer": one(points(5, "competition_points"))}, "REWARD_NOT_FOR_OWNER", "currency"),
    ],
)
def test_terms_that_can_not_be_are_refused(changes: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(DomainError) as caught:
        terms(**changes)
    assert (caught.value.reason, caught.value.field) == (reason, field)
