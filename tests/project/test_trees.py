"""Which two trees are compared: the usual ones, commits, folders, and what is said when there are none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from perfsuite.project import trees


def git(repository: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    done = subprocess.run(["git", "-C", str(repository), *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def change(repository: Path, text: str) -> None:
    (repository / "impls" / "fast.py").write_text(text)


def commit(repository: Path, text: str) -> str:
    change(repository, text)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", text)
    return git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits on main."""
    where = tmp_path / "repository"
    (where / "impls").mkdir(parents=True)
    (where / "impls" / "__init__.py").write_text("")
    git(where, "init", "-q", "-b", "main")
    commit(where, "one")
    commit(where, "two")
    return where


def text(tree: trees.Tree) -> str:
    return (tree.path / "fast.py").read_text()


def test_without_changes_it_is_the_last_commit(repository: Path, tmp_path: Path):
    base, head = trees.pair("", "", repository, tmp_path / "copies")
    assert (text(base), text(head)) == ("one", "two")
    assert base.label.endswith(" one") and head.label.endswith(" two")


def test_uncommitted_changes_are_compared_with_where_they_left_main(repository: Path, tmp_path: Path):
    change(repository, "three")
    base, head = trees.pair("", "", repository, tmp_path / "copies")
    assert (text(base), text(head)) == ("two", "three")
    assert head.label == trees.WORKING and head.commit == ""


def test_a_branch_is_compared_with_where_it_left_main(repository: Path, tmp_path: Path):
    git(repository, "checkout", "-qb", "topic", "HEAD~1")
    commit(repository, "topic one")
    commit(repository, "topic two")
    base, head = trees.pair("", "", repository, tmp_path / "copies")
    assert (text(base), text(head)) == ("one", "topic two")


def test_a_new_file_counts_as_a_change(repository: Path, tmp_path: Path):
    (repository / "impls" / "new.py").write_text("")
    _, head = trees.pair("", "", repository, tmp_path / "copies")
    assert (head.path / "new.py").exists()


def test_changes_elsewhere_are_none(repository: Path, tmp_path: Path):
    (repository / "README.md").write_text("new")
    base, head = trees.pair("", "", repository, tmp_path / "copies")
    assert (text(base), text(head)) == ("one", "two")


def test_commits_and_folders_may_be_named(repository: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "__init__.py").write_text("")
    (other / "fast.py").write_text("elsewhere")
    base, head = trees.pair("HEAD~1", str(other), repository, tmp_path / "copies")
    assert (text(base), text(head)) == ("one", "elsewhere")


def test_one_name_is_compared_with_the_working_tree(repository: Path, tmp_path: Path):
    base, head = trees.pair("HEAD~1", "", repository, tmp_path / "copies")
    assert (text(base), text(head), head.label) == ("one", "two", trees.WORKING)


def test_the_copies_do_not_change_when_one_goes_on_editing(repository: Path, tmp_path: Path):
    change(repository, "three")
    _, head = trees.pair("", "", repository, tmp_path / "copies")
    change(repository, "four")
    assert text(head) == "three"


def test_trees_have_the_hash_of_their_files(repository: Path, tmp_path: Path):
    base, head = trees.pair("HEAD", trees.WORKING, repository, tmp_path / "copies")
    assert base.hash == head.hash
    other, _ = trees.pair("HEAD~1", "HEAD", repository, tmp_path / "others")
    assert other.hash != base.hash


def test_the_packages_that_a_tree_runs_on_are_known(repository: Path, tmp_path: Path):
    (repository / "pyproject.toml").write_text(
        '[dependency-groups]\nmeasure = ["torch>=2.11"]\nkernels = ["numba"]\ntest = ["pytest"]\n'
    )
    commit(repository, "three")
    base, head = trees.pair("HEAD~1", "HEAD", repository, tmp_path / "copies")
    assert (base.requirements, head.requirements) == ((), ("numba", "torch>=2.11"))
    text = (repository / "pyproject.toml").read_text()
    (repository / "pyproject.toml").write_text(f'{text}[project]\ndependencies = ["pandas"]\n')
    told = trees._requirements(repository / "pyproject.toml")
    assert told == head.requirements, "what is built is another package than the tree"
    (repository / "pyproject.toml").write_text('[project]\ndependencies = ["pandas"]\n')
    assert trees._requirements(repository / "pyproject.toml") == ("pandas",)


@pytest.mark.parametrize("name", ["no-such-commit", "--help", "HEAD~99", "/no/such/folder"])
def test_a_commit_that_is_not_there_is_named(repository: Path, tmp_path: Path, name: str):
    with pytest.raises(ValueError, match="no commit"):
        trees.pair(name, "HEAD", repository, tmp_path / "copies")


def test_a_commit_without_impls_is_named(repository: Path, tmp_path: Path):
    git(repository, "rm", "-rq", "impls")
    git(repository, "commit", "-qm", "gone")
    with pytest.raises(ValueError, match="has no impls folder"):
        trees.pair("HEAD", "HEAD~1", repository, tmp_path / "copies")


def test_one_commit_alone_has_nothing_to_compare(tmp_path: Path):
    where = tmp_path / "repository"
    (where / "impls").mkdir(parents=True)
    (where / "impls" / "__init__.py").write_text("")
    git(where, "init", "-q", "-b", "main")
    commit(where, "one")
    with pytest.raises(ValueError, match="only one commit"):
        trees.pair("", "", where, tmp_path / "copies")


def shallow(repository: Path, into: Path) -> Path:
    """A clone of the last commit alone, as a CI service makes it."""
    git(repository.parent, "clone", "-q", "--depth", "1", repository.as_uri(), str(into))
    return into


def test_a_commit_that_a_shallow_clone_leaves_out(repository: Path, tmp_path: Path):
    first = git(repository, "rev-parse", "HEAD~1")
    clone = shallow(repository, tmp_path / "shallow")
    with pytest.raises(ValueError, match=r"no commit .*shallow clone, and `git fetch --unshallow` fetches"):
        trees.find(clone, first)
    with pytest.raises(ValueError, match=r"only one commit; this is a shallow clone.*--unshallow"):
        trees.pair("", "", clone, tmp_path / "copies")
    git(clone, "fetch", "-q", "--unshallow")
    assert trees.find(clone, first) == first
    with pytest.raises(ValueError, match=r"no impls folder either$"):
        trees.find(clone, "nowhere")


def test_a_branch_whose_beginning_a_shallow_clone_leaves_out(repository: Path, tmp_path: Path):
    git(repository, "checkout", "-qb", "topic", "HEAD~1")
    commit(repository, "other")
    git(repository, "checkout", "-q", "topic")
    clone = shallow(repository, tmp_path / "shallow")
    git(clone, "fetch", "-q", "--depth", "1", "origin", "main:main")
    with pytest.raises(ValueError, match=r"main and HEAD have no commit in common.*--unshallow"):
        trees.pair("", "", clone, tmp_path / "copies")


def test_a_repository_that_git_does_not_trust(repository: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(ValueError, match=r"no commit 'HEAD'.*belongs to another user: git config --global --add safe"):
        trees.find(repository, "HEAD")


def test_a_subject_in_letters_of_any_kind(repository: Path, tmp_path: Path):
    git(repository, "commit", "-q", "--allow-empty", "-m", "Grüße × ≶")
    assert trees.lay("HEAD", repository, tmp_path / "copy").label.endswith(" Grüße × ≶")


def test_without_git_folders_are_asked_for(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="name two folders of the package"):
        trees.pair("", "", repository, tmp_path / "copies")
