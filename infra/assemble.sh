#!/bin/sh
# Puts apps into a folder of their own, ready to run and to copy to another machine: the source of the workspace packages that they need, and their
# production dependencies as the lockfile has them. For the images and for hosts without containers.
#
#   infra/assemble.sh [--no-optional] <new folder> <app> ...        e.g. infra/assemble.sh /opt/tera @tera/worker
#
# Not `pnpm deploy`: it copies workspace packages into node_modules, and Node runs no TypeScript from there.
# --no-optional leaves out optional dependencies: the worker needs one (llama.cpp), gateway and command line none (the embedded Postgres of `tera up`).
# Needs Node, pnpm, tar; the folder must have the machine kind (system, processor, libc) that it will run on.
set -eu

optional=
if [ "${1:-}" = --no-optional ]; then
  optional=--no-optional
  shift
fi
if [ $# -lt 2 ]; then
  echo "usage: infra/assemble.sh [--no-optional] <new folder> <app> ..." >&2
  exit 1
fi
target=$1
shift
root=$(cd "$(dirname -- "$0")/.." && pwd)
# Whatever is there would be mixed in.
mkdir -- "$target"
target=$(cd "$target" && pwd)

cd "$root"
filters=
for app in "$@"; do
  # "...": with everything of ours that it depends on.
  filters="$filters --filter-prod=$app..."
done
# shellcheck disable=SC2086
packages=$(pnpm $filters list --depth -1 --parseable | sed "s|^$root/||")
if [ -z "$packages" ]; then
  echo "assemble.sh: no such app: $*" >&2
  exit 1
fi

# shellcheck disable=SC2086
tar --exclude=node_modules --exclude=.turbo --exclude='*.test.ts' -cf - \
  LICENSE .npmrc package.json pnpm-lock.yaml pnpm-workspace.yaml $packages | tar -C "$target" -xf -

cd "$target"
# shellcheck disable=SC2086
CI=true pnpm install --prod --frozen-lockfile $optional
