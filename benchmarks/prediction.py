"""
Answering clips: `score` and `constrained`, batched, against free generation with four beams, one clip at a time.

    python -m benchmarks.prediction --data RELEASE --model MODEL    a trained model, with scores, then a mid-size one
    python -m benchmarks.prediction --data RELEASE                  only the mid-size one, for speed

Free generation with four beams a clip is transformers' own `generate`, as the paper's authors answer. All ways decode
in the process that answers, as `trainer.predict --num_workers 0`; they take turns, batch by batch, on the same clips.
The mid-size model has the real vocabulary, 32 frames and random weights. It never ends an answer, so its free answers
are cut at the length of an answer with one error; `score` follows more branches there than with a model that knows.
"""

import argparse
import os
import platform
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch
import yaml
from tqdm import tqdm
from transformers import logging

from benchmarks.training_steps import describe, make_config, make_processor
from metrics.fitness_aqa.scores import fitness_scores
from trainer.llava_video import LlavaVideoForConditionalGeneration
from trainer.loading import load_checkpoint
from trainer.prediction.answer_forms import AnswerForms
from trainer.prediction.answering import Answerer
from trainer.prediction.batches import Batches
from trainer.prediction.inputs import Inputs, list_data
from trainer.prediction.options import DEFAULTS, GENERATION
from trainer.run_record import RECIPE

FREE = "free, 4 beams, 1 clip"
WAYS = {
    FREE: {"decode": "free", "batch_size": 1, **GENERATION, "num_beams": 4},
    "free, greedy": {"decode": "free", **GENERATION},
    "constrained": {"decode": "constrained", "num_beams": 1, "do_sample": False},
    "score": {"decode": "score"},
}
STAGES = ("decode", "tower", "prefill", "continuation", "rest")
AN_ERROR = {"label": "knees_forward", "start": 1.25, "end": 2.25}


@dataclass
class Way:
    """
    One way of answering.

    Args:
        batches ([`Batches`]), answerer ([`Answerer`]): Clips and what answers them.
        per_round (`int`): Batches that hold the clips of a round.
        seconds (`list[float]`), cpu_seconds (`list[float]`): Of each round.
        stages (`list[dict[str, float]]`): Of each round, seconds by `STAGES`.
        rows (`list[dict]`): What was answered.
    """

    batches: Batches
    answerer: Answerer
    per_round: int
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    stages: list[dict[str, float]] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)

    def answer(self, round: int, stopwatch: "Stopwatch") -> None:
        """Decode and answer the clips of a round."""
        stopwatch.seconds.clear()
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        for index in range(round * self.per_round, min((round + 1) * self.per_round, len(self.batches))):
            before_s = time.perf_counter()
            batch = self.batches[index]
            stopwatch.seconds["decode"] += time.perf_counter() - before_s
            self.rows += self.answerer.rows(batch)
        self.seconds.append(time.perf_counter() - start_s)
        self.cpu_seconds.append(time.process_time() - start_cpu_s)
        stages = dict(stopwatch.seconds)
        self.stages.append(stages | {"rest": self.seconds[-1] - sum(stages.values())})


class Stopwatch:
    """Seconds in parts of a model since they were last cleared: tower, pass over the prompt, all passes after it."""

    def __init__(self, model: torch.nn.Module):
        self.seconds: dict[str, float] = defaultdict(float)
        tower = model.base_model.vision_tower  # `generate` runs it before the first pass
        for module, stage_of in ((tower, lambda _: "tower"), (model, self._stage_of)):
            module.register_forward_pre_hook(partial(self._start, stage_of), with_kwargs=True)
            module.register_forward_hook(self._end)

    def _stage_of(self, options: dict) -> str:
        return "continuation" if options["past_key_values"].get_seq_length() else "prefill"

    def _start(self, stage_of: Callable[[dict], str], module, arguments, options: dict) -> None:
        self.stage, self.start_s = stage_of(options), time.perf_counter()

    def _end(self, *_) -> None:
        self.seconds[self.stage] += time.perf_counter() - self.start_s


