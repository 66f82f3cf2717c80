"""Finds the nearest hall of many subscribers at once, as ``domain/hall.py`` finds that of one; it must not show few."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from svc_segment.domain.hall import branch_of, hall_of
from svc_segment.domain.tag import LEAST_GROUP, Observation
from svc_segment.store.rule_sets import Texts
from svc_segment.store.tags import by_path, carriers


def guide_to_halls(observations: Sequence[Observation], branches: Texts) -> Texts:
    """The nearest hall, as ``<branch>/<name>``, of everyone who carries the tag of any (SEG-34)."""
    sources = {hall_of(path): some for path, some in by_path(observations).items() if hall_of(path)}
    halls = sorted(sources)
    if not halls:
        return Texts.nothing()
    ids, confidences, codes, others = [], [], [], []
    for code, hall in enumerate(halls):
        carrying, confidence = carriers(sources[hall])
        ids.append(carrying)
        confidences.append(confidence)
        codes.append(np.full(len(carrying), code, np.int32))
        others.append(~branches.equal(carrying, branch_of(hall)))
    order = np.lexsort(
        (np.concatenate(codes), np.concatenate(others), -np.concatenate(confidences), np.concatenate(ids))
    )
    sorted_ids = np.concatenate(ids)[order]
    first = np.concatenate(([True], sorted_ids[1:] != sorted_ids[:-1]))
    return Texts(sorted_ids[first], np.concatenate(codes)[order][first], tuple(halls))


def without_few(guide: Texts, ids: NDArray[np.uint32]) -> Texts:
    """The guide of some subscribers, where 20 and more of them are guided to a hall: fewer are persons (SEG-29)."""
    codes = guide.codes_of(ids)
    counts = np.bincount(codes[codes >= 0], minlength=len(guide.names))
    # The last one is nobody's hall.
    shown = np.append(counts >= LEAST_GROUP, False)
    return replace(guide, codes=np.where(shown[guide.codes], guide.codes, np.int32(-1)))
