"""Whoever loses a right while they work in a tool is out of it: the tool is told, whatever the cause."""

import pytest

from deploy.local.demo.withdrawals import CAUSES, Withdrawals
from tests.e2e.platform import Platform

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def agency(platform: Platform) -> Withdrawals:
    story = Withdrawals(platform.origin, platform.tool, platform.world, platform.stack.data.log("demo-tool"))
    story.prepare()
    return story


@pytest.mark.parametrize("cause", CAUSES)
def test_a_session_in_a_tool_ends_with_the_right(agency: Withdrawals, cause: str) -> None:
    agency.lose(cause)
