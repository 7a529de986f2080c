"""``python -m benchmarks``."""

if __name__ == "__main__":
    import sys

    from benchmarks.cli import main

    sys.exit(main())
