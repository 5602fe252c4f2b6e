import pytest

from fitness_aqa_dataset.statistics import count_groups, error_groups, length_auroc, shared_sources, source_of


def test_groups_are_in_the_order_of_the_paper():
    assert error_groups("squat") == (("knees_forward",), ("knees_inward",), ("knees_forward", "knees_inward"), ())
    assert error_groups("overhead_press") == (("elbows",), ("knees",), ("elbows", "knees"), ())


def test_counts_do_not_depend_on_the_order_of_labels_or_their_number():
    counts = count_groups(
        [
            ("squat", ["knees_inward", "knees_forward"]),
            ("squat", ["knees_forward", "knees_inward", "knees_forward"]),
            ("squat", []),
            ("overhead_press", ["knees"]),
        ]
    )
    assert counts == {
        "squat": {("knees_forward",): 0, ("knees_inward",): 0, ("knees_forward", "knees_inward"): 2, (): 1},
        "overhead_press": {("elbows",): 0, ("knees",): 1, ("elbows", "knees"): 0, (): 0},
    }


@pytest.mark.parametrize(
    ("id", "source"),
    [("squat/32939_2", "squat/32939"), ("32939_2", "32939"), ("a_b_3", "a_b"), ("32939", "32939"), ("_1", "_1")],
)
def test_source(id, source):
    assert source_of(id) == source


def test_shared_sources_are_counted_with_their_clips_of_test():
    ids = {"train": ["1_1", "1_2", "2_1"], "validation": ["3_1", "2_2"], "test": ["1_3", "1_4", "3_2", "4_1"]}
    assert shared_sources(ids) == {"num_sources": 3, "num_test": 4, "num_test_shared": 3}
    assert shared_sources({"train": ["1_1", "1_2"], "test": ["2_1"]}) == {
        "num_sources": 0,
        "num_test": 1,
        "num_test_shared": 0,
    }
    assert shared_sources({"train": ["1_1"]}) == {"num_sources": 0, "num_test": 0, "num_test_shared": 0}


@pytest.mark.parametrize(
    ("durations_s", "present", "auroc"),
    [
        ([1.0, 2.0, 3.0, 4.0], [False, False, True, True], 1.0),
        ([1.0, 2.0, 3.0, 4.0], [True, True, False, False], 0.0),
        ([1.0, 2.0, 3.0, 4.0], [True, False, True, False], 0.25),
        ([2.0, 2.0], [True, False], 0.5),
        ([1.0, 2.0], [True, True], None),
        ([], [], None),
    ],
)
def test_auroc_of_length(durations_s, present, auroc):
    assert length_auroc(durations_s, present) == auroc
