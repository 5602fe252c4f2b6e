"""
Checkpoints of LLaVA-Video in the layout of its authors' code, and back:

    python -m trainer.llava_video convert LLaVA-Video-7B-Qwen2 llava-video-7b
    python -m trainer.llava_video convert llava-video-7b fine-tuned-for-their-code --to-original
"""

import argparse
import json
import sys
from pathlib import Path

from safetensors import SafetensorError

from trainer.llava_video.conversion import convert_checkpoint


def main(arguments: list[str] | None = None) -> None:
    """Run a command; errors a user can mend end with one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m trainer.llava_video", description=__doc__.strip().splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_convert(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError, SafetensorError) as error:  # the last also stands for a full disk
        sys.exit(f"error: {error}")


def _add_convert(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("convert", help="write a checkpoint of the authors' layout in ours, or the other way")
    parser.add_argument("source", metavar="SRC", help="folder of the checkpoint")
    parser.add_argument("target", metavar="DST", help="folder to make")
    parser.add_argument("--to-original", action="store_true", help="from our layout to the authors' instead")
    parser.add_argument(
        "--vision-config",
        metavar="FILE",
        help="JSON file with the sizes of the tower, its last layer included (default: those of so400m-patch14-384)",
    )
    parser.add_argument("--video-token-id", type=int, metavar="ID", help="(default: that of <video>, or else 151647)")
    parser.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> None:
    vision_config = None
    if options.vision_config is not None:
        try:
            vision_config = json.loads(Path(options.vision_config).read_text())
        except ValueError as error:
            raise ValueError(f"--vision-config {options.vision_config}: no valid JSON ({error}).") from None
    settings = {"vision_config": vision_config, "video_token_id": options.video_token_id}
    print(convert_checkpoint(options.source, options.target, to_original=options.to_original, **settings))


if __name__ == "__main__":
    main()
