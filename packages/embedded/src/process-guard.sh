# The other half of process-guard.ts, which says what this is for. Reads one command per line from its parent; when the parent is gone, the pipe ends.
trap '' INT TERM HUP
watched=
while read -r word pid signal; do
  case $word in
    watch) watched="$watched $pid:$signal" ;;
    forget)
      kept=
      for entry in $watched; do [ "${entry%:*}" = "$pid" ] || kept="$kept $entry"; done
      watched=$kept ;;
    leave) exit 0 ;;
  esac
done

for entry in $watched; do kill -s "${entry#*:}" "${entry%:*}" 2>/dev/null; done
tenths=0
while [ $tenths -lt 30 ]; do
  alive=
  for entry in $watched; do kill -0 "${entry%:*}" 2>/dev/null && alive=yes; done
  [ -z "$alive" ] && exit 0
  sleep 0.1
  tenths=$((tenths + 1))
done
for entry in $watched; do kill -s KILL "${entry%:*}" 2>/dev/null; done
