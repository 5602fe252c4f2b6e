import io

from PIL import Image

from metrics.fitness_aqa.records import to_prediction, to_reference
from trainer.report.probability_figures import draw_precision_recall, draw_reliability, probabilities
from trainer.report.scoring import score

ERROR = {"label": "knees_forward", "start": 1.0, "end": 2.0}
REFERENCES = [to_reference({"exercise": "squat", "errors": [ERROR] * n}, 0) for n in (0, 1, 1)]
REFERENCES.append(to_reference({"exercise": "overhead_press", "errors": []}, 0))
PREDICTIONS = [
    to_prediction({"exercise": exercise, "errors": [], "scores": {"knees_forward": probability}}, 0)
    for exercise, probability in (("squat", 0.2), ("squat", 0.9), ("overhead_press", 0.6), ("squat", 1.0))
]


def test_clips_of_the_exercise_and_what_a_wrong_one_is_worth():
    is_there, probability = probabilities(PREDICTIONS, REFERENCES, "knees_forward")
    assert is_there.tolist() == [False, True, True]
    assert probability.tolist() == [0.2, 0.9, 0.0]


def test_figures_are_pictures():
    run = score("ours", PREDICTIONS, REFERENCES)
    for draw in (draw_reliability, draw_precision_recall):
        png = draw([(0, run), (1, run)], REFERENCES, True)
        assert Image.open(io.BytesIO(png)).size[0] > 1000
        assert png == draw([(0, run), (1, run)], REFERENCES, True)
