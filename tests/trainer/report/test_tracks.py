from trainer.report.tracks import Bar, make_lanes, ticks

ERRORS = [{"label": "elbows", "start": 1.0, "end": 2.0}, {"label": "knees", "start": 0.0, "end": 0.0}]
ROW = {
    "errors": ERRORS,
    "scores": {"elbows": 0.87},
    "frame_times": [0.0, 2.0, 4.0],
    "frame_scores": {"elbows": [0.0, 0.5, 1.0]},
}


def test_bars_in_percent_of_the_axis():
    reference = {"errors": [{"label": "elbows", "start": 2.0, "end": 6.0}]}
    elbows, knees = make_lanes(["elbows", "knees"], ROW, (0.0, 4.0), reference)
    assert elbows.prediction == [Bar(25.0, 25.0, "1.00–2.00 s")]
    assert elbows.reference == [Bar(50.0, 50.0, "2.00–6.00 s")]  # cut off where the axis ends
    assert (elbows.note, knees.note) == ("0.87", "named without times")
    assert knees.prediction == knees.heat == []
    assert elbows.description == "elbows: reference 2.00–6.00 s, prediction 1.00–2.00 s"


def test_probability_over_time_from_half_way_to_half_way():
    (elbows,) = make_lanes(["elbows"], ROW, (0.0, 4.0))
    assert elbows.reference is None
    assert [(cell.left, cell.width, cell.opacity) for cell in elbows.heat] == [
        (0.0, 25.0, 0.0), (25.0, 50.0, 0.5), (75.0, 25.0, 1.0),
    ]  # fmt: skip
    assert elbows.heat[1].text == "2.00 s: 0.50"


def test_the_axis_of_a_repetition_starts_where_it_starts():
    (elbows,) = make_lanes(["elbows"], {"errors": ERRORS}, (1.0, 3.0))
    assert elbows.prediction == [Bar(0.0, 50.0, "1.00–2.00 s")]
    assert ticks((0.5, 2.5)) == [(25.0, "1 s"), (75.0, "2 s")]
    assert [text for _, text in ticks((0.0, 60.0))] == ["0 s", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]
