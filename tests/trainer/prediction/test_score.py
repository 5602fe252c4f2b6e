"""Probabilities read from the answer forms, against every answer of the forms weighed one by one."""

import pytest
import torch

from fitness_aqa_dataset.wordings import NO_ERROR, ONE_ERROR, TWO_ERRORS
from trainer.media import read_media
from trainer.prediction import score
from trainer.prediction.answer_forms import AnswerForms
from trainer.prediction.score import read_by_score

# A clip of 1.5 s at whole seconds: the only interval there is.
INTERVAL = "from 0 to 1 seconds"


@torch.no_grad()
def read(untrained, rows, style="checklist", decimals=0):
    model, processor, collator, _ = untrained
    shown = [read_media(row, 4) for row in rows]
    return read_by_score(model, collator(rows), shown, AnswerForms(processor.tokenizer, style, decimals))


@torch.no_grad()
def logits_behind(untrained, row, ids):
    """Logits of what may follow a prompt and these tokens, from one pass over both."""
    model, _, collator, _ = untrained
    batch = dict(collator([row]))
    batch["input_ids"] = torch.cat([batch["input_ids"], torch.tensor([ids], dtype=torch.int64)], 1)
    batch["attention_mask"] = torch.ones_like(batch["input_ids"])
    return model(**batch).logits[0, -1].double()


def weigh(untrained, row, beginning, texts):
    """Probability of each text among all of them, token by token, where only they may follow `beginning`."""
    tokenizer = untrained[1].tokenizer
    first = len(tokenizer(beginning)["input_ids"])
    sequences = [tokenizer(beginning + text)["input_ids"] for text in texts]
    known, probabilities = {}, []
    for ids in sequences:
        probability = 1.0
        for place in range(first, len(ids)):
            others = sorted(
                {other[place] for other in sequences if other[:place] == ids[:place] and len(other) > place}
            )
            key = tuple(ids[:place])
            if len(others) > 1 and key not in known:
                shares = logits_behind(untrained, row, ids[:place])[others].softmax(0).tolist()
                known[key] = dict(zip(others, shares, strict=True))
            probability *= known[key][ids[place]] if len(others) > 1 else 1.0
        probabilities.append(probability)
    return probabilities


def share(untrained, row, beginning, option, other):
    """Probability of `option` where only it and `other` may follow `beginning`."""
    tokenizer = untrained[1].tokenizer
    begun, *ids = [tokenizer(beginning + text)["input_ids"] for text in ("", option, other)]
    place = next(place for place, pair in enumerate(zip(*ids, strict=False)) if pair[0] != pair[1])
    assert place >= len(begun)  # where they part
    logits = logits_behind(untrained, row, ids[0][:place])
    return logits[[ids[0][place], ids[1][place]]].softmax(0)[0].item()


def test_a_checklist_is_weighed_place_by_place(untrained, monkeypatch):
    monkeypatch.setattr(score, "NEGLIGIBLE", 0.0)
    _, _, _, rows = untrained
    start = "The subject is performing a"
    for row, reading in zip(rows, read(untrained, rows), strict=True):
        squat = share(untrained, row, "", f"{start} Squat", f"{start} OHP")  # both end with a full stop
        assert reading.exercise_scores == pytest.approx({"squat": squat, "overhead_press": 1 - squat}, abs=1e-5)
        for exercise, first, second in (("Squat", "Knees forward", "Knees inward"), ("OHP", "Elbows", "Knees")):
            begun = f"{start} {exercise}."
            # of the words for yes and no themselves: what both end with, or begin with, says nothing
            yes = share(untrained, row, f"{begun} {first}:", " from", " no.")
            after_no = share(untrained, row, f"{begun} {first}: no. {second}:", " from", " no.")
            after_yes = share(untrained, row, f"{begun} {first}: {INTERVAL}. {second}:", " from", " no.")
            labels = [name.lower().replace(" ", "_") for name in (first, second)]
            assert reading.label_scores[labels[0]] == pytest.approx(yes, abs=1e-5)
            assert reading.label_scores[labels[1]] == pytest.approx(yes * after_yes + (1 - yes) * after_no, abs=1e-5)
            for label in labels:
                interval = reading.intervals[label]
                assert (interval.start, interval.end, interval.score) == (0.0, 1.0, 1.0)


