import re

import pytest
from huggingface_hub import DatasetCard

from fitness_aqa_dataset.data_card import make_data_card
from fitness_aqa_dataset.prepare import prepare_release


@pytest.fixture
def prepared(whole_release, tmp_path):
    return prepare_release(whole_release, tmp_path / "out", progress=False)


def words(text: str) -> str:
    return " ".join(text.split())


def assert_well_formed(card: str) -> None:
    body = card.split("---\n", 2)[2]
    lines = [line for line in body.splitlines() if line]
    assert not re.search(r"[Mm]ore [Ii]nformation|\bNone\b|\bnan\b|\{\{|\{%|\[\]", body)
    assert "\n\n\n" not in body and card.endswith("```\n")
    assert all(len(line) <= 200 for line in lines if not line.startswith(("|", "print", "dataset", "files")))
    for line, following in zip(lines, [*lines[1:], "#"], strict=True):
        assert not (line.startswith("#") and following.startswith("#")), f"nothing under {line}"
    for table in re.findall(r"(?:^\|.*\n)+", body, re.MULTILINE):
        rows = table.splitlines()
        assert len(rows) > 2 and set(rows[1]) == {"|", "-"}, table
        assert len({row.count("|") for row in rows}) == 1, table
        assert f"\n\n{table}" in body or f"\n{table}" == body[: len(table) + 1], "a table needs an empty line above"


def test_header_of_a_real_release(prepared):
    header = DatasetCard(make_data_card(prepared, "me/clips")).data.to_dict()
    infos = {info["config_name"]: info for info in header.pop("dataset_info")}
    assert header == {
        "language": "en",
        "license": "other",
        "license_name": "given-by-the-authors-on-request-non-commercial",
        "license_link": "https://github.com/ParitoshParmar/Fitness-AQA",
        "pretty_name": "Fitness-AQA",
        "size_categories": "n<1K",
        "task_categories": ["video-classification", "video-text-to-text", "image-classification"],
        "tags": ["fitness-aqa", "action-quality-assessment", "temporal-localization"],
        "configs": [
            {
                "config_name": "video",
                "default": True,
                "data_files": [
                    {"split": "train", "path": "video/train-*.parquet"},
                    {"split": "validation", "path": "video/validation-*.parquet"},
                    {"split": "test", "path": "video/test-*.parquet"},
                ],
            },
            {
                "config_name": "shallow_squat",
                "data_files": [
                    {"split": "train", "path": "shallow_squat/train-*.parquet"},
                    {"split": "validation", "path": "shallow_squat/validation-*.parquet"},
                    {"split": "test", "path": "shallow_squat/test-*.parquet"},
                ],
            },
            {
                "config_name": "lumbar",
                "data_files": [
                    {"split": "train", "path": "lumbar/train-*.parquet"},
                    {"split": "test", "path": "lumbar/test-*.parquet"},
                ],
            },
            {
                "config_name": "torso_angle",
                "data_files": [
                    {"split": "train", "path": "torso_angle/train-*.parquet"},
                    {"split": "validation", "path": "torso_angle/validation-*.parquet"},
                    {"split": "test", "path": "torso_angle/test-*.parquet"},
                ],
            },
            {"config_name": "unlabeled", "data_files": [{"split": "train", "path": "unlabeled/train-*.parquet"}]},
        ],
    }
    assert sorted(infos) == ["lumbar", "shallow_squat", "torso_angle", "unlabeled", "video"]
    splits = {split["name"]: split for split in infos["video"]["splits"]}
    assert {name: split["num_examples"] for name, split in splits.items()} == {"train": 4, "validation": 2, "test": 2}
    assert infos["video"]["dataset_size"] == sum(split["num_bytes"] for split in splits.values())
    assert infos["video"]["download_size"] == sum(path.stat().st_size for path in (prepared / "video").iterdir())
    assert infos["video"]["features"][1] == {"name": "video", "dtype": "video"}


