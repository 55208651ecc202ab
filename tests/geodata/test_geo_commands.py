"""`fristad geodata show` and `import` as a user meets them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geodata.commands import geodata_app
from geodata.layers import FOLDER_VARIABLE
from tests.geodata.geo_files import scenario_using, write_scb


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(geodata_app, [*arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_show_a_locality() -> None:
    code, text = run("show", "goteborg", "--json")
    assert code == 0
    (place,) = json.loads(text)["localities"]
    assert (place["id"], place["kommun"], place["lan"], place["police_region"]) == (
        "1480-goteborg", "1480", "14", "vast"
    )  # fmt: skip
    assert "1480-bergsjon" in place["districts"]
    assert len(place["nearest"]) == 10
    assert [near["km"] for near in place["nearest"]] == sorted(near["km"] for near in place["nearest"])
    assert all(near["safe_min"] <= near["road_min"] for near in place["nearest"])
    assert place["travel"].startswith("approximate")


def test_show_as_text() -> None:
    code, text = run("show", "Kista")
    assert code == 0
    for part in ("0180-kista", "Stockholms län", "0180-stockholm", "Rinkeby", "approximate", "safe min"):
        assert part in text


@pytest.mark.parametrize("name", ["Botkyrka", "botkyrka kommun", "0127"])
def test_show_a_kommun(name: str) -> None:
    code, text = run("show", name, "--json")
    assert code == 0
    (kommun,) = json.loads(text)["kommuner"]
    assert kommun["code"] == "0127"
    assert "0127-fittja" in kommun["localities"]


@pytest.mark.parametrize("name", ["Västerbotten", "västerbottens län", "24"])
def test_show_a_lan(name: str) -> None:
    code, text = run("show", name, "--json")
    assert code == 0
    (lan,) = json.loads(text)["lan"]
    assert (lan["code"], lan["police_region"]) == ("24", "nord")
    assert lan["kommuner"]["2480"] == "Umeå"


def test_show_nothing() -> None:
    code, text = run("show", "Ingenstans")
    assert code == 2
    assert "nothing has this name" in text
    assert "Ingenstans" not in text
    code, text = run("show", "Ingenstans", "--json")
    assert code == 2
    assert json.loads(text)["faults"][0]["path"] == "NAME"


def test_import_and_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(write_scb(tmp_path / "t.gpkg"))
    used = str(scenario_using(tmp_path / "s.json", "0180-kista"))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "map"))
    code, text = run("import", file, "--in-use", used, "--json")
    assert code == 0
    assert json.loads(text)["replaced"] == ["tatort"]
    code, text = run("show", "0180-stockholm", "--json")
    assert code == 0
    assert json.loads(text)["localities"][0]["id"] == "0180TC101"
    code, text = run("import", file)
    assert code == 0
    assert "localities" in text


def test_import_refuses_with_every_fault(tmp_path: Path) -> None:
    file = str(write_scb(tmp_path / "t.gpkg"))
    used = str(scenario_using(tmp_path / "s.json", "1280-malmo"))
    code, text = run("import", file, str(tmp_path / "none.gpkg"), "--in-use", used, "--to", str(tmp_path / "map"))
    assert code == 2
    assert "1280-malmo" in text
    assert "none.gpkg" in text
    code, text = run("import", str(tmp_path / "none.gpkg"), "--to", str(tmp_path / "map"), "--json")
    assert code == 2
    assert json.loads(text)["faults"][0]["wrong"] == "cannot be read"
    assert not (tmp_path / "map").exists()
