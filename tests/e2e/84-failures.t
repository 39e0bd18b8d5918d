#!/bin/bash
# Whatever the machine runs out of, the program says so, once and truly, and gives no verdict that
# it would not have given: calls are made to fail, one after the other (tests/preload/failing.c).
. "$(dirname "$0")/lib.sh"

cat >small.conf <<-'END'
	duration = "2s"
	settle = "1s"
	cluster { members = 1 }
	arm a { ttl = "1s" lanes = 1 workers = 2 work = "50ms .. 100ms" }
	fault pause { do = pause target = holder every = "1s" length = "200ms" }
END

# Times and memory differ from one judgement of the same file to the next, and so does the wrapping.
steady()
{
	sed -E 's/[0-9][0-9.e-]*/N/g' | tr -s ' \n' ' '
}

# Runs the command with one call failing, into out and err; status is how it ended. False when the
# command makes that call less often.
injured() # process call nth error command...
{
	: >told
	FAILING="$1 $2 $3 $4" FAILING_TOLD=$scratch/told LD_PRELOAD=$BUILD/tests/failing.so \
		"${@:5}" >out 2>err </dev/null
	status=$?
	[ -s told ]
}

# One line of ours that says what is wanting, with the code for it; a history that SQLite cannot
# read is also "malformed".
says_why() # file pattern
{
	local IFS=$'\n' line lines ours=0

	mapfile -t lines <"$1" # all of it in this shell: it is asked some two thousand times
	for line in "${lines[@]}"; do
		[[ $line != fencepost* ]] || ours=$((ours + 1))
	done
	[ "$ours" = 1 ] && [[ ${lines[*]} =~ $2 ]] || return 1
	[ "$status" = 69 ] || { [ "$status" = 64 ] && [[ ${lines[*]} == *malformed* ]]; }
}

# What it then says, in FILE.out and FILE.err, is right: why it cannot, or what it would have said anyhow.
is_right() # file pattern expected-status
{
	says_why "$1.err" "$2" ||
		{ [ "$status" = "$3" ] && [ "$(steady <"$1.out")" = "$steady_whole" ]; }
}

# Each call of that name in turn, sparser the further, and then some more at even distances (FAILING_EACH);
# `pattern` is what may be said of a failure, and `before` undoes what the command has left.
before=
each_call() # call error pattern command...
{
	local call=$1 error=$2 pattern=$3 tried=0 wrong='' nth status
	shift 3

	eval "$before"
	"$@" >whole 2>whole.err </dev/null
	local expected=$? steady_whole
	steady_whole=$(steady <whole)

	rm -rf each && mkdir each
	FAILING_EACH=$scratch/each FAILING_BEFORE=$before injured fencepost "$call" 1 "$error" "$@"
	while read -r nth status; do
		tried=$((tried + 1))
		is_right "each/$nth" "$pattern" "$expected" && continue
		wrong="call $nth ends with $status: $(head -c 300 "each/$nth.err") $(head -c 200 "each/$nth.out")"
		break
	done <each/ends
	is "$wrong" '' "$* without $call: $error" || return
	ok "(which was tried)" test "$tried" -gt 0
}

exits 0 'a small sweep is planned' fencepost tune small.conf --ttl 1,2 --seed 5 --plan sweep
exits 0 'a small run, of its first cell' fencepost run sweep/cells/1/001.conf -o sweep/runs/1/001
run=$(readlink -f sweep/runs/1/001/latest)
exits 0 'exported' fencepost export --to jsonl -o trace.jsonl "$run"
gzip -k trace.jsonl && zstd -q trace.jsonl
cat >register.edn <<-'END'
	{:process 0, :type :invoke, :f :write, :value 1}
	{:process 0, :type :ok, :f :write, :value 1}
	{:process 1, :type :invoke, :f :read, :value nil}
	{:process 1, :type :ok, :f :read, :value 2}
END

memory='out of memory|Cannot allocate memory'
for command in "check $run" "check --json $run" "check $run/history.db" "report $run" \
	'check trace.jsonl' 'check trace.jsonl.gz' 'check trace.jsonl.zst' 'check register.edn' \
	'check --explain register.edn' 'check --json register.edn'; do
	# shellcheck disable=SC2086 # words
	each_call malloc ENOMEM "$memory" fencepost $command
done
each_call malloc ENOMEM "$memory" fencepost export --to jepsen "$run"

for file in "$run" trace.jsonl.gz register.edn; do
	each_call read EIO 'Input/output error' fencepost check "$file"
	each_call read short 'no failure' fencepost check "$file"
	each_call open EMFILE 'Too many open files|unable to open|readonly' fencepost check "$file"
done
each_call pread EIO 'I/O error|malformed' fencepost check "$run"
each_call pread short 'no failure' fencepost check "$run"
each_call pwrite ENOSPC 'disk is full' fencepost check "$run"

# What a sweep writes and reads. (Not without memory: libconfuse, which reads its campaigns, does not bear that.)
before='rm -rf anew'
for call in open rename mkdir; do
	each_call "$call" ENOSPC 'No space left' fencepost tune small.conf --ttl 1,2 --seed 5 --rounds 2 --plan anew
done
before=
each_call open EMFILE 'Too many open files|unable to open' fencepost tune --merge sweep

# Whole runs ------------------------------------------------------------------------------------
# Before the load the machine lacks something (69); after it the run is broken, and says so.
run_ends() # process call nth error status verdict
{
	rm -rf runs
	injured "$1" "$2" "$3" "$4" fencepost run small.conf
	is $? 0 "(the run's $1 comes to call $3 of $2)"
	is "$status $(grep -c '^fencepost: ' err)" "$5 1" "a run whose $1 has no $2: $5" ||
		diag "$(cat err)"
	is "$(sqlite3 runs/2*/history.db 'SELECT DISTINCT verdict FROM verdict' 2>/dev/null)" \
		"$6" "its verdict: ${6:-none}"
}

leftovers_snapshot
run_ends recorder malloc 1000 ENOMEM 70 BROKEN
run_ends recorder pwrite 30 ENOSPC 70 BROKEN
run_ends recorder pread 1 EIO 70 BROKEN
run_ends fencepost fork 7 EAGAIN 69 ''
run_ends fencepost fork 9 EAGAIN 69 ''
run_ends fencepost pipe 1 EMFILE 69 ''
run_ends fencepost mkdir 4 ENOSPC 69 ''
run_ends fencepost open 3 EMFILE 69 ''
run_ends fencepost mmap 9 ENOMEM 69 ''
run_ends fencepost rename 1 EIO 69 ''
leftovers_check 'nothing is left of any of them'
done_testing
