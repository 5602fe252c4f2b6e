"""Which part of a model is at work, told to a tracker by hooks."""

from torch import nn

from trainer.llava_video import LlavaVideoConfig

from .tracker import StepTracker


def follow_parts(model: nn.Module, tracker: StepTracker) -> None:
    """Hooks that set `tracker.part`: forward when a part starts, backward when the gradient of its output is there."""

    def starts(part):
        def hook(*_):
            tracker.part = part

        return hook

    def enter_language_model(module, args, kwargs):
        if kwargs["inputs_embeds"].requires_grad:
            kwargs["inputs_embeds"].register_hook(starts("projector"))
        tracker.part = "language_model"

    def leave_language_model(module, args, output):
        output.last_hidden_state.register_hook(starts("language_model"))
        tracker.part = "logits"

    def leave_tower(module, args, output):
        hidden = output.hidden_states[-1]
        if hidden.requires_grad:
            hidden.register_hook(starts("tower"))
        tracker.part = "projector"

    inner = unwrap(model)
    inner.get_decoder().register_forward_pre_hook(enter_language_model, with_kwargs=True)
    inner.get_decoder().register_forward_hook(leave_language_model)
    if isinstance(inner.config, LlavaVideoConfig):  # of other models the tower is not run
        inner.model.vision_tower.register_forward_pre_hook(starts("tower"))
        inner.model.vision_tower.register_forward_hook(leave_tower)


def unwrap(model: nn.Module) -> nn.Module:
    """The model inside PEFT's."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
