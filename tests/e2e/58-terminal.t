#!/bin/bash
# A terminal of any width, and what is none: no line is too long, no figure cut, nothing is glued to the progress.
. "$(dirname "$0")/lib.sh"

command -v script >/dev/null || skip_all 'no script(1)'
mkdir -p runs/one runs/other pages
for run in runs/one runs/other; do
	cat "$root/history/schema.sql" "$root/tests/golden/stale.sql" "$root/history/indexes.sql" |
		sqlite3 -batch "$run/history.db"
	fencepost check "$run" >"$run/said"
done
widths=(20 33 40 41 60 79 80 132 200)

# What stands on terminals of these widths, without colours: "== WIDTH", then the lines.
on_terminals() # command width...
{
	local command=$1

	shift
	script -qec "for width in $*; do stty cols \$width; echo \"== \$width\"; $command; done" /dev/null </dev/null |
		tr -d '\r' | sed 's/.*\x1b\[K//; s/\x1b\[[0-9;]*m//g'
}

figures()
{
	grep -oE '[0-9]+([.][0-9]+)?' | sort -u
}

# Lines longer than their terminal, names and commands aside, which nobody may break.
too_long()
{
	perl -CSD -ne 'chomp; $width = $1, next if /^== (\d+)/;
		print "$width: $_\n" if length > $width && /\S\s+\S/ && !/\S{${width}}/ && !/^ *fencepost /' || echo 'perl failed'
}

told='fencepost check runs/one; fencepost list runs; fencepost compare runs/one runs/other'
on_terminals "$told" "${widths[@]}" >said
is "$(on_terminals "$told" 1000 | sed 1d | figures | comm -13 - <(grep -v '^==' said | figures))" '' \
	'no figure is cut, however narrow it is'
is "$(sed -n '/^== 40/,$p' said | too_long)" '' 'from forty columns on no line is longer than the terminal'
is "$(sed -n '/^== 200/,$p' said | grep -c 'stale-write')" "$(sed -n '/^== 40/,/^== 41/p' said | grep -c 'stale-write')" \
	'and nothing is left out'

# Help.
commands=$(fencepost help | sed -n 's/^  \([a-z]\+\) .*/\1/p')
helps='fencepost help; fencepost help campaign-options; fencepost help faults'
for command in $commands; do
	helps+="; fencepost $command --help"
done
on_terminals "$helps" 40 60 80 >said
is "$(too_long <said)" '' 'no help is wider than its terminal'
ok 'and it is all there' test "$(grep -c -- '--help' said)" -ge 30
like "$(echo '== 40
a line of more than forty columns is noticed' | too_long)" '^40: a line' '(a longer line would be noticed)'

# What is no terminal, or a simple one.
for command in 'check runs/one' 'story runs/one' 'list runs' 'compare runs/one runs/other'; do
	# shellcheck disable=SC2086 # words are meant
	unlike "$(fencepost $command 2>&1 | cat -v)" '\^' "in a pipe it is plain: $command"
	unlike "$(script -qec "TERM=dumb fencepost $command" /dev/null </dev/null | tr -d '\r' | cat -v)" '\^' \
		"so it is on a dumb terminal: $command"
done

# A run, as somebody sees it.
if command -v tmux >/dev/null; then
	cat >small.conf <<-'END'
		duration = "10s"
		settle = "1s"
		cluster { members = 1 }
		arm none { lanes = 2 workers = 3 }
	END
	tmux=(tmux -S "$PWD/socket" -f /dev/null)
	for columns in 80 40; do
		"${tmux[@]}" new-session -d -x "$columns" -y 60 "fencepost run small.conf --seed 3; echo \"ended \$?\"; sleep 60"
		# All that it writes, not what stands there when somebody looks.
		"${tmux[@]}" pipe-pane -o "cat >raw-$columns"
		for _ in $(seq 1800); do
			screen=$("${tmux[@]}" capture-pane -p -S - 2>&1)
			[[ $screen != *'ended '* ]] || break
			sleep 0.1
		done
		"${tmux[@]}" kill-server
		if [[ $screen == *'ended 69'* ]]; then
			skip "a run on $columns columns" 'no run can be made here'
			continue
		fi
		lines=$(tr '\r' '\n' <"raw-$columns" | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g' | grep ' of 10 s')
		like "$lines" '^[0-9]+ of 10 s' "$columns columns: there is a progress" || diag "$screen"
		is "$(grep -vE '^[0-9]+ of 10 s' <<<"$lines")" '' 'which has a line of its own'
		unlike "$screen" ' of 10 s' 'and is gone in the end'
		unlike "$screen" '[0-9]~' 'and no figure is cut'
	done
else
	skip 'a run as somebody sees it' 'tmux is not installed'
fi
done_testing
