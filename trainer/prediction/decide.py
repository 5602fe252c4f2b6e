"""From what a model made of a clip to what is said about it: calibrated probabilities, thresholds, words."""

from fitness_aqa_dataset.taxonomy import ERRORS
from metrics.fitness_aqa.parsing import parse_answer
from trainer.prediction.answer_forms import AnswerForms
from trainer.prediction.calibration import Calibration
from trainer.prediction.reading import Reading

THRESHOLD = 0.5
DIGITS = 6  # of probabilities


def to_row(reading: Reading, forms: AnswerForms, calibration: Calibration | None = None) -> dict:
    """
    Decide what a clip shows.

    Args:
        reading ([`Reading`]): Of the whole clip.
        forms ([`AnswerForms`]): The words.
        calibration ([`Calibration`], *optional*): Without one, probabilities are the model's and thresholds 0.5.

    Returns:
        `dict`: `answer`, `exercise`, `errors` and `scores`; where probabilities were read also `frame_times` and
        `frame_scores`. An error of the likelier exercise is named from its threshold on, unless it was so improbable
        that its interval was not looked for; `scores` has the probability of each exercise, and for each error that
        exercise and error are both there.
    """
    if reading.answer is not None:
        found = parse_answer(reading.answer, images=False)
        errors = [{**error, "score": None} for error in found["errors"]]
        return {"answer": reading.answer, "exercise": found["exercise"], "errors": errors, "scores": {}}
    exercise = max(reading.exercise_scores, key=reading.exercise_scores.get)
    scores = {name: round(score, DIGITS) for name, score in reading.exercise_scores.items()}
    errors, frame_scores = [], {}
    for name, labels in ERRORS.items():
        for label in labels:
            raw = reading.label_scores[label]
            probability = calibration.calibrate(label, raw) if calibration else raw
            scores[label] = round(reading.exercise_scores[name] * probability, DIGITS)
            if name != exercise:
                continue
            of_frames = reading.frame_scores[label]
            frame_scores[label] = [round(score * probability / raw if raw else 0.0, 3) for score in of_frames]
            threshold = calibration.threshold(label) if calibration else THRESHOLD
            interval = reading.intervals.get(label)
            if probability >= threshold and interval is not None:
                score = round(scores[label] * interval.score, DIGITS)
                start, end = forms.as_written(interval.start, interval.end)
                errors.append({"label": label, "start": start, "end": end, "score": score})
    return {
        "answer": forms.write(exercise, errors),
        "exercise": exercise,
        "errors": errors,
        "scores": scores,
        "frame_times": [round(time, 3) for time in reading.frame_times],
        "frame_scores": frame_scores,
    }
