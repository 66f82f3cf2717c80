"""What answers mean for a part and for its message."""

import pytest

from svc_channel.domain.smpp import statuses
from svc_channel.domain.submission import TRANSIENT_TRIES_LIMIT, Answer, Verdict, answer_of, verdict_of


@pytest.mark.parametrize(
    ("status", "attempts", "answer", "reason"),
    [
        (statuses.OK, 1, Answer.ACCEPTED, ""),
        (statuses.THROTTLED, 1, Answer.THROTTLED, "THROTTLED"),
        (statuses.MESSAGE_QUEUE_FULL, 99, Answer.THROTTLED, "MESSAGE_QUEUE_FULL"),
        (statuses.SYSTEM_ERROR, 1, Answer.TRANSIENT, "SYSTEM_ERROR"),
        (statuses.SYSTEM_ERROR, TRANSIENT_TRIES_LIMIT, Answer.REFUSED, "SYSTEM_ERROR"),
        (statuses.INVALID_DESTINATION, 1, Answer.REFUSED, "INVALID_DESTINATION"),
        (statuses.SUBMIT_FAILED, 1, Answer.REFUSED, "SUBMIT_FAILED"),
        (0x400, 1, Answer.REFUSED, "STATUS_00000400"),
    ],
)
def test_a_status_says_what_to_do_with_the_part(status: int, attempts: int, answer: Answer, reason: str) -> None:
    read = answer_of(part=1, status=status, smsc_id="a1", attempts=attempts)
    assert (read.answer, read.reason) == (answer, reason)
    assert read.smsc_id == ("a1" if answer is Answer.ACCEPTED else "")


def test_an_acceptance_without_an_id_can_never_be_receipted() -> None:
    read = answer_of(part=1, status=statuses.OK, smsc_id="", attempts=1)
    assert (read.answer, read.reason) == (Answer.REFUSED, "NO_SMSC_ID")


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ([], Verdict.ANSWERED),
        ([Answer.ACCEPTED, Answer.REFUSED], Verdict.ANSWERED),
        ([Answer.ACCEPTED, Answer.UNSENT], Verdict.UNSENT),
        ([Answer.UNSENT, Answer.THROTTLED], Verdict.THROTTLED),
        ([Answer.THROTTLED, Answer.TRANSIENT, Answer.REFUSED], Verdict.TRANSIENT),
        ([Answer.TRANSIENT, Answer.LOST, Answer.ACCEPTED], Verdict.DOUBT),
    ],
)
def test_the_part_that_is_furthest_from_an_answer_decides(answers: list[Answer], verdict: Verdict) -> None:
    assert verdict_of(answers) is verdict
