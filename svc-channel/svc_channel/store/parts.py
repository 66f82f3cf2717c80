"""The parts the SMSC answered, and the receipts that end them; set-based, a whole flush a statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.message import SEVERITY, PartState
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.smpp.message_ids import alternative_ids
from svc_channel.domain.submission import Answer, AnsweredMessage, PartAnswer

# Lines cut one text in different ways, into as many parts or not: what an earlier line took fits no part of this one.
FORGET_PARTS = """
DELETE FROM message_part p USING message m, unnest($1::bigint[], $2::smallint[]) AS n (message_id, total)
WHERE m.id = n.message_id AND p.message_id = m.id AND (m.parts <> n.total OR p.line NOT IN ('', $3))
"""
RECOUNT = """
UPDATE message m SET parts = n.total FROM unnest($1::bigint[], $2::smallint[]) AS n (message_id, total)
WHERE m.id = n.message_id AND m.parts <> n.total
"""

# Answers are booked again after a commit whose outcome got lost; the first booking stands. Where it brought the message
# to the next channel of its chain, the answer is of a step that is over; where the message has been moved to the
# kept ones meanwhile, nobody is left to be answered. The lock keeps it from being moved until this is committed.
INSERT_PARTS = """
INSERT INTO message_part (message_id, part, state, smsc_id, reason, answered_at, line)
SELECT answer.message_id, answer.part, answer.state::part_state, answer.smsc_id, answer.reason, $6,
       answer.line
FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $7::smallint[],
            $8::text[]) AS answer (message_id, part, state, smsc_id, reason, step, line)
JOIN message m ON m.id = answer.message_id
WHERE coalesce(answer.step, m.step) = m.step
FOR KEY SHARE OF m
ON CONFLICT DO NOTHING
"""

# A receipt that overtook the answer waits as an orphan; the answer brings it home.
ORPHANS_AT = "SELECT smsc_id, msisdn FROM orphan_receipt WHERE msisdn = ANY($1::text[])"

ADOPT_ORPHANS = """
WITH answer AS (
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[]) AS a (message_id, part, smsc_id, msisdn)
), found AS (
    DELETE FROM orphan_receipt o USING answer
    WHERE o.smsc_id = answer.smsc_id AND o.msisdn = answer.msisdn
    RETURNING answer.message_id, answer.part, o.state
)
UPDATE message_part p SET state = found.state,
    reason = CASE WHEN found.state = 'delivered' THEN '' ELSE upper(found.state::text) END
FROM found
WHERE p.message_id = found.message_id AND p.part = found.part AND p.state = 'sent' AND found.state <> 'sent'
"""

# The destination is compared too: an SMSC may use an id again after a restart or a year.
MATCH_RECEIPTS = """
SELECT r.ordinal, p.message_id, p.part, p.state = 'sent' AS open
FROM unnest($1::int[], $2::text[], $3::text[]) AS r (ordinal, smsc_id, msisdn)
JOIN message_part p ON p.smsc_id = r.smsc_id
JOIN message m ON m.id = p.message_id AND m.msisdn = r.msisdn
"""

END_PARTS = """
UPDATE message_part p SET state = e.state::part_state,
    reason = CASE WHEN e.state = 'delivered' THEN '' ELSE upper(e.state) END
FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS e (message_id, part, state)
WHERE p.message_id = e.message_id AND p.part = e.part AND p.state = 'sent'
"""

# The later of two receipts of one id may be the final one.
INSERT_ORPHANS = """
INSERT INTO orphan_receipt (smsc_id, msisdn, state, received_at)
SELECT smsc_id, msisdn, state::part_state, $4
FROM unnest($1::text[], $2::text[], $3::text[]) AS o (smsc_id, msisdn, state)
ON CONFLICT (smsc_id, msisdn) DO UPDATE SET state = greatest(orphan_receipt.state, excluded.state)
"""


async def recount_parts(unit: UnitOfWork, totals: Mapping[int, int], *, line: str) -> None:
    """Writes in how many parts messages go over a line, by message id; parts of another cut or line no longer count."""
    if totals:
        await unit.driver.execute(FORGET_PARTS, list(totals), list(totals.values()), line)
        await unit.driver.execute(RECOUNT, list(totals), list(totals.values()))


async def book_answers(unit: UnitOfWork, messages: Sequence[AnsweredMessage], *, now: datetime) -> None:
    """Writes the parts that were accepted or refused, and gives them the receipts that came before them."""
    rows = [(message, part) for message in messages for part in message.parts]
    if not rows:
        return
    accepted = [(message, part) for message, part in rows if part.answer is Answer.ACCEPTED]
    await unit.driver.execute(
        INSERT_PARTS,
        [message.message_id for message, _ in rows],
        [part.part for _, part in rows],
        [(PartState.SENT if part.answer is Answer.ACCEPTED else PartState.REFUSED).value for _, part in rows],
        [part.smsc_id if part.answer is Answer.ACCEPTED else None for _, part in rows],
        [part.reason for _, part in rows],
        now,
        [message.step for message, _ in rows],
        [message.line for message, _ in rows],
    )
    await _adopt_orphans(unit, accepted)


async def _adopt_orphans(unit: UnitOfWork, accepted: Sequence[tuple[AnsweredMessage, PartAnswer]]) -> None:
    """Gives parts just answered the receipts that came before them, however these spell the id; most have none."""
    waiting = await unit.driver.fetch(ORPHANS_AT, [message.msisdn for message, _ in accepted])
    if not waiting:
        return
    known = {(row["smsc_id"], row["msisdn"]) for row in waiting}
    adopted = [
        (message, part, spelling)
        for message, part in accepted
        for spelling in (part.smsc_id, *alternative_ids(part.smsc_id))
        if (spelling, message.msisdn) in known
    ]
    await unit.driver.execute(
        ADOPT_ORPHANS,
        [message.message_id for message, _, _ in adopted],
        [part.part for _, part, _ in adopted],
        [spelling for _, _, spelling in adopted],
        [message.msisdn for message, _, _ in adopted],
    )


async def book_receipts(unit: UnitOfWork, receipts: Sequence[PartReceipt], *, now: datetime) -> list[int]:
    """Ends the parts whose final receipts these are; answers the ids of their messages.

    A receipt of no part becomes an orphan; one of a part that has ended already changes nothing.
    """
    unmatched, message_ids = await match_receipts(unit, receipts)
    if unmatched:
        await unit.driver.execute(
            INSERT_ORPHANS,
            [one.smsc_id for one in unmatched],
            [one.msisdn for one in unmatched],
            [one.state.value for one in unmatched],
            now,
        )
    return message_ids


async def match_receipts(unit: UnitOfWork, receipts: Sequence[PartReceipt]) -> tuple[list[PartReceipt], list[int]]:
    """Ends parts by their receipts; answers the receipts of no known part, and the messages whose parts ended now."""
    by_key = {(one.smsc_id, one.msisdn): one for one in _worst_last(receipts)}
    known, message_ids = await _end_parts(unit, by_key)
    unmatched = [one for key, one in by_key.items() if key not in known]
    # Few receipts come here, so the other spellings (hexadecimal for decimal and the reverse) are made only now.
    others = {(other, one.msisdn): one for one in unmatched for other in alternative_ids(one.smsc_id)}
    if others:
        spelled, more = await _end_parts(unit, others)
        message_ids += more
        found = {others[key] for key in spelled}
        unmatched = [one for one in unmatched if one not in found]
    return unmatched, message_ids


async def _end_parts(
    unit: UnitOfWork, receipts: dict[tuple[str, str], PartReceipt]
) -> tuple[set[tuple[str, str]], list[int]]:
    """The keys under which parts are known, ended or not, and the messages whose parts ended now."""
    if not receipts:
        return set(), []
    keys, values = list(receipts), list(receipts.values())
    rows = await unit.driver.fetch(
        MATCH_RECEIPTS, list(range(len(keys))), [smsc_id for smsc_id, _ in keys], [msisdn for _, msisdn in keys]
    )
    ending = [
        (row["message_id"], row["part"], values[row["ordinal"]].state)
        for row in rows
        if row["open"] and values[row["ordinal"]].state is not PartState.SENT
    ]
    if ending:
        await unit.driver.execute(
            END_PARTS,
            [message_id for message_id, _, _ in ending],
            [part for _, part, _ in ending],
            [state.value for _, _, state in ending],
        )
    return {keys[row["ordinal"]] for row in rows}, [message_id for message_id, _, _ in ending]


def _worst_last(receipts: Sequence[PartReceipt]) -> list[PartReceipt]:
    """Of several receipts of one id in one flush, the furthest wins: it comes last."""
    return sorted(receipts, key=lambda receipt: SEVERITY[receipt.state])
