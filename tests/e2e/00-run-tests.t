#!/bin/bash
# What scripts/run-tests says of tests that fail, at its end: a reader of CI sees only that. And whom it runs
# beside whom.
# shellcheck disable=SC2016 # the dollars in single quotes are for the scripts that are written
. "$(dirname "$0")/lib.sh"

mkdir -p scripts tests/e2e tests/unit build/tests
cp "$root/scripts/run-tests" scripts/
tap() # name body
{
	printf '#!/bin/bash\n%s\n' "$2" >"tests/e2e/$1.t"
	chmod +x "tests/e2e/$1.t"
}
unit() # name body [head of its source]
{
	echo "${3-}" >"tests/unit/$1_test.c"
	printf '#!/bin/bash\n%s\n' "$2" >"build/tests/$1_test"
	chmod +x "build/tests/$1_test"
}
run()
{
	BUILD=build JOBS=${jobs:-1} MUST_RUN='' scripts/run-tests >output 2>&1
	status=$?
}

tap 10-good 'echo "ok 1 - fine"; echo 1..1'
unit good 'echo "100%: Checks: 2, Failures: 0, Errors: 0"'
run
is "$status|$(tail -1 output)" '0|3 passed, 0 failed, 0 skipped' 'all passed'
unlike "$(cat output)" 'Failed:' 'and nothing is said to have failed'

tap 20-bad 'echo "ok 1 - fine"; echo "# of the first"; echo "not ok 2 - broken"; echo "# got: a"
echo "# expected: b"; echo "ok 3 - fine again"; echo "# of the third"; echo 1..3; exit 1'
tap 30-long 'echo "not ok 1 - long"; seq -f "# %g" 40; echo 1..1; exit 1'
tap 40-mute 'echo "ok 1 - fine"; echo 1..2; echo "the end of it"'
unit bad 'echo "50%: Checks: 2, Failures: 1, Errors: 0"
echo "bad.c:7:F:all:it_holds:0: Assertion failed"; exit 1'
unit crash 'echo "before the crash"; kill -SEGV $$'
run
is "$status|$(tail -1 output)" '1|7 passed, 5 failed, 0 skipped' 'the last line counts'
is "$(sed -n '/^Failed:/,$p' output | sed '/^    # [0-9]*$/d')" 'Failed:
  20-bad: exit status 1
    not ok 2 - broken
    # got: a
    # expected: b
  30-long: exit status 1
    not ok 1 - long
    ... and 21 lines more
  40-mute: Parse errors: Bad plan.  You planned 2 tests but ran 1.
    ok 1 - fine
    1..2
    the end of it
  bad_test: exit status 1
    bad.c:7:F:all:it_holds:0: Assertion failed
  crash_test: exit status 139
    before the crash
7 passed, 5 failed, 0 skipped' 'before it stands what failed, with the lines that say so'
is "$(sed -n '/^Failed:/,$p' output | grep -c '^    # [0-9]*$')" 19 'at most 20 lines of a test'

# Each says when it began and ended; two that wait for one another run side by side.
rm tests/e2e/*.t tests/unit/*
apart='echo "begin ${0##*/}" >>order; sleep 0.3; echo "end ${0##*/}" >>order; echo "ok 1 - fine"; echo 1..1'
meets() # whom
{
	printf 'touch "${0##*/}.here"; for _ in $(seq 300); do [ ! -e %s.t.here ] || break; sleep 0.1; done
		[ -e %s.t.here ] && echo "ok 1 - met"; echo "end ${0##*/}" >>order; echo 1..1' "$1" "$1"
}
tap 0-three $'# alone: it is so\n'"$apart"
tap 0-four $'# alone: so it is\n'"$apart"
tap 1-one "$(meets 1-two)"
tap 1-two "$(meets 1-one)"
jobs=4
run
is "$status|$(tail -1 output)" '0|4 passed, 0 failed, 0 skipped' 'JOBS=4: two tests meet'
is "$(head -2 order | sort; tail -n +3 order)" 'end 1-one.t
end 1-two.t
begin 0-four.t
end 0-four.t
begin 0-three.t
end 0-three.t' 'those that need the machine for themselves come last, one after the other'

rm order tests/e2e/*.t
tap 1-short "$apart"
tap 2-long $'# first: it takes long\n'"$apart"
unit other 'echo "begin unit" >>order; echo "100%: Checks: 1, Failures: 0, Errors: 0"'
unit long 'echo "begin long unit" >>order; echo "100%: Checks: 1, Failures: 0, Errors: 0"' \
	' * first: it takes long'
jobs=1
run
is "$status|$(grep begin order | paste -sd ,)" '0|begin 2-long.t,begin long unit,begin 1-short.t,begin unit' \
	'those that take long begin first'

# What it tells of the time: of the processors, too.
rm tests/e2e/*.t tests/unit/*
tap 1-idle 'sleep 1; echo "ok 1 - fine"; echo 1..1'
tap 2-busy 'perl -e "1 while (times)[0] < 1"; echo "ok 1 - fine"; echo 1..1'
run
like "$(cat output)" '1-idle .*1 checks  +1\.[0-9] s, busy +0\.[0-9] s' 'one that waits: it was not busy'
like "$(cat output)" '2-busy .* s, busy +[1-9]' 'one that computes: it was'
done_testing
