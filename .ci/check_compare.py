"""Check the results of two validation sessions: no false alarm, and 10 % slowdowns are detected."""

import json
import sys
from pathlib import Path

sessions = {
    found["kind"]: found["rows"]
    for found in map(json.loads, Path(sys.argv[1]).read_text(encoding="utf-8").splitlines())
}
assert set(sessions) == {"same", "+10 %"}, f"sessions of {sorted(sessions)}"
alarms = [cell for cell, row in sessions["same"].items() if row["verdict"] in ("SLOWER", "FASTER", "ERROR")]
assert len(sessions["same"]) == 10 and not alarms, f"false alarms: {alarms}"
slowed = sessions["+10 %"]
assert all(row["verdict"] not in ("SAME", "FASTER", "ERROR") for row in slowed.values()), slowed
seen = sum(row["verdict"] == "SLOWER" for row in slowed.values())
assert seen >= 5, f"only {seen} of {len(slowed)} slowdowns of 10 % were detected"
print(f"no false alarm in {len(sessions['same'])} cells; {seen} of {len(slowed)} slowdowns of 10 % detected")
