#!/bin/bash
# Faults of members, of their links, and partitions on real etcd, as an ordinary user.
# Leans on time: in the half second and more between two faults the members elect, and in the 3 s of a partition
# each says something to each (etcd does every 1.7 s).
# first: a campaign of a minute
. "$(dirname "$0")/lib.sh"
. "$root/tests/e2e/faults.sh"

conf=$root/tests/e2e/faults/members.conf
leftovers_snapshot
run_unprivileged "$conf"
like "$status" '^[02]$' 'a run of faults of members' || diag "$(tail -20 run.log)"
blocks_bite "$conf"

# Whom they hit.
led="EXISTS (SELECT 1 FROM proof WHERE fault = f.id AND what = 'leader changed' AND holds)"
ok 'the leader really changed' [ "$(ask "SELECT count(*) FROM fault f WHERE target = 'leader' AND
	bitten AND $led")" -gt 0 ]
is "$(ask "SELECT count(*) FROM fault f JOIN schedule s ON s.id = f.schedule JOIN host ON
	host.id = f.host WHERE role <> 'member'")" 0 'all are members'
is "$(ask "SELECT block, count(*) FROM fault f JOIN schedule s ON s.id = f.schedule
	WHERE block IN ('pause-minority', 'pause-majority', 'pause-members') GROUP BY block")" \
	$'pause-majority|2\npause-members|3\npause-minority|1' 'of three members a minority is one, a majority two'
hosts_of() # block
{
	ask "SELECT group_concat(host) FROM (SELECT DISTINCT host FROM fault f JOIN schedule s ON
		s.id = f.schedule WHERE block = '$1' ORDER BY host)"
}
is "$(hosts_of pause-members)" '0,1,2' 'members are all of them'
is "$(hosts_of pause-each)" '0,1,2' 'each-member comes to each'
always kill-m2 "(SELECT name FROM host WHERE id = f.host) = 'm2'" 'it is that member'
always kill-m2 "EXISTS (SELECT 1 FROM process p WHERE p.host = f.host AND p.incarnation > 1)" \
	'it was started again'

# Directions: what one hears and the other does not.
between_members() # from-condition to-condition
{
	echo "EXISTS (SELECT 1 FROM dropped JOIN host a ON a.id = src JOIN host b ON b.id = dst WHERE
		dropped.fault = f.id AND a.role = 'member' AND b.role = 'member' AND $1 AND $2)"
}
always cut-in "$(between_members 1 'b.id = f.host')" 'what m1 was sent was dropped'
always cut-in "NOT $(between_members 'a.id = f.host' 1)" 'nothing that m1 sent'
always cut-out "$(between_members 'a.id = f.host' 1)" 'what m1 sent was dropped'
always cut-out "NOT $(between_members 1 'b.id = f.host')" 'nothing that m1 was sent'

# Shapes, by the links on which packets were dropped.
links_of() # block role-of-source role-of-destination: how many links between these dropped packets
{
	ask "SELECT count(DISTINCT src || '-' || dst) FROM fault f JOIN schedule s ON
		s.id = f.schedule JOIN dropped ON dropped.fault = f.id
		JOIN host a ON a.id = src JOIN host b ON b.id = dst
		WHERE block = '$1' AND a.role = '$2' AND b.role = '$3'"
}
is "$(links_of ring member member)" 3 'ring: each member does not hear one other'
is "$(links_of bridge member member)" 2 'bridge: two members do not hear each other'
is "$(links_of minority member member)" 4 'minority: one member and the others do not hear each other'
is "$(links_of peers member member)" 6 'peers: no member hears another'
is "$(links_of peers worker member)" 0 'peers: workers reach every member'
is "$(links_of clients member member)" 0 'clients: members hear each other'
ok 'clients: workers reach no member' [ "$(links_of clients worker member)" -gt 2 ]
is "$(links_of leader-alone member member)" 4 'leader-alone: it does not hear the other members'
ok 'leader-alone: nor do workers reach it' [ "$(links_of leader-alone worker member)" -gt 0 ]
is "$(links_of halves member member)" 4 'halves: one member on this side, two on that'
leftovers_check 'nothing is left'
done_testing
