"""The command line of the gateway: serve (default), migrate, seed, verify-audit; it builds nothing itself."""

import argparse
import logging
import signal
import sys
import tempfile
from pathlib import Path

import uvicorn
import uvloop

from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_chassis.memory import keep_start
from carillon_chassis.migrations import migrate
from carillon_chassis.telemetry import start_telemetry
from carillon_gateway import migrations
from carillon_gateway.audit.chain import Break
from carillon_gateway.audit.verification import verify_audit
from carillon_gateway.identity.seeding import read_credentials, seed_clients
from carillon_gateway.identity.tokens import SigningKeyRefused
from carillon_gateway.main import build
from carillon_gateway.settings import Settings

# Requests in flight are given this long to end when the process is told to stop.
STOP_GRACE_SECONDS = 5
# Clients that pause longer than this open a new connection; load balancers keep theirs for about a minute.
KEEP_ALIVE_SECONDS = 75


def main() -> None:
    """Reads the command and the settings, and runs until done or told to stop."""
    parser = argparse.ArgumentParser(prog="carillon_gateway", description="Carillon's HTTP edge")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="answer HTTP (the default)")
    commands.add_parser("migrate", help="bring the gateway's database to the newest version")
    seed = commands.add_parser("seed", help="add or change the clients of a credentials file")
    seed.add_argument("--file", type=Path, required=True, help='[{"role", "branch", "client_id", "client_secret"}]')
    commands.add_parser("verify-audit", help="check the audit log against its hash chain")
    arguments = parser.parse_args()
    settings = Settings()
    logging.basicConfig(
        level=settings.log_level,
        format='{"at":"%(asctime)s","level":"%(levelname)s","logger":"%(name)s","message":"%(message)s"}',
    )
    match arguments.command:
        case "migrate":
            uvloop.run(migrate(settings.database_url, migrations.__path__[0]))
        case "seed":
            uvloop.run(_seed(settings, arguments.file))
        case "verify-audit":
            sys.exit(uvloop.run(_verify(settings)))
        case _:
            _serve(settings)


def _serve(settings: Settings) -> None:
    provider = start_telemetry("gateway", settings.traces)
    if settings.upload_dir is not None:
        settings.upload_dir.mkdir(parents=True, exist_ok=True)
        # Starlette's form parser takes no directory of its own; the whole process has only this use for one.
        tempfile.tempdir = str(settings.upload_dir)

    async def serve() -> None:
        config = uvicorn.Config(
            build(settings),
            host=settings.host,
            port=settings.port,
            http="httptools",
            log_config=None,
            # The envelope's own line masks numbers; uvicorn's would not.
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.forwarded_allow_ips),
            forwarded_allow_ips=settings.forwarded_allow_ips or None,
            timeout_graceful_shutdown=STOP_GRACE_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        keep_start()
        await uvicorn.Server(config).serve()

    # Uvicorn stops in good order and then raises the signal anew; by default that would end the process on the
    # spot, with the last spans unwritten.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        uvloop.run(serve())
    except SigningKeyRefused as error:
        raise SystemExit(f"CARILLON_GATEWAY_TOKEN_KEY is refused: {error}") from error
    finally:
        provider.shutdown()


def _leave(*_: object) -> None:
    raise SystemExit(0)


async def _seed(settings: Settings, path: Path) -> None:
    database = Database(settings.database_url, pool_size=1)
    try:
        credentials = read_credentials(path)
        changed = await seed_clients(database, credentials, at=SystemClock().now())
    finally:
        await database.close()
    logging.getLogger(__name__).info("%d of %d clients added or changed", changed, len(credentials))


async def _verify(settings: Settings) -> int:
    database = Database(settings.database_url, pool_size=1)
    try:
        found = await verify_audit(database)
    finally:
        await database.close()
    if isinstance(found, Break):
        sys.stderr.write(f"the audit log was tampered with at entry {found.sequence}: {found.detail}\n")
        return 1
    sys.stdout.write(f"the audit log is sound: {found.sequence} entries, head {found.hash}\n")
    return 0


if __name__ == "__main__":
    main()
