"""Whatever a model is like, its constrained answers can be read, and their times are intervals inside the clip."""

import pytest
import torch

from metrics.fitness_aqa.parsing import parse_answer
from trainer.media import read_media
from trainer.prediction.answer_forms import AnswerForms
from trainer.prediction.constrained import FormAutomaton, end_ids, read_constrained

LABELS = {"squat": {"knees_forward", "knees_inward"}, "overhead_press": {"elbows", "knees"}}
DURATION_S = 1.5


@pytest.mark.parametrize("style", ["checklist", "sentence"])
@pytest.mark.parametrize("options", [{}, {"num_beams": 4}, {"do_sample": True, "temperature": 3.0}])
@pytest.mark.parametrize("decimals", [0, 2])
def test_answers_of_an_untrained_model_are_read(untrained, style, options, decimals):
    model, processor, collator, rows = untrained
    batch, shown = collator(rows), [read_media(row, 4) for row in rows]
    forms = AnswerForms(processor.tokenizer, style, decimals)
    torch.manual_seed(0)
    for _ in range(6 if "do_sample" in options else 1):
        for reading in read_constrained(model, processor, batch, shown, forms, **options):
            found = parse_answer(reading.answer)
            assert found["exercise"] in LABELS
            for error in found["errors"]:
                assert error["label"] in LABELS[found["exercise"]]
                assert 0 <= error["start"] < error["end"] <= DURATION_S
            assert reading.answer.endswith(".")


def test_an_answer_token_by_token(untrained):
    _, processor, _, _ = untrained
    forms = AnswerForms(processor.tokenizer, "checklist", 1)
    automaton = FormAutomaton(forms, [0.25], prompt_length=2, end_ids=[7])
    answer = "The subject is performing a OHP. Elbows: from 0.1 to 0.2 seconds. Knees: no."
    ids = processor.tokenizer(answer)["input_ids"]
    for place, id in enumerate(ids):
        allowed = automaton(0, torch.tensor([1, 1, *ids[:place]]))
        assert id in allowed
        tokens = processor.tokenizer.convert_ids_to_tokens(allowed)
        if processor.tokenizer.decode(ids[:place]).endswith("from 0."):
            assert tokens == ["0", "1"]  # 0.2 is the end: nothing could follow it
        if processor.tokenizer.decode(ids[:place]).endswith("to 0."):
            assert tokens == ["2"]
    assert automaton(0, torch.tensor([1, 1, *ids])) == [7]
    assert automaton(0, torch.tensor([1, 1, *ids, 7])) == [7]


def test_what_ends_an_answer(untrained):
    model, processor, _, _ = untrained
    assert end_ids(model, processor.tokenizer) == [processor.tokenizer.eos_token_id]
