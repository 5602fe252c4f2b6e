"""Checkpoints that are whole or absent, whatever moment the process is killed, and a final model likewise."""

import json
import os
import shutil
import zipfile
from pathlib import Path

from safetensors import SafetensorError, safe_open
from transformers.trainer import TRAINING_ARGS_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR, sort_checkpoints

from trainer.sharding import full_state_dict

# Made beside what they become and renamed at the end; what is left of a killed run is removed by the next.
SAVING, DELETING = ".saving", ".deleting"
ENVIRONMENT = "environment.json"
# Written last: a folder that holds it holds a finished run.
FINISHED = "trainer_state.json"


def last_checkpoint(output_dir: str | Path) -> str | None:
    """The checkpoint with the most steps in a folder, or `None`; one that lacks its state is none of ours."""
    checkpoints = [path for path in sort_checkpoints(str(output_dir)) if (Path(path) / FINISHED).is_file()]
    return checkpoints[-1] if checkpoints else None


def check_checkpoint(checkpoint: str | None) -> None:
    """
    Refuse a checkpoint that a run cannot go on from. One that FSDP or DeepSpeed wrote is their business.

    Args:
        checkpoint (`str`, *optional*):
            Its folder.

    Raises:
        ValueError: If a file is missing or damaged; the message names it.
    """
    if checkpoint is None:
        return
    folder = Path(checkpoint)
    remedy = (
        f"Remove {folder} to go on from an earlier one, give it as model_name_or_path of another output_dir, or "
        "--overwrite_output_dir to start anew."
    )
    if any(path.is_dir() for path in folder.iterdir()):
        return
    missing = [name for name in ("optimizer.pt", "scheduler.pt") if not (folder / name).is_file()]
    weights = list(folder.glob("*.safetensors"))
    if missing or not weights:
        what = ", ".join(missing or ["the weights"])
        raise ValueError(f"{folder}: lacks {what} (save_only_model?), so that a run cannot go on from it. {remedy}")
    for path in sorted(folder.iterdir()):
        try:
            if path.suffix == ".safetensors":
                with safe_open(path, framework="pt"):
                    pass
            elif path.suffix == ".json":
                json.loads(path.read_text())
            elif path.suffix in (".pt", ".pth") and not zipfile.is_zipfile(path):
                raise ValueError("cut short")
        except (SafetensorError, ValueError, OSError) as error:
            raise ValueError(f"{path}: damaged ({str(error).splitlines()[0]}). {remedy}") from None


def remove_leftovers(output_dir: str | Path) -> None:
    """Remove what a killed process left of a checkpoint that it was writing or removing."""
    for name in (SAVING, DELETING):
        shutil.rmtree(Path(output_dir) / name, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Remove a checkpoint so that it is there or not: renamed first, for removing takes time."""
    doomed = folder.parent / DELETING
    shutil.rmtree(doomed, ignore_errors=True)
    os.rename(folder, doomed)
    shutil.rmtree(doomed)


def finish(output_dir: Path, contents: dict[str, bytes], facts: dict) -> None:
    """
    Move a final model to where it belongs, with other files beside it.

    Args:
        output_dir (`Path`):
            Folder of the run. What is in its folder `.saving` is moved up; `trainer_state.json` comes last.
        contents (`dict[str, bytes]`):
            Other files by name.
        facts (`dict`):
            Content of `environment.json`, where the names of all files are added.
    """
    saving = output_dir / SAVING
    for name, content in contents.items():
        (saving / name).write_bytes(content)
    names = sorted(path.name for path in saving.iterdir())
    (saving / ENVIRONMENT).write_text(json.dumps(facts | {"files": names}, indent=2) + "\n")
    for path in sorted(saving.iterdir(), key=lambda path: path.name == FINISHED):
        os.replace(path, output_dir / path.name)
    saving.rmdir()


class WholeCheckpoints:
    """For a `Trainer`: checkpoints are written into a folder of their own and renamed when everything is in them."""

    _output_dir = None

    def _get_output_dir(self, trial) -> str:
        return super()._get_output_dir(trial) if self._output_dir is None else self._output_dir

    def _save_checkpoint(self, model, trial) -> None:
        output_dir, saving = Path(self.args.output_dir), Path(self.args.output_dir) / SAVING
        if self.args.should_save:
            shutil.rmtree(saving, ignore_errors=True)
            saving.mkdir(parents=True)
        self.accelerator.wait_for_everyone()
        self._output_dir = str(saving)
        try:
            super()._save_checkpoint(model, trial)
        finally:
            self._output_dir = None
        self.accelerator.wait_for_everyone()
        name = f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
        if self.state.best_model_checkpoint == str(saving / name):
            self.state.best_model_checkpoint = str(output_dir / name)
        if self.args.should_save:
            self.state.save_to_json(str(saving / name / "trainer_state.json"))
            if (output_dir / name).exists():  # saved at this step already, and a signal asks for it once more
                remove_folder(output_dir / name)
            os.rename(saving / name, output_dir / name)
            saving.rmdir()
            self._remove_old_checkpoints(output_dir)
        self.accelerator.wait_for_everyone()

    def _remove_old_checkpoints(self, output_dir: Path) -> None:
        limit = self.args.save_total_limit
        if not limit or limit < 1:
            return
        best = self.state.best_model_checkpoint
        checkpoints = sort_checkpoints(str(output_dir), best_model_checkpoint=best)
        keep = max(limit, 2) if best and checkpoints[-1] != best else limit
        for checkpoint in checkpoints[:-keep]:
            remove_folder(Path(checkpoint))

    def _save(self, output_dir: str | None = None, state_dict: dict | None = None) -> None:
        super()._save(output_dir, state_dict)
        folder = Path(output_dir or self.args.output_dir)
        # A pickle, and the configuration beside the model says the same.
        (folder / TRAINING_ARGS_NAME).unlink(missing_ok=True)
        if (folder / "adapter_config.json").exists():  # peft's card is a form that nobody has filled in
            (folder / "README.md").unlink(missing_ok=True)

    def save_final(self, contents: dict[str, bytes], facts: dict) -> None:
        """
        Write the model, its processor and other files into `output_dir`; they appear when all of them are written.

        Args:
            contents (`dict[str, bytes]`), facts (`dict`):
                See [`finish`].
        """
        output_dir = Path(self.args.output_dir)
        saving = output_dir / SAVING
        if self.args.should_save:
            shutil.rmtree(saving, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        if self.is_fsdp_enabled:  # with sharded checkpoints `save_model` writes no weights, and says nothing
            self._save(str(saving), full_state_dict(self.accelerator, self.model_wrapped))
        else:
            self.save_model(str(saving))
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            self.state.save_to_json(str(saving / FINISHED))
            finish(output_dir, contents, facts)
        self.accelerator.wait_for_everyone()
