"""What stands at the start is taken out of the garbage collector's way."""

import gc

from carillon_chassis.memory import keep_start


def test_what_stands_at_the_start_is_looked_at_no_more() -> None:
    before = gc.get_freeze_count()
    try:
        keep_start()
        assert gc.get_freeze_count() > before
        assert len(gc.get_objects()) < gc.get_freeze_count()
    finally:
        gc.unfreeze()
