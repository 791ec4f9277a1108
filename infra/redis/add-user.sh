#!/bin/sh
# Adds a user to a Redis ACL file and prints the REDIS_URL that it connects with: the only time its password is shown, the file has its hash.
#
#   add-user.sh <acl file> <redis host:port> gateway
#   add-user.sh <acl file> <redis host:port> worker <worker id> [<model> ...]
#   add-user.sh <acl file> <redis host:port> admin
#
# <worker id> is the worker's TERA_WORKER_ID. <model> is the id that clients use, a * stands for anything; without one the worker may serve every model.
# Redis reads the file at its start and on ACL LOAD.
set -eu

here=$(dirname -- "$0")

fail() {
  echo "add-user.sh: $1" >&2
  exit 1
}

[ $# -ge 3 ] || fail "usage: add-user.sh <acl file> <redis host:port> gateway | admin | worker <worker id> [<model> ...]"
file=$1
address=$2
role=$3
shift 3

# Comments and empty lines are for people; Redis wants one line per user.
rules() {
  sed -e 's/^#.*//' -e '/^$/d' "$here/$1"
}

case $role in
  gateway | admin)
    user=$role
    rules=$(rules "$role.acl")
    ;;
  worker)
    worker=${1:-}
    # As the worker checks it; in a pattern these letters stand for themselves.
    printf '%s' "$worker" | grep -Eqx '[A-Za-z0-9_.-]{1,64}' || fail "the worker id must be 1 to 64 letters, digits, _, . or -"
    shift
    [ $# -gt 0 ] || set -- '*'
    user=worker-$worker
    rules=$(rules worker.acl | grep -v MODEL | sed "s/WORKER/$worker/g")
    lanes=$(rules worker.acl | grep MODEL)
    for model in "$@"; do
      printf '%s' "$model" | grep -Eqx '[A-Za-z0-9_.:/@+*-]{1,256}' || fail "$model cannot be a model's id"
      rules="$rules $(printf '%s' "$lanes" | sed "s|MODEL|$model|g")"
    done
    ;;
  *) fail "the role must be gateway, worker or admin" ;;
esac

# Whoever reads this file could try passwords against the hashes.
umask 077
# Without this line Redis would let everybody in as its default user.
[ -s "$file" ] || echo "user default off" >"$file"
if grep -qF "user $user " "$file"; then
  fail "$file has a user $user already; remove its line to replace it"
fi

password=$(openssl rand -hex 32)
hash=$(printf '%s' "$password" | openssl dgst -sha256 -r | cut -d ' ' -f 1)
# Unquoted, so that the lines become one; set -f, so that no * meets a file name.
set -f
# shellcheck disable=SC2086
echo user "$user" on "#$hash" $rules >>"$file"
echo "rediss://$user:$password@$address"
