"""The commands: each is a module of this package with ``add_arguments(parser)`` and ``main(options)``.

A module is imported only when its command is asked for; the line here is what ``--help`` says of it.
"""

COMMANDS = {
    "run": "Measure, write the record file and the report, print the ladder.",
    "profile": "Like run, but every cell is profiled: one launch, a trace each.",
    "list": "Print cells, or the catalogue's rows with what measures them.",
    "limits": "Measure and print this machine's ceilings.",
    "accuracy": "Compare the core's own timing with a plain loop, in turns in one process.",
    "compare": "Say whether HEAD is slower than BASE, cell by cell, with a known error rate.",
    "bisect": "Find the commit between GOOD and BAD that made a cell slower.",
    "calibrate": "Count how often the detector errs, by comparisons whose answer is known; adds to the record.",
    "peers": "Put the same question to asv, pytest-benchmark and pyperf, side by side; adds to the record.",
    "spread": "Show what each way of calming a comparison does to its noise.",
    "faults": "Play every kind of fault beside honest neighbours, and print what each of them cost: some minutes.",
    "fakes": "Drive every kind of attacker through the real passes beside honest neighbours, and print what is said.",
    "report": "Write the report of a stored run again, by default the newest; cells that failed in it fail no report.",
    "keep": "Put a run, by default the newest, into the project's evidence, which `list --rows` reads.",
    "doctor": "Print what is here, what is missing, and what bends results.",
    "clean": "Remove old results, or with --data the files that components read; the newest record files stay.",
}
