#!/usr/bin/env bash
# Installs what the tests need of the machine and pip cannot bring, a browser and a web server; or what is named.
# Does nothing when all is there. On Debian (as root, or with sudo) it installs; elsewhere it says what to install.
set -euo pipefail

wanted=("$@")
if [ $# -eq 0 ]; then
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || wanted+=(chromium)
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || wanted+=(nginx-light)
fi
[ ${#wanted[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "Please install, with your system's packages: ${wanted[*]}" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing ${wanted[*]} ..."
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
