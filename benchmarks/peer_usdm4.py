"""Times the timeline expander of the `usdm4` package: the peer's side of the benchmark.

Run by an environment that has usdm4, not by the project's own (see run.sh):

    .venv-usdm4/bin/python benchmarks/peer_usdm4.py STUDY.json SECONDS [--dicts]

The study is loaded once, outside the timed part. What is timed is what the package's users call for the
nodes of a participant: `Expander(design, design.main_timeline(), errors).process()`, then `.nodes`. Most go
on to call `to_dict()` on each node, the package's only public way from a node to its encounter; `--dicts`
times that as well. Without it the figure is the peer's better one. One JSON line comes out.

To see where the time goes: `.venv-usdm4/bin/python -m cProfile -s tottime benchmarks/peer_usdm4.py ...`.
"""

import argparse
import json
import resource
import sys
from importlib.metadata import version
from time import perf_counter
from typing import Any

from simple_error_log.errors import Errors  # type: ignore[import-not-found,unused-ignore]
from usdm4 import USDM4  # type: ignore[import-not-found,unused-ignore]
from usdm4.expander import Expander  # type: ignore[import-not-found,unused-ignore]


def load(path: str, errors: Any) -> tuple[Any, float]:
    """The first design that has a main timeline, and the seconds the package took to load the file."""
    usdm = USDM4()
    started = perf_counter()
    wrapper = usdm.load(path, errors)
    seconds = perf_counter() - started
    if wrapper is None:
        sys.exit(f"usdm4 could not load {path}: {errors.dump(0)}")
    for study_version in wrapper.study.versions:
        for design in study_version.studyDesigns:
            if design.main_timeline():
                return design, seconds
    sys.exit(f"{path} has no main timeline")


def expand(design: Any, timeline: Any, errors: Any) -> list[Any]:
    """One participant's nodes, sub-timelines included.

    A fresh Expander each time, because `process()` adds to the nodes of the one before. Making it sets six
    attributes and copies nothing, so there is no cheaper reset; the design and the error log are shared.
    """
    expander = Expander(design, timeline, errors)
    expander.process()
    nodes: list[Any] = expander.nodes
    return nodes


def expand_to_dicts(design: Any, timeline: Any, errors: Any) -> list[Any]:
    """One participant's nodes as the dictionaries the package makes of them."""
    return [node.to_dict() for node in expand(design, timeline, errors)]


def time_expansions(expander: Any, design: Any, errors: Any, seconds: float) -> tuple[int, float]:
    """How often `expander` ran in at least `seconds`, and the seconds that it really took."""
    timeline = design.main_timeline()
    count = 0
    started = perf_counter()
    while True:
        expander(design, timeline, errors)
        count += 1
        elapsed = perf_counter() - started
        if elapsed >= seconds:
            return count, elapsed


def count_nodes(design: Any, errors: Any) -> tuple[int, int]:
    """Nodes and distinct encounters of one expansion. Not timed; it also warms up the code that is."""
    nodes = expand_to_dicts(design, design.main_timeline(), errors)
    return len(nodes), len({node["encounter"] for node in nodes if node["encounter"] is not None})


def peak_rss_mb() -> float:
    """The largest resident size of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))


def measure(path: str, seconds: float, dicts: bool) -> dict[str, str | int | float]:
    """The whole measurement, as the line that is printed."""
    errors = Errors()
    design, load_seconds = load(path, errors)
    nodes, encounters = count_nodes(design, errors)
    expansions, elapsed = time_expansions(expand_to_dicts if dicts else expand, design, errors, seconds)
    return {
        "peer": f"usdm4 {version('usdm4')}" + (" with to_dict" if dicts else ""),
        "python": sys.version.split()[0],
        "expansions": expansions,
        "nodes_per_expansion": nodes,
        "encounters_per_expansion": encounters,
        "seconds": round(elapsed, 4),
        "expansions_per_second": round(expansions / elapsed, 1),
        "nodes_per_second": round(expansions * nodes / elapsed, 1),
        "encounters_per_second": round(expansions * encounters / elapsed, 1),
        "load_seconds": round(load_seconds, 4),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "errors": errors.count(),
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="Time usdm4's timeline expander.")
    parser.add_argument("study", help="a USDM 4.0 JSON file")
    parser.add_argument("seconds", type=float, help="how long to expand for")
    parser.add_argument("--dicts", action="store_true", help="also turn each node into a dictionary")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.study, arguments.seconds, arguments.dicts)))


if __name__ == "__main__":
    main()
