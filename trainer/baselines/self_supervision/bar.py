"""The bar's course in a clip, from where a detector saw it."""

import numpy as np
from scipy.ndimage import median_filter

# A detector that jumps to something else for one frame does not count. Lifters that jerk turn within three frames.
MEDIAN_FRAMES = 3
# A bar that moves less stands still: the camera or the detector trembles. Pictures are 240 pixels wide or more, and
# the smallest way of 600 simulated bars is 36 pixels.
SMALLEST_WAY_PX = 10.0


def smooth_height(bar_y: np.ndarray) -> np.ndarray | None:
    """
    The bar's height in every frame, gaps filled and jumps taken out.

    Args:
        bar_y (`numpy.ndarray`):
            y of the bar, pixels from the top, NaN where it was not seen, shape `(T,)`.

    Returns:
        `numpy.ndarray` or `None`: Pixels above the lowest place, float64, shape `(T,)`, in gaps on a straight line;
        `None` where the bar was never seen, or its way is below `SMALLEST_WAY_PX`.
    """
    bar_y = np.asarray(bar_y, np.float64)
    (seen,) = np.nonzero(~np.isnan(bar_y))
    if not len(seen):
        return None
    filled = np.interp(np.arange(len(bar_y)), seen, bar_y[seen])
    smooth = median_filter(filled, MEDIAN_FRAMES, mode="nearest")
    height = smooth.max() - smooth
    return height if height.max() >= SMALLEST_WAY_PX else None
