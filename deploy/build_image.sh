#!/usr/bin/env bash
# Builds the image where no container engine runs, then runs it and looks whether it keeps what the
# Dockerfile promises. Needs root, Debian's buildah and debootstrap, and a CPython of the version
# that the Dockerfile names. It is no part of the test suite: it takes minutes.
#
#   PYTHON      that CPython, or a wrapper of it (default: python3.13, or whichever is named)
#   BASE        a folder with a minimal Debian, to leave debootstrap out
#   SUITE       which Debian to make (default: the one that runs here, whose libraries CPython wants)
#   WORK        where everything is put (default: a new folder, removed at the end)
#   PORT        port of the worker on loopback (default: a free one)
#
# Wheels come by pip's own configuration, and are checked against the lock like anywhere else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's/^FROM python:\([0-9.]*\)-slim$/\1/p' deploy/Dockerfile)
base_name=python:$version-slim
python=${PYTHON:-python$version}
# shellcheck source=/dev/null
suite=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
port=${PORT:-$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')}
work=${WORK:-$(mktemp -d)}
mkdir -p "$work"
container_pid=
tidy() {
  if [ -n "$container_pid" ]; then kill -KILL "$container_pid" 2>/dev/null || true; fi
  if [ -z "${WORK:-}" ]; then rm -rf "$work"; fi
}
trap tidy EXIT

buildah=(buildah --root "$work/storage" --runroot "$work/runroot" --storage-driver vfs)
say() { printf '== %s\n' "$*"; }
fail() { printf 'build_image: %s\n' "$*" >&2; exit 1; }

# ---- The base, under its public name: a minimal Debian and a CPython in /usr/local -------------

base() {
  local root=$work/base prefix library
  if [ ! -d "$root" ]; then
    rm -rf "$root.new"
    if [ -n "${BASE:-}" ]; then cp -a "$BASE" "$root.new"; else
      debootstrap --variant=minbase "$suite" "$root.new" >"$work/debootstrap.log"
    fi
    prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
    mkdir -p "$root.new/usr/local/bin" "$root.new/usr/local/lib"
    cp -L "$prefix/bin/python$version" "$root.new/usr/local/bin/"
    ln -sf "python$version" "$root.new/usr/local/bin/python"
    ln -sf "python$version" "$root.new/usr/local/bin/python3"
    tar -C "$prefix/lib" --exclude=site-packages --exclude=test --exclude=__pycache__ \
      --exclude='config-*' -c "python$version" | tar -C "$root.new/usr/local/lib" -x
    mkdir -p "$root.new/usr/local/lib/python$version/site-packages"
    # What CPython is linked to and Debian's minimum lacks.
    while read -r library; do
      [ -e "$root.new/$library" ] || cp -L "$library" "$root.new/usr/local/lib/"
    done < <(
      find "$prefix/bin/python$version" "$prefix/lib/python$version/lib-dynload" -type f \
        -exec ldd {} + | awk '$2 == "=>" && $3 ~ "^/" { print $3 }' | sort -u
    )
    rm -rf "$root.new"/var/cache/apt/* "$root.new"/var/lib/apt/lists/*
    chroot "$root.new" ldconfig
    # pip is a part of the public base, too; its wheel is in CPython.
    chroot "$root.new" /usr/local/bin/python3 -m ensurepip >"$work/ensurepip.log" 2>&1
    ln -sf pip3 "$root.new/usr/local/bin/pip"
    # The one thing that tells it from the public base: pip takes the wheels that were fetched.
    printf '[global]\nno-index = true\nfind-links = /wheels\n' >"$root.new/etc/pip.conf"
    mv "$root.new" "$root"
  fi
  container=$("${buildah[@]}" from scratch)
  "${buildah[@]}" copy --quiet "$container" "$root" / >/dev/null
  "${buildah[@]}" config --cmd python3 \
    --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  "${buildah[@]}" commit --quiet --rm --format docker "$container" "$base_name" >/dev/null
}

fetch() {
  mkdir -p "$work/wheels"
  for lock in requirements build; do
    "$python" -m pip download -qq --no-deps --only-binary=:all: --require-hashes \
      --dest "$work/wheels" -r "deploy/$lock.lock" 2> >(grep -v "^WARNING" >&2)
  done
}

build() {
  "${buildah[@]}" bud --isolation chroot --layers=false --format docker --pull-never \
    --volume "$work/wheels:/wheels:ro" -f deploy/Dockerfile -t captioner . >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2; fail "the build failed"; }
}

# ---- Running it: as its user, with no capability, on a root file system that is read-only ------

image() { "${buildah[@]}" inspect --type image --format "{{$1}}" captioner; }

# The command line of a container: COMMAND… runs as process 1 of its own, as an engine would start
# it; file systems that can be written to are /data and a small /tmp.
inside() { # COMMAND…
  # shellcheck disable=SC2016 # expanded by the shell in the new namespaces
  exec unshare --mount --pid --ipc --uts --fork --kill-child=KILL sh -euc '
    root=$1 data=$2 user=$3
    shift 3
    mount --bind "$root" "$root"
    mount --bind "$data" "$root/data"
    mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o nosuid,nodev,mode=1777,size=64m tmpfs "$root/tmp"
    mount -o remount,bind,ro "$root"
    exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \
      chroot --userspec="$user" --groups="${user#*:}" "$root" \
      /usr/bin/env -i -C /data "$@"
  ' sh "$root" "$data" "$user" "${environment[@]}" "$@"
}

captions() {
  cp -r examples "$data/"
  (inside "${entry[@]}" run examples/images captions.jsonl --mode caption --rehearse)
  [ "$(grep -c '"verdict": *"ok"' "$data/captions.jsonl")" -eq "$(find examples/images -type f | wc -l)" ] ||
    fail "not every example has a caption"
  [ "$(stat -c %u:%g "$data/captions.jsonl")" = "$user" ] || fail "captions.jsonl is not the user's"
}

tables() { # what was left out of Arrow is not missed
  (inside python -c '
import pyarrow as pa, pyarrow.dataset, pyarrow.parquet as pq
rows = {"image": ["examples/images/balloons.webp", "examples/images/shapes.png"]}
pq.write_table(pa.table(rows), "photos.parquet")')
  (inside "${entry[@]}" run photos.parquet captions.parquet --mode caption --rehearse --quiet)
  [ -s "$data/captions.parquet" ] || fail "no captions.parquet"
}

buckets() { # nor is what was left out of the driver: it gets as far as to a store that is not there
  (inside python -c '
import botocore.exceptions, s3fs
keys = {"key": "none", "secret": "none", "endpoint_url": "http://127.0.0.1:9"}
try:
    s3fs.S3FileSystem(**keys, config_kwargs={"retries": {"total_max_attempts": 1}}).ls("bucket")
except botocore.exceptions.EndpointConnectionError:
    pass')
}

confined() {
  if (inside python -c 'open("/usr/local/x", "w")') 2>"$work/write.log"; then
    fail "the root file system can be written to"
  fi
  grep -q 'Read-only file system' "$work/write.log" || fail "$(cat "$work/write.log")"
  (inside python -c '
import os
status = dict(line.split(":\t", 1) for line in open("/proc/self/status"))
assert os.getpid() == 1 and os.getuid() != 0 and os.getgroups() == [os.getgid()], os.getgroups()
assert int(status["CapEff"], 16) == 0 and int(status["NoNewPrivs"]) == 1, status')
}

# Process 1 of the container that `start` began last, as seen from here.
first_of() { pgrep -P "$1" | head -n 1; }

start() { # COMMAND…
  (inside "$@") >"$work/container.log" 2>&1 &
  container_pid=$!
}

# Sends SIGTERM to process 1 and wants it gone, with STATUS, within SECONDS.
stop() { # STATUS SECONDS
  local began=$SECONDS status=0
  kill -TERM "$(first_of "$container_pid")"
  ( sleep "$(($2 + 1))" && kill -KILL "$container_pid" ) 2>/dev/null &
  local killer=$!
  wait "$container_pid" || status=$?
  kill "$killer" 2>/dev/null || true
  container_pid=
  [ "$status" = "$1" ] || { cat "$work/container.log" >&2; fail "SIGTERM ended it with $status, not $1"; }
  say "ended $((SECONDS - began)) s after SIGTERM, with status $status"
}

beside() { # COMMAND… in the running container, as exec of an engine does it
  nsenter --target "$(first_of "$container_pid")" --mount --pid --root --wd \
    setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups \
    env -i "${environment[@]}" "$@"
}

healthy() { # the image's own HEALTHCHECK
  beside "${health[@]}"
}

worker() {
  local spool=$data/spool tries=0
  local output=$spool/out/photos.jsonl
  mkdir -p "$spool/in"
  cp -r examples/images "$spool/in/photos.images"
  head -c 24 /dev/urandom | base64 >"$data/control_token"
  chown -R "$user" "$spool" "$data/control_token"
  chmod 0400 "$data/control_token"
  environment+=(
    "CAPTIONER_WORKER_QUEUE=spool:/data/spool" "CAPTIONER_WORKER_HTTP=127.0.0.1:$port"
    "CAPTIONER_WORKER_CONTROL_TOKEN_FILE=/data/control_token"
  )
  start "${entry[@]}" worker --base-url embedded --mode caption
  until "$python" -c "import urllib.request as r; r.urlopen('http://127.0.0.1:$port/healthz', timeout=2)" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 120 ] || ! kill -0 "$container_pid" 2>/dev/null; then
      cat "$work/container.log" >&2
      fail "the worker does not answer /healthz"
    fi
    sleep 0.25
  done
  healthy || fail "HEALTHCHECK fails beside a worker that answers"
  tries=0
  until [ -e "$output" ]; do # what was dropped into its spool
    tries=$((tries + 1))
    if [ "$tries" -gt 80 ]; then cat "$work/container.log" >&2; fail "no $output"; fi
    sleep 0.25
  done
  [ "$(grep -c '"verdict": *"ok"' "$output")" -eq "$(find examples/images -type f | wc -l)" ] ||
    fail "the worker captioned not every example"
  # An operator's hand, with the token that is in a file.
  beside "${entry[@]}" ctl pause >/dev/null || fail "ctl cannot pause it"
  if beside "${entry[@]}" ctl status >/dev/null; then fail "it is ready while it is paused"; fi
  beside "${entry[@]}" ctl resume >/dev/null || fail "ctl cannot resume it"
  beside "${entry[@]}" ctl status >/dev/null || fail "it is not ready"
  stop 0 35
  [ -z "$(find "$root/tmp" -mindepth 1)" ] || fail "it left files in /tmp"
}

job() { # a container with a single job: healthy while it runs, and it says how it ended
  start "${entry[@]}" endpoint --port "$port"
  sleep 2
  healthy || fail "HEALTHCHECK fails beside a job"
  stop 0 10
  # Process 1 gets no signal that it has no handler for, so one must be there from the first line.
  start "${entry[@]}" run examples/images early.jsonl --mode caption --rehearse
  until [[ $(readlink "/proc/$(first_of "$container_pid")/exe") == *python* ]]; do sleep 0.02; done
  sleep 0.15 # Python itself is up, and what a run needs is being imported
  stop 143 10
}

say "the base, $base_name from $suite"
base
say "wheels, by the locks"
fetch
say "the image"
began=$SECONDS
build
say "built in $((SECONDS - began)) s"
"${buildah[@]}" images --format '{{.Name}}:{{.Tag}} {{.Size}}'

user=$(image .OCIv1.Config.User)
[[ $user =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || fail "its user is '$user'"
mapfile -t entry < <(image 'range .OCIv1.Config.Entrypoint}}{{println .}}{{end' | sed '/^$/d')
mapfile -t environment < <(image 'range .OCIv1.Config.Env}}{{println .}}{{end' | sed '/^$/d')
mapfile -t health < <(image 'range .Docker.Config.Healthcheck.Test}}{{println .}}{{end' | sed '/^$/d;1d')
[ "${entry[*]}" = captioner ] || fail "its entry point is '${entry[*]}'"
[ ${#health[@]} -gt 0 ] || fail "it has no HEALTHCHECK"

container=$("${buildah[@]}" from --pull-never captioner)
root=$("${buildah[@]}" mount "$container")
data=$work/data
rm -rf "$data"
install -d -o "${user%:*}" -g "${user#*:}" "$data"
say "its own layer: $(du -sm "$root/usr/local/lib/python$version/site-packages" | cut -f1) MB of packages"

for check in confined captions tables buckets job worker; do
  say "$check"
  "$check"
done
say "all is as promised"
