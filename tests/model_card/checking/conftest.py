"""Cards of a few lines, as files."""

from pathlib import Path

import pytest

from model_card.check import check_card

HEADER = "license: apache-2.0"


@pytest.fixture
def problems(tmp_path):
    """What is wrong with a card of this header and text, without the file's name."""

    def check(header: str = HEADER, text: str = "# Title\n\nText.\n", folder: Path = tmp_path) -> list[str]:
        path = folder / "README.md"
        path.write_text(f"---\n{header}\n---\n{text}", encoding="utf-8")
        return [problem.removeprefix(f"{path}:") for problem in check_card(folder)]

    return check
