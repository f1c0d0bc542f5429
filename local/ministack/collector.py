"""Python's collector of cycles runs seldom.

Nearly everything that answering a request makes is freed when its last reference goes. What the collector finds after
every 700 new objects is little, and it looks for it while a function waits for an answer.
"""

import gc

# New objects, young collections, middle collections: each generation is collected after so many.
THRESHOLDS = (50_000, 20, 20)


def install() -> None:
    # What was loaded stays, so it need not be looked through.
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
