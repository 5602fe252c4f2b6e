import pytest

CONFIG = """configs:
- config_name: video
  data_files:
  - split: train
    path: video/train-*.parquet"""


@pytest.fixture
def parquet(tmp_path):
    (tmp_path / "video").mkdir()
    (tmp_path / "video" / "train-00000-of-00001.parquet").touch()


def test_files_that_are_there(problems, parquet):
    assert problems(CONFIG) == []
    assert problems("configs:\n- config_name: video\n  data_files: video/*.parquet") == []
    assert problems("configs:\n- config_name: video\n  data_dir: video") == []
    assert problems("configs:\n- config_name: v\n  data_dir: video\n  data_files: train-*") == []


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            CONFIG.replace("train-", "test-"),
            "4: `video/test-*.parquet` (video, train) finds no file; expected files in ",
        ),
        ("configs:\n- data_files: a", "3: a config without `config_name`; expected its name; add it"),
        (
            "configs:\n- config_name: v\n  data_files:\n  - split: train\n    path: [video, 1]",
            "4: `data_files` of v cannot be read ('1' is no text); expected a pattern, or a list of {split, path}",
        ),
        ("configs:\n- config_name: v\n  data_files: 3", "4: `data_files` of v cannot be read ("),
    ],
)
def test_one_problem(problems, parquet, header, message):
    (problem,) = problems(header)
    assert problem.startswith(message)
