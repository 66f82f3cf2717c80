"""Keeps the garbage collector away from what a process never gives back; it must not be called before all is built."""

import gc


def keep_start() -> None:
    """Takes everything that stands now out of all later collections.

    Modules, classes and generated messages are some hundred thousand objects that live as long as the process. Looking
    through them again in every full collection took half of a busy ledger's time and stopped all callers meanwhile.
    """
    gc.collect()
    gc.freeze()
