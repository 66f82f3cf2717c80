"""Reads the file that says which lines there are; opens none, and holds no secret: it names where secrets stand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError, model_validator

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.channel import DEFAULT_ROUTE, OVER_TEXT_LINES, Channel, route_of
from svc_channel.domain.limits import Limits
from svc_channel.domain.routes import Route, Routes

OptionsT = TypeVar("OptionsT", bound=BaseModel)
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{0,14}$")]


# Protocols whose peers know a request that is sent again, so that an open answer is simply asked for once more.
REPEATING = frozenset({"pap", "market", "ussd_http"})


class LineSpec(BaseModel):
    """One line as every protocol has it; ``options`` are the protocol's own and read by its adapter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    protocol: str
    routes: tuple[Name, ...] = Field(default=(DEFAULT_ROUTE,), min_length=1)
    window: int = Field(default=100, gt=0, le=1000)
    """Submits on the wire without an answer."""
    rate_per_second: int = Field(default=0, ge=0)
    """Parts a second at most; 0 for no limit."""
    account: str = ""
    """Under which the peer counts what comes; lines of one account share its rate."""
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, data: Any) -> Any:
        """Whatever is no field of every line belongs to the protocol."""
        if not isinstance(data, dict):
            return data
        common = {key: value for key, value in data.items() if key in cls.model_fields}
        rest = {key: value for key, value in data.items() if key not in cls.model_fields}
        return {**common, "options": {**common.get("options", {}), **rest}}


class RouteSpec(BaseModel):
    """One route: which channels and numbers it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    channels: frozenset[Channel] = OVER_TEXT_LINES
    prefixes: tuple[Prefix, ...] = ()


Rate = Annotated[int, Field(ge=0)]


class LimitSpec(BaseModel):
    """Parts a second beside the lines' own, 0 for no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accounts: dict[str, Rate] = Field(default_factory=dict)
    account_windows: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    """Submits without an answer over all lines of an account; their windows share it."""
    campaign_per_second: Rate = 0
    """For every campaign that is not named."""
    campaigns: dict[str, Rate] = Field(default_factory=dict)
    cell_per_second: Rate = 0
    """For every cell that is not named."""
    cells: dict[str, Rate] = Field(default_factory=dict)

    def limits(self) -> Limits:
        """The same as the sender meets them."""
        return Limits(**self.model_dump(exclude={"account_windows"}))


class LineFile(BaseModel):
    """All lines and routes of one process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lines: tuple[LineSpec, ...] = Field(min_length=1)
    routes: tuple[RouteSpec, ...] = (RouteSpec(name=DEFAULT_ROUTE),)
    limits: LimitSpec = LimitSpec()

    @model_validator(mode="after")
    def _hangs_together(self) -> "LineFile":
        names = [line.name for line in self.lines]
        if len(set(names)) != len(names):
            raise ValueError("two lines have one name")
        known = {route.name for route in self.routes} | {route_of(channel) for channel in Channel}
        served = {route for line in self.lines for route in line.routes}
        if served - known:
            raise ValueError(f"no route is called {', '.join(sorted(served - known))}")
        deserted = {route.name for route in self.routes} - served
        if deserted:
            raise ValueError(f"no line serves {', '.join(sorted(deserted))}: its messages would wait for ever")
        for line in self.lines:
            if line.protocol in REPEATING and any(
                other is not line and {*other.routes} & {*line.routes} for other in self.lines
            ):
                raise ValueError(f"{line.name} shares a route: what it asks again would be new to the other line")
        for account, window in self.limits.account_windows.items():
            together = sum(line.window for line in self.lines if line.account == account)
            if together > window:
                raise ValueError(f"the lines of account {account} have windows of {together} together, it has {window}")
        return self

    def speak(self, protocol: str) -> bool:
        """Whether any line speaks a protocol."""
        return any(line.protocol == protocol for line in self.lines)

    def routing(self) -> Routes:
        """The routes as messages are given to them."""
        return Routes([Route(name=one.name, channels=one.channels, prefixes=one.prefixes) for one in self.routes])


def read_line_file(path: Path) -> LineFile:
    """Reads a YAML or JSON file. Raises InvalidInput (LINES_UNREADABLE, LINES_INVALID)."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(reason="LINES_UNREADABLE", field="lines", detail=f"{path}: {error}") from error
    try:
        return LineFile.model_validate(said)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InvalidInput(reason="LINES_INVALID", field="lines", detail=f"{path}: {faults}") from error


def read_options(kind: type[OptionsT], spec: LineSpec) -> OptionsT:
    """The protocol's own options of a line. Raises InvalidInput (LINE_OPTIONS) that names the line and the fields."""
    try:
        return kind.model_validate(spec.options)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InvalidInput(reason="LINE_OPTIONS", field=spec.name, detail=f"line {spec.name}: {faults}") from error


def read_secret(variable: str, environment: Mapping[str, str]) -> SecretStr:
    """A secret by the name of its environment variable. Raises InvalidInput (SECRET_MISSING) for an empty one."""
    secret = environment.get(variable, "")
    if not secret:
        raise InvalidInput(reason="SECRET_MISSING", field=variable, detail=f"set {variable} to the line's secret")
    return SecretStr(secret)
