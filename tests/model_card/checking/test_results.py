import pytest

from model_card.check import check_file

INDEX = """model-index:
- name: m
  results:
  - task: {type: t}
    dataset: {type: d, name: D}
    metrics:
    - type: f1
      name: F1
      value: 0.5
    - {type: map, name: mAP, value: 1}"""


def test_results_are_counted(problems, tmp_path):
    assert problems(INDEX) == []
    assert check_file(tmp_path).num_results == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: 0.5", "value: .nan", "10: value is nan; expected a finite number; give it, or leave the result out"),
        ("value: 0.5", "value: .inf", "10: value is inf"),
        ("value: 0.5", "value: true", "10: value is True"),
        ("value: 0.5", "value: '0.5'", "10: value is '0.5'"),
        ("      value: 0.5\n", "", "8: value is None"),
        ("      name: F1\n", "", "8: no `name` in model-index.0.results.0.metrics.0; expected the metric's name"),
        ("type: f1", "type: 3", "8: no `type` in model-index.0.results.0.metrics.0; expected the metric's id"),
        (", name: D", "", "6: no `name` in model-index.0.results.0.dataset; expected the data set's name"),
        ("type: d, ", "", "6: no `type` in model-index.0.results.0.dataset; expected the data set's id"),
        ("{type: t}", "[]", "5: no `type` in model-index.0.results.0.task; expected what the model is asked to do"),
        ("- name: m", "- names: m", "3: no `name` in model-index.0; expected the model's name"),
    ],
)
def test_one_problem(problems, old, new, message):
    (problem,) = problems(INDEX.replace(old, new))
    assert problem.startswith(message)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("model-index: []", "2: `model-index` is empty; expected a model with results"),
        ("model-index:\n- name: m", "3: no `results`; expected a list of them"),
        (
            "model-index:\n- name: m\n  results:\n  - task: {type: t}\n    dataset: {type: d, name: D}",
            "5: no `metrics`",
        ),
        (INDEX + "\n    source: 3", "2: huggingface_hub cannot read it ("),
    ],
)
def test_indexes_without_results(problems, header, message):
    (problem,) = problems(header)
    assert problem.startswith(message)
