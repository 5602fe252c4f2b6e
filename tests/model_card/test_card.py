import re
import shutil

import pytest
from huggingface_hub import ModelCard
from PIL import Image

from model_card.card import DatasetReference, make_card, write_card, write_figures
from model_card.check import check_card
from model_card.run_files import read_run
from tests.model_card.conftest import change_settings


@pytest.fixture(scope="module")
def written(finished_run, tmp_path_factory):
    return write_card(shutil.copytree(finished_run, tmp_path_factory.mktemp("written") / "demo"))


@pytest.fixture(scope="module")
def text(written):
    return written.read_text(encoding="utf-8")


def of_real_clips(run_dir):
    """The run as it would be had the clips not been simulated."""
    for path in run_dir.rglob("*predictions*.jsonl"):
        change_settings(path, synthetic=False, synthetic_model=False)
    return read_run(run_dir)


def test_model_index_is_read_back(written):
    data = ModelCard.load(written).data
    values = {result.metric_name: result.metric_value for result in data.eval_results}
    assert values["F1 elbows (error named in the clip), synthetic clips"] == 1.0
    assert values["mAP (paper definition, IoU 0.5), synthetic clips"] == 0.225
    assert data.model_name == "llava-video-fitness-aqa-demo"


def test_nothing_is_wrong_with_it(written):
    assert check_card(written) == []


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
    assert "| synthetic clips | before | after | blank video | always-yes / constant interval |" in text
    # before: all five squats right; after: 5 of 7; blank: all squats
    assert "| exercise accuracy | 0.714 | 0.714 | 0.714 | - |" in text
    assert "| F1 knees inward | 0.000 | 1.000 | 0.333 | 0.333 |" in text
    assert "| MCC knees forward | 0.000 | 0.612 | 0.000 | 0.000 |" in text
    assert "| elbows | 0.000 | 0.500 | 0.000 | 0.500 |" in text
    assert "| `recall` | 0.000 | 0.625 |" in text
    assert "Test split: 5 squat and 2 overhead press clips" in text
    assert "*Before* is `tiny`, *after* this model, *blank video* this model with every frame grey" in text


def test_training_hardware_and_versions_come_from_the_run(text):
    assert "| training time, since its last start | 1.5 minutes |" in text
    assert "| device | cpu, x86_64 |" in text
    assert "Made with Python 3.11.7, torch 2.14.1, trl 1.16.0." in text
    assert "learning_rate: 0.001" in text


def test_examples_are_the_first_shown_clip_of_each_exercise(text):
    assert (
        "- `squat/2_2` (reference: knees forward 0.10–0.50 s; knees inward 0.30–0.90 s) is answered: "
        '"The subject is performing a Squat. It shows: knees inward from frame time 0.30s to 0.75s."'
    ) in text
    assert '"The subject is performing a OHP. The fault: elbows from frame time 0.25s to 0.75s."' in text
    assert "`squat/1_1`" not in text


def test_no_machine_path(text, written):
    assert str(written.parent.parent) not in text
    assert "/home/somebody" not in text
    assert "output_dir: model" in text


def test_citations_and_limits(text):
    for said in ("10.1007/978-3-031-19839-7_7", "10.1145/3708319.3733684", "2410.02713", "not a medical device"):
        assert said in text


def test_the_same_files_give_the_same_bytes(written, text, run_dir):
    assert write_card(written.parent).read_text(encoding="utf-8") == text
    assert write_card(run_dir).read_text(encoding="utf-8") == text
    assert not list(written.parent.rglob("*.part"))


def test_a_real_run_says_nothing_of_synthetic_clips(run_dir):
    content = make_card(of_real_clips(run_dir), base_model="somebody/base-7b").content
    assert "synthetic" not in content.lower().replace("with synthetic data", "")  # the title of a cited paper
    assert "## Scores on real clips" in content
    assert "license_name: fitness-aqa-non-commercial" in content
    assert "rows of one source show the same person" in content
    assert "[somebody/base-7b](https://huggingface.co/somebody/base-7b)" in content


def test_a_run_of_clips_that_are_not_known_says_so(trained_dir):
    change_settings(trained_dir / "predictions.jsonl", synthetic=None, synthetic_model=None)
    content = make_card(read_run(trained_dir)).text
    assert "It is not known whether the clips that this model was tested on are real or synthetic" in content
    assert "clips, not known whether synthetic" in content


def test_tested_on_synthetic_clips_alone_and_trained_on_them_alone(run_dir):
    run = of_real_clips(run_dir)
    run.settings["after"].update(synthetic=True, synthetic_model=False)
    assert "This model was tested on *synthetic clips*" in make_card(run).text
    run.settings["after"].update(synthetic=False, synthetic_model=True)
    assert "**Trained on synthetic clips**" in make_card(run).text


def test_output_folder_of_a_training_with_an_adapter(trained_dir):
    content = write_card(trained_dir).read_text()
    assert check_card(trained_dir) == []
    assert "library_name: peft" in content
    assert "base_model: somebody/base-7b" in content
    assert "| synthetic clips | after | always-yes / constant interval |" in content
    assert "These answers came without probabilities" in content
    assert "before" not in re.findall(r"^\|.*\|$", content, flags=re.MULTILINE)[0]


def test_data_set_links_and_base_are_those_that_were_given(run_dir):
    card = make_card(
        read_run(run_dir),
        repo_id="me/coach",
        base_model="me/base",
        dataset=DatasetReference("me/aqa", "0123abc"),
        related=[("the metric", "https://huggingface.co/spaces/me/metric")],
    )
    assert card.data.model_name == "coach"
    assert card.data.datasets == ["me/aqa"]
    assert card.data.base_model == "me/base"
    assert card.data.eval_results[0].dataset_revision == "0123abc"
    assert "## Related\n\n- [the metric](https://huggingface.co/spaces/me/metric)" in card.text
    assert "at revision `0123abc`" in card.text
    assert 'NAME, NUM_FRAMES = "me/coach", 12' in card.text


def test_a_model_that_was_not_trained(run_dir):
    run = read_run(run_dir)
    run.trainer_state["log_history"].clear()
    content = make_card(run).text
    assert "It was not trained: it is the base" in content
    assert "figures/loss.png" not in content
    assert [path.name for path in write_figures(run)] == ["timeline.png", "scores.png"]


def test_unknown_layout(run_dir):
    with pytest.raises(ValueError, match="no layout is called 'gguf'. Choose among transformers, adapter, original"):
        make_card(read_run(run_dir), layout="gguf")


def test_failure_leaves_the_old_card(run_dir):
    (run_dir / "README.md").write_text("old")
    (run_dir / "scores.json").write_text("{}")
    with pytest.raises(ValueError, match="has no scores of `before`"):
        write_card(run_dir)
    assert (run_dir / "README.md").read_text() == "old"
    assert not (run_dir / "figures").exists()
