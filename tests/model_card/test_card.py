import re
import shutil

import pytest
from huggingface_hub import ModelCard
from PIL import Image

from model_card.card import render_card, training_facts, write_card
from model_card.run_files import read_run


@pytest.fixture(scope="module")
def written(finished_run, tmp_path_factory):
    return write_card(shutil.copytree(finished_run, tmp_path_factory.mktemp("written") / "demo"))


@pytest.fixture(scope="module")
def text(written):
    return written.read_text(encoding="utf-8")


def test_model_index_is_read_back(written):
    data = ModelCard.load(written).data
    values = {result.metric_name: result.metric_value for result in data.eval_results}
    assert values["Exercise accuracy"] == 0.9876
    assert values["F1 elbows"] == 0.33
    assert values["mAP at IoU 0.5 (paper definition)"] == 0.3456
    assert "MCC elbows" not in values
    assert data.model_name == "llava-video-fitness-aqa-demo"
    assert "synthetic" in data.tags


def test_figures_lie_beside_the_card(written, text):
    names = re.findall(r"\]\((figures/\w+\.png)\)", text)
    assert sorted(names) == ["figures/loss.png", "figures/scores.png", "figures/timeline.png"]
    for name in names:
        low, high = Image.open(written.parent / name).convert("L").getextrema()
        assert (low < 60, high) == (True, 255)


def test_synthetic_stands_where_a_figure_or_a_number_stands(text):
    lines = text.splitlines()
    warning = lines[lines.index("# llava-video-fitness-aqa-demo") + 2 :][:5]
    assert "**Synthetic.**" in " ".join(warning)
    for index, line in enumerate(lines):
        if line.startswith("!["):
            assert "synthetic" in line.lower()
            assert "synthetic" in lines[index + 2].lower()  # the caption
        if re.fullmatch(r"\|(.* before \|.*)", line):
            assert "synthetic clips" in line


def test_numbers_of_the_tables(text):
    assert "| F1 knees inward | 0.000 | 0.840 | 0.000 | 0.400 |" in text
    assert "| MCC elbows | 0.000 | n/a | -0.125 | 0.000 |" in text
    assert "| knees | 0.000 | 0.507 | 0.090 | 0.200 |" in text
    assert "| `published` | 0.050 | 0.400 | 0.040 | the same with the published evaluation's arithmetic" in text
    assert "Test split: 5 squat and 2 overhead press clips" in text


def test_training_comes_from_the_run(text, finished_run):
    assert training_facts(read_run(finished_run)) == [
        ("optimizer steps", "30"),
        ("epochs", "1.50"),
        ("batch size per device", "8"),
        ("training time", "1.5 minutes"),
        ("loss, first logged → last logged", "2.500 → 0.500"),
    ]
    assert "| training time | 1.5 minutes |" in text
    assert "learning_rate: 0.001" in text
    assert "num_frames=12)" in text


def test_examples_are_the_first_shown_clip_of_each_exercise(text):
    assert (
        "- synthetic clip `squat/2_2` (reference: knees forward 0.10–0.50 s; knees inward 0.30–0.90 s) is answered: "
        '"The subject is performing a Squat. It shows: knees inward from frame time 0.30s to 0.60s."'
    ) in text
    assert '"The subject is performing a OHP. The fault: elbows from frame time 0.25s to 0.75s."' in text
    assert "`squat/1_1`" not in text


def test_no_machine_path_no_gap_no_leftover_template(text, written):
    assert str(written.parent.parent) not in text
    assert "/home/somebody" not in text
    assert "output_dir: model" in text
    assert "more information needed" not in text.lower()
    assert not re.search(r"\{\{ ?\w+ ?\}\}|\{%", text)
    assert not re.search(r"^(#+ .*)\n+(#+ .*)$", text, flags=re.MULTILINE)  # no empty section


def test_usage_code_is_valid_python(text):
    code = re.search(r"```python\n(.*?)```", text, flags=re.DOTALL).group(1)
    compile(code, "card", "exec")
    assert 'folder = "demo/model"' in code


def test_usage_code_names_the_run_as_seen_from_the_clone(run_dir, monkeypatch):
    monkeypatch.chdir(run_dir.parent)
    assert 'folder = "demo/model"' in render_card(read_run("demo")).content
    monkeypatch.chdir(run_dir.parent.parent)
    assert f'folder = "{run_dir.parent.name}/demo/model"' in render_card(read_run(run_dir)).content


def test_citations(text):
    for doi in ("10.1007/978-3-031-19839-7_7", "10.1145/3708319.3733684", "2410.02713"):
        assert doi in text


def test_writing_again_gives_the_same_card_and_leaves_no_parts(written, text):
    assert write_card(written.parent).read_text(encoding="utf-8") == text
    assert not list(written.parent.rglob("*.part"))


def test_card_without_recipe(run_dir):
    (run_dir / "model" / "training_config.yaml").unlink()
    assert "Training configuration" not in render_card(read_run(run_dir)).content


def test_failure_leaves_the_old_card(run_dir):
    (run_dir / "README.md").write_text("old")
    (run_dir / "release" / "Squat" / "Labeled_Dataset" / "videos" / "2_2.mp4").unlink()
    with pytest.raises(FileNotFoundError, match="no video for clip 'squat/2_2'"):
        write_card(run_dir)
    assert (run_dir / "README.md").read_text() == "old"
    assert not (run_dir / "figures").exists()
