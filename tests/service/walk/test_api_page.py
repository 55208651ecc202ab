"""docs/api.md says what the service does: its generated parts are the present ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from matching.cli.api_page import codes_table, routes_table, tasks_table, with_parts
from service.policies import TABLE, Action

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_page_is_as_make_docs_writes_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_parts(page) == page, "make docs"


def test_every_action_of_the_table_has_a_route_on_the_page() -> None:
    told = routes_table()
    assert [action.value for action in TABLE if f"`{action.value}`" not in told] == [Action.READ_METRICS.value]


def test_every_task_that_somebody_is_given_stands_on_the_page() -> None:
    told = tasks_table()
    for kind in ("request_reveal", "preference_needed", "end_of_stay", "missing_arrival", "record_departure"):
        assert f"| `{kind}` |" in told


def test_a_code_is_found_wherever_it_is_stated(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "class Gone(Problem):\n"
        "    status = 410\n"
        "    def __init__(self):\n"
        "        super().__init__('gone', 'It is gone.')\n"
        "TOLD: Final = ('named', 'By a constant.')\n"
        "def act():\n"
        "    raise Conflict('told', 'Directly.')\n"
        "    raise KeptConflict(*TOLD)\n"
        "    raise Rejected([Fault('a', 'b', 'c')], 'form', 'Rejected by form.')\n"
        "    raise Rejected([Fault('a', 'b', 'c')])\n",
        encoding="utf-8",
    )
    assert codes_table(tmp_path).splitlines()[2:] == [
        "| 409 | `named` | By a constant. |",
        "| 409 | `told` | Directly. |",
        "| 410 | `gone` | It is gone. |",
        "| 422 | `form` | Rejected by form. |",
        "| 422 | `rejected` | The input is rejected. |",
    ]


@pytest.mark.parametrize("code", ["key_reused", "not_accepted", "unavailable", "fault", "another_duty", "too_large"])
def test_a_code_of_every_layer_is_on_the_page(code: str) -> None:
    assert f"| `{code}` |" in codes_table()
