import pytest

from model_card.space.answer import ClipAnswerer


@pytest.fixture(scope="module")
def answerer(model):
    return ClipAnswerer(str(model))


@pytest.mark.parametrize("decode", ["score", "constrained", "free"])
def test_the_rows_are_those_of_the_command_line(answerer, clips, command_line, decode):
    for name, num_frames in (("squat", 8), ("press", 5)):
        answer = answerer(clips[name], decode, num_frames)
        assert answer.rows == command_line(clips[name], decode, num_frames)
        assert answer.rows[0]["num_frames"] == num_frames


def test_a_set_is_answered_repetition_by_repetition(answerer, clips, command_line):
    rows = answerer(clips["set"], "score", 8).rows
    assert [row["repetition"] for row in rows] == [1, 2, 3]
    assert rows == command_line(clips["set"], "score", 8)


def test_what_the_model_says_of_itself(answerer):
    assert answerer.num_frames == 8  # of its recipe
    assert answerer.is_synthetic
    assert answerer.most_frames == 64  # 1,280 of its 2,048 tokens


def test_the_space_may_begin_with_other_frames(model):
    assert ClipAnswerer(str(model), num_frames=12).num_frames == 12


def test_a_calibration_of_other_settings_is_noticed(answerer, clips):
    assert answerer(clips["squat"], "score", 8).fits_calibration
    assert not answerer(clips["squat"], "score", 9).fits_calibration
    assert answerer(clips["squat"], "free", 9).fits_calibration  # none is used


def test_more_frames_than_the_model_reads(answerer, clips):
    with pytest.raises(ValueError, match="--num_frames 200: these are 4000 tokens, and the model reads 2048"):
        answerer(clips["squat"], "score", 200)


def test_progress_is_told(answerer, clips):
    told = []
    answerer(clips["set"], "score", 4, lambda share, what: told.append((round(share, 2), what)))
    assert told == [(0.1, "counting repetitions"), (0.3, "looking at the frames")]
