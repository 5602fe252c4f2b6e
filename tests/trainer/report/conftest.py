"""Runs made by hand: every answer here is about *synthetic* clips, with labels that are typed below."""

import json
import shutil
from pathlib import Path

import pytest

FOLDERS = {"squat": "Squat", "overhead_press": "OHP"}


@pytest.fixture(scope="session")
def typed_release(release, tmp_path_factory) -> Path:
    """
    The release of four test clips with labels of its own: of the two squats the first has knees forward from 0.5 to
    1.5 s; of the two presses the first has elbows from 0.5 to 1.0 s and knees from 1.0 to 2.0 s.
    """
    own = shutil.copytree(release, tmp_path_factory.mktemp("typed") / "release")
    for exercise, labels in (
        ("squat", {"knees_forward": [[0.5, 1.5]], "knees_inward": []}),
        ("overhead_press", {"elbows": [[0.5, 1.0]], "knees": [[1.0, 2.0]]}),
    ):
        root = own / FOLDERS[exercise] / "Labeled_Dataset"
        first, second = json.loads((root / "Splits" / "test_keys.json").read_text())
        for label, intervals in labels.items():
            path = root / "Labels" / f"error_{label}.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | {first: intervals, second: []}))
    return own


@pytest.fixture(scope="session")
def keys(typed_release) -> list[str]:
    """Ids of the test clips: two squats, two presses."""
    files = {
        name: typed_release / folder / "Labeled_Dataset/Splits/test_keys.json" for name, folder in FOLDERS.items()
    }
    return [f"{name}/{key}" for name, file in files.items() for key in json.loads(file.read_text())]


@pytest.fixture
def labelled_rows(keys) -> list[dict]:
    """
    Answers to the four clips: knees forward found (IoU 0.8) and knees inward named in vain; nothing; elbows found
    (IoU 0.6), knees missed; a press taken for a squat.
    """
    found = {"label": "knees_forward", "start": 0.5, "end": 1.3, "score": 0.8}
    vain = {"label": "knees_inward", "start": 0.2, "end": 0.6, "score": 0.5}
    elbows = {"label": "elbows", "start": 0.7, "end": 1.0, "score": 0.6}
    wrong = {"label": "knees_forward", "start": 1.0, "end": 1.5, "score": 0.4}
    squat = {"squat": 0.97, "overhead_press": 0.03, "elbows": 0.0, "knees": 0.0}
    press = {"squat": 0.02, "overhead_press": 0.98, "knees_forward": 0.0, "knees_inward": 0.0}
    return [
        row(keys[0], "squat", [found, vain], squat | {"knees_forward": 0.9, "knees_inward": 0.55}),
        row(keys[1], "squat", [], squat | {"knees_forward": 0.1, "knees_inward": 0.2}),
        row(keys[2], "overhead_press", [elbows], press | {"elbows": 0.8, "knees": 0.3}),
        row(keys[3], "squat", [wrong], squat | {"squat": 0.6, "overhead_press": 0.4, "knees_forward": 0.7}),
    ]


def row(key: str, exercise: str | None, errors: list[dict], scores: dict, **more) -> dict:
    answer = f"The subject is performing a {exercise}."
    shown = {"num_frames": 4, "window": [0.0, 2.0]}
    return {"id": key, "answer": answer, "exercise": exercise, "errors": errors, "scores": scores, **shown, **more}


@pytest.fixture
def write_run():
    """Write rows and settings as `trainer.predict` does; returns the folder."""

    def write(folder: Path, rows: list[dict], **settings) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "predictions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
        basic = {"model": "m", "data": None, "videos": None, "decode": "score", "num_frames": 4}
        basic |= {"style": "checklist", "decimals": 1, "clip_reduction": "none", "overlap": 0, "control": "none"}
        (folder / "predictions.settings.json").write_text(json.dumps(basic | settings))
        return folder

    return write


@pytest.fixture
def labelled_run(write_run, typed_release, labelled_rows, tmp_path) -> Path:
    """The folder of the run."""
    return write_run(
        tmp_path / "mine", labelled_rows, data=str(typed_release), split="test", synthetic=True, synthetic_model=True
    )


@pytest.fixture
def own_video(typed_release, keys, tmp_path) -> Path:
    """A squat outside the release."""
    clip = typed_release / "Squat/Labeled_Dataset/videos" / f"{keys[0].split('/')[1]}.mp4"
    return Path(shutil.copy(clip, tmp_path / "me lifting.mp4"))


@pytest.fixture
def own_run(write_run, own_video, tmp_path) -> Path:
    """Two repetitions of that video: knees forward from 0.5 to 1.0 s in the first, nothing in the second."""
    found = {"label": "knees_forward", "start": 0.5, "end": 1.0, "score": 0.7}
    squat = {"squat": 0.997, "overhead_press": 0.003, "elbows": 0.0, "knees": 0.0}
    place = {"video": str(own_video), "frame_times": [0.0, 0.5, 1.0, 1.5]}
    rows = [
        row(f"{own_video}#1", "squat", [found], squat | {"knees_forward": 0.87, "knees_inward": 0.04}, **place)
        | {"repetition": 1, "frame_scores": {"knees_forward": [0.0, 0.9, 0.8, 0.1]}, "window": [0.0, 1.2]},
        row(f"{own_video}#2", "squat", [], squat | {"knees_forward": 0.12, "knees_inward": 0.004}, **place)
        | {"repetition": 2, "window": [1.2, 2.0]},
    ]
    return write_run(tmp_path / "own", rows, videos=[str(own_video)], synthetic_model=True)
