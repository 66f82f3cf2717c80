"""The one console that commands write to; it must not decide what is written."""

import sys

from rich.console import Console

# What a file or a pipe gets: wide enough for the widest table.
PLAIN_WIDTH = 140
# Paths and addresses are copied out of the output, so nothing wraps or colours them by guess.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
