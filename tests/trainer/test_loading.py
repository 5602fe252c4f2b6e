import json
import shutil

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

from tests.hub import LocalHub, run_client
from tests.trainer.gloo import run_processes
from trainer.llava_video import LlavaVideoForConditionalGeneration, LlavaVideoProcessor
from trainer.llava_video.conversion import convert_checkpoint
from trainer.loading import load_checkpoint

FSDP = {"ACCELERATE_USE_FSDP": "true", "FSDP_CPU_RAM_EFFICIENT_LOADING": "true"}


@pytest.fixture
def tiny_original(tiny_base, tmp_path):
    """The tiny base in the original layout."""
    return convert_checkpoint(tiny_base, tmp_path / "original", to_original=True)


def make_batch(processor, num_frames=2):
    text = "<|im_start|>user\n<video>What?<|im_end|>\n"
    frames = torch.randint(0, 256, (num_frames, 3, 112, 112), generator=torch.Generator().manual_seed(1))
    return processor(text=text, videos=[frames.to(torch.uint8)], return_tensors="pt")


def logits_of(model, processor):
    with torch.no_grad():
        return model(**make_batch(processor)).logits


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


def test_a_folder_in_the_original_layout(tiny_base, tiny_original):
    assert json.loads((tiny_original / "config.json").read_text())["architectures"] == ["LlavaQwenForCausalLM"]
    model, processor = load_checkpoint(str(tiny_original))
    ours, its_processor = load_checkpoint(str(tiny_base))
    assert type(model) is LlavaVideoForConditionalGeneration
    assert type(processor) is LlavaVideoProcessor
    assert processor.video_token == "<video>"
    assert processor.video_token_id == model.config.video_token_id == its_processor.video_token_id
    assert processor.num_video_tokens(2) == 40
    assert model.name_or_path == str(tiny_original)
    assert all(torch.equal(weight, model.state_dict()[name]) for name, weight in ours.state_dict().items())
    assert torch.equal(logits_of(model, processor), logits_of(ours, its_processor))


def test_the_type_and_the_attention_can_be_chosen_in_the_original_layout(tiny_original):
    model, _ = load_checkpoint(str(tiny_original), dtype="bfloat16", attn_implementation="eager")
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    assert model.config.text_config._attn_implementation == "eager"


def test_the_heads_alone_are_enough_where_the_tower_is_another_one(tiny_base, tiny_original):
    (tiny_original / "vision_config.json").write_text('{"num_attention_heads": 4}')
    model, processor = load_checkpoint(str(tiny_original))
    tower = model.config.vision_config
    assert (tower.hidden_size, tower.intermediate_size, tower.num_hidden_layers) == (32, 64, 2)
    assert (tower.image_size, tower.patch_size, tower.num_attention_heads) == (112, 14, 4)
    assert torch.equal(logits_of(model, processor), logits_of(*load_checkpoint(str(tiny_base))))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            None,
            r"not so400m-patch14-384 \(hidden size 32, 3 layers\), and shapes .* attention heads\. Write it to vision",
        ),
        ('{"image_size": 112}', r"do not tell its number of attention heads"),
        ("{", r"original/vision_config\.json: no valid JSON \("),
        ("[4]", r"vision_config\.json: expected an object with fields of SiglipVisionConfig \(.*\), got \[4\]\."),
        ('{"heads": 4}', r"vision_config\.json: expected an object with fields of .*, got \{\"heads\": 4\}\."),
    ],
)
def test_a_tower_that_is_not_known(tiny_original, content, message):
    (tiny_original / "vision_config.json").unlink()
    if content is not None:
        (tiny_original / "vision_config.json").write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        load_checkpoint(str(tiny_original))
    assert "\n" not in str(error.value)


def test_the_published_tower_needs_no_file(tiny_original, tmp_path):
    """The shapes of so400m-patch14-384 with one layer's worth of data; 384 pixels are 27 patches and 6 left over."""
    from trainer.llava_video.original_tower import read_tower

    start = "model.vision_tower.vision_tower.vision_model."
    shapes = {
        f"{start}embeddings.patch_embedding.weight": [1152, 3, 14, 14],
        f"{start}embeddings.position_embedding.weight": [729, 1152],
        **{f"{start}encoder.layers.{layer}.mlp.fc1.weight": [4304, 1152] for layer in range(26)},
    }
    tower = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "num_attention_heads": 16}
    assert read_tower(tmp_path, shapes) == tower | {"image_size": 384, "patch_size": 14}
    with pytest.raises(ValueError, match=r"hidden size 1152, 26 layers"):
        read_tower(tmp_path, {name: shape for name, shape in shapes.items() if "layers.25." not in name})


