import shutil

import pytest

from trainer.llava_video import LlavaVideoForConditionalGeneration, LlavaVideoProcessor
from trainer.loading import load_checkpoint


def test_model_and_processor_of_a_folder(tiny_base):
    model, processor = load_checkpoint(str(tiny_base))
    assert type(model) is LlavaVideoForConditionalGeneration
    assert type(processor) is LlavaVideoProcessor
    assert model.config.text_config.hidden_size == 32
    assert processor.num_video_tokens(2) == 40


@pytest.mark.parametrize("name", ["nothing", "some/thing", "some/thing/deeper", "/no/such/folder"])
def test_no_such_checkpoint_is_one_line(name):
    with pytest.raises(
        ValueError, match=r"no checkpoint that can be loaded \(.+\)\. Give the folder that holds"
    ) as error:
        load_checkpoint(name)
    assert str(error.value).startswith(f"{name}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_that_lacks_a_file(tiny_base, tmp_path, missing):
    folder = tmp_path / "base"
    shutil.copytree(tiny_base, folder)
    (folder / missing).unlink()
    with pytest.raises(ValueError, match=r"base: no checkpoint that can be loaded \(.+\)\. Give the folder") as error:
        load_checkpoint(str(folder))
    assert "\n" not in str(error.value)


def test_a_damaged_weight_file(tiny_base, tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(tiny_base, folder)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ValueError, match=r"base: no checkpoint that can be loaded \(.+\)\. Give the folder"):
        load_checkpoint(str(folder))
