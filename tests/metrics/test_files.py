from metrics.files import scored_segments


def test_an_interval_without_a_score_counts_as_sure():
    said = {"label": "knees", "start": 0.0, "end": 1.0}
    predictions = [{"errors": [said | {"score": None}, said | {"score": 0.25}]}, {"errors": []}]
    assert scored_segments(predictions) == [[said | {"score": 1.0}, said | {"score": 0.25}], []]