def test_an_original_without_a_tokenizer_or_a_weight(tiny_original):
    weights = load_file(tiny_original / "model.safetensors")
    del weights["model.norm.weight"]
    save_file(weights, tiny_original / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"original: the weights do not fit .* Keys missing: model\.norm\.weight\."):
        load_checkpoint(str(tiny_original))
    (tiny_original / "model.safetensors").unlink()
    with pytest.raises(
        ValueError, match=r"original: neither model\.safetensors nor model\.safetensors\.index\.json is"
    ):
        load_checkpoint(str(tiny_original))


def test_an_original_without_a_tokenizer(tiny_original):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tiny_original / name).unlink()
    with pytest.raises(
        ValueError, match=r"no tokenizer\. Put tokenizer\.json and tokenizer_config\.json beside the we"
    ):
        load_checkpoint(str(tiny_original))


@pytest.mark.parametrize("layout", ["ours", "original"])
def test_settings_that_add_a_parameter(tiny_base, tiny_original, layout):
    folder = str(tiny_base if layout == "ours" else tiny_original)
    torch.manual_seed(5)
    model, processor = load_checkpoint(folder, config_overrides={"add_faster_video": True, "faster_token_stride": 2})
    assert (model.config.add_faster_video, model.config.faster_token_stride) == (True, 2)
    assert processor.num_video_tokens(3) == model.config.num_video_tokens(3) == 2 * 20 + 6 + 3
    faster_token = model.model.faster_token
    assert faster_token.shape == (32,) and faster_token.requires_grad
    assert 0.5 * 32**-0.5 < faster_token.std().item() < 1.5 * 32**-0.5
    torch.manual_seed(5)
    again, _ = load_checkpoint(folder, config_overrides={"add_faster_video": True})
    assert torch.equal(again.model.faster_token, faster_token)
    norm = load_file(tiny_base / "model.safetensors")["model.language_model.norm.weight"]
    assert torch.equal(model.model.language_model.norm.weight, norm)
    assert logits_of(model, processor).isfinite().all()


@pytest.mark.parametrize("layout", ["ours", "original"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"faster_video": True},
            r"^faster_video: the model's configuration has no such field\. It has .*add_faster_vid",
        ),
        (
            {"text_config": {"layers": 1}},
            r"^text_config\.layers: the model's configuration has no such field\. It has ",
        ),
        ({"add_faster_video": "yes"}, r"^add_faster_video: .*bool"),
        ({"mm_newline_position": "row"}, r"^mm_newline_position must be one of grid, frame, one_token, no_token, got"),
    ],
)
def test_settings_that_the_model_does_not_have(tiny_base, tiny_original, layout, changes, message):
    with pytest.raises(ValueError, match=message) as error:
        load_checkpoint(str(tiny_base if layout == "ours" else tiny_original), config_overrides=changes)
    assert "\n" not in str(error.value)


def test_settings_of_a_part(tiny_base):
    model, _ = load_checkpoint(str(tiny_base), config_overrides={"text_config": {"attention_dropout": 0.25}})
    assert model.model.language_model.layers[0].self_attn.attention_dropout == 0.25


@pytest.fixture
def make_adapter(tmp_path):
    """Save a LoRA adapter of a checkpoint, its weights far from zero, and the logits it gives."""

    def make(base, with_processor=True, **options):
        model, processor = load_checkpoint(str(base), **options)
        tuned = get_peft_model(model, LoraConfig(target_modules=["q_proj", "v_proj"], r=2))
        torch.manual_seed(2)
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight)
        tuned.save_pretrained(tmp_path / "adapter")
        if with_processor:
            processor.save_pretrained(tmp_path / "adapter")
        return tmp_path / "adapter", logits_of(tuned.eval(), processor)

    return make


@pytest.mark.parametrize("layout", ["ours", "original"])
@pytest.mark.parametrize("with_processor", [True, False])
def test_an_adapter_brings_its_base(tiny_base, tiny_original, make_adapter, layout, with_processor):
    base = tiny_base if layout == "ours" else tiny_original
    adapter, logits = make_adapter(base, with_processor)
    assert json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"] == str(base)
    model, processor = load_checkpoint(str(adapter))
    assert type(model) is PeftModel
    assert type(processor) is LlavaVideoProcessor
    assert torch.equal(logits_of(model, processor), logits)
    assert not torch.equal(logits_of(*load_checkpoint(str(base))), logits)


def test_the_base_gets_the_settings_that_the_adapter_was_trained_with(tiny_base, make_adapter):
    adapter, logits = make_adapter(tiny_base, config_overrides={"mm_newline_position": "frame"})
    model, processor = load_checkpoint(str(adapter))
    assert model.config.mm_newline_position == "frame"
    assert torch.equal(logits_of(model, processor), logits)


def test_an_adapter_whose_faster_token_is_nowhere(tiny_base, make_adapter):
    adapter, _ = make_adapter(tiny_base, config_overrides={"add_faster_video": True})
    with pytest.raises(
        ValueError, match=r"tiny has no faster token, and an adapter cannot hold one\. Load the base with"
    ):
        load_checkpoint(str(adapter))


