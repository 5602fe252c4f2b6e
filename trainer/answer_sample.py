"""A small fixed sample of validation clips, answered and scored while a training runs."""

from contextlib import nullcontext

import torch
from accelerate.utils import gather_object
from datasets import Dataset
from tqdm import tqdm
from trl.models.utils import unwrap_model_for_generation

from fitness_aqa_dataset.augmentation import uniform
from fitness_aqa_dataset.taxonomy import EXERCISES
from metrics.fitness_aqa.parsing import parse_answer
from metrics.fitness_aqa.scores import fitness_scores
from trainer.collator import ConversationCollator
from trainer.prediction.free import read_free

NUM_SHOWN = 3
MAX_NEW_TOKENS = 128


def sample_rows(rows: Dataset, num_rows: int, seed: int) -> Dataset:
    """
    The same rows whatever their order.

    Args:
        rows (`Dataset`): With `id`.
        num_rows (`int`): How many; fewer if there are no more.
        seed (`int`): Decides which.

    Returns:
        `Dataset`: In an order of their own.
    """
    ids = rows["id"][:]
    order = sorted(range(len(rows)), key=lambda index: uniform(seed, ids[index], "sample"))
    return rows.select(order[:num_rows])


class AnswerSample:
    """
    Rows to answer, and how.

    Args:
        rows (`Dataset`):
            With `id`, `messages`, and `exercise` and `errors`, or `label`.
        collator ([`~trainer.collator.ConversationCollator`]):
            With `generate=True`.
        batch_size (`int`):
            Clips answered together on each process.
    """

    def __init__(self, rows: Dataset, collator: ConversationCollator, batch_size: int):
        self.rows, self.collator, self.batch_size = rows, collator, batch_size

    def score(self, trainer) -> dict[str, float]:
        """
        Answer the sample on all processes and score the answers.

        Args:
            trainer ([`~trainer.sft_trainer.VideoSFTTrainer`]):
                Its model answers; the main process prints three answers beside their references.

        Returns:
            `dict[str, float]`: Of clips `exercise_accuracy`, `macro_f1`, `f1/<label>`, `map/paper` and
            `map/detection`; of images `answer_accuracy`.
        """
        world, rank = trainer.args.world_size, trainer.args.process_index
        # Every process the same number of batches: a sharded model is gathered by all of them together.
        padded = list(range(len(self.rows))) + [0] * (-len(self.rows) % world)
        answers = self._generate(trainer, padded[rank::world])
        if world > 1:
            gathered = gather_object([answers])
            answers = [gathered[index % world][index // world] for index in range(len(padded))]
        answers = answers[: len(self.rows)]
        if trainer.is_world_process_zero():
            self._show(answers, trainer.state.global_step)
        return self._scores(answers)

    @torch.no_grad()
    def _generate(self, trainer, indices: list[int]) -> list[str]:
        unwrapped = nullcontext(trainer.model)
        if trainer.is_deepspeed_enabled:
            unwrapped = unwrap_model_for_generation(trainer.model_wrapped, trainer.accelerator)
        was_training, answers = trainer.model.training, []
        with unwrapped as model, trainer.compute_loss_context_manager():
            model.eval()
            starts = range(0, len(indices), self.batch_size)
            for start in tqdm(starts, desc="answering", delay=2, leave=False, disable=not trainer.args.should_save):
                rows = [self.rows[index] for index in indices[start : start + self.batch_size]]
                batch = trainer._prepare_inputs(self.collator(rows))
                options = {"max_new_tokens": MAX_NEW_TOKENS, "do_sample": False}
                readings = read_free(model, trainer.processing_class, batch, **options)
                answers += [reading.answer for reading in readings]
            model.train(was_training)
        return answers

    def _scores(self, answers: list[str]) -> dict[str, float]:
        rows = self.rows.with_format(None)
        if "label" in rows.column_names:
            found = [bool(parse_answer(answer, images=True)["errors"]) for answer in answers]
            hits = [is_found == bool(label) for is_found, label in zip(found, rows["label"], strict=True)]
            return {"answer_accuracy": sum(hits) / len(hits)}
        references = [
            {"exercise": EXERCISES[row["exercise"]], "errors": row["errors"]}
            for row in rows.select_columns(["exercise", "errors"]).to_list()
        ]
        scores = fitness_scores(answers, references)
        return {
            "exercise_accuracy": scores["exercise_accuracy"],
            "macro_f1": scores["macro_f1"],
            **{f"f1/{label}": value for label, value in scores["f1"].items() if scores["support"][label]["clips"]},
            "map/paper": scores["map"]["paper"],
            "map/detection": scores["map"]["detection"],
        }

    def _show(self, answers: list[str], step: int) -> None:
        rows = self.rows.select_columns(["id", "messages"]).select(range(min(NUM_SHOWN, len(answers))))
        for row, answer in zip(rows.to_list(), answers, strict=False):
            expected = row["messages"][-1]["content"][0]["text"]
            tqdm.write(f"step {step}, {row['id']}\n  expected: {expected}\n  answered: {answer}")
