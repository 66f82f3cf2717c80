"""The tone hotline in JSON: directories and auditions; it must not dial anybody."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from carillon.channel.v1 import hotline_pb2
from carillon_gateway.http.models.shapes import Answer, Body, Msisdn, Text, render_time

# What a caller keeps in mind while listening.
TONES_LIMIT = 10


class DirectoryTone(Body):
    """A tone and the short code that callers key for it."""

    short_code: str = Field(pattern=r"^[0-9]{1,8}$", examples=["01"])
    tone: str = Field(pattern=r"^[A-Za-z0-9]{1,20}$", examples=["600902000000"])
    title: Text = Field(min_length=1, max_length=60)


class PutDirectory(Body):
    """The tones of a directory in the order they are announced; they take the place of those before."""

    tones: list[DirectoryTone] = Field(max_length=TONES_LIMIT)


class Directory(Answer):
    """The tones of a branch, or of the province where ``branch`` is absent."""

    branch: str | None
    tones: list[DirectoryTone]


class Directories(Answer):
    """The province's directory and, where one was asked for, a branch's (CHN-11)."""

    number: str
    directories: list[Directory]


class RequestAudition(Body):
    """Somebody who wants to hear a tone."""

    msisdn: Msisdn
    tone: str = Field(pattern=r"^[A-Za-z0-9]{1,20}$", examples=["600902000000"])


class MakeAuditionLink(Body):
    """Somebody who is recommended a tone on a page, and for how long."""

    msisdn: Msisdn
    tone: str = Field(pattern=r"^[A-Za-z0-9]{1,20}$", examples=["600902000000"])
    valid_hours: int = Field(default=24, ge=1, le=168)


class AuditionLink(Answer):
    """A link that calls this number alone with this tone; whoever has it can have that phone ring."""

    url: str = Field(examples=["https://carillon.example.org/a/AAAAB2rB"])
    expires_at: datetime


class Audition(Answer):
    """A call that plays a tone: placed once the out-call system has it (CHN-08)."""

    id: str
    tone: str
    state: Literal["pending", "placed", "refused"]
    reason: str | None
    requested_at: datetime


def parse_directory(branch: str, body: PutDirectory, *, request_id: str) -> hotline_pb2.PutDirectoryRequest:
    """The request for svc-channel."""
    tones = [hotline_pb2.DirectoryTone(short_code=one.short_code, tone=one.tone, title=one.title) for one in body.tones]
    return hotline_pb2.PutDirectoryRequest(
        request_id=request_id, directory=hotline_pb2.Directory(branch=branch, tones=tones)
    )


def render_directory(directory: hotline_pb2.Directory) -> Directory:
    """The directory as JSON has it."""
    tones = [DirectoryTone(short_code=one.short_code, tone=one.tone, title=one.title) for one in directory.tones]
    return Directory(branch=directory.branch or None, tones=tones)


def render_audition(audition: hotline_pb2.Audition) -> Audition:
    """The call as JSON has it."""
    return Audition.model_validate(
        {
            "id": audition.id,
            "tone": audition.tone,
            "state": audition.state,
            "reason": audition.reason or None,
            "requested_at": render_time(audition.requested_at),
        }
    )
