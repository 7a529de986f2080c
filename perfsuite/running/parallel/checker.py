"""The program of a process that checks a share of a run's cells: ``checker.py ROOT``, run by its path.

What to check comes in on stdin, and what is found goes to stdout, both as JSON lines.
"""

if __name__ == "__main__":
    import pathlib
    import sys

    sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2]), sys.argv[1]]
    from perfsuite.running.parallel.share import main

    main()
