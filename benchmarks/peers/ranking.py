# SPDX-License-Identifier: MIT
"""An epoch of BPR (one negative a positive) and of WARP (at most 10 draws), Dim 64: kindred, LightFM, implicit. The first epoch is not
counted. Speed only (quality: quality.py)."""
from common import child, clock, contender, environment, in_turns, rows_of, seconds_of
from als import interactions


def run_lightfm(rows, loss, threads, epochs):
    from lightfm import LightFM
    data = interactions(rows).tocoo()
    model = LightFM(no_components=64, loss=loss, max_sampled=10, random_state=1)
    return {"seconds": seconds_of(lambda: model.fit_partial(data, epochs=1, num_threads=threads), epochs, threads)}


def run_implicit(rows, loss, threads, epochs):
    from implicit.bpr import BayesianPersonalizedRanking
    model = BayesianPersonalizedRanking(factors=63, iterations=epochs + 1, num_threads=threads, random_state=1)  # and a bias column
    marks = []
    model.fit(interactions(rows), show_progress=False, callback=lambda *_: marks.append(clock(threads)))
    return {"seconds": [b - a for a, b in zip(marks, marks[1:])]}


def measure(options, data):
    shape = (138_000, 27_000, 20_000_000) if options.full else (6_040, 3_706, 1_000_000)
    path = data.ratings(*shape)
    rows = []
    for loss, peers in (("bpr", ("lightfm", "implicit")), ("warp", ("lightfm",))):
        turns = []
        for threads in options.threads:
            about = {"rows": path, "loss": loss, "threads": threads, "epochs": 1 if options.full else 3}
            for batch in (128, 1024):
                more = {"negatives": 1} if loss == "bpr" else {}
                turns.append(data.ours("ranking", f"batch {batch}", dict(about, batch=batch, **more)))
            turns += [contender(__file__, peer, about, threads, "one example at a time, threads race")
                      for peer in peers if peer in options.peers]
        in_turns(turns, options.rounds)
        rows += rows_of(f"{loss.upper()} epoch, Dim 64", "{:,} x {:,}, {:,} rows".format(*shape), turns, shape[2], "rows")
    return rows


if __name__ == "__main__":
    child({"lightfm": run_lightfm, "implicit": run_implicit})
