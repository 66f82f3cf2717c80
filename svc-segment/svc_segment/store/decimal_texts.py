"""Adds up numbers that stand in texts, as Ibis, exactly as the compiler for one row does; it must not run anything."""

from ibis import cases
from ibis.expr import types as ir

from svc_segment.domain.rules.measuring import DECIMAL, MILLION
from svc_segment.domain.rules.windows import EventFunction

WHOLE_NUMBER = rf"^{DECIMAL}\z"


def millionths_of(text: ir.StringColumn) -> ir.IntegerColumn:
    """The decimal number in a text as whole millionths; null for any other text."""
    number = cases((text.re_search(WHOLE_NUMBER), text.try_cast("float64")))
    return (number * float(MILLION)).round().cast("int64")


def computed_of(function: EventFunction, millionths: ir.IntegerColumn, within: ir.BooleanColumn) -> ir.Value:
    """The sum, average or extreme over the rows of a group that lie within."""
    total = millionths.sum(where=within).cast("int64").cast("float64")
    match function:
        case EventFunction.LEAST:
            return millionths.min(where=within).cast("float64") / float(MILLION)
        case EventFunction.GREATEST:
            return millionths.max(where=within).cast("float64") / float(MILLION)
        case EventFunction.AVERAGE:
            return total / (millionths.count(where=within).cast("float64") * float(MILLION))
        case _:
            return total / float(MILLION)
