"""What a worker imports where it measures another tree than the working tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from own import ENGINE, FILES, repository

LAY = """
from pathlib import Path
from perfsuite.project import mount

tree, where = map(Path, sys.argv[1:])
mount.lay(tree, where, mount.alone())
mount.declare(tree, where)
print(*sorted(path.name for path in where.iterdir()))
"""
LOAD = """
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
from perfsuite.project import catalogue, mount

print(catalogue.component("work.sums").variants)
print(mount.variant("work.sums", "work", where, "").__code__.co_filename)
try:
    mount.variant("work.sums", "other", where, "")
except NotImplementedError as problem:
    print(problem)
"""


def run(root: Path, code: str, *arguments: Path, **variables: str) -> list[str]:
    """The lines that ``code`` prints in a process of the project ``root``."""
    environment = {**os.environ, "PYTHONPATH": str(ENGINE), "PERFSUITE_ROOT": str(root), **variables}
    command = [sys.executable, "-P", "-c", f"import sys\n{code}", *map(str, arguments)]
    done = subprocess.run(command, cwd=root.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_component_of_today_is_declared_beside_a_tree_that_lacks_one_of_its_variants(tmp_path: Path):
    root = repository(tmp_path / "mine", {"perf/work.py": FILES["perf/work.py"].replace("import torch\n", "")})
    old, where = tmp_path / "old/src/mylib", tmp_path / "mount"
    shutil.copytree(root / "src/mylib", old)
    (old / "core.py").write_text(FILES["src/mylib/core.py"].replace("def other", "def another"))
    (names,) = run(root, LAY, old, where)
    assert names.split() == ["mylib", "mylib_today", "perf", "perf_today", "perfsuite"]
    variants, file, problem = run(root, LOAD, where, PERFSUITE_SIDE="")
    assert variants == "{'work': 'mylib.core:work', 'other': 'mylib.core:other'}", "under the package's own name"
    assert file == str(where / "mylib/core.py"), "the tree that is measured"
    assert problem == "needs mylib.core:other, which this tree does not have"


def test_the_working_tree_needs_no_second_copy(tmp_path: Path):
    root = repository(tmp_path / "mine")
    (names,) = run(root, LAY, root / "src/mylib", tmp_path / "mount")
    assert names.split() == ["mylib", "perf", "perfsuite"]
