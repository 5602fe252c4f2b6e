"""
Windows of a clip, and the errors that happen in them.

A window is in seconds on the clip's clock, half-open and on the grid of the clip's frames: frames i to i + n - 1 are
`[i / fps, (i + n) / fps)`. Its errors are on a clock of its own, which is 0 where the window begins.
"""

# An error that reaches into a window by less is not visible there.
MIN_OVERLAP_S = 0.1
ROUNDING = 1e-9


def clip_windows(num_frames_of_clip: int, fps: float, num_frames: int, overlap: int = 0) -> list[dict]:
    """
    Cut a clip into consecutive stretches of equally many frames. Every frame is in one of them at least.

    Args:
        num_frames_of_clip (`int`):
            Frames of the clip, at least 1.
        fps (`float`):
            Its frame rate.
        num_frames (`int`):
            Frames of a window, at least 1.
        overlap (`int`, *optional*, defaults to `0`):
            Frames that a window shares with the one before, from 0 to `num_frames - 1`.

    Returns:
        `list[dict]`: `{"start", "end"}` in seconds, half-open. The last window is moved back so that it is full, too;
        a clip of fewer frames is one window.

    Raises:
        ValueError: If `num_frames` or `overlap` is out of range.
    """
    check_windows(num_frames, overlap)
    last = max(num_frames_of_clip - num_frames, 0)
    firsts = [*range(0, last, num_frames - overlap), last]
    return [{"start": first / fps, "end": min(first + num_frames, num_frames_of_clip) / fps} for first in firsts]


def cut_errors(errors: list[dict], start_s: float, end_s: float, min_overlap_s: float = MIN_OVERLAP_S) -> list[dict]:
    """
    The errors that happen in a window, on the window's clock.

    Args:
        errors (`list[dict]`):
            `{"label", "start", "end"}` in seconds on the clip's clock.
        start_s, end_s (`float`):
            The window, in seconds on the clip's clock.
        min_overlap_s (`float`, *optional*, defaults to `0.1`):
            An error that reaches into the window by less is left out, unless all of it lies in the window.

    Returns:
        `list[dict]`: `{"label", "start", "end"}` in their order; 0 is the window's start.
    """
    cut = []
    for error in errors:
        start, end = max(error["start"], start_s), min(error["end"], end_s)
        enough = min(min_overlap_s, error["end"] - error["start"]) - ROUNDING
        if end > start and end - start >= enough:
            cut.append({"label": error["label"], "start": start - start_s, "end": end - start_s})
    return cut


def check_windows(num_frames: int, overlap: int) -> None:
    """
    Check what a user asks for.

    Args:
        num_frames (`int`): Frames of a window; should be at least 1.
        overlap (`int`): Should be from 0 to `num_frames - 1`.

    Raises:
        ValueError: If one is out of range.
    """
    if num_frames < 1:
        raise ValueError(f"`num_frames` of a window must be at least 1, got {num_frames}.")
    if not 0 <= overlap < num_frames:
        raise ValueError(
            f"`overlap` must be from 0 to {num_frames - 1} for windows of {num_frames} frames, got {overlap}."
        )
