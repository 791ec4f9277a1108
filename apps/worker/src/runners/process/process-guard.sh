# The other half of server-process.ts, which says what this is for.
# $1: the process group that must not outlive the worker. $2: tenths of a second between SIGTERM and SIGKILL.
# Standard input is a pipe whose only writer is the worker: the kernel closes it with the worker, however that ends.
trap '' INT TERM HUP
read -r word
[ "$word" = leave ] && exit 0

kill -s TERM -- "-$1" 2>/dev/null || exit 0
tenths=0
while [ "$tenths" -lt "$2" ]; do
  sleep 0.1
  kill -s 0 -- "-$1" 2>/dev/null || exit 0
  tenths=$((tenths + 1))
done
kill -s KILL -- "-$1" 2>/dev/null
