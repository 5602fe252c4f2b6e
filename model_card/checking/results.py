"""Results in a card's header (`model-index`): each with a finite number, its metric and its data set."""

import math

from huggingface_hub.repocard_data import model_index_to_eval_results

from model_card.checking.card_file import CardFile

INDEX = "model-index"


def check_results(card: CardFile) -> None:
    """
    Note what is wrong with the results, and count them.

    Args:
        card ([`CardFile`]):
            The card.
    """
    index = card.header.get(INDEX)
    if not isinstance(index, list):
        return
    before = len(card.problems)
    if not index:
        card.say_key((INDEX,), f"`{INDEX}` is empty", "a model with results", "add them, or leave the key out")
    for number, model in enumerate(index):
        keys = (INDEX, number)
        _need_text(card, model, keys, "name", "the model's name")
        results = model.get("results") if isinstance(model, dict) else None
        if not isinstance(results, list) or not results:
            card.say_key((*keys, "results"), "no `results`", "a list of them", "add them")
            continue
        for place, result in enumerate(results):
            _check_result(card, result, (*keys, "results", place))
    if index and len(card.problems) == before:
        try:
            for model in index:
                model_index_to_eval_results([model])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            card.say_key(
                (INDEX,), f"huggingface_hub cannot read it ({error})", "the form of its EvalResult", "correct it"
            )


def _check_result(card: CardFile, result, keys: tuple) -> None:
    parts = {name: result.get(name) if isinstance(result, dict) else None for name in ("task", "dataset", "metrics")}
    _need_text(card, parts["task"], (*keys, "task"), "type", "what the model is asked to do")
    _need_text(card, parts["dataset"], (*keys, "dataset"), "name", "the data set's name")
    _need_text(card, parts["dataset"], (*keys, "dataset"), "type", "the data set's id")
    if not isinstance(parts["metrics"], list) or not parts["metrics"]:
        card.say_key((*keys, "metrics"), "no `metrics`", "a list of numbers", "add them")
        return
    for place, metric in enumerate(parts["metrics"]):
        way = (*keys, "metrics", place)
        _need_text(card, metric, way, "type", "the metric's id")
        _need_text(card, metric, way, "name", "the metric's name, with its definition")
        value = metric.get("value") if isinstance(metric, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            card.say_key((*way, "value"), f"value is {value!r}", "a finite number", "give it, or leave the result out")
        card.num_results += 1


def _need_text(card: CardFile, part, keys: tuple, name: str, meaning: str) -> None:
    value = part.get(name) if isinstance(part, dict) else None
    if not isinstance(value, str) or not value.strip():
        card.say_key((*keys, name), f"no `{name}` in {'.'.join(map(str, keys))}", meaning, "add it")
