# SPDX-License-Identifier: MIT
"""Ranking quality beside implicit and LightFM on the same split, every side tuned on the same validation rows.

    python benchmarks/peers/quality.py --build build/native --data lastfm --file .../user_artists.dat --seeds 1 2 3 --out quality.json

A part of the training rows is held out; each side tries its grid on the rest and keeps what has the highest ndcg@20 there; it is then
trained on all training rows with that setting, and the test rows are looked at once. kindred-workbench does so by itself with its
defaults. Data: `lastfm` (HetRec 2011, user_artists.dat, 20 % of the rows at random), `ml-100k` (--file ua.base --test ua.test) and
`retail` (online-retail-small, interactions.tsv, the last 20 % of each customer; bundled with the examples). None but the last is part of
the project. --only names the models to run.
"""
import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, environment, last_json, matrix, number, ranking, run, version

DATA = {
    "lastfm": {"columns": "user=userID,item=artistID,value=weight", "split": "random:0.2"},
    "ml-100k": {"columns": "", "split": ""},
    "retail": {"columns": "user=customer,item=product,value=orders,time=day", "split": "last:0.2"},
}
OURS = {
    "als": ["--model", "als", "--dim", "64"],
    "warp": ["--model", "collaborative", "--loss", "warp", "--dim", "64"],
    "bpr": ["--model", "collaborative", "--loss", "bpr", "--dim", "64"],
    "ease": ["--model", "ease"],
    "item-knn": ["--model", "item-knn"],
}
PEERS = {"als": "implicit", "warp": "lightfm", "bpr": "lightfm"}


def implicit_als(train, test, setting, checkpoints):
    """Trains once and looks at each number of iterations. Three steps of conjugate gradients, the default; the exact solver validated within
    0.0003 of it."""
    import implicit.als
    model = implicit.als.AlternatingLeastSquares(factors=64, regularization=setting["regularization"], alpha=setting["alpha"],
                                                 iterations=max(checkpoints), num_threads=1, random_state=1)
    found = {}

    def after(iteration, *_):
        if iteration + 1 in checkpoints:
            found[iteration + 1] = ranking(lambda a, b: model.user_factors[a:b] @ model.item_factors.T, train, test)

    model.fit(train, show_progress=False, callback=after)
    return found


def lightfm(train, test, setting, checkpoints):
    from lightfm import LightFM
    model = LightFM(no_components=64, loss=setting["loss"], learning_rate=setting["learning_rate"], item_alpha=setting["alpha"],
                    user_alpha=setting["alpha"], random_state=1)
    rows, found, done = train.tocoo(), {}, 0
    for count in sorted(checkpoints):
        try:
            model.fit_partial(rows, epochs=count - done, num_threads=1)
        except ValueError:  # diverged
            break
        done = count
        biases, items = model.get_item_representations()
        _, users = model.get_user_representations()
        found[count] = ranking(lambda a, b: users[a:b] @ items.T + biases, train, test)
    return found


def grid(which):
    """Settings, and the numbers of passes at which each is looked at."""
    if which == "als":
        settings = [{"alpha": alpha, "regularization": alpha * times} for alpha in (5, 10, 20, 40) for times in (1, 2, 4, 8)]
        return implicit_als, settings, (10, 20, 30, 50)
    settings = [{"loss": which, "learning_rate": rate, "alpha": alpha} for rate in (0.02, 0.05, 0.1) for alpha in (0, 1e-5)]
    return lightfm, settings, (10, 20, 40, 80, 160, 320)