def test_sizes_hold_the_media(prepared, whole_release):
    (info,) = [
        one for one in DatasetCard(make_data_card(prepared)).data.dataset_info if one["config_name"] == "lumbar"
    ]
    size = (whole_release / "BarbellRow/Labeled_Dataset/barbellrow_images_raw/41_1.jpg").stat().st_size
    (test,) = [split for split in info["splits"] if split["name"] == "test"]
    assert size < test["num_bytes"] < size + 2000


def test_tables_of_this_data(prepared):
    card = make_data_card(prepared, "me/clips")
    assert_well_formed(card)
    for line in (
        "# Fitness-AQA",
        "| `lumbar` | Images of barbell rows: lower back straight or rounded. | train 2, test 1 |",
        'dataset = load_dataset("me/clips")  # config "video"',
        'dataset = load_dataset("me/clips", "lumbar")',
        'rows = load_dataset("me/clips", split="train", streaming=True)  # reads as it goes',
        "|  | train | validation | test | all |",
        "| **Squat**, clips | 2 | 1 | 1 | 4 |",
        "| knees forward | 2 (100.0 %) | 0 (0.0 %) | 0 (0.0 %) | 2 (50.0 %) |",
        "| knees inward | 1 (50.0 %) | 0 (0.0 %) | 1 (100.0 %) | 2 (50.0 %) |",
        "| **OHP**, clips | 2 | 1 | 1 | 4 |",
        "| elbows | 1 (50.0 %) | 0 (0.0 %) | 0 (0.0 %) | 1 (25.0 %) |",
        "| Squat | knees forward only | knees inward only | both | none |",
        "| train | 1 | 0 | 1 | 0 |",
        "| all | 1 | 1 | 1 | 1 |",
        "| OHP | elbows only | knees only | both | none |",
        "| all | 1 | 1 | 0 | 2 |",
        "| `lumbar` | lumbar | 2, error 1 (50.0 %) | 0 | 1, error 1 (100.0 %) |",
        "| Squat | 4 | 1.00 s | 1.35 s | 2.00 s | 0.1 min |",  # 30, 36, 45 and 60 frames at 30 a second
        "| Squat, knees forward | 1.00 |",
        "| Squat, knees inward | 0.75 |",
        "| OHP, knees | 0.67 |",
        "| `errors` | list of {`label`: string, `start`: float64, `end`: float64} | every annotated interval, in "
        "seconds, in the order of start; empty if there is no error |",
        "https://github.com/ParitoshParmar/Fitness-AQA",
    ):
        assert f"\n{line}\n" in card, line
    assert "synthetic" not in card.lower()
    assert "non-commercial" in card and "parmar2022domain" in card and "dibenedetto2025finetuning" in card


def test_shared_sources_are_counted(whole_release, tmp_path, write_json):
    splits = whole_release / "Squat/Labeled_Dataset/Splits"
    write_json(splits / "train_keys.json", ["10_2"])
    write_json(splits / "test_keys.json", ["12_1", "10_1"])
    card = (prepare_release(whole_release, tmp_path / "out", progress=False) / "README.md").read_text()
    text = words(card)
    assert "`video`: 1 of 3 test rows are of a source that another split has too; 1 sources are in more than" in text
    assert "`lumbar`: 0 of 1 test rows are of a source that another split has too; 0 sources" in text


def test_a_synthetic_release_says_so_first(whole_release, tmp_path):
    (whole_release / "synthetic.json").write_text('{"synthetic": true}')
    out = prepare_release(whole_release, tmp_path / "out", progress=False)
    card = (out / "README.md").read_text()
    assert_well_formed(card)
    data = DatasetCard(card).data
    assert (data.license, data.pretty_name) == ("apache-2.0", "Fitness-AQA (synthetic clips)")
    assert data.tags[0] == "synthetic" and "license_name" not in data.to_dict()
    body = card.split("---\n", 2)[2].strip().splitlines()
    assert body[0] == "# Fitness-AQA, synthetic clips"
    assert body[2] == "> [!WARNING]" and body[3].startswith("> **Synthetic.** Nobody was filmed")
    assert 'load_dataset("out")' in card
    assert str(tmp_path) not in card


