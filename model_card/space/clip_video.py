"""A visitor's clip once more, small enough to lie in the page: the file itself is deleted from the server."""

import base64
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from trainer.report.overlay import write_overlay

# A minute of it takes a few megabytes.
MOST_HEIGHT_PX, MOST_FPS = 360, 25


def clip_video(path: Path, rows: list[dict]) -> str:
    """
    Shrink a clip and draw into it what was found: bars along the bottom, the name of an error while it goes on.

    Args:
        path (`Path`):
            The clip.
        rows (`list[dict]`):
            Its rows of predictions.

    Returns:
        `str`: A data URL, H.264 in mp4, without sound, at most 360 pixels high and 25 frames a second.

    Raises:
        ValueError: If the clip cannot be decoded.
    """
    with TemporaryDirectory() as folder:
        small, drawn = Path(folder, "small.mp4"), Path(folder, "drawn.mp4")
        scale = f"scale=-2:'min({MOST_HEIGHT_PX},trunc(ih/2)*2)'"
        filters = f"fps='min({MOST_FPS},source_fps)',{scale},setsar=1"
        command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-an", "-sn", "-dn", "-vf", filters]
        command += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p", str(small)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise ValueError(f"{path.name}: cannot be decoded to its end. Drop another copy of it.")
        write_overlay(str(small), rows, drawn)
        return f"data:video/mp4;base64,{base64.b64encode(drawn.read_bytes()).decode()}"
