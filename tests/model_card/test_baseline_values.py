from model_card.baseline_files import TrainedModel
from model_card.baseline_values import training_rows

LOG = [{"step": 1, "loss": 0.75}, {"step": 2, "loss": 0.5}, {"step": 2, "train_runtime": 90.0}]


def trained(name: str, results: dict, history: list[dict]) -> TrainedModel:
    return TrainedModel(name, {}, {}, results, {"global_step": 2, "log_history": history}, 1234567)


def test_what_was_recorded_of_each_model():
    results = {"num_rows": 8, "num_epochs": 2, "train_runtime": 90.0, "started_from": "random"}
    rows = training_rows([trained("squat", results, LOG), trained("overhead_press", {}, [])], "clips")
    assert rows == [
        ("parameters", "1,234,567", "1,234,567"),
        ("clips of an epoch", "8", ""),
        ("epochs", "2", ""),
        ("optimizer steps", "2", "2"),
        ("began with", "random", ""),
        ("training time, since its last start", "1.5 minutes", ""),
        ("loss, first logged → last logged", "0.750 → 0.500", ""),
    ]


def test_what_no_file_says_is_left_out():
    names = [name for name, *_ in training_rows([trained("squat", {}, [])], "triplets")]
    assert names == ["parameters", "optimizer steps"]
