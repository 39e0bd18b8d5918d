#!/bin/bash
# The same history gives the same page, byte by byte: today as when it was last looked at (tests/golden/), from
# whatever folder, time zone, locale and user.
. "$(dirname "$0")/lib.sh"

golden=$root/tests/golden
make_pages() # folder, command in front...
{
	local into=$1

	shift
	"$@" "$golden/make-pages" "$into" 2>"$into.log" || diag "$(cat "$into.log")"
}

differing() # folder
{
	(cd "$1" && LC_ALL=C sha256sum -c --quiet "$golden/pages.sha256" 2>&1)
}

make_pages here env TZ=UTC
is "$(differing here)" '' 'the pages are those of tests/golden/pages.sha256' ||
	diag 'Was that meant? Then: make golden. What differs shows tests/golden/make-pages DIR on both commits.'
sweeps=4 compared=1 # of so many are pages in tests/unit/reports_sweep_test.c, and of all runs
is "$(grep -l '</html>' here/*.html | wc -l)" $(($(find "$golden" -name '*.sql' | wc -l) + sweeps + compared)) \
	'they are whole'

mkdir -p 'a far/folder of its own' tests && cp "$BUILD/fencepost" . && cp "$BUILD/tests/reports_sweep_test" tests &&
	find "$BUILD" -name '*.so' -exec cp {} tests \; &&
	chmod 755 . fencepost tests tests/* && chmod -R a+rwX 'a far'
other=(env FENCEPOST="$PWD/fencepost" TZ=Asia/Kolkata LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8 HOME=/nonexistent COLUMNS=33)
[ "$(id -u)" != 0 ] || other=(setpriv --reuid=nobody --regid=nogroup --clear-groups "${other[@]}")
(umask 077 && make_pages 'a far/folder of its own/pages' "${other[@]}")
is "$(differing 'a far/folder of its own/pages')" '' 'from another folder, time zone, locale and user, too'

sed -i '1s/^/ /' here/quiet.html
like "$(differing here)" 'WARNING: 1 computed checksum' 'and one byte more is noticed'
done_testing
