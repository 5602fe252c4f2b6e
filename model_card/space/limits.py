"""What a visitor's file may be; what is too much is refused before a frame is decoded."""

from pathlib import Path

from fitness_aqa_dataset.checking.headers import box_problem
from fitness_aqa_dataset.frames import open_video
from fitness_aqa_dataset.problems import one_line

MOST_MEGABYTES = 50  # of 2^20 bytes, as browsers are told
MOST_SECONDS = 60
# A minute of slow motion at 240 frames a second has 14,400; 4K has 4096 × 2304 pixels at most.
MOST_FRAMES, MOST_PIXELS = 14_400, 4096 * 2304


def check_clip(path: Path) -> None:
    """
    Refuse what is no video, and what is too long or too large to be answered here.

    Args:
        path (`Path`):
            The file. What FFmpeg could mistake for a playlist is refused before FFmpeg sees it; then the file's
            packets are counted, and nothing is decoded.

    Raises:
        ValueError: With a line that is fit to be shown to the visitor; it begins with the file's name.
    """
    name = one_line(path.name)
    if not path.is_file():
        raise ValueError(f"{name}: the file is no longer here. Drop the clip once more.")
    if problem := box_problem(path):
        raise ValueError(f"{name}: {problem.what}. Drop a whole video file, such as .mp4, .mov or .webm.")
    try:
        decoder = open_video(str(path), name)
    except ValueError as error:  # in which FFmpeg tells where the file lies
        raise ValueError(str(error).replace(str(path), name)) from None
    seconds = len(decoder) / decoder.metadata.average_fps
    if seconds > MOST_SECONDS:
        raise ValueError(
            f"{name}: it lasts {seconds:.0f} seconds, and at most {MOST_SECONDS} are answered here. "
            "Cut it to one set and drop it again."
        )
    height, width = decoder.metadata.height, decoder.metadata.width
    if len(decoder) > MOST_FRAMES or height * width > MOST_PIXELS:
        raise ValueError(
            f"{name}: {len(decoder)} frames of {width} × {height} pixels are more than can be looked at here "
            f"({MOST_FRAMES} frames, 4K). Drop a smaller copy."
        )
