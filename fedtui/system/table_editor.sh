#!/bin/sh
# The "editor" that crontab -e is given: called as  sh table_editor.sh FOLDER FILE  and never by hand.
# FOLDER (private, mode 0700) holds what is wanted; FILE is the copy of the table that crontab made.
#   neither of the two below   reading: FILE is copied to FOLDER/seen and left as it is
#   FOLDER/new                 writing: only if FILE still is FOLDER/base, byte for byte, it becomes FOLDER/new
#   FOLDER/remove              only if FILE still is FOLDER/base, that script is run, which removes the table
# FOLDER/said tells the caller what was done: read, put, removed, changed, again or trouble.
umask 077
folder=$1
file=$2

say() {
	printf '%s\n' "$1" >"$folder/said"
}

if [ ! -e "$folder/new" ] && [ ! -e "$folder/remove" ]; then
	cat <"$file" >"$folder/seen" && say read
	exit
fi
# crontab asks again when it refused what we put: once is enough.
if [ -e "$folder/said" ]; then
	say again
	exit 1
fi
cmp -s "$folder/base" "$file"
case $? in
0) ;;
1)
	say changed
	exit 1
	;;
*)
	say trouble
	exit 1
	;;
esac
# An editor that fails keeps crontab -e from installing FILE. By the time of FILE alone it may take it for
# edited, where it wrote it late, and would put the removed table back.
if [ -e "$folder/remove" ]; then
	if sh "$folder/remove"; then
		say removed
	else
		say trouble
	fi
	exit 1
fi
# crontab compares the time (in seconds) and the size to see whether anything was edited, so the time that
# the caller put on FOLDER/new lies well ahead.
if cat <"$folder/new" >"$file" && touch -r "$folder/new" "$file"; then
	say put
else
	# Some install what is left here whatever our status is.
	cat <"$folder/base" >"$file"
	say trouble
	exit 1
fi
