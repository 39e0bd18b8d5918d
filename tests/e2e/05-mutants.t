#!/bin/bash
# The tests can fail. scripts/make-mutants makes the mutants that it promises, no others; run-mutants
# refuses a list of explained ones that is stale; and of a sample, drawn by a fixed seed from all rooms,
# the quick tests of each notice all that is not explained.
# alone: it compiles and judges 56 mutants on all processors, and beside it what leans on time would wait
. "$(dirname "$0")/lib.sh"

cat >sample.c <<'END'
/* a < b */
#include "base/invariant.h"

enum { OUTSIDE = 7 };
static const int table[] = {1, 2};

static bool is_late(const struct op *op, int64_t now_ns)
{
	CHECK(now_ns >= 0);
	return op->invoked_ns + 1 < now_ns || !op->known;
}

struct op *find(struct op *op, int count)
{
	char text[16] = {0};
	int64_t sum = -1, *at = &sum;

	for (int i = 0; i < count; i++) {
		if (op[i].f == 'x' && count > 5) /* > is no comparison here */
			continue;
		while (is_late(&op[i], sum))
			break;
		sum += op[i].invoked_ns << 2;
		*at = sum & 0x0f ? -sum : sum * sizeof(text);
	}
	HASH_ITER (hh, op, at, next) {
		log_line("%d of %d", 1, 2);
		swap(op, at);
		free(at);
	}
	switch (count) {
	case 1:
		text[0] = "a < b"[sum - 3];
		return NULL;
	}
	error_set(err, 1, "%d > 0", count > 0);
	return op + count;
}
END
cat >expected <<'END'
10 is_late return: op->invoked_ns + 1 < now_ns || !op->known -> !(op->invoked_ns + 1 < now_ns || !op->known)
10 is_late arithmetic: + -> -
10 is_late constant: 1 -> 2
10 is_late constant: 1 -> 0
10 is_late compare: < -> <=
10 is_late operand: op->invoked_ns + 1 < now_ns -> false
10 is_late operand: !op->known -> false
16 find constant: -1 -> 0
18 find constant: 0 -> 1
18 find compare: < -> <=
19 find condition: op[i].f == 'x' && count > 5 -> true
19 find condition: op[i].f == 'x' && count > 5 -> false
19 find compare: == -> !=
19 find operand: op[i].f == 'x' -> true
19 find operand: count > 5 -> true
19 find compare: > -> >=
19 find constant: 5 -> 6
19 find constant: 5 -> 4
20 find jump: continue -> break
20 find jump: continue; -> ;
21 find condition: is_late(&op[i], sum) -> false
22 find jump: break -> continue
22 find jump: break; -> ;
23 find statement: sum += op[i].invoked_ns << 2; -> ;
23 find arithmetic: += -> -=
23 find arithmetic: << -> >>
23 find constant: 2 -> 3
23 find constant: 2 -> 1
24 find statement: *at = sum & 0x0f ? -sum : sum * sizeof(text); -> ;
24 find arithmetic: & -> |
24 find constant: 0x0f -> 16
24 find constant: 0x0f -> 14
24 find condition: sum & 0x0f -> true
24 find condition: sum & 0x0f -> false
28 find statement: swap(op, at); -> ;
28 find arguments: op, at -> at, op
32 find constant: 1 -> 2
32 find constant: 1 -> 0
33 find statement: text[0] = "a < b"[sum - 3]; -> ;
33 find constant: 0 -> 1
33 find arithmetic: - -> +
33 find constant: 3 -> 4
33 find constant: 3 -> 2
37 find return: op + count -> 0
37 find arithmetic: + -> -
END
"$root/scripts/make-mutants" sample.c |
	awk -F '\t' '{ printf "%d %s %s: %s -> %s\n", $2, $4, $5, $6, $7 }' >made
is "$(cat made)" "$(cat expected)" 'of a known text exactly the known mutants are made'

is "$("$root/scripts/make-mutants" sample.c | while IFS=$'\t' read -r _ _ at _ _ old _; do
	old=$(printf %b "$old")
	[ "$(tail -c "+$((at + 1))" sample.c | head -c "${#old}")" = "$old" ] || echo "$at: $old"
done)" '' 'each stands where it says'

echo '{' >broken.c
exits 1 'a text that is no C is refused' "$root/scripts/make-mutants" broken.c

# A tree of one room, whose only test is never built: the lists are read before.
mkdir -p tree/{scripts,cellar,tests/mutants,tests/unit}
cp "$root"/scripts/*-mutants tree/scripts/
cp sample.c tree/cellar/
touch tree/tests/unit/cellar_sample_test.c
printf 'cellar\tcellar_*\n' >tree/tests/mutants/rooms.tsv
stale() # row why-it-is-refused name
{
	printf '%b\n' "$1" >tree/tests/mutants/equivalent.tsv
	like "$(tree/scripts/run-mutants --room cellar --sample 1 2>&1; echo "exit $?")" \
		"equivalent.tsv: $2: cellar/sample.c.*exit 1" "$3"
}
stale 'cellar/sample.c\tno such text\tx\twhy' 'the text was found 0 times' 'a row whose text is gone is refused'
stale 'cellar/sample.c\t2\t3\twhy' 'the text was found [0-9]* times' 'a row whose text stands twice is refused'
stale 'cellar/sample.c\tint count\tint counts\twhy' 'make-mutants does not make it' 'a row that is no mutant is refused'
stale 'cellar/sample.c\tinvoked_ns + 1\tinvoked_ns + 2\t' 'it does not say why it is no fault' 'a row without a reason is refused'

if ! unshare --user --mount --net --pid --fork true 2>/dev/null; then
	skip 'the tests notice a sample of mutants' 'may not make namespaces'
	done_testing
fi
rooms=()
while read -r room _; do
	[[ $room == '#'* ]] || rooms+=(--room "$room")
done <"$root/tests/mutants/rooms.tsv"
name='the tests notice a sample of 56 mutants (seed 1)'
limit_s=150 # of the half hour that the whole of .ci/run has
# Many a test waits for most of its time: two at a time for each processor.
output=$(timeout "$limit_s" "$root/scripts/run-mutants" "${rooms[@]}" --quick --sample 7 --seed 1 \
	--jobs $((2 * $(nproc))) --fates "$PWD/fates.tsv" 2>&1)
status=$?
touch fates.tsv
if [ "$status" = 0 ]; then
	pass "$name"
elif [ "$status" = 124 ] && ! grep -q '^survived: ' <<<"$output"; then
	skip "$name" "the machine is busy: in $limit_s s it judged $(grep -c killed fates.tsv)"
else
	fail "$name" "exit status $status: $output"
fi
done_testing
