"""Check the output of a bench run: a record file with proved times and roofs, and a report that shows them."""

import gzip
import json
import sys
from pathlib import Path

FAILED = ("wrong", "error", "timeout", "crashed", "oom", "impossible")

results = Path(sys.argv[1])
(path,) = results.glob("*/*.jsonl.gz")
with gzip.open(path, "rt", encoding="utf-8") as lines:
    head, *records = map(json.loads, lines)
timed = [record for record in records if record["status"] == "ok"]
failed = [f"{one['cell']}: {one['status']}: {one['reason']}" for one in records if one["status"] in FAILED]
assert not failed, "\n".join(["cells of the quick set failed:", *failed])
assert not head["partial"] and head["roofs"] and head["selection"] == "quick", "the run is partial or has no roofs"
assert len(timed) >= 40, f"only {len(timed)} cells have a time"
for record in records:
    assert bool(record["launches"]) == (record["status"] in ("ok", "impossible", "unstable", "contended")), record[
        "cell"
    ]
assert all(record["proof"]["share"] <= 1 and len(record["launches"]) == 6 for record in timed)
page = (results / "report" / "matmul.ladder.html").read_text(encoding="utf-8")
ladder = [record["cell"] for record in timed if record["cell"].startswith("matmul.ladder/")]
assert ladder and all(cell.split("/")[1] in page for cell in ladder), "a timed variant is missing in the report"
assert (results / "report" / "index.html").exists()
print(f"{path.name}: {len(timed)} of {len(records)} cells proved and timed, report complete")
