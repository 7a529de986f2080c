"""The program of a worker process: ``worker.py --mount FOLDER ...``, run by its path."""

if __name__ == "__main__":
    import sys

    # Whatever `benchmarks` the interpreter would find otherwise, the mounted one is meant.
    sys.path.insert(0, sys.argv[sys.argv.index("--mount") + 1])
    from benchmarks.serving import main

    main()
