# SPDX-License-Identifier: MIT
"""The best 10 (and 100) of all items for every user, exact: kindred, FAISS IndexFlatIP, implicit's topk. Factors and seen items are the same
files for all; FAISS has no filter, so it has less to do. Scores must agree: the mean score of the lists stands in the table."""
from common import child, contender, environment, in_turns, read_rows, rows_of, seconds_of


def factors(path, dim):
    import numpy as np
    return np.fromfile(path, dtype=np.float32).reshape(-1, dim)


def write_factors(path, rows, dim, seed, norms):
    """Normal factors; with `norms`, items as popularity shapes them: a few long, most short."""
    import numpy as np
    random = np.random.default_rng(seed)
    out = random.standard_normal((rows, dim), dtype=np.float32) / np.float32(dim**0.25)
    if norms:
        out *= ((random.permutation(rows) + 100.0) ** -0.5 * 10).astype(np.float32)[:, None]
    out.tofile(path)


def one_by_one(query, users):
    """The median time of a query, and the time that one of a hundred exceeds."""
    import time

    import numpy as np
    seconds, scores = [], []
    for user in range(users):
        start = time.perf_counter()
        found = query(user)
        seconds.append(time.perf_counter() - start)
        scores.append(float(found.mean(dtype="float64")))
    return {"seconds": [float(np.percentile(seconds, 50))],
            "quality": {"p99 microseconds": 1e6 * float(np.percentile(seconds, 99)), "mean score": float(np.mean(scores))}}


def run_faiss(users, items, seen, dim, k, filter, threads, runs, one=0):
    import faiss
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(dim)
    index.add(factors(items, dim))
    queries = factors(users, dim)
    if one:
        return one_by_one(lambda user: index.search(queries[user:user + 1], k)[0], one)
    found = {}

    def once():
        found["scores"], _ = index.search(queries, k)

    seconds = seconds_of(once, runs, threads)
    return {"seconds": seconds, "quality": {"mean score": float(found["scores"].mean(dtype="float64"))}}


def run_implicit(users, items, seen, dim, k, filter, threads, runs, one=0):
    import numpy as np
    import scipy.sparse
    from implicit.cpu.topk import topk
    queries, vectors = factors(users, dim), factors(items, dim)
    rows, columns, _ = read_rows(seen)
    mask = scipy.sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(queries), len(vectors)))
    if one:
        return one_by_one(lambda user: topk(vectors, queries[user:user + 1], k, filter_query_items=mask[user:user + 1] if filter else None,
                                            num_threads=threads)[1], one)
    found = {}

    def once():
        found["scores"] = topk(vectors, queries, k, filter_query_items=mask if filter else None, num_threads=threads)[1]

    seconds = seconds_of(once, runs, threads)
    return {"seconds": seconds, "quality": {"mean score": float(found["scores"].mean(dtype="float64"))}}


def measure(options, data):
    users = 138_000 if options.full else 6_000
    rows = []
    for dim, k, norms in ((64, 10, False), (64, 100, False), (128, 10, False), (64, 10, True)):
        at = {"users": data.folder / f"users-{users}-{dim}.f32", "items": data.folder / f"items-{dim}-{int(norms)}.f32",
              "seen": data.ratings(users, 27_000, 145 * users)}
        for name, count, seed in (("users", users, 1), ("items", 27_000, 2)):
            if not at[name].exists():
                write_factors(at[name], count, dim, seed, norms and name == "items")
        turns = []
        for threads in options.threads:
            for filter, setting in ((1, "seen items left out"), (0, "no filter")):
                about = dict(at, dim=dim, k=k, filter=filter, threads=threads, runs=1 if options.full else 3)
                turns.append(data.ours("topk", setting, about))
                turns += [contender(__file__, peer, about, threads, setting, environment(threads, 1))
                          for peer in ("implicit", "faiss-cpu") if peer in options.peers and not (filter and peer == "faiss-cpu")]
        in_turns(turns, options.rounds)
        shape = "norms shaped by popularity" if norms else "normal factors"
        rows += rows_of(f"top-{k}, Dim {dim}", f"{users:,} users x 27,000 items, {shape}", turns, users, "users")
        about = dict(at, dim=dim, k=k, threads=1, runs=1, one=2000)
        turns = [data.ours("topk", "seen items left out", dict(about, filter=1)),
                 contender(__file__, "implicit", dict(about, filter=1), 1, "seen items left out", environment(1, 1)),
                 contender(__file__, "faiss-cpu", dict(about, filter=0), 1, "no filter", environment(1, 1))]
        turns = [one for one in turns if one.name.split()[0] in ("kindred", *options.peers)]
        in_turns(turns, options.rounds)
        rows += rows_of(f"top-{k}, Dim {dim}, one user", f"27,000 items, {shape}", turns)
    return rows


if __name__ == "__main__":
    child({"faiss-cpu": run_faiss, "implicit": run_implicit})
