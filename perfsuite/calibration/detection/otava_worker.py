"""Run by the Python of an environment that has apache-otava: series as JSON in, the positions of its steps out."""

import json
import sys


def main() -> None:
    """One JSON document of lists of times; the answer is a list of positions for each."""
    from otava.analysis import compute_change_points

    found = [[int(point.index) for point in compute_change_points(one)[0]] for one in json.load(sys.stdin)]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