def test_a_sentence_is_weighed_over_all_wordings(untrained, monkeypatch):
    monkeypatch.setattr(score, "NEGLIGIBLE", 0.0)
    _, processor, _, rows = untrained
    forms = AnswerForms(processor.tokenizer, "sentence", 0)
    (reading,) = read(untrained, rows[:1], "sentence")
    start = "The subject is performing a OHP."

    said = {(): [f" {words}" for words in NO_ERROR]}
    for labels, wordings, name in (
        (("elbows",), ONE_ERROR, "elbows"),
        (("knees",), ONE_ERROR, "knees"),
        (("elbows", "knees"), TWO_ERRORS, "elbows"),
    ):
        said[labels] = [f" {words}: {name} from frame time" for words in wordings]
    pairs = [(labels, text) for labels, texts in said.items() for text in texts]
    shares = weigh(untrained, rows[0], start, [text for _, text in pairs])
    assert sum(shares) == pytest.approx(1.0)
    for label in ("elbows", "knees"):
        named = sum(share for (labels, _), share in zip(pairs, shares, strict=True) if label in labels)
        assert reading.label_scores[label] == pytest.approx(named, abs=1e-4)
    assert forms.write("overhead_press", []).startswith(start)


def test_the_batch_makes_no_difference(untrained):
    _, _, _, rows = untrained
    together = read(untrained, rows, decimals=1)
    for row, expected in zip(rows, together, strict=True):
        (alone,) = read(untrained, [row], decimals=1)
        assert alone.label_scores == pytest.approx(expected.label_scores, abs=1e-5)
        assert alone.exercise_scores == pytest.approx(expected.exercise_scores, abs=1e-5)
        for label, interval in expected.intervals.items():
            assert (alone.intervals[label].start, alone.intervals[label].end) == (interval.start, interval.end)


def test_the_video_is_encoded_once_and_the_prompt_read_once(untrained):
    model, _, _, rows = untrained
    frames, lengths = [], []
    hooks = [
        model.model.vision_tower.register_forward_pre_hook(lambda _, args: frames.append(len(args[0]))),
        model.model.language_model.layers[0].register_forward_pre_hook(
            lambda _, args, kwargs: lengths.append(args[0].shape[1]), with_kwargs=True
        ),
    ]
    read(untrained, rows, decimals=1)
    for hook in hooks:
        hook.remove()
    assert frames == [2 * 4]
    prompt = untrained[2](rows)["input_ids"].shape[1]
    assert lengths[0] == prompt
    assert len(lengths) <= 7  # the prompt, and a few trees; a generation would have taken one for every token
    assert all(length != prompt for length in lengths[1:])


def test_probabilities_of_times_rise_and_fall_within_the_interval(untrained):
    _, _, _, rows = untrained
    (reading,) = read(untrained, rows[:1], decimals=1)
    assert reading.frame_times == pytest.approx([0, 14 / 30, 29 / 30, 44 / 30])
    for label, scores in reading.frame_scores.items():
        assert len(scores) == 4
        assert all(0 <= value <= reading.label_scores[label] + 1e-9 for value in scores)
    assert sum(reading.exercise_scores.values()) == pytest.approx(1.0)


def test_the_last_time_that_can_be_written_stands_for_the_end(untrained, monkeypatch):
    monkeypatch.setattr(score, "NEGLIGIBLE", 0.0)
    _, _, _, rows = untrained
    (reading,) = read(untrained, rows[:1])  # whole seconds of a clip of 1.5 s: from 0 to 1
    for label, scores in reading.frame_scores.items():
        assert scores == pytest.approx([reading.label_scores[label]] * 4)  # also of the frame at 1.47 s
        assert reading.intervals[label].end == 1.0
