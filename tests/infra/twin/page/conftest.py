"""One filled twin for every test of this folder."""

from collections.abc import Iterator

import pytest

from tests.infra.twin.page.stage import Stage, staged


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("page")) as found:
        yield found
