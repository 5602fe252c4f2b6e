#!/bin/sh
# FFmpeg through apt where that is possible; otherwise one line that says what to do.
set -eu
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v apt-get >/dev/null && command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "error: ffmpeg not found, and it cannot be installed from here; install FFmpeg 4 to 9 (Debian, Ubuntu:" \
         "\`sudo apt-get install ffmpeg\`; macOS: \`brew install ffmpeg\`) and run make again" >&2
    exit 1
fi
echo "installing ffmpeg"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends ffmpeg >/dev/null
