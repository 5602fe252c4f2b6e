import json
from pathlib import Path

import pytest

from trainer.report.feedback import feedback_page
from trainer.report.run_files import read_runs


def test_the_page_of_a_set(own_run, own_video):
    html, figures = feedback_page(read_runs([own_run]), None)
    assert figures == {}
    for text in (
        "Repetition 1: Squat (&gt; 99 %)",
        "knees forward, 0.5–1.0 s, 87 %",
        "No mistake found. Looked for: knees forward 12 %, knees inward &lt; 1 %.",
        '<td class="bad">yes (87 %)</td><td class="">no (4 %)</td>',
        '<td class="">no (12 %)</td><td class="">no (&lt; 1 %)</td>',
        "it is no medical advice",
        "It has never seen a person",
        'alt="me lifting.mp4 at 0.50 s, start of: knees forward, 0.5–1.0 s, 87 %"',
        'aria-label="knees forward: prediction 0.50–1.00 s"',
        "they have not been checked against clips with known mistakes",
    ):
        assert text in html, text
    assert html.count("data:image/jpeg") == 3
    assert "These videos are simulated clips" not in html


def test_simulated_videos_are_said_to_be(own_run):
    path = own_run / "predictions.settings.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"synthetic": True}))
    assert "<b>SYNTHETIC</b>These videos are simulated clips" in feedback_page(read_runs([own_run]), None)[0]


def test_a_model_of_people_has_seen_some(own_run):
    path = own_run / "predictions.settings.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"synthetic_model": False, "calibration": "c.json"}))
    html, _ = feedback_page(read_runs([own_run]), None)
    assert "never seen a person" not in html
    assert "they have not been checked" not in html


def test_what_could_not_be_read_and_what_was_not_recognised(write_run, own_video, tmp_path):
    nothing = {"answer": "", "exercise": None, "errors": [], "scores": {}, "num_frames": 0, "window": None}
    rows = [
        {"id": "notes.mp4", "video": "notes.mp4", "error": "notes.mp4: not a video"} | nothing,
        {"id": str(own_video), "video": str(own_video)} | nothing,
    ]
    html, _ = feedback_page(read_runs([write_run(tmp_path / "own", rows, videos=["x"], decode="free")]), None)
    assert "Could not be read: notes.mp4: not a video" in html
    assert "The exercise was not recognised" in html
    assert "Nothing can be said about mistakes." in html
    assert "This way of answering gives no percentages." in html
    assert "never seen a person" not in html


def test_several_runs_are_told_apart(own_run, own_video, write_run, tmp_path):
    rows = [json.loads(line) for line in (own_run / "predictions.jsonl").read_text().splitlines()]
    other = write_run(tmp_path / "other", rows, videos=[str(own_video)])
    html, _ = feedback_page(read_runs([own_run, other]), None)
    assert "me lifting.mp4 <small>own</small>" in html
    assert "me lifting.mp4 <small>other</small>" in html
    with pytest.raises(ValueError, match="--overlay: 2 runs would be drawn into the same videos. Give one run"):
        feedback_page(read_runs([own_run, other]), tmp_path / "out.mp4")


def test_the_video_is_gone(own_run, own_video):
    Path(own_video).unlink()
    with pytest.raises(FileNotFoundError, match="me lifting.mp4: the video of .*predictions.jsonl is gone. Put"):
        feedback_page(read_runs([own_run]), None)
