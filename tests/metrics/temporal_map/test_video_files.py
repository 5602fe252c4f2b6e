import pytest

from metrics.temporal_map.video_files import pair_videos, read_videos

SEGMENT = '{"label": "a", "start": 0, "end": 1, "score": 0.5}'


def test_videos_are_read_in_order_and_empty_lines_skipped():
    text = f'{{"id": "b", "segments": [{SEGMENT}]}}\n\n  \n{{"id": "a", "segments": []}}\r\n'
    assert read_videos(text, "predictions") == {
        "b": [{"label": "a", "start": 0, "end": 1, "score": 0.5}],
        "a": [],
    }
    assert read_videos("", "references") == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"predictions, line 2: is no JSON \(.*\). Write one JSON object per line."),
        ("[" * 100_000, r"predictions, line 2: is no JSON"),
        ("[]", r'predictions, line 2: expected {"id": "video 1", "segments": \[...\]} with a text id, got \[\]'),
        ('{"id": 1, "segments": []}', r"predictions, line 2: expected .* got {\"id\": 1"),
        ('{"id": "v", "errors": []}', r"predictions, line 2: expected"),
        ('{"id": "first", "segments": []}', r"predictions, line 2: id 'first' occurs twice. Keep one line per video."),
        ('{"id": "v", "segments": [{"label": "a"}]}', r"predictions, line 2, id 'v': predictions\[1\]\[0\]: lacks"),
        (f'{{"id": "v", "segments": [{SEGMENT}, 3]}}', r"line 2, id 'v': predictions\[1\]\[1\]: expected a segment"),
    ],
)
def test_a_wrong_line_is_named(line, message):
    with pytest.raises(ValueError, match=message) as error:
        read_videos(f'{{"id": "first", "segments": []}}\n{line}', "predictions")
    assert "\n" not in str(error.value)


def test_videos_are_put_in_the_order_of_the_references():
    ids, predictions, references = pair_videos({"a": ["p"], "b": []}, {"b": ["r"], "a": []})
    assert (ids, predictions, references) == (["b", "a"], [[], ["p"]], [["r"], []])


def test_ids_on_one_side_are_listed():
    with pytest.raises(
        ValueError, match=r"the ids differ: 1 only in the predictions: c; 2 only in the references: a, b\."
    ):
        pair_videos({"c": []}, {"a": [], "b": []})
    with pytest.raises(ValueError, match=r"12 only in the references: 0, 1, .*9, \.\.\.\. Give both sides"):
        pair_videos({}, {str(i): [] for i in range(12)})
