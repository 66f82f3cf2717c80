"""A console in a process of its own and a real Chromium to look at it with."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

# No background traffic: the browser talks to the console and to nobody else.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
START_SECONDS = 30
ARTEFACTS = Path(__file__).parents[3] / "tests" / "artefacts"


@pytest.fixture(scope="module")
def console_url() -> Iterator[str]:
    """The address of a console on the fake backend."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # NiceGUI behaves otherwise when it finds itself under pytest; the console under test must not.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    process = subprocess.Popen(  # noqa: S603 -- our own file by our own interpreter
        [sys.executable, str(Path(__file__).with_name("served.py")), str(port)], env=environment
    )
    try:
        url = f"http://127.0.0.1:{port}/console"
        _await_answer(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _await_answer(url: str) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        try:
            httpx.get(f"{url}/", timeout=5).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the console did not answer within {START_SECONDS} s")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A Chromium of the machine's own, for one module: while it is driven no other event loop can run in this thread."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about while a test ran."""
    return []


@pytest.fixture
def open_page(chromium: Browser, console_url: str, complaints: list[str]) -> Iterator[OpenPage]:
    """Opens a page in a fresh browser context; keywords say how wide and in which language."""
    contexts: list[BrowserContext] = []

    def opened(path: str, *, width: int = 1440, height: int = 900, locale: str = "en-US") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(f"error {error}"))
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("requestfailed", lambda request: complaints.append(f"failed {request.url}"))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: complaints.extend(_outside(request.url, console_url)))
        page.goto(f"{console_url}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()


def _outside(url: str, console_url: str) -> list[str]:
    """A request that leaves the machine is a complaint: the console works offline."""
    home = console_url.removesuffix("/console")
    return [] if url.startswith((f"{home}/", "data:", "blob:")) else [f"outside {url}"]


@pytest.fixture
def keep() -> Callable[[Page, str], Path]:
    """Keeps a screenshot of the whole page as a test artefact."""

    def kept(page: Page, name: str) -> Path:
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTEFACTS / f"console-{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return kept
