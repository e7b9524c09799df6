# SPDX-License-Identifier: MIT
"""Matrix factorisation of ratings by SGD, Dim 64: kindred beside LIBMF, from rows in memory to a trained model, preparation included, and
the RMSE of rows that neither saw. Settings of both were found on held-out training rows of the generated data."""
from common import child, clock, contender, environment, in_turns, read_rows, rows_of

KINDRED = {"epochs": 8, "rate": 0.1, "l2": 1.1}
REACH = {"small": 7, "full": 3}  # the fewest epochs after which the RMSE is that of LIBMF's eight: for the time to reach it
LIBMF = {"epochs": 8, "rate": 0.1, "l2": 0.05}


def run_libmf(train, test, threads, epochs, rate, l2):
    import numpy as np
    from libmf import mf
    rows = np.stack(read_rows(train), axis=1).astype(np.float32)

    def fit(passes):
        model = mf.MF(fun=0, k=64, nr_threads=threads, nr_bins=20, nr_iters=passes, lambda_p1=0, lambda_q1=0, lambda_p2=l2, lambda_q2=l2,
                      eta=rate, quiet=True, copy_data=True)
        start = clock(threads)
        model.fit(rows)
        return model, clock(threads) - start

    _, first = fit(1)
    model, total = fit(epochs)
    users, items, values = read_rows(test)
    known = (users < model.model.m) & (items < model.model.n)
    scores = (model.p_factors()[users[known]] * model.q_factors()[items[known]]).sum(axis=1)
    error = np.sqrt(np.nanmean((scores - values[known]) ** 2))
    return {"seconds": total, "quality": {"rmse": float(error), "epoch": (total - first) / (epochs - 1)}}


def measure(options, data):
    shape = (138_000, 27_000, 20_000_000) if options.full else (6_040, 3_706, 1_000_000)
    train, test = data.parts(data.ratings(*shape))
    turns = []
    for threads in options.threads:
        text = "epochs {epochs}, learning rate {rate}, L2 {l2}".format
        for epochs in (KINDRED["epochs"], REACH["full" if options.full else "small"]):
            about = dict(KINDRED, epochs=epochs)
            turns.append(data.ours("sgd", text(**about), dict(about, rows=train, test=test, threads=threads)))
        if "libmf" in options.peers:
            turns.append(contender(__file__, "libmf", dict(LIBMF, train=train, test=test, threads=threads), threads, text(**LIBMF)))
    in_turns(turns, options.rounds)
    return rows_of("SGD on ratings, Dim 64", "{:,} x {:,}, {:,} rows".format(*shape), turns)


if __name__ == "__main__":
    child({"libmf": run_libmf})
