import numpy as np
import pytest

import metrics.temporal_map.bootstrap as bootstrap
from metrics.temporal_map.scores import temporal_scores

SEGMENT = {"label": "a", "start": 0.0, "end": 1.0}


def random_videos(num_videos, seed):
    """Few references and scores, so that labels go missing in resamples and scores are equal."""
    rng = np.random.default_rng(seed)

    def segments(size):
        for label, start, length in zip(
            "abc" * size, rng.uniform(0, 4, size), rng.uniform(0.5, 3, size), strict=False
        ):
            yield {"label": label, "start": float(start), "end": float(start + length)}

    references = [list(segments(rng.integers(0, 4))) for _ in range(num_videos)]
    predictions = [
        [{**segment, "score": int(rng.integers(0, 6)) / 6} for segment in segments(rng.integers(0, 9))]
        for _ in range(num_videos)
    ]
    return predictions, references


def test_one_found_and_one_missed_video():
    result = temporal_scores([[{**SEGMENT, "score": 0.5}], []], [[SEGMENT], [SEGMENT]], [0.5, 0.9], bootstrap=400)
    # A quarter of the resamples holds only the found video, a quarter only the missed one.
    assert result["bootstrap"] == {"average_map": [0, 1], "map": [[0, 1], [0, 1]], "ap": {"a": [[0, 1], [0, 1]]}}


def test_a_perfect_score_has_no_width():
    videos = [[SEGMENT], [SEGMENT], []]
    predictions = [[{**segment, "score": 0.5} for segment in video] for video in videos]
    # A resample of empty videos only says nothing and is left out.
    assert temporal_scores(predictions, videos, bootstrap=100)["bootstrap"]["average_map"] == [1.0, 1.0]


@pytest.mark.parametrize("num_videos", [2, 5, 12])
def test_agrees_with_scoring_each_resample_from_the_start(num_videos):
    predictions, references = random_videos(num_videos, seed=num_videos)
    result = temporal_scores(predictions, references, [0.3, 0.6], bootstrap=150, seed=7)
    rows, of_a = [], []
    for drawn in np.random.default_rng(7).integers(0, num_videos, (150, num_videos)):
        one = temporal_scores([predictions[i] for i in drawn], [references[i] for i in drawn], [0.3, 0.6])
        rows += [one["map"]] if one["ap"] else []
        of_a += [one["ap"]["a"]] if "a" in one["ap"] else []
    low_high = np.percentile(rows, [2.5, 97.5], axis=0)
    np.testing.assert_allclose(result["bootstrap"]["map"], low_high.T, atol=1e-12)
    np.testing.assert_allclose(result["bootstrap"]["ap"]["a"], np.percentile(of_a, [2.5, 97.5], axis=0).T, atol=1e-12)
    average = np.percentile(np.mean(rows, axis=1), [2.5, 97.5])
    np.testing.assert_allclose(result["bootstrap"]["average_map"], average, atol=1e-12)


def test_the_seed_decides_and_the_pieces_do_not(monkeypatch):
    videos = random_videos(9, seed=1)

    def interval(seed):
        return temporal_scores(*videos, bootstrap=50, seed=seed)["bootstrap"]

    first = interval(0)
    assert interval(1) != first
    monkeypatch.setattr(bootstrap, "MAX_ENTRIES", 100)
    assert interval(0) == first
