import pytest

from trainer.baselines.arguments import BaselineArguments, BaselineTrainingArguments, make_parser


def arguments(**changes) -> BaselineArguments:
    return BaselineArguments(**({"system": "md", "dataset_name": "release"} | changes))


def message_of(**changes) -> str:
    with pytest.raises(ValueError) as error:
        arguments(**changes)
    return str(error.value)


COUNTS = (
    "num_frames",
    "window_frames",
    "image_size",
    "width",
    "pretraining_epochs",
    "hidden_size",
    "pretraining_batch_size",
    "triplets_per_clip",
    "num_subsequences",
)


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize(("value", "shown"), [(0, "0"), (-1, "-1"), (1.5, "1.5"), ("8", "'8'")])
def test_counts(name, value, shown):
    assert message_of(**{name: value}) == f"{name}: a whole number from 1 up is needed, got {shown}."


@pytest.mark.parametrize("name", COUNTS)
def test_one_is_enough(name):
    one = {name: 1} | ({"window_frames": 1} if name == "num_frames" else {})
    assert getattr(arguments(**one), name) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("system", "md, cvcspc, gymetricpose, probe"),
        ("models", "all, exercise, error"),
        ("triplet_loss", "paper, released_code"),
        ("pretraining_augmentation", "strong, masked, mild"),
        ("on_bad_clip", "error, skip"),
    ],
)
def test_choices(name, expected):
    assert message_of(**{name: "other"}) == f"{name}: expected one of {expected}, got 'other'."


@pytest.mark.parametrize("system", ["md", "gymetricpose", "probe"])
def test_most_systems_need_clips(system):
    message = message_of(system=system, dataset_config="lumbar")
    assert message == f"dataset_config: {system} is trained on video, got 'lumbar'."


def test_cvcspc_reads_pictures_too():
    for name in ("video", "shallow_squat", "lumbar", "torso_angle"):
        assert arguments(system="cvcspc", dataset_config=name).dataset_config == name
    message = message_of(system="cvcspc", dataset_config="unlabeled")
    assert message == (
        "dataset_config: cvcspc is trained on video, shallow_squat, lumbar, torso_angle, got 'unlabeled'."
    )


def test_a_window_lies_in_a_clip():
    assert message_of(num_frames=8, window_frames=9) == "window_frames: at most num_frames (8) are needed, got 9."
    assert arguments(num_frames=8, window_frames=8).window_frames == 8


@pytest.mark.parametrize("value", [-0.1, 1.0, 1.5])
def test_dropout(value):
    assert message_of(dropout=value) == f"dropout: a number in [0, 1) is needed, got {value}."


@pytest.mark.parametrize("value", [0.0, 0.99])
def test_dropout_up_to_one(value):
    assert arguments(dropout=value).dropout == value


def test_only_two_systems_have_a_stage_before():
    assert [arguments(system=name).self_supervised for name in ("md", "cvcspc", "gymetricpose", "probe")] == [
        True,
        True,
        False,
        False,
    ]
    assert not arguments(self_supervised=False).self_supervised


def test_the_data_as_fine_tuning_names_it():
    data = arguments(system="cvcspc", dataset_config="lumbar", on_bad_clip="skip").data_arguments()
    assert (data.dataset_name, data.dataset_config, data.on_bad_clip) == ("release", ["lumbar"], "skip")


def test_a_run_goes_on_by_itself(tmp_path):
    with pytest.raises(ValueError) as error:
        BaselineTrainingArguments(output_dir=str(tmp_path), resume_from_checkpoint="checkpoint-10")
    assert str(error.value) == (
        "resume_from_checkpoint: a run goes on by itself from the last checkpoint in output_dir."
    )


def test_a_batch_has_a_row(tmp_path):
    with pytest.raises(ValueError) as error:
        BaselineTrainingArguments(output_dir=str(tmp_path), per_device_train_batch_size=0)
    assert str(error.value) == "per_device_train_batch_size: a whole number from 1 up is needed, got 0."


def test_a_recipe_and_the_command_line(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("system: cvcspc\nmodels: all\nwidth: 16\nlearning_rate: 1.0e-3\n")
    command = ["--config", recipe, "--dataset_name", "release", "--width", 8, "--output_dir", tmp_path, "--use_cpu"]
    args, training_args = make_parser().parse_args_and_config(list(map(str, command)))
    assert (args.system, args.models, args.width, args.dataset_name) == ("cvcspc", "all", 8, "release")
    assert (training_args.learning_rate, training_args.output_dir) == (1e-3, str(tmp_path))
    assert not training_args.overwrite_output_dir
