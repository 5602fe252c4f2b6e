"""A tiny LLaVA-Video with random weights (7x7 patches, an odd grid like the real 27x27) and its processor."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration, LlavaVideoProcessor

SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<video>"]


def build_tokenizer(special_tokens=SPECIAL_TOKENS):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: index for index, byte in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special_tokens)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<|endoftext|>")


def build_config(**settings):
    return LlavaVideoConfig(
        vision_config={
            "model_type": "siglip_vision_model",
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 98,
            "patch_size": 14,
        },
        text_config={
            "model_type": "qwen2",
            "hidden_size": 48,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "vocab_size": 264,
        },
        video_token_id=259,  # 256 bytes and four special tokens, of which it is the last
        **settings,
    )


def build_model(**settings):
    torch.manual_seed(0)
    return LlavaVideoForConditionalGeneration(build_config(**settings)).eval()


def build_conversation(seed=0, num_frames=3, question="Which one?", answer="A squat."):
    generator = torch.Generator().manual_seed(seed)
    frames = torch.randint(0, 256, (num_frames, 3, 60, 80), dtype=torch.uint8, generator=generator)
    content = [
        {"type": "video", "video": frames},
        {"type": "text", "text": "The video lasts for 3.10 seconds."},
        {"type": "text", "text": question},
    ]
    return [
        {"role": "user", "content": content},
        {"role": "assistant", "content": [{"type": "text", "text": answer}]},
    ]


def encode_batch(processor, conversations, padding_side="left", **kwargs):
    return processor.apply_chat_template(
        conversations,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": padding_side},
        **kwargs,
    )


@pytest.fixture(scope="session")
def make_tokenizer():
    return build_tokenizer


@pytest.fixture(scope="session")
def make_config():
    return build_config


@pytest.fixture(scope="session")
def make_model():
    return build_model


@pytest.fixture(scope="session")
def make_conversation():
    return build_conversation


@pytest.fixture(scope="session")
def encode():
    return encode_batch


@pytest.fixture(scope="session")
def tokenizer():
    return build_tokenizer()


@pytest.fixture
def model():
    return build_model()


@pytest.fixture(scope="session")
def shared_model():
    """For property tests, which may change its configuration; never use its weights for a number."""
    return build_model()


@pytest.fixture
def processor(tokenizer):
    return LlavaVideoProcessor.from_config(build_config(), tokenizer)


@pytest.fixture(scope="session")
def data_folder():
    return Path(__file__).parents[2] / "data"


@pytest.fixture
def tower(data_folder):
    """Sizes of the golden checkpoint's tower, its last layer included."""
    meta = json.loads((data_folder / "llava_video_golden/meta.json").read_text())
    return meta["vision_config_of_the_untruncated_tower"]


@pytest.fixture
def original(data_folder, tmp_path):
    """A copy of the golden checkpoint in the original layout, to be changed."""
    folder = tmp_path / "original"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes((data_folder / "llava_video_golden" / name).read_bytes())
    return folder


@pytest.fixture
def shard_original():
    """Deal the weights of a folder in the original layout out to shards with an index."""

    def shard(folder, num_shards=2):
        weights = load_file(folder / "model.safetensors")
        weight_map = {}
        for number in range(num_shards):
            name = f"model-{number + 1:05}-of-{num_shards:05}.safetensors"
            kept = {key: weights[key] for key in sorted(weights)[number::num_shards]}
            save_file(kept, folder / name, metadata={"format": "pt"})
            weight_map |= dict.fromkeys(kept, name)
        index = {"metadata": {"total_size": 495000, "note": "kept"}, "weight_map": weight_map}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        (folder / "model.safetensors").unlink()

    return shard


@pytest.fixture
def change_config():
    """Set fields of a folder's config.json, and drop those set to `...`."""

    def change(folder, **values):
        path = folder / "config.json"
        settings = json.loads(path.read_text()) | values
        path.write_text(json.dumps({name: value for name, value in settings.items() if value is not ...}))

    return change
