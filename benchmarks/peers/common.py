# SPDX-License-Identifier: MIT
"""What the comparisons share: data, child processes with their time and peak memory, turns, ranking figures, tables.

Every contender runs in a process of its own, so that threads, allocators and peak memory are its own. Contenders take turns, so that
whatever else the machine does meets all of them. A contender prints one line of JSON at the end: {"seconds": ..., "quality": {...}}.
"""
import importlib.metadata
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROCESSOR = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""


def environment(threads=None, blas_threads=None, allocator=False):
    """The strongest setting of the peers: OpenBLAS may use what the processor has, idle OpenMP threads do not spin, and (for torch) malloc
    keeps its memory."""
    out = dict(os.environ, OMP_WAIT_POLICY="passive", PYTHONPATH=str(HERE), PYTHONDONTWRITEBYTECODE="1",
               TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        out.pop(name, None)
    if "avx512f" in PROCESSOR:
        out["OPENBLAS_CORETYPE"] = "SKYLAKEX"
    if threads:
        out["OMP_NUM_THREADS"] = str(threads)
        out["OPENBLAS_NUM_THREADS"] = out["MKL_NUM_THREADS"] = str(blas_threads or threads)
    if allocator:
        out.update(MALLOC_MMAP_THRESHOLD_="1000000000", MALLOC_TRIM_THRESHOLD_="1000000000", MALLOC_TOP_PAD_="100000000")
    return out


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@dataclass
class Contender:
    """`command` is run; `read` turns what it printed into seconds (one number or several) and figures of quality."""
    name: str
    command: list
    threads: int = 1
    setting: str = ""
    env: dict = None
    read: object = None  # text -> {"seconds": ..., "quality": {...}}; None: the last line is that, in JSON
    seconds: list = field(default_factory=list)
    peaks: list = field(default_factory=list)
    quality: dict = field(default_factory=dict)
    error: str = ""


def contender(file, peer, about, threads, setting, env=None):
    """A peer as function `peer` of a script here, with keyword arguments `about`."""
    return Contender(f"{peer} {version(peer)}", [sys.executable, file, "--child", peer, json.dumps(about, default=str)], threads, setting,
                     env or environment(threads))


def child(functions):
    """The other end of `contender`."""
    if len(sys.argv) != 4 or sys.argv[1] != "--child":
        raise SystemExit("run by benchmarks/peers/run")
    print(json.dumps(functions[sys.argv[2]](**json.loads(sys.argv[3]))))


def clock(threads):
    """Seconds: of one thread by the processor's clock, so that other programs count little; of more threads by the wall's."""
    return time.process_time() if threads == 1 else time.perf_counter()


def seconds_of(once, runs, threads):
    """Seconds of each of `runs` calls, after one that is not counted."""
    once()
    marks = [clock(threads)]
    for _ in range(runs):
        once()
        marks.append(clock(threads))
    return [b - a for a, b in zip(marks, marks[1:])]


class Data:
    """Generated data, made once in a folder, and kindred's programs."""

    def __init__(self, folder, build):
        self.folder, self.build = Path(folder), Path(build)
        self.folder.mkdir(parents=True, exist_ok=True)

    def program(self, name):
        return self.build / "benchmarks/peers" / name

    def ratings(self, users, items, rows):
        path = self.folder / f"ratings-{users}-{items}-{rows}.tsv"
        if not path.exists():
            run([self.program("benchmark-peers-data"), "ratings", users, items, rows, str(path) + ".part"])
            os.rename(str(path) + ".part", path)
        return path

    def parts(self, path, every=10):
        """Training and test file of generated ratings, whose order is random: each tenth row is for testing."""
        train, test = (path.with_suffix(f".{name}.tsv") for name in ("train", "test"))
        if not test.exists():
            lines = path.read_text().splitlines(keepends=True)
            train.write_text("".join(line for k, line in enumerate(lines) if k % every or k == 0))
            test.write_text(lines[0] + "".join(lines[every::every]))
        return train, test

    def ours(self, task, setting, about):
        threads = about["threads"]
        arguments = [f"{name}={value}" for name, value in about.items()]
        return Contender("kindred", [self.program("benchmark-peers-kindred"), task, *arguments], threads, setting)


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


def resident_peak(process):
    """The most memory it has had in bytes. Not ru_maxrss, in which a child begins with its parent's."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def run(command, env=None, limit=1800):
    """Runs a command. Returns what it printed, wall seconds and the peak of its resident memory in bytes."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], stdout=out, stderr=err, env=env)
        peak = 0
        while True:
            peak = resident_peak(child.pid) or peak
            done, status, _ = os.wait4(child.pid, os.WNOHANG)
            if done:
                break
            if time.perf_counter() - start > limit:
                child.kill()
                os.wait4(child.pid, 0)
                child.returncode = -9
                raise RuntimeError(f"took longer than {limit} s")
            time.sleep(0.005)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        out.seek(0), err.seek(0)
        if child.returncode != 0:
            raise RuntimeError(f"exit status {child.returncode}: {' '.join(err.read().split()[-40:])}")
        return out.read(), seconds, peak


def in_turns(contenders, rounds):
    """Each contender once, then all again. One that fails says why and is not run again."""
    for turn in range(rounds):
        for one in contenders:
            if one.error:
                continue
            try:
                text, _, peak = run(one.command, one.env)
                got = (one.read or last_json)(text)
                one.seconds += got["seconds"] if isinstance(got["seconds"], list) else [got["seconds"]]
                one.quality = got.get("quality", {})
                one.setting = got.get("setting", one.setting)
                one.peaks.append(peak)
            except Exception as problem:  # a peer that does not work is a line of the table, not the end
                one.error = f"{type(problem).__name__}: {problem}"
            print(f"  turn {turn + 1}: {one.name}, {one.threads} threads: {one.error or ' '.join(f'{s:.4g}' for s in one.seconds)}",
                  file=sys.stderr, flush=True)


def rows_of(task, data, contenders, work=None, unit=""):
    """Table rows of one measurement. `ratio` is the contender's time over kindred's best with as many threads; `work` is how much one run
    does, in `unit`s."""
    ours = {}
    for one in contenders:
        if one.name.startswith("kindred") and one.seconds:
            ours[one.threads] = min(ours.get(one.threads, math.inf), statistics.median(one.seconds))
    rows = []
    for one in contenders:
        row = {"task": task, "data": data, "who": one.name, "threads": one.threads, "setting": one.setting}
        if one.error:
            row["error"] = one.error
        else:
            middle = statistics.median(one.seconds)
            row.update(seconds=middle, least=min(one.seconds), most=max(one.seconds), runs=len(one.seconds),
                       memory=max(one.peaks) / 2**20, quality=one.quality)
            if work:
                row.update(rate=work / middle, unit=unit)
            if one.threads in ours:
                row["ratio"] = middle / ours[one.threads]
        rows.append(row)
    return rows


def number(value, digits=3):
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def table(rows):
    """Markdown."""
    head = ["task", "data", "who", "threads", "seconds (least to most)", "a second", "quality", "peak MiB", "time / kindred's", "setting"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        if "error" in row:
            cells = [row["task"], row["data"], row["who"], str(row["threads"]), "not measured", "", "", "", "", row["error"][:160]]
        else:
            quality = ", ".join(f"{name} {value:.4f}" for name, value in row["quality"].items())
            rate = f"{number(row['rate'])} {row['unit']}" if "rate" in row else ""
            cells = [row["task"], row["data"], row["who"], str(row["threads"]),
                     f"{number(row['seconds'])} ({number(row['least'])} to {number(row['most'])})", rate, quality,
                     number(row["memory"]), number(row.get("ratio")), row["setting"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def read_rows(path):
    """The columns of a file of numbers with a header line, kept beside it in numpy's format, since text is slow."""
    import numpy as np
    kept = Path(str(path) + ".npy")
    if not kept.exists():
        np.save(kept, np.loadtxt(path, delimiter="\t", skiprows=1, usecols=(0, 1, 2), dtype=np.float32))
    rows = np.load(kept)
    return rows[:, 0].astype(np.int32), rows[:, 1].astype(np.int32), rows[:, 2]


def matrix(users, items, values, shape):
    import scipy.sparse
    return scipy.sparse.csr_matrix((values, (users, items)), shape=shape)


def ranking(score_block, train, test, k=20, precision_k=10):
    """recall@k, ndcg@k and precision@10 as kindred defines them: the whole catalogue without the user's training items; recall divides by
    min(k, test items); a test item without training rows is a miss; the mean is over users with test rows. `score_block(first, last)` gives
    the scores of these users for all items."""
    import numpy as np
    users = train.shape[0]
    known = np.asarray(train.getnnz(axis=0) > 0)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0], np.cumsum(discount)])
    recall = gain = precision = counted = 0
    for first in range(0, users, 512):
        last = min(users, first + 512)
        scores = np.array(score_block(first, last), dtype=np.float32)
        scores[:, ~known] = -np.inf
        seen = train[first:last].tocoo()
        scores[seen.row, seen.col] = -np.inf
        best = np.argpartition(scores, -k, axis=1)[:, -k:]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        for row in range(last - first):
            wanted = test.indices[test.indptr[first + row]:test.indptr[first + row + 1]]
            if len(wanted) == 0:
                continue
            hit = np.isin(best[row], wanted) & np.isfinite(scores[row, best[row]])
            recall += hit.sum() / min(k, len(wanted))
            gain += (hit * discount).sum() / ideal[min(k, len(wanted))]
            precision += hit[:precision_k].sum() / precision_k
            counted += 1
    return {f"recall@{k}": recall / counted, f"ndcg@{k}": gain / counted, f"precision@{precision_k}": precision / counted}