def test_an_adapter_without_its_base(tiny_base, make_adapter):
    adapter, _ = make_adapter(tiny_base)
    settings = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(settings | {"base_model_name_or_path": "gone"}))
    with pytest.raises(
        ValueError,
        match=r"adapter: its base model \(adapter_config\.json, base_model_name_or_path\): gone: no checkpo",
    ) as error:
        load_checkpoint(str(adapter))
    assert "\n" not in str(error.value)


def test_from_the_hub(tiny_base, tiny_original, make_adapter, tmp_path, pytestconfig):
    """The three layouts from a Hub on this machine, with the real client."""
    adapter, logits = make_adapter(tiny_base)
    settings = json.loads((adapter / "adapter_config.json").read_text())
    with LocalHub(tmp_path / "hub") as hub:
        for name, folder in {"ours": tiny_base, "original": tiny_original, "adapter": adapter}.items():
            if name == "adapter":
                changed = settings | {"base_model_name_or_path": "tester/original"}
                (adapter / "adapter_config.json").write_text(json.dumps(changed))
            push = """
                api.create_repo(sys.argv[1])
                answer = str(api.upload_folder(repo_id=sys.argv[1], folder_path=sys.argv[2]))
            """
            run_client(hub.env, push, f"tester/{name}", folder)
        load = """
            sys.path.insert(0, sys.argv[1])
            from trainer.loading import load_checkpoint
            answer = {}
            for name in ("ours", "original", "adapter"):
                model, processor = load_checkpoint(f"tester/{name}", revision="main")
                answer[name] = [type(model).__name__, type(processor).__name__, model.name_or_path]
        """
        loaded = run_client(hub.new_env(hub.token), load, pytestconfig.rootpath)
    assert loaded == {
        "ours": ["LlavaVideoForConditionalGeneration", "LlavaVideoProcessor", "tester/ours"],
        "original": ["LlavaVideoForConditionalGeneration", "LlavaVideoProcessor", "tester/original"],
        "adapter": ["PeftModel", "LlavaVideoProcessor", "tester/original"],
    }


def load_under_fsdp(rank, folder, settings):
    """What this process has after loading, and its logits after the weights of process 0 were sent to it."""
    torch.manual_seed(0)
    model, processor = load_checkpoint(f"{folder}-{rank}", config_overrides=settings)
    is_read = bool((model.model.language_model.norm.weight == rank + 1.0).all())
    addresses = {weight.data_ptr() for weight in model.parameters()}
    kinds = {name: (w.device.type, w.dtype, w.shape, w.requires_grad) for name, w in model.named_parameters()}
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    for weight in model.state_dict().values():
        torch.distributed.broadcast(weight, src=0)
    generation = model.generation_config.to_dict()
    is_distinct = len(addresses) == len(kinds) and 0 not in addresses
    return is_read, is_distinct, kinds, buffers, (generation, model.training), logits_of(model, processor)


@pytest.mark.parametrize("layout", ["ours", "original"])
@pytest.mark.parametrize("settings", [None, {"add_faster_video": True}], ids=str)
def test_one_process_of_a_machine_reads_the_weights(tiny_base, tiny_original, tmp_path, layout, settings):
    """Process `n` is given weights whose last norm is `n + 1`; what it has afterwards tells whether it read them."""
    for rank in (0, 1):
        folder = shutil.copytree(tiny_base if layout == "ours" else tiny_original, tmp_path / f"copy-{rank}")
        weights = load_file(folder / "model.safetensors")
        name = "model.language_model.norm.weight" if layout == "ours" else "model.norm.weight"
        save_file(weights | {name: torch.full((32,), rank + 1.0)}, folder / "model.safetensors", {"format": "pt"})
    torch.manual_seed(0)
    alone = logits_of(*load_checkpoint(f"{tmp_path}/copy-0", config_overrides=settings))
    first, second = run_processes(load_under_fsdp, f"{tmp_path}/copy", settings, env=FSDP)
    assert (first[0], second[0]) == (True, False)
    assert first[1] and second[1]
    assert first[2] == second[2] and len(first[2]) == (70 if settings else 69)
    assert first[3].keys() == second[3].keys() and len(first[3]) == 3
    assert all(torch.equal(buffer, first[3][name]) for name, buffer in second[3].items())
    assert first[4] == second[4]
    assert torch.equal(first[5], alone) and torch.equal(second[5], alone)


def test_every_process_reads_them_without_fsdp(tiny_base, tmp_path):
    for rank in (0, 1):
        folder = shutil.copytree(tiny_base, tmp_path / f"copy-{rank}")
        weights = load_file(folder / "model.safetensors")
        weights["model.language_model.norm.weight"] = torch.full((32,), rank + 1.0)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert [result[0] for result in run_processes(load_under_fsdp, f"{tmp_path}/copy", None)] == [True, True]
