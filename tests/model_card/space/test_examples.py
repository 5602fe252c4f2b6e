from fitness_aqa_dataset.frames import open_video
from fitness_aqa_dataset.synthetic import simulate_clip
from model_card.space.examples import EXAMPLES, example_clips, find_examples


def test_two_squats_and_two_presses_one_of_each_with_an_error():
    drawn = [simulate_clip(0, example.index, present=example.errors).repetition for example in EXAMPLES]
    assert [repetition.exercise for repetition in drawn] == ["squat", "squat", "overhead_press", "overhead_press"]
    assert [list(repetition.errors) for repetition in drawn] == [[], ["knees_inward"], [], ["elbows"]]


def test_they_are_videos_drawn_once_and_always_the_same():
    clips = example_clips()
    assert list(clips) == [
        "squat_no_mistake.mp4",
        "squat_knees_inward.mp4",
        "press_no_mistake.mp4",
        "press_elbows.mp4",
    ]
    assert all(len(open_video(content)) > 60 for content in clips.values())
    assert example_clips() is clips
    assert example_clips.__wrapped__() == clips
    assert example_clips.__wrapped__(1)["press_elbows.mp4"] != clips["press_elbows.mp4"]


def test_a_space_has_them_and_a_clone_draws_them(tmp_path):
    of_space, scratch = tmp_path / "examples", tmp_path / "scratch"
    scratch.mkdir()
    drawn = find_examples(of_space, scratch)
    assert [path.parent for _, path in drawn] == [scratch] * 4
    assert [path.read_bytes() for _, path in drawn] == list(example_clips().values())
    of_space.mkdir()
    assert [path.parent for _, path in find_examples(of_space, scratch)] == [of_space] * 4
