"""What a long-running process does once it has loaded everything."""

import gc


def settle() -> None:
    """Leave what is loaded out of garbage collection from now on.

    Some 400,000 objects of modules, models and routes live as long as the process. Without this every full collection
    looks at all of them in the middle of somebody's page, and writes to memory that forked workers could share.
    """
    gc.collect()
    gc.freeze()
