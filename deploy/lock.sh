#!/usr/bin/env bash
# Writes the two files that pin what is in the image, for Linux on x86-64 and ARM:
#   deploy/requirements.lock   what captioner needs at run time, with the extras that are named
#   deploy/build.lock          what builds captioner's own wheel
# Use: deploy/lock.sh [--upgrade] [EXTRA…]     (default: worker s3 parquet)
# Needs uv. Without --upgrade, releases that are pinned and still fit stay as they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

upgrade=()
if [ "${1:-}" = --upgrade ]; then
  upgrade=(--upgrade)
  shift
fi
extras=("${@:-worker s3 parquet}")
read -ra extras <<<"${extras[*]}"

python=$(sed -n 's/^FROM python:\([0-9.]*\)-slim AS build$/\1/p' deploy/Dockerfile)
compile() { # OUTPUT ARGUMENTS…
  uv pip compile --quiet --universal --python-version "$python" --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate \
    --custom-compile-command "deploy/lock.sh ${extras[*]}" \
    ${upgrade[@]+"${upgrade[@]}"} --output-file "$1" "${@:2}" >/dev/null
}

compile deploy/requirements.lock pyproject.toml "${extras[@]/#/--extra=}"
python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' |
  compile deploy/build.lock -
