"""Gives the demo an empty home: an earlier demo's state is wiped, anybody else's is moved aside and never deleted."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from carillon_deploy.home import Home
from carillon_deploy.runner.suite import bring_down

# Says that this home's state was made by a demo, which the next one may wipe.
MARK = "demo.json"
# Everything that a suite keeps; nothing else in the home is touched.
STATE = ("postgres", "data", "secrets", "log", "run", "credentials.json", MARK)


def make_fresh(home: Home, *, at: datetime, report: Callable[[str], None]) -> Path | None:
    """Stops what runs, clears the home and marks it as the demo's; tells where other people's state now lies."""
    kept = None
    if home.root.exists():
        bring_down(home, lambda _line: None)
        present = [path for name in STATE if (path := home.root / name).exists() or path.is_symlink()]
        if (home.root / MARK).exists():
            report(f"wiping the state of the earlier demo in {home.root}")
            for path in present:
                _remove(path)
        elif any(path.name in {"postgres", "credentials.json"} for path in present):
            kept = home.root / "kept" / f"{at:%Y%m%dT%H%M%SZ}"
            kept.mkdir(parents=True)
            for path in present:
                path.rename(kept / path.name)
            report(f"the suite in {home.root} was not a demo's: it is stopped and its state kept in {kept}")
            report(f"CARILLON_HOME={kept} carillon up brings it back")
    home.root.mkdir(parents=True, exist_ok=True)
    (home.root / MARK).write_text(f'{{"begun": "{at:%Y-%m-%dT%H:%M:%SZ}"}}\n', encoding="utf-8")
    return kept


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
