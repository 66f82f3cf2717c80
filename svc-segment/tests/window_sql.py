"""Says in PostgreSQL's plain SQL what the calls of a rule mean: subqueries, written without a line of the product."""

import re

TEXT = r"'(?:[^']|'')*'"
ONLY = rf"(?:, ({TEXT}) = ({TEXT}))?"
OF_TYPE = re.compile(rf"(count_events|days_with_events|no_events)\(({TEXT}), (\d+){ONLY}\)")
OF_ATTRIBUTE = re.compile(rf"(sum|avg|min|max)_events\(({TEXT}), ({TEXT}), (\d+){ONLY}\)")
SINCE = re.compile(rf"days_since_event\(({TEXT}){ONLY}\)")
USAGE = re.compile(r"(sum|avg|min|max|months_with)_usage\((\w+), (\d+)\)")
SEGMENT = re.compile(rf"in_segment\(({TEXT})\)")
ROWS = re.compile(rf"(count|months_with)_rows\(({TEXT}), (\d+){ONLY}\)")
OF_COLUMN = re.compile(rf"(sum|avg|min|max)_rows\(({TEXT}), ({TEXT}), (\d+){ONLY}\)")
TAG = re.compile(rf"has_tag\(({TEXT})(?:, ([\d.]+))?\)")
# What sums and their like are of: a decimal number, any other text being null.
NUMBER = (
    "(CASE WHEN attributes ->> {0} ~ '^-?[0-9]{{1,9}}(\\.[0-9]{{1,6}})?$' AND attributes ->> {0} !~ '\\n'"
    " THEN (attributes ->> {0})::numeric END)"
)


def as_plain_sql(rule: str) -> str:
    """The rule as a condition on the table ``sample``, beside ``event``, ``usage``, ``listed``, ``list``, ``member``, ``tag`` and ``clock``."""
    rule = OF_TYPE.sub(_of_type, rule)
    rule = OF_ATTRIBUTE.sub(_of_attribute, rule)
    rule = SINCE.sub(_since, rule)
    rule = USAGE.sub(_usage, rule)
    rule = ROWS.sub(_rows, rule)
    rule = OF_COLUMN.sub(_of_column, rule)
    rule = SEGMENT.sub(r"(EXISTS (SELECT FROM member WHERE member.at = sample.at AND \1 IN (name, id)))", rule)
    return TAG.sub(_tag, rule)


def _events(kind: str, attribute: str | None, value: str | None, days: str | None = None) -> str:
    found = f"FROM event, clock WHERE event.at = sample.at AND type = {kind} AND moment <= now"
    if days is not None:
        found += f" AND moment > now - interval '{days} days'"
    return found if attribute is None else f"{found} AND attributes ->> {attribute} = {value}"


def _of_type(call: re.Match[str]) -> str:
    events = _events(call[2], call[4], call[5], call[3])
    match call[1]:
        case "count_events":
            return f"(SELECT count(*) {events})"
        case "days_with_events":
            return f"(SELECT count(DISTINCT date_trunc('day', moment AT TIME ZONE zone)) {events})"
        case _:
            return f"(NOT EXISTS (SELECT {events}))"


def _of_attribute(call: re.Match[str]) -> str:
    return f"(SELECT {call[1]}({NUMBER.format(call[3])})::float8 {_events(call[2], call[5], call[6], call[4])})"


def _since(call: re.Match[str]) -> str:
    days = "floor(extract(epoch FROM now - max(moment)) / 86400)::bigint"
    return f"(SELECT {days} {_events(call[1], call[2], call[3])} GROUP BY now)"


def _usage(call: re.Match[str]) -> str:
    months = (
        "FROM usage, clock WHERE usage.at = sample.at AND month <= last_month"
        f" AND month > last_month - interval '{call[3]} months'"
    )
    if call[1] == "months_with":
        return f"(SELECT count(*) {months} AND {call[2]} > 0)"
    return f"(SELECT {call[1]}({call[2]}::float8) {months})"


def _listed(named: str, months: str, column: str | None, value: str | None) -> str:
    found = (
        f"FROM listed JOIN list ON list.id = list_id WHERE listed.at = sample.at AND {named} IN (name, list.id)"
        f" AND month > newest - interval '{months} months'"
    )
    return found if column is None else f"{found} AND attributes ->> {column} = {value}"


def _rows(call: re.Match[str]) -> str:
    counted = "*" if call[1] == "count" else "DISTINCT month"
    return f"(SELECT count({counted}) {_listed(call[2], call[3], call[4], call[5])})"


def _of_column(call: re.Match[str]) -> str:
    return f"(SELECT {call[1]}({NUMBER.format(call[3])})::float8 {_listed(call[2], call[4], call[5], call[6])})"


def _tag(call: re.Match[str]) -> str:
    path = f"(path = {call[1]} OR starts_with(path, {call[1]} || '/'))"
    return f"(EXISTS (SELECT FROM tag WHERE tag.at = sample.at AND {path} AND confidence >= {call[2] or 0}))"
