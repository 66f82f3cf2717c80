"""Cuts a match into a list for a channel: whom it recommends what, by rule, channel and branch; it must not match."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound, StateRefused
from svc_segment.app.current_base import require_base
from svc_segment.app.get_match import match_not_found, resting_rules
from svc_segment.app.small_groups import group_too_small
from svc_segment.domain.export import BRANCH_ATTRIBUTE
from svc_segment.domain.hall import HALL
from svc_segment.domain.match_library import MatchRule
from svc_segment.domain.match_run import MatchRun, RunState
from svc_segment.domain.matching import take_places
from svc_segment.domain.tag import Observation, is_few
from svc_segment.store.engine import Engine
from svc_segment.store.hall_guide import guide_to_halls, without_few
from svc_segment.store.match_lists import match_list_header, match_list_rows
from svc_segment.store.match_runs import Speaking, find_run, read_speaking
from svc_segment.store.number_book import read_number_book
from svc_segment.store.rule_sets import Texts, texts_of
from svc_segment.store.tags import read_observations

# Rows a piece: some 4 MB of CSV, far below what a message may hold.
ROWS_PER_PIECE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which part of a match is wanted; an empty field means all."""

    rule: str = ""
    channel: str = ""
    branch: str = ""

    def takes(self, rule: MatchRule) -> bool:
        """Whether recommendations of a rule are in it."""
        return self.rule in {"", rule.code} and (not self.channel or self.channel in rule.channels)


async def extract_match(
    database: Database, engine: Engine, run_id: uuid.UUID, cut: Cut, *, with_numbers: bool, today: date
) -> AsyncIterator[bytes]:
    """CSV in pieces, the rules by rank, each by place and rising id (SEG-23, SEG-36), with the nearest hall (SEG-34).

    A hall is named where 20 and more of the list are guided to it. Raises NotFound MATCH_NOT_FOUND,
    MATCH_RULE_NOT_FOUND, StateRefused MATCH_NOT_DONE, MATCH_FORGOTTEN, and GROUP_TOO_SMALL before the first byte where
    a rule over a scene has fewer than 20 in it.
    """
    async with database.read() as unit:
        run = _ready(await find_run(unit, run_id), run_id, cut)
        speaks = _speaks(run, await read_speaking(unit, run_id))
        dictionary, base = await require_base(unit)
        observations = await read_observations(unit, today, beneath=HALL)
        # Some ten seconds of COPY: whatever is refused is refused before.
        book = await read_number_book(unit) if with_numbers else None
    known = BRANCH_ATTRIBUTE in dictionary
    branches = await engine.ask(base, texts_of(BRANCH_ATTRIBUTE)) if known else Texts.nothing()
    places = await asyncio.to_thread(take_places, speaks)
    await _refuse_persons(database, run, cut, places, branches)
    halls = await asyncio.to_thread(_guide, run, cut, places, branches, observations)
    yield match_list_header(with_numbers=with_numbers)
    for rule in filter(cut.takes, run.library.by_rank()):
        for place, members in enumerate(places[rule.code], start=1):
            ids = _of_branch(members, cut, branches)
            for start in range(0, len(ids), ROWS_PER_PIECE):
                piece = ids[start : start + ROWS_PER_PIECE]
                yield await asyncio.to_thread(
                    match_list_rows, rule, place, piece, branches, halls, book, as_of=run.as_of
                )


def _guide(
    run: MatchRun,
    cut: Cut,
    places: Mapping[str, Sequence[BitMap]],
    branches: Texts,
    observations: Sequence[Observation],
) -> Texts:
    """To which hall each of the list is guided; one that few of it are guided to is not named."""
    guide = guide_to_halls(observations, branches)
    listed = BitMap.union(
        BitMap(), *(one for rule in filter(cut.takes, run.library.by_rank()) for one in places[rule.code])
    )
    return without_few(guide, _of_branch(listed, cut, branches))


async def _refuse_persons(
    database: Database, run: MatchRun, cut: Cut, places: Mapping[str, Sequence[BitMap]], branches: Texts
) -> None:
    """A list in which a rule over a scene has 1 to 19 would name whom the scene names (SEG-29)."""
    counts = {
        rule.code: sum(len(_of_branch(members, cut, branches)) for members in places[rule.code])
        for rule in filter(cut.takes, run.library.by_rank())
    }
    small = {code for code, count in counts.items() if is_few(count)}
    if not small:
        return
    async with database.read() as unit:
        resting = await resting_rules(unit, run, small)
    if resting:
        raise group_too_small(", ".join(sorted(resting)))


def _of_branch(members: BitMap, cut: Cut, branches: Texts) -> NDArray[np.uint32]:
    ids = np.asarray(members.to_array(), dtype=np.uint32)
    return ids[branches.equal(ids, cut.branch)] if cut.branch else ids


def _ready(run: MatchRun | None, run_id: uuid.UUID, cut: Cut) -> MatchRun:
    if run is None:
        raise match_not_found(run_id)
    if run.state is not RunState.DONE:
        raise StateRefused(reason="MATCH_NOT_DONE", detail=f"the match is {run.state}; there is no list yet")
    if cut.rule and cut.rule not in run.library.rules:
        raise NotFound(reason="MATCH_RULE_NOT_FOUND", field="rule", detail=f"this match had no rule {cut.rule}")
    return run


def _speaks(run: MatchRun, speaking: Sequence[Speaking]) -> Mapping[str, BitMap]:
    """For whom every rule speaks, in the order of rank."""
    speaks = {one.rule: one.speaks for one in speaking if one.speaks is not None}
    if len(speaks) < len(run.library.rules):
        raise StateRefused(
            reason="MATCH_FORGOTTEN", detail="only the newest matches keep their lists; ask for a new match"
        )
    return speaks
