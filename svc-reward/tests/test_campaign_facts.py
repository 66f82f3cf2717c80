"""Budgets and grants out of svc-campaign's facts, over a real Watch stream, told twice and told too late."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import grpc
import pytest
from google.protobuf.message import Message

from carillon.campaign.v1.facts_pb2 import CampaignApproved, Earner, RewardsEarned
from carillon.common.v1 import facts_pb2, facts_pb2_grpc
from carillon.reward.v1 import ledger_pb2_grpc
from carillon.reward.v1.facts_pb2 import RewardsGranted, RewardsRefused
from carillon_chassis.client import open_channel
from carillon_chassis.database import Database
from carillon_chassis.outbox import FactServicer, tell
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_reward.main import build
from svc_reward.settings import Settings

from .client import Client, budget, subscriber
from .conftest import MIGRATIONS, NOON

WAIT_SECONDS = 20.0
