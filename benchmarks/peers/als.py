# SPDX-License-Identifier: MIT
"""One sweep (users and items) of alternating least squares on implicit feedback: kindred, implicit, irspack, cmfrec, in each solver. The
first sweep is not counted. Every row weighs 1; the objectives weigh the rest in their own ways, so this is speed only (quality: quality.py)."""
from common import child, clock, contender, environment, in_turns, matrix, read_rows, rows_of, seconds_of


def interactions(path):
    import numpy as np
    users, items, _ = read_rows(path)
    return matrix(users, items, np.ones(len(users), dtype=np.float32), (users.max() + 1, items.max() + 1))


def run_implicit(rows, dim, solver, threads, sweeps):
    from implicit.als import AlternatingLeastSquares
    model = AlternatingLeastSquares(factors=dim, regularization=0.05, alpha=2.0, use_cg=solver == "cg", iterations=sweeps + 1,
                                    num_threads=threads, random_state=1)
    marks = []
    model.fit(interactions(rows), show_progress=False, callback=lambda *_: marks.append(clock(threads)))
    return {"seconds": [b - a for a, b in zip(marks, marks[1:])]}


def run_irspack(rows, dim, solver, threads, sweeps):
    from irspack import IALSRecommender
    model = IALSRecommender(interactions(rows), n_components=dim, alpha0=0.1, reg=0.003, nu=1.0, n_threads=threads,
                            solver_type={"cg": "CG", "cholesky": "CHOLESKY", "block": "IALSPP"}[solver],
                            ialspp_subspace_dimension=32, train_epochs=1)
    trainer = model._create_trainer()
    return {"seconds": seconds_of(trainer.run_epoch, sweeps, threads)}


def run_cmfrec(rows, dim, solver, threads, sweeps):
    """It reports no time of a sweep, so this is the difference of two fits."""
    from cmfrec import CMF_implicit
    data = interactions(rows).tocoo()

    def fit(count):
        model = CMF_implicit(k=dim, niter=count, use_cg=solver == "cg", finalize_chol=False, use_float=True, nthreads=threads,
                             verbose=False)
        start = clock(threads)
        model.fit(data)
        return clock(threads) - start

    return {"seconds": (fit(1 + sweeps) - fit(1)) / sweeps}


def measure(options, data):
    shape = (138_000, 27_000, 20_000_000) if options.full else (6_040, 3_706, 1_000_000)
    path = data.ratings(*shape)
    rows = []
    for dim in (64, 128):
        for solver, name in (("cholesky", "exact"), ("cg", "3 steps of conjugate gradients"), ("block", "blocks of 32")):
            turns = []
            for threads in options.threads:
                about, sweeps = {"rows": path, "dim": dim, "solver": solver, "threads": threads}, 1 if options.full else 3
                turns.append(data.ours("als", name, dict(about, epochs=sweeps)))
                for peer in ("irspack", "implicit", "cmfrec"):
                    minutes = options.full and not (peer == "implicit" and dim == 64)  # the exact solvers of the others take minutes a sweep
                    if peer in options.peers and (peer == "irspack" or solver == "cg" or solver == "cholesky" and not minutes):
                        turns.append(contender(__file__, peer, dict(about, sweeps=sweeps), threads, name, environment(threads, 1)))
            in_turns(turns, options.rounds)
            rows += rows_of(f"implicit ALS, {name}, Dim {dim}", "{:,} x {:,}, {:,} rows".format(*shape), turns, shape[2], "rows")
    return rows


if __name__ == "__main__":
    child({"implicit": run_implicit, "irspack": run_irspack, "cmfrec": run_cmfrec})
