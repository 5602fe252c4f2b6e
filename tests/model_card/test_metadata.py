from model_card.metadata import card_data, eval_results
from model_card.run_files import read_run
from model_card.scores import null_to_nan


def test_results_equal_the_scores_and_undefined_ones_are_left_out(scores):
    results = eval_results(null_to_nan(scores)["after"])
    assert {result.metric_name: result.metric_value for result in results} == {
        "Exercise accuracy": 0.9876,
        "Macro F1": 0.775,
        "F1 knees forward": 0.95,
        "F1 knees inward": 0.84,
        "F1 elbows": 0.33,
        "F1 knees": 0.98,
        "MCC knees forward": 0.91,
        "MCC knees inward": 0.72,
        "MCC knees": 0.96,
        "mAP at IoU 0.5 (paper definition)": 0.3456,
        "mAP at IoU 0.5 (published definition)": 0.4,
        "mAP at IoU 0.5 (recall definition)": 0.61,
        "mAP at IoU 0.5 (detection definition)": 0.52,
    }
    assert {result.dataset_name for result in results} == {"Fitness-AQA (synthetic release)"}
    assert {result.dataset_split for result in results} == {"test"}


def test_header(run_dir):
    header = card_data(read_run(run_dir)).to_dict()
    assert header["license"] == "apache-2.0"
    assert header["library_name"] == "transformers"
    assert header["pipeline_tag"] == "video-text-to-text"
    assert header["datasets"] == ["fitness-aqa-synthetic"]
    assert "synthetic" in header["tags"]
    assert header["model-index"][0]["name"] == "llava-video-fitness-aqa-demo"