def peer(which, path):
    """Tunes and measures one peer on a file of peers-data."""
    import numpy as np
    rows = np.genfromtxt(path, delimiter="\t", skip_header=1, dtype=None, encoding="ascii")
    users, items, parts = rows["f0"], rows["f1"], rows["f3"]
    shape = (users.max() + 1, items.max() + 1)

    def part(*names):
        chosen = np.isin(parts, names)
        return matrix(users[chosen], items[chosen], np.ones(chosen.sum(), dtype=np.float32), shape)

    fit, settings, checkpoints = grid(which)
    start, tried = time.perf_counter(), []
    inner, validation = part("fit"), part("validation")
    for setting in settings:
        for passes, figures in fit(inner, validation, setting, checkpoints).items():
            if np.isfinite(figures["ndcg@20"]):
                tried.append((figures["ndcg@20"], passes, setting))
        print(setting, "best so far", max(tried, key=lambda t: t[0]), file=sys.stderr, flush=True)
    tuned = time.perf_counter() - start
    validated, passes, setting = max(tried, key=lambda t: t[0])
    test = fit(part("fit", "validation"), part("test"), setting, (passes,))[passes]
    print(json.dumps({"seconds": tuned, "quality": test, "setting": dict(setting, passes=passes), "validation": validated,
                      "tried": len(tried)}))


def ours(which, options, seed):
    about = DATA[options.data]
    with tempfile.TemporaryDirectory() as folder:
        command = [options.build / "examples/kindred-workbench", "evaluate", "--interactions", options.file, "--feedback", "implicit",
                   "--seed", seed, "--metrics", "recall@20,ndcg@20,precision@10", "--threads", options.threads, "--quiet", "--json",
                   f"{folder}/figures.json", *OURS[which]]
        command += ["--test", options.test] if options.test else ["--split", about["split"]]
        command += ["--columns", about["columns"]] if about["columns"] else []
        run(command, environment(options.threads), limit=7200)
        found = json.loads(Path(f"{folder}/figures.json").read_text())
    keep = ("lambda", "unobserved", "l2", "epochs", "learning_rate", "batch", "negatives", "margin", "solver", "neighbours", "similarity")
    return {"seconds": found["seconds"]["train"], "quality": found["metrics"],
            "setting": {k: v for k, v in found["options"].items() if k in keep}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/native", help="where kindred's programs were built")
    parser.add_argument("--data", choices=DATA, default="retail")
    parser.add_argument("--file", default=ROOT / "examples/data/online-retail-small/interactions.tsv")
    parser.add_argument("--test", default="")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--only", nargs="+", default=list(OURS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("quality.json"))
    parser.add_argument("--peer", nargs=2, metavar=("MODEL", "ROWS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(*options.peer)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in options.seeds:
            rows = Path(folder) / f"{seed}.tsv"
            data = options.build / "benchmarks/peers/benchmark-peers-data"
            about = DATA[options.data]
            given = ["given", options.file, options.test] if options.test else ["split", options.file, about["split"]]
            run([data, *given, seed, rows, *([about["columns"]] if about["columns"] else [])])
            for which in options.only:
                found.append(dict(ours(which, options, seed), who="kindred", model=which, seed=seed))
                print(found[-1], file=sys.stderr, flush=True)
                if which in PEERS and version(PEERS[which]):
                    text, _, _ = run([sys.executable, __file__, "--peer", which, rows], environment(1), limit=7200)
                    found.append(dict(last_json(text), who=f"{PEERS[which]} {version(PEERS[which])}", model=which, seed=seed))
                    print(found[-1], file=sys.stderr, flush=True)
                options.out.write_text(json.dumps({"data": options.data, "figures": found}, indent=1) + "\n")
    print(table(options.data, found))


def table(data, found):
    names = ("recall@20", "ndcg@20", "precision@10")
    lines = ["| data | model | who | " + " | ".join(names) + " | each seed's ndcg@20 | seconds to tune and train | settings chosen |",
             "|" + " --- |" * (len(names) + 6)]
    for which, who in dict.fromkeys((f["model"], f["who"]) for f in found):
        mine = [f for f in found if (f["model"], f["who"]) == (which, who)]
        settings = "; ".join(", ".join(f"{k} {number(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v}"
                                       for k, v in f["setting"].items()) for f in mine)
        lines.append(f"| {data} | {which} | {who} | " +
                     " | ".join(f"{statistics.mean(f['quality'][name] for f in mine):.4f}" for name in names) + " | " +
                     " ".join(f"{f['quality']['ndcg@20']:.4f}" for f in mine) + " | " +
                     f"{statistics.mean(f['seconds'] for f in mine):.0f} | {settings} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
