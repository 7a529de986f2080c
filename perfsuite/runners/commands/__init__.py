"""The commands: each is a module of this package with ``add_arguments(parser)`` and ``main(options)``.

A module is imported only when its command is asked for; the line here is its text in ``--help``.
"""

COMMANDS = {
    "init": "Prepare a repository: a table, a component for each function named, a CI workflow; overwrites nothing.",
    "run": "Measure, write the record file and the report, print the ladder.",
    "merge": "Merge all shards (`--shards N --shard I`) of a run, a comparison or a calibration into one.",
    "profile": "Like run, but every cell is profiled: one launch, a trace each.",
    "list": "Print cells, or the catalogue's rows with what measures them.",
    "limits": "Measure and print this machine's hardware limits.",
    "accuracy": "Compare the core's own timing with a plain loop, in turns in one process.",
    "compare": "Say whether HEAD is slower than BASE, cell by cell, with a known error rate.",
    "explain": "Say why one cell is slower than another, or than itself at another commit; write a page.",
    "bisect": "Find the commit between GOOD and BAD that made a cell slower.",
    "calibrate": "Count how often `compare` errs, by comparisons with a known answer; adds to the record.",
    "peers": "Run the same comparisons in asv, pytest-benchmark and pyperf, side by side; adds to the record.",
    "spread": "Measure how much each noise-reduction method lowers the noise of a comparison.",
    "detect": "Put the detectors of steps in a history, ours and others, to the same series, and count.",
    "faults": "Inject every kind of fault beside healthy variants, and print what each one cost; takes some minutes.",
    "fakes": "Run every kind of attacker through the real passes beside honest variants, and print the verdicts.",
    "asv": "Write what asv needs to track this project: asv.conf.json and a benchmark file; overwrites nothing.",
    "report": "Write the report of a stored run again, by default the newest, or show what changed between two runs.",
    "history": "Show cells over many runs and commits: steps and creep, suspected, and confirmed by comparisons.",
    "export": "Write records for another tool: Parquet, DuckDB, pyperf, Bencher, Prometheus, CSV and others.",
    "query": "Run SQL over all records of a folder, with DuckDB.",
    "unexplained": "Count the times of a stored run that its measured parts do not explain, by component.",
    "tensorboard": "Show the logs of the results in TensorBoard; what follows -- is handed on to it.",
    "keep": "Add a run, by default the newest, to the project's archive, which `list --rows` reads.",
    "doctor": "Check this machine: what is available, what is missing, and what distorts results.",
    "clean": "Remove old results, or with --data the files that components read; the newest record files are kept.",
}
