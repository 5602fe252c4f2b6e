"""LLaVA-Video, native to transformers. Importing this package registers it with the Auto classes."""

from transformers import AutoConfig, AutoModel, AutoModelForImageTextToText, AutoProcessor, AutoVideoProcessor

from trainer.llava_video.configuration_llava_video import LlavaVideoConfig
from trainer.llava_video.modeling_llava_video import LlavaVideoForConditionalGeneration, LlavaVideoModel
from trainer.llava_video.processing_llava_video import LlavaVideoProcessor, LlavaVideoVideoProcessor
from trainer.llava_video.publishing import push_with_code, save_with_code

AutoConfig.register("llava_video", LlavaVideoConfig)
AutoModel.register(LlavaVideoConfig, LlavaVideoModel)
AutoModelForImageTextToText.register(LlavaVideoConfig, LlavaVideoForConditionalGeneration)
AutoVideoProcessor.register(LlavaVideoConfig, LlavaVideoVideoProcessor)
AutoProcessor.register(LlavaVideoConfig, LlavaVideoProcessor)

__all__ = [
    "LlavaVideoConfig",
    "LlavaVideoForConditionalGeneration",
    "LlavaVideoModel",
    "LlavaVideoProcessor",
    "LlavaVideoVideoProcessor",
    "push_with_code",
    "save_with_code",
]
