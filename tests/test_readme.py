"""What the README shows is what the commands print; what it names exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from benchmarks import record
from benchmarks.compare import calibrate, peers, spread
from benchmarks.compare.machines import tables
from reports import terminal

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLE = ROOT / "tests" / "data" / "example.jsonl.gz"
WIDTH = 100


def example() -> str:
    """The example block, as the README must hold it."""
    shown = terminal.show(record.read(EXAMPLE), color=False, width=WIDTH)
    return "```text\n" + "\n".join(line.rstrip() for line in shown.strip().splitlines()) + "\n```"


def test_the_example_is_what_the_command_prints():
    inside = re.search(r"<!-- example -->\n(.*)\n<!-- /example -->", README, re.DOTALL)
    assert inside is not None
    assert inside.group(1) == example(), "renew it with `python tests/test_readme.py`"


def calibration() -> str:
    """The table of the validation, as the README must hold it."""
    return f"\n{tables(calibrate.EVIDENCE, lambda path: calibrate.table(calibrate.load(path)))}\n"


def test_the_table_of_the_validation_is_counted_from_its_record():
    inside = re.search(r"<!-- calibration -->\n(.*)<!-- /calibration -->", README, re.DOTALL)
    assert inside is not None
    assert inside.group(1) == calibration(), "renew it with `python tests/test_readme.py`"


def peers_table() -> str:
    """The table of the tools side by side, as the README must hold it."""
    return f"\n{tables(calibrate.EVIDENCE / 'peers', lambda path: peers.table(peers.load(path)))}\n"


def test_the_table_of_the_tools_is_counted_from_its_record():
    inside = re.search(r"<!-- peers -->\n(.*)<!-- /peers -->", README, re.DOTALL)
    assert inside is not None
    assert inside.group(1) == peers_table(), "renew it with `python tests/test_readme.py`"


def spread_table() -> str:
    """The table of what each way of calming does, as the README must hold it."""
    return f"\n{tables(calibrate.EVIDENCE / 'spread', lambda path: spread.table(spread.load(path)))}\n"


def test_the_table_of_the_spread_is_counted_from_its_record():
    inside = re.search(r"<!-- spread -->\n(.*)<!-- /spread -->", README, re.DOTALL)
    assert inside is not None
    assert inside.group(1) == spread_table(), "renew it with `python tests/test_readme.py`"


def test_the_sessions_that_the_readme_names_exist():
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.MULTILINE))
    named = set(re.findall(r"nox -s (\w+)", README))
    assert named <= sessions and {"bench", "tests"} <= named


def test_the_dependency_groups_are_whole():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    included = {item["include-group"] for group in groups.values() for item in group if isinstance(item, dict)}
    assert included <= set(groups)


if __name__ == "__main__":
    text = re.sub(
        r"(?<=<!-- example -->\n).*?(?=<!-- /example -->)", lambda _: example() + "\n", README, flags=re.DOTALL
    )
    text = re.sub(
        r"(?<=<!-- calibration -->\n).*?(?=<!-- /calibration -->)", lambda _: calibration(), text, flags=re.DOTALL
    )
    text = re.sub(r"(?<=<!-- peers -->\n).*?(?=<!-- /peers -->)", lambda _: peers_table(), text, flags=re.DOTALL)
    text = re.sub(r"(?<=<!-- spread -->\n).*?(?=<!-- /spread -->)", lambda _: spread_table(), text, flags=re.DOTALL)
    (ROOT / "README.md").write_text(text)
