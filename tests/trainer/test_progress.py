from trainer.progress import log_line


def test_an_entry_of_the_training_as_one_line():
    logs = {
        "loss": 1.23456, "grad_norm": 0.51234, "learning_rate": 1e-5, "learning_rate/language_model": 1e-5,
        "learning_rate/tower": 2e-6, "mean_token_accuracy": 0.5, "tokens_per_second": 1234.5, 
        "clips_per_second": 0.256, "waiting_for_data": 0.034, "epoch": 0.1, "entropy": 3.0,
    }  # fmt: skip
    assert log_line(logs, 10) == (
        "step 10  loss 1.2346  lr language_model 1.0e-05, tower 2.0e-06  tokens right 0.500  |gradient| 0.512  "
        "1234 tokens/s  0.26 clips/s  waiting for data 3.4%"
    )


def test_an_evaluation_as_one_line():
    logs = {
        "eval_macro_f1": 0.5,
        "eval_map/paper": 0.25,
        "eval_exercise_accuracy": 1.0,
        "eval_f1/knees": 0.5,
        "epoch": 1,
    }
    assert log_line(logs, 4) == "step 4  macro F1 0.500  mAP (paper) 0.250  exercise 1.000  F1 knees 0.50"


def test_what_is_none_of_the_reader_s_business_is_no_line():
    assert log_line({"train_runtime": 3.2, "total_flos": 1e9}, 8) == ""
