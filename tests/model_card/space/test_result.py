import base64
import re

from fitness_aqa_dataset.frames import open_video
from model_card.space.answer import Answer
from model_card.space.result import error_lines, frame_strip, render_answer

ROW = {
    "id": "clip",
    "answer": "The subject is performing a Squat. Knees forward: from 0.5 to 1.2 seconds. <b>",
    "exercise": "squat",
    "errors": [{"label": "knees_forward", "start": 0.5, "end": 1.25, "score": 0.4}],
    "scores": {"squat": 0.98, "overhead_press": 0.02, "knees_forward": 0.87, "knees_inward": 0.003},
    "window": [0.0, 2.0],
    "video": "clip",
}
SETTINGS = {"decode": "score", "num_frames": 8}


def test_every_error_of_the_exercise_has_its_line():
    lines = [(line.name, line.answer, line.probability, line.times) for line in error_lines(ROW)]
    assert lines == [("knees forward", "yes", "87 %", "0.50–1.25 s"), ("knees inward", "no", "< 1 %", "–")]
    free = ROW | {"scores": {}}
    assert [line.probability for line in error_lines(free)] == ["–", "–"]
    assert error_lines(ROW | {"exercise": None, "errors": []}) == []


def test_an_error_named_twice_and_one_named_without_times():
    errors = [
        {"label": "knees_forward", "start": 0.5, "end": 1.0},
        {"label": "knees_forward", "start": 1.5, "end": 1.75},
        {"label": "knees_inward", "start": 0.0, "end": 0.0},
    ]
    lines = [(line.answer, line.times) for line in error_lines(ROW | {"errors": errors})]
    assert lines == [("yes", "0.50–1.00 s and 1.50–1.75 s"), ("yes", "–")]


def test_frames_of_the_strip_are_the_middles_of_equal_parts(clips):
    decoder = open_video(str(clips["set"]))
    strip = frame_strip(decoder, 2.0, 4.0)
    # 2 s in eight parts of 0.25 s: 2.125, 2.375 …, each cut down to a thirtieth of a second
    assert [round(one.time_s, 2) for one in strip] == [2.13, 2.37, 2.6, 2.87, 3.1, 3.37, 3.6, 3.87]


def test_the_page_holds_the_clip_and_its_frames_and_names_no_file(clips):
    html = render_answer(clips["squat"], Answer([ROW], SETTINGS, fits_calibration=True), True)
    assert set(re.findall(r'src="(\w+:\w+/\w+);base64,', html)) == {"data:video/mp4", "data:image/jpeg"}
    assert str(clips["squat"].parent) not in html
    assert "seconds. &lt;b&gt;" in html  # what a model writes is text
    assert "knees forward, 0.5–1.2 s, 87 %" in html
    assert "no-probabilities" not in html and "another number of frames" not in html


def test_the_copy_in_the_page_is_small_and_has_the_errors_drawn_into_it(clips):
    html = render_answer(clips["squat"], Answer([ROW], SETTINGS, fits_calibration=True), True)
    copy = open_video(base64.b64decode(re.search(r"data:video/mp4;base64,([^\"]+)", html)[1]))
    original = open_video(str(clips["squat"]))
    assert copy.metadata.average_fps == 25
    assert abs(len(copy) / 25 - len(original) / 30) < 0.1
    assert copy.metadata.height == original.metadata.height <= 360
    during, after = copy[int(0.9 * 25)].data, copy[int(1.6 * 25)].data
    # the name's plate at the top left, blue in the error's colour, only while it goes on
    assert during[2, 10:20, 10:40].float().mean() > during[0, 10:20, 10:40].float().mean() + 60
    assert after[2, 10:20, 10:40].float().mean() < after[0, 10:20, 10:40].float().mean() + 60


def test_ways_without_probabilities_say_so_and_one_that_does_not_fit_too(clips):
    free = Answer([ROW | {"scores": {}}], SETTINGS | {"decode": "free"}, fits_calibration=True)
    html = render_answer(clips["squat"], free, True)
    assert "This way of answering gives no probabilities" in html and '<th scope="col">Probability</th>' not in html
    html = render_answer(clips["squat"], Answer([ROW], SETTINGS, fits_calibration=False), True)
    assert "checked with another number of frames" in html


def test_an_answer_that_cannot_be_read(clips):
    row = ROW | {"answer": "", "exercise": None, "errors": [], "scores": {}}
    html = render_answer(clips["squat"], Answer([row], SETTINGS | {"decode": "free"}, fits_calibration=True), True)
    assert "The exercise was not recognised" in html and "(nothing)" in html
    assert "Nothing can be said about mistakes" in html


def test_an_example_is_not_deleted(clips):
    answer = Answer([ROW], SETTINGS, fits_calibration=True)
    assert "has been deleted from the server" in render_answer(clips["squat"], answer, is_upload=True)
    html = render_answer(clips["squat"], answer, is_upload=False)
    assert "deleted" not in html and "A simulated clip." in html
