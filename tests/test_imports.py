"""Imports point one way: the contracts in pyproject.toml hold, and each of them can fail.

Every test runs the real `lint-imports` on a copy of the source, so that a forbidden import can be
planted without touching the tree.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
CONTRACTS = {contract["id"]: contract["name"] for contract in SETTINGS["importlinter"]["contracts"]}

# contract, file, its new line, what the linter must name
PLANTED = [
    ("packages", "geodata/planted.py", "import service.planted", "geodata.planted -> service.planted"),
    ("packages", "service/planted.py", "import benchmarks.planted", "service.planted -> benchmarks.planted"),
    ("packages", "service/planted.py", "import matching.cli", "service.planted -> matching.cli"),
    ("engine", "matching/facts.py", "import geodata.planted", "matching.facts -> geodata.planted"),
    ("engine", "matching/facts.py", "def late():\n    import service.planted", "matching.facts -> service.planted"),
    ("engine", "matching/domain/__init__.py", "import shapely", "matching.domain -> shapely"),
    ("engine", "matching/constraints/planted.py", "import sqlalchemy", "matching.constraints.planted -> sqlalchemy"),
    ("engine", "matching/pipeline.py", "from fastapi import FastAPI", "matching.pipeline -> fastapi"),
    ("engine", "matching/solver/planted.py", "import random", "matching.solver.planted -> random"),
    ("layers", "matching/errors.py", "import matching.facts", "matching.errors -> matching.facts"),
    ("layers", "matching/constraints/planted.py", "import matching.solver", "constraints.planted -> matching.solver"),
    ("layers", "matching/pipeline.py", "import matching.cli", "matching.pipeline -> matching.cli"),
    ("layers", "matching/planted.py", "", "matching.planted"),  # a module nobody gave a layer
    ("ortools", "matching/constraints/planted.py", "import ortools.sat", "matching.constraints.planted -> ortools"),
    ("ortools", "service/planted.py", "import ortools.sat", "service.planted -> ortools"),
    ("verifier", "benchmarks/verification/planted.py", "import matching.facts", "planted -> matching.facts"),
    ("verifier", "benchmarks/verify.py", "import geodata.network", "benchmarks.verify -> geodata.network"),
    ("verifier", "benchmarks/verify.py", "import benchmarks.generate", "benchmarks.verify -> benchmarks.generate"),
    ("service", "service/store/planted.py", "import service.flow.gate", "service.store.planted -> service.flow"),
    ("queries", "service/flow/planted.py", "import sqlalchemy", "service.flow.planted -> sqlalchemy"),
    ("front", "service/routes/front_work.py", "import service.engine.world", "service.routes.front_work"),
    ("trail", "service/audit/verify.py", "import service.audit.merkle", "service.audit.verify -> service.audit.merkle"),
    ("geodata", "geodata/planted.py", "import matching.networks", "geodata.planted -> matching.networks"),
    ("geodata", "geodata/__init__.py", "import matching.pipeline", "geodata -> matching.pipeline"),
]

ALLOWED = {
    "matching/cli/planted.py": "import benchmarks.planted, geodata.planted, service.planted, matching.pipeline",
    "matching/solver/planted.py": "import ortools.sat, matching.constraints.planted",
    "matching/redaction.py": "import matching.requester",
    "matching/hostility.py": "import matching.networks",
    "geodata/planted.py": "import shapely, matching.domain, matching.facts, matching.assemble, matching.errors",
    "service/planted.py": "import fastapi, sqlalchemy, geodata.planted, matching.pipeline",
    "benchmarks/planted.py": "import service.planted, ortools.sat, matching.cli",
}

# The names the plants above speak of, so that they mean the same while parts are still unwritten.
SKELETON = [
    *(f"{package}/{name}.py" for package in ("geodata", "service", "benchmarks") for name in ("__init__", "planted")),
    *(f"matching/{name}.py" for name in ("assemble", "networks", "hostility", "pipeline", "options", "redaction")),
    *(f"matching/{package}/__init__.py" for package in ("constraints", "solver")),
    "matching/constraints/planted.py",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages' source and of the contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in SETTINGS["importlinter"]["root_packages"]:
        for source in (ROOT / package).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    return tmp_path


def plant(tree: Path, name: str, line: str) -> None:
    """Append `line` to a file, made when it is missing (unless its module is a package by now)."""
    path = tree / name
    if path.with_suffix("").is_dir():
        path = path.with_suffix("") / "__init__.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")


def lint(tree: Path) -> tuple[bool, str]:
    """Whether `lint-imports` is content with the tree, and what it printed on one line."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"COLUMNS": "300", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.returncode == 0, " ".join((done.stdout + done.stderr).split())


def test_the_contracts_hold(tree: Path) -> None:
    for name in ("geodata", "service", "benchmarks"):
        plant(tree, f"{name}/__init__.py", "")
    content, said = lint(tree)
    assert content, said
    assert said.endswith(f"Contracts: {len(CONTRACTS)} kept, 0 broken.")


@pytest.mark.parametrize(("contract", "file", "line", "named"), PLANTED)
def test_a_planted_import_breaks_its_contract(tree: Path, contract: str, file: str, line: str, named: str) -> None:
    for name in SKELETON:
        plant(tree, name, "")
    plant(tree, file, line)
    content, said = lint(tree)
    assert not content
    assert f"{CONTRACTS[contract]} BROKEN" in said
    assert named in said


def test_what_the_design_allows_stays_allowed(tree: Path) -> None:
    for name in SKELETON:
        plant(tree, name, "")
    for file, line in ALLOWED.items():
        plant(tree, file, line)
    content, said = lint(tree)
    assert content, said


def test_every_contract_has_a_planted_fault() -> None:
    assert {contract for contract, *_ in PLANTED} == set(CONTRACTS)


def test_the_contracts_cover_every_package_that_is_shipped() -> None:
    shipped = SETTINGS["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(SETTINGS["importlinter"]["root_packages"]) == set(shipped)
