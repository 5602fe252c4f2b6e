from collections import Counter

import pytest

from fitness_aqa_dataset.synthetic.groups import deal_groups

SQUAT = [("knees_forward",), ("knees_inward",), ("knees_forward", "knees_inward"), ()]
PRESS = [("elbows",), ("knees",), ("elbows", "knees"), ()]


@pytest.mark.parametrize(
    ("exercise", "groups", "num_clips", "counts"),
    [
        ("squat", SQUAT, 1379, [781, 37, 159, 402]),
        ("overhead_press", PRESS, 1921, [392, 551, 98, 880]),
        # 150 * 781 / 1379 = 84.95, 4.02, 17.30, 43.73: the two clips that are left go to .95 and .73
        ("squat", SQUAT, 150, [85, 4, 17, 44]),
        # 150 * 392 / 1921 = 30.61, 43.02, 7.65, 68.71: those to .71 and .65
        ("overhead_press", PRESS, 150, [30, 43, 8, 69]),
        # 11: 6.23, 0.295, 1.27, 3.21, the one that is left to .295
        ("squat", SQUAT, 11, [6, 1, 1, 3]),
    ],
)
def test_groups_have_the_papers_shares_exactly(exercise, groups, num_clips, counts):
    for seed in range(3):
        dealt = Counter(deal_groups(exercise, num_clips, seed))
        assert [dealt[group] for group in groups] == counts
        assert dealt.total() == num_clips


def test_the_seed_decides_which_clip_gets_which_group():
    dealt = [deal_groups("squat", 100, seed) for seed in (0, 0, 1)]
    assert dealt[0] == dealt[1] != dealt[2]
    assert dealt[0] != sorted(dealt[0])  # mixed, not in blocks
