"""django-hordak as its users run it, in a program and an environment of its own; it must not import anything of ours.

``prepare`` makes the tables and accounts, ``transfer SECONDS`` lets clients transfer and prints what they did, ``grow LEGS``
gives one account so many legs, ``balance CALLS`` times its sums. CARILLON_PEER_DATABASE names the database, in JSON.
"""

import json
import multiprocessing
import os
import random
import sys
import threading
import time
from datetime import date, timedelta
from typing import Any

import django  # type: ignore[import-not-found,unused-ignore]  # it lives in the peer's environment alone
from django.conf import settings  # type: ignore[import-not-found,unused-ignore]  # the same

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            # Kept open from one transfer to the next.
            "CONN_MAX_AGE": None,
            **json.loads(os.environ["CARILLON_PEER_DATABASE"]),
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
    DEFAULT_CURRENCY="EUR",
    CURRENCIES=["EUR"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    SECRET_KEY="of no use: nothing is served",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # type: ignore[import-not-found,unused-ignore]  # noqa: E402 -- Django first
from django.db import connection, connections  # type: ignore[import-not-found,unused-ignore]  # noqa: E402 -- the same
from hordak.models import Account, AccountType  # type: ignore[import-not-found,unused-ignore]  # noqa: E402 -- the same
from moneyed import Money  # type: ignore[import-not-found,unused-ignore]  # noqa: E402 -- the same

ACCOUNTS = 50
# Twenty clients: a web server's threads in a few processes, which on two cores was faster than twenty processes.
PROCESSES = 4
THREADS = 5
LONG = "long"
FIRST_DAY = date(2020, 1, 1)
DAYS = 2000

# What a million calls of transfer_to leave behind; the triggers would look at each leg again, and only this is measured.
GROW = (
    "SET session_replication_role = replica",
    """
    INSERT INTO hordak_transaction (uuid, timestamp, date, description)
    SELECT gen_random_uuid(), now(), date '2020-01-01' + (number * {days} / {legs})::int, 'grown {legs}'
    FROM generate_series(0, {legs} - 1) AS number
    """,
    """
    INSERT INTO hordak_leg (uuid, transaction_id, account_id, credit, debit, currency, description)
    SELECT gen_random_uuid(), made.id, side.account,
           CASE WHEN side.credited THEN 1 END, CASE WHEN NOT side.credited THEN 1 END, 'EUR', ''
    FROM hordak_transaction AS made
    CROSS JOIN (VALUES ({source}, true), ({target}, false)) AS side (account, credited)
    WHERE made.description = 'grown {legs}'
    """,
    "RESET session_replication_role",
)


def prepare() -> None:
    """Hordak's own migrations and the accounts."""
    call_command("migrate", verbosity=0)
    for number in range(ACCOUNTS):
        Account.objects.create(name=f"account {number}", type=AccountType.income, code=str(number))


def transfer(seconds: float) -> dict[str, Any]:
    """Transfers of 1 between random accounts, each client one after the other, in latencies of milliseconds."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    connections.close_all()
    processes = [context.Process(target=_work, args=(seconds, number, queue)) for number in range(PROCESSES)]
    for process in processes:
        process.start()
    told = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    return {"rate": sum(rate for rate, _ in told), "latencies_ms": [one for _, many in told for one in many]}


def _work(seconds: float, number: int, queue: Any) -> None:
    accounts = list(Account.objects.exclude(name=LONG))
    latencies: list[float] = []
    began = time.perf_counter()

    def client(seed: int) -> None:
        luck = random.Random(seed)
        while (start := time.perf_counter()) - began < seconds:
            source, target = luck.sample(accounts, 2)
            source.transfer_to(target, Money(1, "EUR"))
            latencies.append((time.perf_counter() - start) * 1000)
        connections.close_all()

    threads = [threading.Thread(target=client, args=(number * THREADS + thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.put((len(latencies) / (time.perf_counter() - began), latencies))


def grow(legs: int) -> None:
    """So many legs on one account, over some years."""
    source = Account.objects.create(name=LONG, type=AccountType.income, code="long")
    target = Account.objects.exclude(name=LONG).first()
    with connection.cursor() as cursor:
        for statement in GROW:
            cursor.execute(statement.format(legs=legs, days=DAYS, source=source.id, target=target.id))
        cursor.execute("VACUUM ANALYZE hordak_leg, hordak_transaction")


def balance(calls: int) -> dict[str, list[float]]:
    """Milliseconds of each call for the long account's balance, now and as of some day."""
    account = Account.objects.get(name=LONG)
    luck = random.Random(1)
    now, as_of = [], []
    for _ in range(calls):
        start = time.perf_counter()
        account.get_balance()
        now.append((time.perf_counter() - start) * 1000)
        day = FIRST_DAY + timedelta(days=luck.randrange(DAYS))
        start = time.perf_counter()
        account.get_balance(as_of=day)
        as_of.append((time.perf_counter() - start) * 1000)
    return {"now": now, "as_of": as_of}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare"]:
            prepare()
        case ["transfer", seconds]:
            print(json.dumps(transfer(float(seconds))))
        case ["grow", legs]:
            grow(int(legs))
        case ["balance", calls]:
            print(json.dumps(balance(int(calls))))
        case other:
            raise SystemExit(f"prepare | transfer SECONDS | grow LEGS | balance CALLS, not {other}")
