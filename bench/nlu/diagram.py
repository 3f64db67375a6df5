"""`python -m bench.nlu.diagram FILE`: draws the bins that come as JSON on standard input.

Runs in the bot's environment, which has matplotlib. The same bins give the same file.
"""

from __future__ import annotations

import json
import sys
from typing import Any

WIDTH, HEIGHT = 5.2, 4.6


def main() -> None:
    """Read `[{"title": …, "bins": [{"confidence": …, "accuracy": …}]}]`, write an SVG."""
    draw(json.load(sys.stdin), sys.argv[1])


def draw(curves: list[dict[str, Any]], file: str) -> None:
    """One line of points for each of the curves, beside the line on which they should lie."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "reliability", "svg.fonttype": "none", "font.size": 10})
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes.plot([0, 1], [0, 1], color="#8a8f98", linewidth=1, linestyle="--", label="as it should be")
    styles = zip(curves, ("#1f5fbf", "#c2541b", "#3a7d44"), ("o", "s", "^"), strict=False)
    for curve, colour, marker in styles:
        across = [each["confidence"] for each in curve["bins"]]
        up = [each["accuracy"] for each in curve["bins"]]
        axes.plot(across, up, color=colour, marker=marker, markersize=5, label=curve["title"])
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal")
    axes.set_xlabel("confidence that was named")
    axes.set_ylabel("leading intent was right")
    axes.grid(color="#e3e5e8", linewidth=0.6)
    axes.legend(frameon=False, loc="upper left")
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
