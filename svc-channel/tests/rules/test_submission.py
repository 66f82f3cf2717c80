"""What answers mean for a part and for its message."""

import pytest

from svc_channel.domain.submission import TRANSIENT_TRIES_LIMIT, Answer, Verdict, verdict_of, worth_another_try


@pytest.mark.parametrize(
    ("answer", "attempts", "kept"),
    [
        (Answer.TRANSIENT, TRANSIENT_TRIES_LIMIT - 1, Answer.TRANSIENT),
        (Answer.TRANSIENT, TRANSIENT_TRIES_LIMIT, Answer.REFUSED),
        (Answer.THROTTLED, 99, Answer.THROTTLED),
        (Answer.ACCEPTED, 99, Answer.ACCEPTED),
    ],
)
def test_a_peer_that_keeps_failing_on_a_message_ends_it(answer: Answer, attempts: int, kept: Answer) -> None:
    assert worth_another_try(answer, attempts=attempts) is kept


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
