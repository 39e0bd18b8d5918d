# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # back quotes are those of the tables, status is for the tests to read, root is of lib.sh
# For the tests of faults: a run as an ordinary user, and what its history says of each fault block.
# A block of a campaign in tests/e2e/faults/ whose line says "# chance" has to bite once; the others
# each time that they are injected but one: on a machine that others starve a process takes longer to
# stop, at times, than its proof waits.

# The words of a topic: faults, targets, ...
words_of() # topic
{
	"$BUILD/fencepost" help "$1" --markdown | sed -n 's/^| `\([a-z-]*\)` .*/\1/p'
}

# Root runs it as nobody, without any privilege.
run_unprivileged() # campaign option...
{
	local campaign=$1 in_front=(env)

	shift
	[ -x fencepost ] || cp "$BUILD/fencepost" .
	chmod 755 .
	mkdir -p runs
	if [ "$(id -u)" = 0 ]; then
		in_front=(setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all
			--bounding-set=-all)
		chown nobody: runs
	fi
	cat "$campaign" >campaign.conf
	"${in_front[@]}" ./fencepost run campaign.conf -o runs "$@" >run.log 2>&1
	status=$? # for the test to look at
}

ask() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}

# The proof that each kind has to bring.
proof_of() # kind
{
	"$BUILD/fencepost" help faults --markdown | sed -n "s/^| \`$1\` .*| \(.*\) |\$/\1/p"
}

# One test for each fault block: injected, bitten, with its proof, ended.
blocks_bite() # campaign
{
	local block kind faults bitten proved ended least what

	while read -r block kind; do
		what=$(proof_of "$kind")
		# All is said, and a power loss of a member that had synced everything is none.
		least=1
		[ "$kind" != power-loss ] || [[ $block == *lost ]] || least=0
		IFS='|' read -r faults bitten ended proved < <(ask "
			SELECT count(*), ifnull(sum(bitten), 0), count(ended_ns), ifnull(sum(bitten AND
				EXISTS (SELECT 1 FROM proof WHERE fault = f.id AND what = '$what'
					AND holds AND abs(count) >= $least)), 0)
			FROM fault f JOIN schedule s ON s.id = f.schedule
			WHERE s.block = '$block' AND f.kind = '$kind'")
		if ! grep -q "^fault ${block}[[:space:]].*# chance" "$1"; then
			ok "$block: $kind bites each time but one at most ($bitten of $faults)" \
				[ "$((faults - bitten))" -le "$((faults > 1))" ] ||
				diag "$(ask "SELECT f.detail, p.what, p.holds, p.count, p.detail
					FROM proof p JOIN fault f ON f.id = p.fault JOIN schedule s
					ON s.id = f.schedule WHERE s.block = '$block'")"
		fi
		ok "$block: $kind is proved by '$what' ($bitten of $faults)" \
			[ "$bitten" -gt 0 -a "$proved" = "$bitten" -a "$ended" = "$faults" ] ||
			diag "$proved proved, $ended ended: $(ask "SELECT p.* FROM proof p JOIN fault f
				ON f.id = p.fault JOIN schedule s ON s.id = f.schedule
				WHERE s.block = '$block'")"
	done < <(sed -n '/# control/d; s/^fault \([^[:space:]]*\).*do = \([a-z-]*\).*/\1 \2/p' "$1")
	is "$(ask 'SELECT text FROM note WHERE breaks')" '' 'nothing broke'
	is "$(ask 'SELECT count(*) FROM fault WHERE ended_ns IS NULL')" 0 'every fault ended'
}

# Faults of a block for which the condition holds; f is the fault, s its entry in the schedule.
count_faults() # block condition
{
	ask "SELECT count(*) FROM fault f JOIN schedule s ON s.id = f.schedule
	     WHERE s.block = '$1' AND f.bitten AND ($2)"
}

# Some fault of the block shows this.
shows() # block condition name
{
	local count

	count=$(count_faults "$1" "$2")
	ok "$1: $3 ($count times)" [ "$count" -gt 0 ]
}

# Every one does.
always() # block condition name
{
	is "$(count_faults "$1" "$2")" "$(count_faults "$1" 1)" "$1: $3"
}

# Packets that the capture at the hub holds between a fault's target and hosts of some roles, between two
# instants, expressions of fault and its proof: sent by the target, to it, or both.
captured() # fault-id out|in|both roles from-ns to-ns
{
	local host begin end others one count=0

	IFS='|' read -r host begin end < <(ask "SELECT address, $4 + w, $5 + w FROM fault
		JOIN host ON host.id = host JOIN proof ON proof.fault = fault.id AND what = 'packets dropped',
		(SELECT CAST(value AS INTEGER) AS w FROM run WHERE key = 'start_wall_ns')
		WHERE fault.id = $1")
	mapfile -t others < <(ask "SELECT address FROM host WHERE role IN ($3)")
	for one in "${others[@]}"; do
		[ "$2" = in ] || count=$((count + $("$root/tests/e2e/capture_count.pl" \
			runs/latest/capture.pcap "$host" "$one" "$begin" "$end")))
		[ "$2" = out ] || count=$((count + $("$root/tests/e2e/capture_count.pl" \
			runs/latest/capture.pcap "$one" "$host" "$begin" "$end")))
	done
	echo "$count"
}

# The capture bears the counter of the packet filter out. All that it holds from the begin until the heal
# was due was dropped; and all that was dropped it holds, between the aim, when no packet was dropped yet,
# and the proof, when they had been counted. How far these lie apart is up to the machine; so is what the
# capture itself missed, which it tells. One of which nothing was dropped did not bite (see blocks_bite), but
# not all of a block.
capture_agrees() # block out|in|both roles
{
	local id counted least most missed wrong='' sum=0

	missed=$(ask "SELECT value FROM run WHERE key = 'capture_missed_packets'")
	while IFS='|' read -r id counted; do
		least=$(captured "$id" "$2" "$3" began_ns began_ns+length_ns)
		most=$(captured "$id" "$2" "$3" aimed_ns at_ns)
		[ "$least" -le "$counted" ] && [ "$counted" -le $((most + ${missed:-0})) ] ||
			wrong+="fault $id: $counted dropped, $least to $most in the capture"$'\n'
		sum=$((sum + counted))
	done < <(ask "SELECT f.id, p.count FROM fault f JOIN schedule s ON s.id = f.schedule JOIN proof p
		ON p.fault = f.id WHERE block = '$1' AND what = 'packets dropped'")
	[ "$sum" -gt 0 ] || wrong+='nothing was dropped'
	is "$wrong" '' "$1: the capture shows the packets that were dropped"
}