@pytest.mark.parametrize("marker", ['{"synthetic": false}', '{"synthetic": 1}', "[]", "{", "[" * 100_000])
def test_only_a_clear_marker_makes_it_synthetic(release, tmp_path, marker):
    (release / "synthetic.json").write_text(marker)
    out = prepare_release(release, tmp_path / "out", progress=False)
    assert DatasetCard((out / "README.md").read_text()).data.license == "other"
    assert not (out / "synthetic.json").exists()


def test_sections_without_rows_are_left_out(whole_release, tmp_path):
    images = make_data_card(prepare_release(whole_release, tmp_path / "images", names=["torso_angle"], progress=False))
    assert_well_formed(images)
    headings = [line for line in images.splitlines() if line.startswith("## ")]
    assert headings == [
        "## How to load it",
        "## Columns",
        "## Images",
        "## What could mislead a model",
        "## How to get the real data",
        "## Limits",
        "## Citation",
    ]
    assert DatasetCard(images).data.task_categories == ["image-classification"]
    unlabeled = make_data_card(
        prepare_release(whole_release, tmp_path / "unlabeled", names=["unlabeled"], progress=False)
    )
    assert_well_formed(unlabeled)
    headings = [line for line in unlabeled.splitlines() if line.startswith("## ")]
    assert headings[2:4] == ["## Length of the clips", "## How to get the real data"]


def test_one_exercise_alone(release, tmp_path, write_json):
    for path in (release / "OHP").rglob("*_keys.json"):
        write_json(path, [])
    card = make_data_card(prepare_release(release, tmp_path / "out", progress=False))
    assert_well_formed(card)
    assert "**Squat**" in card and "OHP" not in card


def test_a_videofolder_says_how_to_load_the_images(whole_release, tmp_path):
    out = prepare_release(whole_release, tmp_path / "out", "videofolder", progress=False)
    card = make_data_card(out)
    assert_well_formed(card)
    assert 'dataset = load_dataset("imagefolder", data_dir="out/lumbar")' in card
    on_hub = make_data_card(out, "me/clips")
    assert_well_formed(on_hub)
    files = 'f"hf://datasets/me/clips/lumbar/{split}/**" for split in ["train", "test"]'
    assert f'files = {{split: {files}}}\ndataset = load_dataset("imagefolder", data_files=files)\n' in on_hub
    data = DatasetCard(card).data
    assert [config["config_name"] for config in data.configs] == ["video", "unlabeled"]
    assert data.configs[0]["data_files"][0] == {"split": "train", "path": "video/train/**"}
    (info,) = [info for info in data.dataset_info if info["config_name"] == "video"]
    assert info["download_size"] == sum(p.stat().st_size for p in (out / "video").rglob("*") if p.is_file())


def test_what_is_no_prepared_folder(release, tmp_path, prepared):
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder; make it with `python -m .* prepare`"):
        make_data_card(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="release: not a prepared folder: no rows in video/, shallow_squat/, "):
        make_data_card(release)
    shard = prepared / "video/train-00000-of-00001.parquet"
    shard.rename(shard.with_name("train-00000-of-00002.parquet"))
    with pytest.raises(ValueError, match="video: 1 Parquet files of train, which are not the 2 that belong together"):
        make_data_card(prepared)
    (prepared / "video/train-00000-of-00001.parquet").touch()
    with pytest.raises(ValueError, match="video: 2 Parquet files of train, which are not the 1 that belong together"):
        make_data_card(prepared)


def test_a_clip_missing_from_a_videofolder(release, tmp_path):
    out = prepare_release(release, tmp_path / "out", "videofolder", progress=False)
    (out / "video/test/squat/12_1.mp4").unlink()
    with pytest.raises(FileNotFoundError, match=r"12_1\.mp4: no such file, but .*metadata\.parquet names it"):
        make_data_card(out)
