#!/bin/sh
# fedtui's recorder: cron's line starts it as  /bin/sh recorder KEY COMMAND.  It runs COMMAND as cron would,
# with `$SHELL -c`, and writes when it began, when and how it ended into runs/KEY.N beside this file. Whatever
# becomes of the writing, the job runs. docs/results.md says more; `fedtui record JOB --off` takes it away.
# Every name begins with fedtui_, so that none of the job's own variables is touched.
fedtui_command=$2
fedtui_shell=${SHELL:-/bin/sh}
fedtui_runs=${0%/*}/runs/$1
fedtui_place= fedtui_up= fedtui_boot= fedtui_stat= fedtui_known=
{
    [ ! -f "$fedtui_runs.last" ] || read -r fedtui_place <"$fedtui_runs.last"
    read -r fedtui_up fedtui_idle </proc/uptime
    read -r fedtui_boot </proc/sys/kernel/random/boot_id
    read -r fedtui_stat <"/proc/$$/stat"
    [ ! -f "${0%/*}/signals" ] || read -r fedtui_known <"${0%/*}/signals"
} 2>/dev/null
# Only a plain number is counted with: arithmetic on anything else would end this shell before the job began.
case $fedtui_place in
    [1-9] | [1-9][0-9] | [1-4][0-9][0-9]) fedtui_place=$((fedtui_place + 1)) ;;
    *) fedtui_place=1 ;;
esac
fedtui_log=${0%/*}/logs/$1 fedtui_size=-
[ ! -L "$fedtui_log" ] || fedtui_size=0
[ ! -e "$fedtui_log" ] || fedtui_size=$(stat -Lc %s "$fedtui_log" 2>/dev/null)
set -- ${fedtui_stat##*) }
{
    echo "begin $$ ${20:-0} ${fedtui_up:-0} ${fedtui_boot:--} ${fedtui_size:--}" >"$fedtui_runs.$fedtui_place"
    echo "$fedtui_place" >"$fedtui_runs.last"
} 2>/dev/null

fedtui_child= fedtui_early=
fedtui_pass() {
    if [ -n "$fedtui_child" ]; then kill -s "$1" "$fedtui_child" 2>/dev/null; else fedtui_early="$fedtui_early $1"; fi
}
for fedtui_signal in HUP INT QUIT TERM USR1 USR2; do
    trap "fedtui_pass $fedtui_signal" "$fedtui_signal"
done
# A shell hands its background commands SIGINT and SIGQUIT ignored, which a job under cron does not get: env
# puts that right, where it knows how. That is known already where nothing came to /usr/bin since it was tried.
fedtui_reset='/usr/bin/env --default-signal=INT,QUIT' fedtui_can=
if [ -n "$fedtui_boot" ] && [ "$fedtui_known" = "$fedtui_boot" ] && [ "${0%/*}/signals" -nt /usr/bin ]; then
    fedtui_can=yes
elif $fedtui_reset true 2>/dev/null; then
    fedtui_can=yes
    { echo "$fedtui_boot" >"${0%/*}/signals"; } 2>/dev/null
fi
if [ -n "$fedtui_can" ]; then
    exec 3<&0
    $fedtui_reset "$fedtui_shell" -c "$fedtui_command" <&3 3<&- &
    fedtui_child=$!
    exec 3<&- </dev/null
    for fedtui_signal in $fedtui_early; do fedtui_pass "$fedtui_signal"; done
    wait "$fedtui_child"
    fedtui_status=$?
    # Above 128 it may be that a signal came in between: then the job is still running, or has just ended and its
    # own status is told by another wait. 127 means that it was told already.
    while [ "$fedtui_status" -gt 128 ]; do
        fedtui_alive=
        ! kill -s 0 "$fedtui_child" 2>/dev/null || fedtui_alive=yes
        wait "$fedtui_child"
        fedtui_again=$?
        if [ "$fedtui_again" -eq 127 ] && { [ -z "$fedtui_alive" ] || kill -s 0 "$fedtui_child" 2>/dev/null; }; then
            break
        fi
        if [ "$fedtui_again" -eq "$fedtui_status" ] && [ -z "$fedtui_alive" ]; then break; fi
        fedtui_status=$fedtui_again
    done
else
    # In the foreground the job's signals are as they should be; what reaches this shell alone waits for its end.
    "$fedtui_shell" -c "$fedtui_command"
    fedtui_status=$?
fi
{
    read -r fedtui_up fedtui_idle </proc/uptime
    echo "end $fedtui_status ${fedtui_up:-0}" >>"$fedtui_runs.$fedtui_place"
} 2>/dev/null
exit "$fedtui_status"
