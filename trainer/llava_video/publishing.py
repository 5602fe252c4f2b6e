"""
A checkpoint with the code that runs it, for machines where this project is not installed.

    save_with_code("out", model, processor)             # a folder
    push_with_code("user/name", model, processor)       # the same in a repository, private unless told otherwise

The reader says so: `AutoModelForImageTextToText.from_pretrained("user/name", trust_remote_code=True)`, and
`AutoProcessor` alike. Without `trust_remote_code` none of the files is run.
"""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import HfApi
from transformers import PreTrainedModel, ProcessorMixin
from transformers.dynamic_module_utils import get_relative_import_files

FOLDER = Path(__file__).parent

# Which class of which file each Auto class has to take, as `auto_map` wants it.
MODEL_MAP = {
    "AutoConfig": "configuration_llava_video.LlavaVideoConfig",
    "AutoModel": "modeling_llava_video.LlavaVideoModel",
    "AutoModelForImageTextToText": "modeling_llava_video.LlavaVideoForConditionalGeneration",
}
PROCESSOR_MAP = {"AutoProcessor": "processing_llava_video.LlavaVideoProcessor"}
VIDEO_PROCESSOR_MAP = {"AutoVideoProcessor": "video_processing_llava_video.LlavaVideoVideoProcessor"}


def code_files() -> list[Path]:
    """
    The files that model and processor need, found by their imports.

    Returns:
        `list[Path]`: Python files of this folder, sorted.
    """
    roots = [FOLDER / "modeling_llava_video.py", FOLDER / "processing_llava_video.py"]
    needed = {Path(file) for root in roots for file in get_relative_import_files(root)}
    return sorted(needed.union(roots))


def code_beside(folder: str | Path) -> dict[str, Path | bytes]:
    """
    What a checkpoint that is saved already lacks to run elsewhere; nothing is written.

    Args:
        folder (`str` or `Path`):
            Folder with `config.json` of a LLaVA-Video and, if its processor is there too, `processor_config.json`.

    Returns:
        `dict[str, Path | bytes]`: By name: the files of code, then the configuration files with a note of where the
        code is, in the place of those that are there.

    Raises:
        FileNotFoundError: If there is no `config.json`.
        ValueError: If it is another model's.
    """
    folder = Path(folder)
    config_path, processor_path = folder / "config.json", folder / "processor_config.json"
    if not config_path.is_file():
        raise FileNotFoundError(f"{config_path}: no such file. Save the model there first: model.save_pretrained.")
    config = json.loads(config_path.read_text())
    if config.get("model_type") != "llava_video":
        raise ValueError(
            f"{config_path}, `model_type`: expected llava_video, got {config.get('model_type')}. "
            "The code runs no other model; a checkpoint of the original layout has to be converted first."
        )
    contents: dict[str, Path | bytes] = {file.name: file for file in code_files()}
    # The configuration last: it is what sends a reader to the files.
    if processor_path.is_file():
        processor = json.loads(processor_path.read_text())
        processor["video_processor"]["auto_map"] = VIDEO_PROCESSOR_MAP
        contents[processor_path.name] = _json_bytes(processor | {"auto_map": PROCESSOR_MAP})
    contents[config_path.name] = _json_bytes(config | {"auto_map": MODEL_MAP})
    return contents


def add_code(folder: str | Path) -> None:
    """
    Put the code beside a checkpoint that is already saved, and note in its configuration files where it is.

    Args:
        folder (`str` or `Path`):
            As in [`code_beside`].

    Raises:
        FileNotFoundError, ValueError: As in [`code_beside`].
    """
    for name, content in code_beside(folder).items():
        path = Path(folder) / name
        if isinstance(content, bytes):
            partial = path.with_name(f".{name}.partial")
            partial.write_bytes(content)
            partial.replace(path)
        else:
            shutil.copyfile(content, path)


def save_with_code(folder: str | Path, model: PreTrainedModel, processor: ProcessorMixin) -> None:
    """
    Save model and processor, and the code beside them.

    Args:
        folder (`str` or `Path`):
            Folder to make or to write into.
        model ([`LlavaVideoForConditionalGeneration`]):
            Its weights become safetensors.
        processor ([`LlavaVideoProcessor`]):
            With its tokenizer.

    Raises:
        ValueError: If the model is another one.
    """
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    add_code(folder)


def push_with_code(
    repo_id: str, model: PreTrainedModel, processor: ProcessorMixin, *, private: bool = True, token: str | None = None
) -> str:
    """
    Send model, processor and code to the Hub in one commit: a reader sees all of it or nothing.

    Args:
        repo_id (`str`):
            `user/name`; made if it is not there.
        model ([`LlavaVideoForConditionalGeneration`]):
            As in [`save_with_code`].
        processor ([`LlavaVideoProcessor`]):
            As in [`save_with_code`].
        private (`bool`, *optional*, defaults to `True`):
            Whether a new repository is private. One that is there stays as it is.
        token (`str`, *optional*):
            Defaults to the one that is logged in.

    Returns:
        `str`: Address of the commit.
    """
    with TemporaryDirectory() as folder:
        save_with_code(folder, model, processor)
        api = HfApi(token=token)
        api.create_repo(repo_id, private=private, exist_ok=True)
        return api.upload_folder(repo_id=repo_id, folder_path=folder, commit_message="Model, processor and code")


def _json_bytes(content: dict) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()
