"""Cards of baselines, from real runs on *synthetic* clips that took seconds."""

import re
import shutil
from dataclasses import replace

import pytest
from huggingface_hub import ModelCard
from PIL import Image

from model_card.__main__ import main
from model_card.baseline_card import make_baseline_card, write_baseline_card, write_baseline_figures
from model_card.baseline_files import read_baseline_run
from model_card.check import check_card
from model_card.metadata import DatasetReference


@pytest.fixture(scope="module")
def cards(baselines):
    """Text of the card of every run, by its name."""
    return {name: write_baseline_card(baselines / name).read_text() for name in ("probe", "md", "mean", "all")}


def section(card: str, heading: str) -> str:
    return card.split(f"\n## {heading}")[1].split("\n## ")[0]


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_command_writes_it_and_nothing_is_wrong_with_it(baselines, cards, capsys):
    main([str(baselines / "probe")])
    assert capsys.readouterr().out == (
        f"wrote {baselines / 'probe' / 'README.md'} and the pictures in {baselines / 'probe' / 'figures'}\n"
    )
    assert (baselines / "probe" / "README.md").read_text() == cards["probe"]
    assert {name: check_card(baselines / name) for name in cards} == dict.fromkeys(cards, [])


def test_header(baselines):
    data = ModelCard.load(baselines / "probe" / "README.md").data
    assert data.model_name == "fitness-aqa-probe"
    assert (data.license, data.pipeline_tag) == ("apache-2.0", "video-classification")
    assert {"synthetic", "baseline", "probe", "temporal-localization"} <= set(data.tags)
    names = {result.metric_name for result in data.eval_results}
    assert "MCC elbows (error named in the clip), synthetic clips" in names
    assert "mAP (paper definition, IoU 0.5), synthetic clips" in names
    assert "Calibration error knees (ECE, ten bins), synthetic clips" in names
    assert not [name for name in names if name.startswith(("Exercise accuracy", "Parse rate"))]
    assert {result.task_name for result in data.eval_results} == {"Error recognition, told the exercise, with times"}


def test_a_run_that_tells_the_exercise_and_not_when(baselines, cards):
    data = ModelCard.load(baselines / "all" / "README.md").data
    names = {result.metric_name for result in data.eval_results}
    assert "Exercise accuracy (share of clips), synthetic clips" in names
    assert not [name for name in names if "AP" in name.split() or name.startswith(("mAP", "Temporal", "Mean IoU"))]
    assert "temporal-localization" not in data.tags
    card = cards["all"]
    assert "| exercise accuracy |" in card
    assert "mAP" not in section(card, "Scores")
    assert "It gives none: errors are named without saying when" in flat(card)
    assert "has to tell them apart, as a fine-tuned language model has" in flat(card)
    assert "It is told the exercise, and cannot tell one" not in card
    assert "It is the model's own, not calibrated." in card


def test_what_a_probe_is(cards):
    text = flat(cards["probe"])
    assert "**Synthetic.** This model was trained and tested on *synthetic clips*" in text.replace("> ", "")
    assert "A linear probe of a frozen vision tower is shown a clip" in text
    assert "One model an exercise, told which it sees: 2 models, 1,540 parameters together." in text
    assert "The frozen vision tower of `demo_base/checkpoint` looks at 4 frames" in text
    assert "Here a window of 2 of the clip's 4 frames slides over it" in text
    assert "Its models are told which exercise they see." in text
    assert "| parameters | 770 | 770 |" in text
    assert "| synthetic clips | this system | blank video | always-yes / constant interval |" in text
    assert "*Blank video* is this system with every frame grey." in text
    assert "| exercise accuracy |" not in text
    assert re.search(r"\| average precision knees \| [01]\.\d{3} \| [01]\.\d{3} \| 1\.000 \|", text)  # in both presses
    assert "started from" not in text


def test_what_md_is(cards):
    text = flat(cards["md"])
    assert "MD is shown a clip of a squat or an overhead press" in text
    assert "**MD, Motion Disentangling** (Parmar, Gharat and Rhodin, ECCV 2022). 4 frames of 16 × 16 pixels" in text
    assert "thinned to 4 channels in the first stage instead of 64" in text
    assert "unlabelled clips (epochs: 1, triplets a batch: 4)" in text
    assert "The loss is the paper's: −log of the softmax of the negative Euclidean distances" in text
    assert "| began with | self-supervision | self-supervision |" in text
    assert "| triplets of an epoch |" in text
    assert "The same work describes this system." in text


def test_other_settings_are_told(baselines):
    run = read_baseline_run(baselines / "md")
    (part,) = run.parts
    recipe = part.recipe | {"weights": "KINETICS400_V1", "triplet_loss": "released_code", "width": 64}
    text = flat(make_baseline_card(replace(run, parts=[replace(part, recipe=recipe)])).text)
    assert "released code of a sister method: −log of the softmax of negative squared distances" in text
    assert "torchvision's weights `KINETICS400_V1`. They could not be had, and it began with random numbers." in text
    assert "thinned" not in text
    without = part.recipe | {"self_supervised": False}
    text = flat(make_baseline_card(replace(run, parts=[replace(part, recipe=without, stages=[])])).text)
    assert "There was no stage of self-supervision before." in text
    assert "Self-supervision before, on unlabelled clips" not in text


