"""How far a launch has come and what became of its messages; counts, and nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchProgress:
    """Counts of one campaign at one moment; `problem` says why a launch stands still, empty while it doesn't."""

    members: int = 0
    contacts_booked: int = 0
    handed_to_channel: int = 0
    delivered: int = 0
    failed: int = 0
    in_doubt: int = 0
    problem: str = ""
