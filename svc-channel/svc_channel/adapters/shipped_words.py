"""Reads the words that the product ships for telling complaints and suggestions; classifies nothing."""

from importlib import resources

import yaml

from svc_channel.domain.robots.remarks import RemarkWords


def read_shipped_words() -> RemarkWords:
    """The words. Raises InvalidInput when they don't stand, which the tests would have seen."""
    data = yaml.safe_load((resources.files("svc_channel") / "robots" / "remark_words.yaml").read_text("utf-8"))
    return RemarkWords(complaint=frozenset(data["complaint"]), suggestion=frozenset(data["suggestion"]))
