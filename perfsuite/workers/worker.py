"""The program of a worker process: ``worker.py --mount FOLDER ...``, run by its path."""

if __name__ == "__main__":
    import sys

    # Use the mounted engine and components, whatever else the interpreter would find.
    sys.path.insert(0, sys.argv[sys.argv.index("--mount") + 1])
    from perfsuite.workers.serving import main

    main()