def test_what_gymetricpose_is(baselines):
    run = read_baseline_run(baselines / "md")
    (part,) = run.parts
    recipe = part.recipe | {"system": "gymetricpose", "hidden_size": 128, "self_supervised": False}
    run = replace(run, parts=[replace(part, recipe=recipe, stages=[])])
    text = flat(make_baseline_card(run).text)
    assert "**GYMetricPose** (Gallardo et al., CBMS 2024). 4 poses of 17 joints" in text
    assert "128 numbers wide" in text
    assert "The joints are those that a simulated release carries" in text
    assert "10.1109/CBMS61543.2024.00016" in text
    run.parts[0].recipe["pose_model"] = "usyd-community/vitpose-base-simple"
    text = flat(make_baseline_card(run).text)
    assert "found in the picture by the ViTPose `usyd-community/vitpose-base-simple`" in text


def test_a_mean(cards):
    text = flat(cards["mean"])
    assert "probe of the tower+MD, the mean of 2 runs, is shown a clip" in text
    assert "One model an exercise, told which it sees, in each of 2 runs: 4 models," in text
    assert "This folder holds no model. It names the folders of its runs, `probe` and `md`, which have to lie" in text
    assert "probe of the tower, squat | probe of the tower, overhead press | MD, squat | MD, overhead press" in text
    assert text.count("<details>") == 2
    assert "```python" not in text


def test_figures(baselines, cards):
    for name, figures in (("md", ["loss", "scores", "timeline"]), ("all", ["scores", "timeline"])):
        folder = baselines / name / "figures"
        assert sorted(path.stem for path in folder.iterdir()) == figures
        assert sorted(set(re.findall(r"\]\(figures/(\w+)\.png\)", cards[name]))) == figures
        for path in folder.iterdir():
            low, high = Image.open(path).convert("L").getextrema()
            assert (low < 60, high) == (True, 255)


def test_synthetic_stands_where_a_figure_or_a_number_stands(cards):
    for card in cards.values():
        lines = card.splitlines()
        for index, line in enumerate(lines):
            if line.startswith("!["):
                assert "synthetic" in line.lower()
                assert "synthetic" in lines[index + 2].lower()  # the caption
            if re.match(r"\|.*this system.*\|", line) or line.startswith(("| training, s", "| self-supervision, ")):
                assert "synthetic clips" in line


def test_the_code_of_a_card_runs_as_it_stands(baselines, cards, monkeypatch, capsys):
    monkeypatch.chdir(baselines)
    for name in ("probe", "md"):
        (code,) = re.findall(r"```python\n(.*?)```", cards[name], re.DOTALL)
        exec(code, {})
        assert re.fullmatch(r"\{'knees_forward': [\d.e-]+, 'knees_inward': [\d.e-]+\}\n", capsys.readouterr().out)


def test_no_machine_path_and_the_same_bytes_elsewhere(baselines, cards, tmp_path):
    assert not [card for card in cards.values() if str(baselines) in card]
    copy = shutil.copytree(baselines / "probe", tmp_path / "probe")
    assert write_baseline_card(copy).read_text() == cards["probe"]


def test_on_the_hub_with_its_data(baselines):
    run = read_baseline_run(baselines / "probe")
    dataset, related = DatasetReference("me/aqa", "0123abc"), [("the metric", "https://huggingface.co/spaces/me/m")]
    card = make_baseline_card(run, repo_id="me/probe", dataset=dataset, related=related)
    assert (card.data.model_name, card.data.datasets) == ("probe", ["me/aqa"])
    assert "hf download me/probe --local-dir probe\npython -m trainer.baselines.predict --model probe " in card.text
    assert "at revision `0123abc`" in card.text
    assert "- [the metric](https://huggingface.co/spaces/me/m)" in card.text


def test_a_run_on_real_clips_says_nothing_of_synthetic_ones(baselines):
    run = read_baseline_run(baselines / "md")
    run.settings["after"].update(synthetic=False, synthetic_model=False)
    card = make_baseline_card(run)
    assert "synthetic" not in card.content.lower()
    assert card.data.license_name == "fitness-aqa-non-commercial"
    assert "rows of one source show the same person" in flat(card.text)


def test_a_failure_leaves_the_old_card(baselines, tmp_path):
    run = shutil.copytree(baselines / "probe", tmp_path / "probe")
    shutil.rmtree(run / "figures", ignore_errors=True)
    (run / "README.md").write_text("old")
    (run / "scores.json").write_text("{}")
    with pytest.raises(SystemExit, match="error: .*has no scores of `after`"):
        main([str(run)])
    assert (run / "README.md").read_text() == "old"
    assert not (run / "figures").exists()


def test_no_loss_was_logged(baselines, tmp_path):
    run = read_baseline_run(baselines / "all")
    assert "figures/loss.png" not in make_baseline_card(run).text
    figures = write_baseline_figures(replace(run, path=tmp_path))
    assert [path.name for path in figures] == ["timeline.png", "scores.png"]
