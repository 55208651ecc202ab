"""Generated requests: a few hundred each time, ten thousand in the long form."""

from __future__ import annotations

import pytest

from service.policies import Process
from tests.service.harness import Harness
from tests.service.http.fuzzing import fuzz


@pytest.mark.parametrize("process", Process)
def test_generated_requests_find_no_fault(module_harness: Harness, process: Process) -> None:
    seen = fuzz(module_harness, process, cases=120)
    assert seen.total() >= 100
    assert set(seen) >= {200, 404, 422}
    assert not [status for status in seen if status >= 500]


@pytest.mark.long
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("process", Process)
def test_ten_thousand_generated_requests_find_no_fault(harness: Harness, process: Process, number: int) -> None:
    seen = fuzz(harness, process, cases=2_800, number=number)
    assert seen.total() >= 2_500
    assert not [status for status in seen if status >= 500]
