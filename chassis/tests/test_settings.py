"""What a service that can't start says of its settings: which are wrong, and none of their values."""

from typing import Self

import pytest
from pydantic import Field, SecretStr, ValidationError, model_validator

from carillon_chassis.settings import ServiceSettings, settings_config


class Settings(ServiceSettings):
    """Settings with a secret."""

    model_config = settings_config("CARILLON_TEST_")

    password: SecretStr = Field(default=SecretStr(""), max_length=8)
    peer_url: str = ""

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if self.peer_url and not self.password.get_secret_value():
            raise ValueError("a peer needs a password")
        return self


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"PASSWORD": "much-too-long-secret"}, "password"), ({"PEER_URL": "http://peer"}, "a peer needs a password")],
)
def test_a_refused_setting_is_named_and_no_value_is_shown(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], named: str
) -> None:
    hidden = {"DATABASE_URL": "postgresql://u:database-secret@db/x", "LISTEN": "unix:x"}
    for name, value in {**hidden, **changes}.items():
        monkeypatch.setenv(f"CARILLON_TEST_{name}", value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert named in str(refused.value)
    assert "secret" not in str(refused.value) + repr(refused.value)
