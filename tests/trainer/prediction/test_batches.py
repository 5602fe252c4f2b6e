"""What a batch shows of its clips: windows of clips and of repetitions, on their own clocks."""

import pytest
import torch

from fitness_aqa_dataset.synthetic.sets import simulate_set, write_frames
from fitness_aqa_dataset.wordings import QUESTION
from tests.trainer.clip_rows import write_clip
from trainer.prediction.batches import Batches
from trainer.prediction.controls import PARAPHRASES
from trainer.prediction.inputs import Clip, cut_repetitions

SETTINGS = {"num_frames": 4, "clip_reduction": "none", "overlap": 0, "control": "none", "seed": 0, "batch_size": 2}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """45 frames, 30 a second."""
    return str(write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4"))


@pytest.fixture
def make(demo_processor):
    return lambda clips, **changes: Batches(clips, None, demo_processor, SETTINGS | changes)


def test_batches_are_consecutive_clips(make, path):
    batches = make([Clip(name, path=path) for name in "abc"])
    assert [batches.ids(index) for index in range(len(batches))] == [["a", "b"], ["c"]]
    assert [shown.clip.id for shown in batches[0].clips] == ["a", "b"]


def test_a_whole_clip(make, path, demo_processor):
    batch = make([Clip("a", path=path)])[0]
    (shown,) = batch.clips
    assert shown.problem is None
    assert shown.windows == [(0.0, 1.5)]
    assert shown.media[0].times_s == pytest.approx([0, 14 / 30, 29 / 30, 44 / 30])
    assert shown.media[0].frames.numel() == 0  # what the model needs is in the prompts
    (prompts,) = batch.prompts
    assert prompts["pixel_values_videos"].dtype == torch.uint8
    text = demo_processor.tokenizer.decode(prompts["input_ids"][0])
    assert QUESTION in text and text.rstrip().endswith("assistant")


def test_windows_of_a_clip_are_answered_so_many_at_once(make, path):
    batch = make([Clip("a", path=path)], clip_reduction="windows", num_frames=20, overlap=5)[0]
    assert [time for window in batch.clips[0].windows for time in window] == pytest.approx(
        [0, 20 / 30, 15 / 30, 35 / 30, 25 / 30, 45 / 30]
    )
    assert [len(prompts["input_ids"]) for prompts in batch.prompts] == [2, 1]


def test_windows_of_a_repetition(make, path):
    clip = Clip("a#2", path=path, span=(0.5, 1.5), repetition=2)
    (shown,) = make([clip], clip_reduction="windows", num_frames=10)[0].clips
    starts = [0.5, 0.5 + 10 / 30, 0.5 + 20 / 30]
    assert [start for start, _ in shown.windows] == pytest.approx(starts)
    for media in shown.media:
        assert media.times_s == pytest.approx([index / 30 for index in range(10)])


def test_a_repetition_alone(make, path):
    (shown,) = make([Clip("a#2", path=path, span=(0.5, 1.5), repetition=2)])[0].clips
    assert shown.windows == [(0.5, 1.5)]
    assert shown.media[0].times_s == pytest.approx([0, 9 / 30, 19 / 30, 29 / 30])
    assert shown.media[0].duration_s == 1.0


def test_phases_of_repetitions_cover_them(make, tmp_path):
    write_frames(simulate_set(8, 2, 2).draw(), tmp_path / "set.mp4")
    clips = cut_repetitions(Clip("set.mp4", path=str(tmp_path / "set.mp4"), video="set.mp4"))
    assert len(clips) == 2
    for shown in make(clips, clip_reduction="phases")[0].clips:
        assert len(shown.windows) == 2
        assert (shown.windows[0][0], shown.windows[-1][1]) == pytest.approx(shown.clip.span, abs=0.05)
        assert shown.windows[0][1] == shown.windows[1][0]


def test_a_clip_that_cannot_be_read_leaves_the_others(make, path, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"")
    batch = make([Clip("bad", path=str(tmp_path / "bad.mp4")), Clip("good", path=path)])[0]
    assert batch.clips[0].problem == f"{tmp_path}/bad.mp4: empty (0 bytes); unpack or download it again"
    assert batch.clips[1].problem is None
    assert [len(prompts["input_ids"]) for prompts in batch.prompts] == [1]


def test_a_batch_of_bad_clips_has_no_prompts(make):
    batch = make([Clip("a", path="a.mp4", problem="a.mp4: no such file")])[0]
    assert (batch.clips[0].problem, batch.prompts) == ("a.mp4: no such file", [])


def test_a_paraphrase_is_asked(make, path, demo_processor):
    (prompts,) = make([Clip("a", path=path)], control="paraphrased")[0].prompts
    text = demo_processor.tokenizer.decode(prompts["input_ids"][0])
    assert QUESTION not in text
    assert sum(paraphrase in text for paraphrase in PARAPHRASES) == 1


def test_shuffled_frames_keep_their_times(make, path):
    plain, shuffled = (make([Clip("a", path=path)], control=control)[0] for control in ("none", "shuffled"))
    assert shuffled.clips[0].media[0].times_s == plain.clips[0].media[0].times_s
    pixels = [batch.prompts[0]["pixel_values_videos"] for batch in (plain, shuffled)]
    assert not torch.equal(*pixels)
    assert sorted(map(float, pixels[0][0].float().mean((1, 2, 3)))) == pytest.approx(
        sorted(map(float, pixels[1][0].float().mean((1, 2, 3))))
    )
