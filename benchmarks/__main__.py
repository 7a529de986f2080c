"""``python -m benchmarks``."""

if __name__ == "__main__":
    import sys

    from perfsuite.runners.cli import main

    sys.exit(main())
