"""How far a launch has come, what became of its messages and of its budget; counts, and nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchProgress:
    """Counts of one campaign at one moment; `problem` says why a launch stands still, empty while it doesn't.

    `budget_percent` is the highest mark of the reward budget that was reached: 0, 80 or 100. `answers` are those to
    triggers that svc-channel has taken.
    """

    members: int = 0
    contacts_booked: int = 0
    handed_to_channel: int = 0
    delivered: int = 0
    failed: int = 0
    in_doubt: int = 0
    problem: str = ""
    budget_percent: int = 0
    answers: int = 0
