"""Matches every subscriber with services by the library, as sets; it must not read anything nor know a subscriber.

Rules speak in two orders (A-12). Within a service the rule of the best priority speaks for it; others only take
over those for whom it has no volume left. Between services the layer decides, then the priority. A subscriber has at
most three places (SEG-01), and the fourth layer is there so that nobody goes without (SEG-15).

All sets are roaring bitmaps over ``subscriber_id``, so twelve million subscribers against a whole library are a few
hundred unions and differences.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.domain.match_library import MatchLibrary, MatchRule

# One to three services a subscriber (SEG-01).
PLACES = 3
# FNV-1a over the seed; the mixing below is splitmix64.
FNV_OFFSET, FNV_PRIME, MASK = 0xCBF29CE484222325, 0x100000001B3, 2**64 - 1
Ids = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What the subscribers' data say, before anything is decided.

    ``fits``: by rule, who fits its principle and brands. ``owned`` and ``adapted``: by service, who has it already and
    whose handset can use it. ``tiers``: by rule with a brand order, its brands' subscribers, the first brand first.
    ``score``: gives the score of some subscribers by a rule, NaN where there is none. ``extracted``: by rule, who was
    given away by it this month already.
    """

    everyone: BitMap
    fits: Mapping[str, BitMap]
    owned: Mapping[str, BitMap]
    adapted: Mapping[str, BitMap]
    tiers: Mapping[str, Sequence[BitMap]]
    extracted: Mapping[str, BitMap]
    score: Callable[[MatchRule, Ids], NDArray[np.float64] | None] = lambda _rule, _ids: None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShare:
    """What became of one rule: who could take its service by it, and for whom it speaks.

    ``speaks`` has everyone for whom this rule stands for its service, also beyond the third place.
    """

    rule: MatchRule
    fits: BitMap
    speaks: BitMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """The match of everyone; ``shares`` stand in the order of rank.

    ``places``: by rule, who has it in the first, second and third place.
    """

    shares: Sequence[RuleShare]
    places: Mapping[str, Sequence[BitMap]]
    uncovered: BitMap


def match_everyone(library: MatchLibrary, candidates: Candidates, *, month: str) -> Matching:
    """Decides for every subscriber; ``month`` (YYYY-MM) seeds the choice among equals, so that it can be repeated."""
    speaking: dict[str, RuleShare] = {}
    for service in library.services:
        spoken_for = BitMap()
        can_take = candidates.adapted[service] - candidates.owned[service]
        for rule in library.of_service(service):
            fitting = candidates.fits[rule.code] & can_take
            free = fitting - spoken_for
            speaks = within_volume(rule, free, candidates, month=month)
            spoken_for |= speaks
            speaking[rule.code] = RuleShare(rule=rule, fits=fitting, speaks=speaks)
    shares = [speaking[rule.code] for rule in library.by_rank()]
    covered = BitMap.union(*(share.speaks for share in shares)) if shares else BitMap()
    places = take_places({share.rule.code: share.speaks for share in shares})
    return Matching(shares=shares, places=places, uncovered=candidates.everyone - covered)


def take_places(speaks: Mapping[str, BitMap]) -> Mapping[str, Sequence[BitMap]]:
    """By rule, who has it in which place: each rule in its rank takes the next free place of those it speaks for."""
    filled = [BitMap() for _ in range(PLACES)]
    taken: dict[str, Sequence[BitMap]] = {}
    for code, everyone in speaks.items():
        waiting = everyone
        mine = []
        for place in range(PLACES):
            gets = waiting - filled[place]
            mine.append(gets)
            waiting = waiting - gets
        for place, gets in enumerate(mine):
            filled[place] |= gets
        taken[code] = mine
    return taken


def within_volume(rule: MatchRule, free: BitMap, candidates: Candidates, *, month: str) -> BitMap:
    """Those of ``free`` whom the rule's monthly volume still bears.

    Who was given away this month already counts first, so that a match run twice in a month gives the same
    subscribers and never more than the volume; then brand by brand, within a brand by score, then by chance.
    """
    if not rule.monthly_volume:
        return free
    already = candidates.extracted.get(rule.code, BitMap())
    chosen = free & already
    # Those who were given away and no longer fit have used their part of the volume all the same.
    left = rule.monthly_volume - len(already)
    waiting = free - already
    for tier in (*candidates.tiers.get(rule.code, ()), candidates.everyone):
        if left <= 0:
            break
        here = waiting & tier
        if len(here) > left:
            here = _best(rule, here, left, candidates, month=month)
        chosen = chosen | here
        waiting = waiting - here
        left -= len(here)
    return chosen


def _best(rule: MatchRule, among: BitMap, wanted: int, candidates: Candidates, *, month: str) -> BitMap:
    """The ``wanted`` best by score; equals, and all without a score, in an order that chance gives for the month."""
    ids = np.asarray(among.to_array(), dtype=np.uint32)
    chance = lots(ids, f"{rule.code}:{month}")
    scores = candidates.score(rule, ids)
    if scores is None:
        order = np.argsort(chance, kind="stable")
    else:
        # Nothing known of a subscriber is less than any score.
        order = np.lexsort((chance, -np.where(np.isnan(scores), -np.inf, scores)))
    return BitMap(np.sort(ids[order[:wanted]]))


def lots(ids: Ids, seed: str) -> NDArray[np.uint64]:
    """A number for each id that looks like chance and is the same whenever asked."""
    start = FNV_OFFSET
    for byte in seed.encode():
        start = (start ^ byte) * FNV_PRIME & MASK
    with np.errstate(over="ignore"):
        mixed = (ids.astype(np.uint64) + np.uint64(start)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
