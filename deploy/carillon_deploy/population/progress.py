"""Shows how far a synthetic operator is written; it must not decide what is."""

from pathlib import Path
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from carillon_deploy.population.files import WrittenFile
from carillon_deploy.population.operator import Operator, rows_to_write, write_operator

# Files written side by side; a third thread would wait for the same two cores.
THREADS = 2


def write_with_progress(operator: Operator, folder: Path, console: Console) -> list[WrittenFile]:
    """Writes the operator with a progress bar over the rows of all files."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    lock = Lock()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("rows", total=rows_to_write(operator))

        def advance(rows: int) -> None:
            with lock:
                bar.advance(task, rows)

        return write_operator(operator, folder, threads=THREADS, advance=advance)