def main() -> None:
    """Read the command line and measure one or two models."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.prediction", description=__doc__.strip().splitlines()[0]
    )
    parser.add_argument("--model", help="folder of a model trained here; without one only the mid-size model")
    parser.add_argument("--data", required=True, help="a release")
    parser.add_argument("--clips", type=int, help="test clips for --model (default all)")
    parser.add_argument("--batch-size", type=int, default=8, help="clips answered together (default 8)")
    parser.add_argument("--mid-clips", type=int, default=12, help="clips for the mid-size model (default 12; 0: none)")
    parser.add_argument("--mid-batch-size", type=int, default=4, help="of the mid-size model (default 4)")
    parser.add_argument("--image-size", type=int, default=224, help="of the mid-size model (default 224 pixels)")
    parser.add_argument("--style", default="checklist", help="answers of the mid-size model (default checklist)")
    options = parser.parse_args()
    logging.set_verbosity_error()
    print(
        f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, load average {os.getloadavg()[0]:.1f}"
    )
    if options.model:
        measure_trained(options)
    if options.mid_clips:
        measure_mid_size(options)
    print(f"load average {os.getloadavg()[0]:.1f}")


def measure_trained(options: argparse.Namespace) -> None:
    """A trained model on test clips: speed and scores."""
    recipe = yaml.safe_load(Path(options.model, RECIPE).read_text())
    shown = {name: recipe.get(name, default) for name, default in DEFAULTS.items()}
    model, processor = load_checkpoint(options.model)
    inputs = some_clips(options.data, options.clips)
    ways = make_ways(model, processor, inputs, shown, options.batch_size)
    title = f"{options.model}: {sum(weight.numel() for weight in model.parameters()) / 1e6:.1f} M parameters"
    take_turns(ways, model, title, inputs, shown, options.batch_size)
    kind = "synthetic clips" if inputs.is_synthetic else "clips"
    print(f"  scores on the same {len(inputs.clips)} {kind}:")
    for name, way in ways.items():
        scores = fitness_scores(way.rows, inputs.references)
        mcc = statistics.mean(mcc for label, mcc in scores["mcc"].items() if scores["support"][label]["clips"])
        print(
            f"    {name:22} macro F1 {scores['macro_f1']:.4f}, MCC {mcc:.4f}, mAP paper {scores['map']['paper']:.4f}, "
            f"mAP detection {scores['map']['detection']:.4f}, answers read {scores['parse_rate']:.3f}"
        )


def measure_mid_size(options: argparse.Namespace) -> None:
    """A model with random weights: speed only."""
    config = make_config(options.image_size)
    torch.manual_seed(0)
    model, processor = LlavaVideoForConditionalGeneration(config), make_processor(config)
    shown = DEFAULTS | {"style": options.style, "decimals": 1 if options.style == "checklist" else 2}
    inputs = some_clips(options.data, options.mid_clips)
    ways = make_ways(model, processor, inputs, shown, options.mid_batch_size)
    forms = AnswerForms(processor.tokenizer, shown["style"], shown["decimals"])
    length = len(forms.encode(forms.write("squat", [AN_ERROR]))) + 1
    for name, way in ways.items():
        if name.startswith("free"):
            way.answerer.generation |= {"min_new_tokens": length, "max_new_tokens": length}
    title = f"random weights, {describe(model)}; {options.image_size} pixels, free answers of {length} tokens"
    take_turns(ways, model, title, inputs, shown, options.mid_batch_size)


def some_clips(data: str, num_clips: int | None) -> Inputs:
    """Test clips from all over the list, which begins with one exercise."""
    inputs = list_data(data, "test")
    num_all = len(inputs.clips)
    places = [place * num_all // num_clips for place in range(num_clips)] if num_clips else range(num_all)
    return replace(
        inputs,
        clips=[inputs.clips[place] for place in places],
        references=[inputs.references[place] for place in places],
    )


def make_ways(model, processor, inputs: Inputs, shown: dict, batch_size: int) -> dict[str, Way]:
    """`WAYS` with one model on one list of clips."""
    ways = {}
    for name, way in WAYS.items():
        settings = {"batch_size": batch_size, "control": "none", "seed": 0, **shown, **way}
        batches = Batches(inputs.clips, inputs.rows, processor, settings)
        answerer = Answerer(model.eval(), processor, settings, None)
        ways[name] = Way(batches, answerer, batch_size // settings["batch_size"])
    return ways


def take_turns(
    ways: dict[str, Way], model: torch.nn.Module, title: str, inputs: Inputs, shown: dict, batch_size: int
) -> None:
    """Answer all clips every way, by turns; print medians over the rounds, but the first and a last, smaller one."""
    print(f"{title}; {shown['num_frames']} frames, {shown['style']}, batches of {batch_size}")
    stopwatch = Stopwatch(model)
    for round in tqdm(range(-(-len(inputs.clips) // batch_size)), desc="rounds"):
        for way in ways.values():
            way.answer(round, stopwatch)
    timed = slice(1, len(inputs.clips) // batch_size)
    free = ways[FREE]
    print(f"  medians of {len(free.seconds[timed])} rounds; x: {FREE} / this way, of rounds taken in turn")
    for name, way in ways.items():
        ratio, cpu_ratio = (
            statistics.median(other / own for other, own in zip(others[timed], owns[timed], strict=True))
            for others, owns in ((free.seconds, way.seconds), (free.cpu_seconds, way.cpu_seconds))
        )
        rate = batch_size / statistics.median(way.seconds[timed])
        stages = [
            f"{stage} {statistics.median(s.get(stage, 0.0) for s in way.stages[timed]) / batch_size * 1000:.0f}"
            for stage in STAGES
        ]
        print(
            f"    {name:22}{rate:7.2f} clips/s ({ratio:5.2f} x, of CPU time {cpu_ratio:5.2f} x); ms a clip: "
            f"{', '.join(stages)}"
        )


if __name__ == "__main__":
    main()
