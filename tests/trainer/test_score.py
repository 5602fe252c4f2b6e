import json

import pytest

from trainer.score import main, score


def segment(label, start, end):
    return {"label": label, "start": start, "end": end}


REFERENCES = [
    {"id": "squat/1_1", "exercise": "squat", "errors": [segment("knees_forward", 1.0, 2.0)]},
    {"id": "squat/1_2", "exercise": "squat", "errors": []},
    {
        "id": "squat/2_1",
        "exercise": "squat",
        "errors": [segment("knees_forward", 0.0, 1.0), segment("knees_inward", 1.0, 3.0)],
    },
    {"id": "overhead_press/1_1", "exercise": "overhead_press", "errors": [segment("elbows", 1.0, 2.0)]},
    {"id": "overhead_press/1_2", "exercise": "overhead_press", "errors": [segment("knees", 0.0, 2.0)]},
    {"id": "overhead_press/2_1", "exercise": "overhead_press", "errors": []},
]

PREDICTIONS = [  # in another order than the references
    {"id": "overhead_press/2_1", "exercise": "overhead_press", "errors": []},
    {"id": "overhead_press/1_2", "exercise": "overhead_press", "errors": [segment("knees", 0.0, 2.0)]},
    {"id": "overhead_press/1_1", "exercise": "overhead_press", "errors": [segment("elbows", 3.0, 4.0)]},
    {"id": "squat/2_1", "exercise": "squat", "errors": [segment("knees_inward", 1.0, 2.0)]},  # IoU 1/2, a hit
    {"id": "squat/1_2", "exercise": "squat", "errors": [segment("knees_forward", 0.0, 1.0)]},
    {"id": "squat/1_1", "exercise": "squat", "errors": [segment("knees_forward", 1.0, 2.0)]},
]

NONSENSE = [{"id": row["id"], "answer": "knee knee the the"} for row in REFERENCES]


@pytest.fixture
def files(tmp_path):
    for name, rows in (("references", REFERENCES), ("predictions", PREDICTIONS), ("nonsense", NONSENSE)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def labels(knees_forward, knees_inward, elbows, knees):
    values = {"knees_forward": knees_forward, "knees_inward": knees_inward, "elbows": elbows, "knees": knees}
    return pytest.approx(values)


def test_scores_of_every_named_file(files):
    output = files / "scores.json"
    pairs = [f"before={files / 'nonsense.jsonl'}", f"after={files / 'predictions.jsonl'}"]
    main([str(files / "references.jsonl"), *pairs, "--output", str(output)])
    scores = json.loads(output.read_text())
    assert list(scores) == ["before", "after", "temporal_map"]

    after = scores["after"]
    assert (after["exercise_accuracy"], after["parse_rate"]) == (1.0, 1.0)
    # knees forward: one found, one missed, one made up, of three squats
    assert after["f1"] == labels(0.5, 1.0, 1.0, 1.0)
    assert after["mcc"] == labels(-0.5, 1.0, 1.0, 1.0)
    assert after["always_yes_f1"] == labels(0.8, 0.5, 0.5, 0.5)
    assert after["macro_f1"] == pytest.approx(0.875)
    assert after["ap"]["paper"] == labels(1 / 3, 1 / 3, 0.0, 1 / 3)
    # the published arithmetic counts elbows at 3-4 s as a hit for 1-2 s
    assert after["ap"]["published"] == labels(1 / 3, 1 / 3, 1 / 3, 1 / 3)
    assert after["ap"]["recall"] == labels(0.5, 1.0, 0.0, 1.0)
    assert after["ap"]["detection"] == labels(0.25, 1.0, 0.0, 1.0)
    assert after["map"] == pytest.approx({"published": 1 / 3, "paper": 0.25, "recall": 0.625, "detection": 0.5625})
    # median interval of knees forward: 0.5 to 1.5 s, IoU 1/3 with both
    assert after["constant_interval_ap"] == labels(0.0, 1 / 3, 1 / 3, 1 / 3)

    before = scores["before"]
    assert (before["exercise_accuracy"], before["parse_rate"], before["macro_f1"]) == (0.0, 0.0, 0.0)
    assert before["map"]["paper"] == 0.0

    segments = scores["temporal_map"]["after"]
    assert segments["iou_thresholds"] == [0.3, 0.4, 0.5, 0.6, 0.7]
    assert segments["map"] == pytest.approx([0.5625, 0.5625, 0.5625, 0.3125, 0.3125])
    assert segments["average_map"] == pytest.approx(0.4625)
    assert segments["num_references"] == {"elbows": 1, "knees": 1, "knees_forward": 2, "knees_inward": 1}
    assert scores["temporal_map"]["before"]["average_map"] == 0.0


def test_scores_of_the_predictions_rank_the_detections(files):
    rows = json.loads(json.dumps(PREDICTIONS))
    rows[4]["errors"][0]["score"], rows[5]["errors"][0]["score"] = 0.2, 0.9  # the made up one is less sure
    (files / "scored.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    of_task, segments = score(files / "scored.jsonl", files / "references.jsonl")
    assert of_task["ap"]["detection"]["knees_forward"] == pytest.approx(0.5)
    assert segments["ap"]["knees_forward"] == pytest.approx([0.5] * 5)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (
            "predictions.jsonl",
            r"^error: predictions\.jsonl: expected NAME=FILE, for example after=predictions\.jsonl$",
        ),
        ("after=nowhere.jsonl", r"^error: nowhere\.jsonl: no such file\. Give a JSON Lines file"),
    ],
)
def test_wrong_pairs_are_one_line(files, pair, message):
    with pytest.raises(SystemExit, match=message) as ended:
        main([str(files / "references.jsonl"), pair, "--output", str(files / "scores.json")])
    assert "\n" not in ended.value.code
    assert not (files / "scores.json").exists()


def test_other_ids_are_named(files):
    rows = [PREDICTIONS[0] | {"id": "squat/9_9"}, *PREDICTIONS[1:]]
    (files / "other.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (files / "scores.json").write_text("earlier scores")
    pairs = [f"before={files / 'predictions.jsonl'}", f"after={files / 'other.jsonl'}"]
    message = (
        r"^error: the ids of the two files differ: 1 only in .*other\.jsonl: squat/9_9; "
        r"1 only in .*references\.jsonl: overhead_press/2_1\. "
    )
    with pytest.raises(SystemExit, match=message) as ended:
        main([str(files / "references.jsonl"), *pairs, "--output", str(files / "scores.json")])
    assert "\n" not in ended.value.code
    assert (files / "scores.json").read_text() == "earlier scores"


def test_a_damaged_line_is_named(files):
    with (files / "predictions.jsonl").open("a") as file:
        file.write('{"id": "squat/')
    with pytest.raises(SystemExit, match=r"^error: .*predictions\.jsonl, line 7: is no JSON \(.*\)\. Write one JSON"):
        arguments = [files / "references.jsonl", f"after={files / 'predictions.jsonl'}", "--output", files / "s.json"]
        main(list(map(str, arguments)))


def test_an_output_that_cannot_be_written_is_one_line(files):
    pair = f"after={files / 'predictions.jsonl'}"
    with pytest.raises(SystemExit, match=r"^error: .*scores\.json"):
        main([str(files / "references.jsonl"), pair, "--output", str(files / "no" / "folder" / "scores.json")])
