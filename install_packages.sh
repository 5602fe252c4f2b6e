#!/bin/sh
# Debian packages through apt where that is possible; otherwise one line that says what to do.
# Use: ./install_packages.sh ffmpeg
set -eu
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v apt-get >/dev/null && command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "error: $1 not found, and it cannot be installed from here; install it (Debian, Ubuntu:" \
         "\`sudo apt-get install $*\`; macOS: \`brew install $1\`) and run make again" >&2
    exit 1
fi
echo "installing $*"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
