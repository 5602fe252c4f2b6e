import numpy as np
import pytest

from fitness_aqa_dataset.frames import sample_frames
from fitness_aqa_dataset.synthetic.sets import simulate_set, write_frames


def test_repetitions_follow_each_other_with_pauses():
    its_set = simulate_set(3, 0, 4, pause_s=(0.5, 1.5))
    assert len(its_set.repetitions) == len(its_set.turns_s) == 4
    lengths_s = [end_s - start_s for start_s, end_s in its_set.pauses_s]
    assert len(lengths_s) == 3
    assert all(0.5 <= length_s <= 1.5 for length_s in lengths_s)
    assert its_set.repetitions[0].start_s == 0.5
    last = its_set.repetitions[-1]
    assert its_set.duration_s == pytest.approx(last.start_s + last.out_s + last.hold_s + last.back_s + 0.5, abs=0.02)
    for turn_s, rep in zip(its_set.turns_s, its_set.repetitions, strict=True):
        assert rep.start_s + rep.out_s < turn_s < rep.start_s + rep.out_s + rep.hold_s


def test_no_pauses():
    its_set = simulate_set(3, 1, 3, pause_s=(0.0, 0.0))
    assert [end_s - start_s for start_s, end_s in its_set.pauses_s] == pytest.approx([0, 0])


def test_errors_lie_in_their_repetition():
    its_set = simulate_set(3, 1, 10, error_rate=1.0)
    spans = []
    for rep in its_set.repetitions:
        end_s = rep.start_s + rep.out_s + rep.hold_s + rep.back_s
        spans += [(rep.start_s, *span, end_s) for intervals in rep.errors.values() for span in intervals]
    assert spans
    assert all(begin <= start_s < end_s <= end for begin, start_s, end_s, end in spans)


def test_one_lifter_moves_from_frame_to_frame(tmp_path):
    its_set = simulate_set(3, 0, 2, pause_s=(0.2, 0.2))
    frames = its_set.draw()
    assert frames.shape == (round(its_set.duration_s * 30), *its_set.size, 3)
    # no jump where one repetition gives way to the next: changes there are no larger than those of the lift
    changes = np.abs(np.diff(frames.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))
    cut = round(sum(its_set.pauses_s[0]) / 2 * 30)
    assert changes[cut - 2 : cut + 1].max() < changes.max() / 2
    write_frames(frames, tmp_path / "set.mp4")
    decoded, _, duration_s = sample_frames(tmp_path / "set.mp4", 3)
    assert duration_s == pytest.approx(its_set.duration_s)
    assert decoded.shape[2:] == its_set.size


def test_same_arguments_same_frames():
    assert np.array_equal(simulate_set(3, 0, 1).draw(), simulate_set(3, 0, 1).draw())
