"""
Page to try a model on a clip of a squat or an overhead press.

    FITNESS_AQA_MODEL=runs/demo/model python model_card/space/app.py

Without the variable, `space.json` beside this file names the model:
{"model": "model" or "owner/name", "num_frames": 16}.
"""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path(__file__).resolve().parent
NO_MODEL = (
    "No model to answer with: set FITNESS_AQA_MODEL to a folder or a model on the Hub, or name one in "
    f'{FOLDER.name}/space.json: {{"model": "owner/name"}}.'
)


def load_answerer():
    """
    The model, ready to answer.

    Returns:
        `ClipAnswerer`: Of the environment's model, else of `space.json`, whose folders are looked for beside it.

    Raises:
        ValueError: If none is named, or it cannot be loaded.
    """
    from model_card.space.answer import ClipAnswerer

    if model := os.environ.get("FITNESS_AQA_MODEL"):
        return ClipAnswerer(model)
    if not (FOLDER / "space.json").exists():
        raise ValueError(NO_MODEL)
    settings = json.loads((FOLDER / "space.json").read_text())
    own = FOLDER / settings["model"]
    return ClipAnswerer(str(own) if own.is_dir() else settings["model"], settings.get("num_frames"))


def main() -> None:
    """Load the model, then serve the page until it is stopped."""
    with TemporaryDirectory(prefix="uploads-", dir=os.environ.get("GRADIO_TEMP_DIR")) as folder:
        # Read by Gradio when it is imported: nothing is reported, and uploads lie apart from all else.
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": folder}
        from model_card.space.examples import find_examples
        from model_card.space.page import LAUNCH, build_page, build_problem_page
        from model_card.space.uploads import Uploads

        try:
            answerer = load_answerer()
        except ValueError as error:
            build_problem_page(str(error)).launch(**LAUNCH)
            return
        with TemporaryDirectory() as drawn:
            examples = find_examples(FOLDER / "examples", Path(drawn))
            uploads = Uploads(Path(folder))
            uploads.keep_sweeping()
            build_page(answerer, examples, uploads).launch(**LAUNCH)


if __name__ == "__main__":
    main()
