"""Reads the commission matrix that the product ships beside its code; it must not fill in what is not stated there."""

from importlib.resources import files

import yaml

from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.commission_matrix import CommissionKind, CommissionMatrix


def read_commission_matrix() -> CommissionMatrix:
    """The stated cells. A kind that is missing or a word that is neither true nor null is a failed build."""
    text = (files("svc_reward") / "reference" / "commissions.yaml").read_text(encoding="utf-8")
    rows = {AffiliateKind(row["kind"]): row for row in yaml.safe_load(text)["kinds"]}
    stated = set()
    for affiliate_kind in AffiliateKind:
        for commission_kind in CommissionKind:
            cell = rows[affiliate_kind][str(commission_kind)]
            if cell not in {True, None}:
                raise ValueError(f"{affiliate_kind}.{commission_kind} is {cell!r}, neither true nor null")
            if cell:
                stated.add((affiliate_kind, commission_kind))
    return CommissionMatrix(stated=frozenset(stated))
