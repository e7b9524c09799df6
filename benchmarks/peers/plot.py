# SPDX-License-Identifier: MIT
"""The picture of peers.json: python benchmarks/peers/plot.py peers.json peers.png"""
import json
import sys


def draw(rows, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plot
    groups = {}
    for row in rows:
        if "seconds" in row:
            groups.setdefault((row["task"], row["data"]), []).append(row)
    if not groups:
        return
    heights = [len(group) + 1.6 for group in groups.values()]
    figure, axes = plot.subplots(len(groups), 2, figsize=(13, 0.26 * sum(heights) + 0.6), squeeze=False, layout="constrained",
                                 gridspec_kw={"height_ratios": heights, "width_ratios": (3, 2)})
    for (time, memory), ((task, data), group) in zip(axes, groups.items()):
        group = sorted(group, key=lambda row: (row["threads"], row["seconds"]))
        places = range(len(group))
        colours = ["#c0392b" if row["who"].startswith("kindred") else "#8aa4b8" for row in group]
        time.barh(places, [row["seconds"] for row in group], color=colours,
                  xerr=[[row["seconds"] - row["least"] for row in group], [row["most"] - row["seconds"] for row in group]],
                  error_kw={"elinewidth": 0.8, "ecolor": "#444444"})
        time.set_yticks(places, [f"{row['who']}, {row['setting']}, {row['threads']} thr." for row in group], fontsize=7)
        time.set_title(f"{task}: seconds (in brackets: times kindred's best with as many threads)\n{data}", fontsize=8, loc="left")
        memory.barh(places, [row["memory"] for row in group], color=colours)
        memory.set_yticks([])
        memory.set_title("peak MiB; quality", fontsize=8, loc="left")
        for place, row in zip(places, group):
            time.text(row["most"], place, f"  {row['seconds']:.3g} s" + (f" (x{row['ratio']:.2g})" if "ratio" in row else ""),
                      va="center", fontsize=7)
            memory.text(row["memory"], place, f" {row['memory']:,.0f}" + "".join(f", {name} {value:.4g}" for name, value in row["quality"].items()),
                        va="center", fontsize=7)
        time.set_xlim(0, 1.25 * max(row["most"] for row in group))
        memory.set_xlim(0, 1.9 * max(row["memory"] for row in group))
        for axis in (time, memory):
            axis.invert_yaxis()
            axis.tick_params(axis="x", labelsize=7)
            axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    plot.close(figure)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        draw(json.load(file)["rows"], sys.argv[2])
