"""What Briefbook is made of and how it is published: pinned, listed, the same each time, and with the least rights."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.sites import REPOSITORY, contents

RIGHTS = {"contents": "read", "pages": "read"}  # of whatever runs code that is not GitHub's own
PUBLISHING = {"pages": "write", "id-token": "write"}
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
FLOORS = {"pymdown-extensions": "11.0.1", "mkdocs-material": "9.7.7"}  # below these there are known faults


def workflows() -> Iterator[tuple[str, str]]:
    """Yield the workflows of this repository, and those that the guide shows: (where, text)."""
    for file in sorted((REPOSITORY / ".github" / "workflows").iterdir()):
        yield file.name, file.read_text("utf-8")
    for page in sorted((REPOSITORY / "docs" / "guide").glob("*.md")):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)):
            if "runs-on:" in block:
                yield f"{page.name} {number}", block


def test_workflows_have_the_least_rights_and_run_pinned_actions() -> None:
    seen = []
    for where, text in workflows():
        seen.append(where)
        told: dict[Any, Any] = yaml.safe_load(text)
        assert told["permissions"] == {}, where
        assert not {"pull_request_target", "workflow_run"} & {*told[True]}, where  # YAML 1.1 reads `on` as true
        uses = [line.strip().removeprefix("- ") for line in text.splitlines() if "uses:" in line]
        assert [line for line in uses if not PINNED.fullmatch(line)] == [], where
        for name, job in told["jobs"].items():
            steps = job["steps"]
            is_publishing = not any("run" in step or "checkout" in step["uses"] for step in steps)
            allowed = PUBLISHING if is_publishing else RIGHTS
            assert job["permissions"].items() <= allowed.items(), f"{where}: {name}"
            for step in steps:
                assert "${{" not in step.get("run", ""), f"{where}: {name}"  # what others write would be run
                if "actions/checkout@" in step.get("uses", ""):
                    assert step["with"] == {"persist-credentials": False}, f"{where}: {name}"
    assert {"audit.yml", "pages.yml", "test.yml"} <= {*seen}
    assert any(where.startswith("hosting.md") for where in seen)


def test_one_action_has_one_version_everywhere() -> None:
    versions = {line.partition("@")[::2] for _, text in workflows() for line in re.findall(r"uses: (.*)", text)}
    assert len(versions) == len({name for name, _ in versions}) == 5


def pins() -> dict[str, str]:
    """Return the versions that `requirements.txt` pins, by the normal form of the package's name."""
    lines = (REPOSITORY / "requirements.txt").read_text("utf-8").splitlines()
    return {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines if "==" in line}


def test_all_that_is_asked_for_is_pinned_within_its_range() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = pins()
    asked = [Requirement(text) for text in project["dependencies"]]
    wrong = [str(one) for one in asked if pinned.get(canonicalize_name(one.name), "") not in one.specifier]
    assert wrong == []
    lowest = {one.name: str(one.specifier) for one in asked if one.name in FLOORS}
    assert {name: f">={floor}" in lowest[name].split(",") for name, floor in FLOORS.items()} == dict.fromkeys(
        FLOORS, True
    )


@pytest.mark.slow
def test_bill_of_materials_names_all_that_is_pinned_and_is_the_same_again(tmp_path: Path) -> None:
    made = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "pyproject.toml"):
            shutil.copy(REPOSITORY / name, folder)
        (folder / ".venv").symlink_to(sys.prefix)
        make = ["make", "--quiet", "-o", ".venv/test", "-o", ".venv/site", "sbom"]
        done = subprocess.run(make, cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        made.append((folder / "build" / "sbom.json").read_text("utf-8"))
    assert made[0] == made[1]
    bill = json.loads(made[0])
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "briefbook")
    assert {canonicalize_name(part["name"]): part["version"] for part in bill["components"]} == pins()
    assert str(tmp_path) not in made[0]


@pytest.mark.slow
def test_packages_are_the_same_wherever_and_whenever_they_are_built(tmp_path: Path) -> None:
    made = []
    for number, (mask, seed, zone) in enumerate(((0o022, "1", "Asia/Tokyo"), (0o077, "77", "America/Adak"))):
        folder, packages = tmp_path / f"{number}" / ("long " * number) / "source", tmp_path / f"packages{number}"
        folder.mkdir(parents=True)
        for name in ("generator", "templates", "docs"):
            shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("README.md", "LICENSE", "pyproject.toml", ".gitignore"):
            shutil.copy(REPOSITORY / name, folder)
        for path in folder.rglob("*"):
            os.utime(path, (10**9 * (number + 1), 10**9 * (number + 1)))
            path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)
        done = subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(packages)],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            umask=mask,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        made.append(contents(packages))
    assert len(made[0]) == 2
    assert made[0] == made[1]
    (wheel,) = (tmp_path / "packages0").glob("*.whl")
    (source,) = (tmp_path / "packages0").glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = {*archive.namelist()}
    assert {"generator/cli.py", "generator/templates/pages/actor.md.j2", "generator/py.typed"} <= names
    assert {name.partition("/")[0] for name in names} <= {"generator", wheel.name.rpartition("-py3")[0] + ".dist-info"}
    with tarfile.open(source) as tar:
        assert {(member.uid, member.gid, member.uname) for member in tar} == {(0, 0, "")}
