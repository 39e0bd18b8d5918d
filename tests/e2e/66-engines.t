#!/bin/bash
# The cells of a sweep run by what runs things on many machines: GNU parallel over two hosts by ssh, and a job array
# of Slurm. The hosts are this machine by two addresses, and one node of its own.
# alone: a batch system of its own, beside what it runs
. "$(dirname "$0")/lib.sh"

cat >small.conf <<'CONF'
duration = "2s"
settle = "3s"
cluster { members = 1 }
arm a { lanes = 2  workers = 2  ttl = "2s"  heartbeat = "500ms"  work = "50ms .. 150ms" }
fault pause { do = pause  target = holder  when = between  length = "1.2 ttl"  first = "100ms"  lanes = 2 }
CONF
daemons=()

stop_daemons()
{
	[ "${#daemons[@]}" = 0 ] || kill "${daemons[@]}" 2>/dev/null
	[ "${#daemons[@]}" = 0 ] || wait "${daemons[@]}" 2>/dev/null
	daemons=()
}
trap 'stop_daemons; cd / && rm -rf "$scratch"' EXIT

wait_for() # command...: at most a minute
{
	local deadline_s=$((SECONDS + 60))

	while ! timeout 10 bash -c "$*" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline_s" ] || return 1
		sleep 0.2
	done
}

# Two daemons of ssh, which let nobody in but us.
start_ssh()
{
	ssh-keygen -q -t ed25519 -N '' -f key && ssh-keygen -q -t ed25519 -N '' -f host &&
		cp key.pub authorized && mkdir -p /run/sshd || return
	for address in 127.0.0.1 127.0.0.2; do
		/usr/sbin/sshd -D -e -f /dev/null -o "ListenAddress=$address:2222" -o "HostKey=$scratch/host" \
			-o "AuthorizedKeysFile=$scratch/authorized" -o StrictModes=no -o UsePAM=no \
			-o PidFile=none -o PermitRootLogin=yes 2>>sshd.log &
		daemons+=($!)
	done
	ssh_command="ssh -p 2222 -i $scratch/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=$scratch/known -o LogLevel=ERROR"
	wait_for "$ssh_command" 127.0.0.2 true
}

try_ssh()
{
	exits 0 'planned for two hosts' fencepost tune small.conf --ttl 2,3 --heartbeat 0.5,1 --seed 7 --plan ssh
	parallel --will-cite --ssh "$ssh_command" --sshlogin 1/127.0.0.1,1/127.0.0.2 --joblog joblog \
		<ssh/cells.txt >parallel.log 2>&1
	is $? 0 'GNU parallel runs it over ssh' || diag "$(tail parallel.log sshd.log)"
	is "$(awk 'NR > 1 { print $2 }' joblog | sort -u | xargs)" '127.0.0.1 127.0.0.2' 'on both hosts'
	exits 0 'and all cells have come' fencepost tune --merge ssh
}

# One node, and a controller with keys and state of their own.
start_slurm()
{
	local host

	# Slurm finds no address where there are none but loopback's.
	[ -z "${APART-}" ] || ip address add 10.99.0.1/32 dev lo
	host=$(hostname -s)
	mkdir -p state spool && dd if=/dev/urandom of=munge.key bs=1024 count=1 2>/dev/null && chmod 600 munge.key
	munged --foreground --force --key-file="$scratch/munge.key" --socket="$scratch/munge.socket" \
		--pid-file="$scratch/munge.pid" --log-file="$scratch/munge.log" --seed-file="$scratch/munge.seed" >munge.out 2>&1 &
	daemons+=($!)
	cat >slurm.conf <<-END
		ClusterName=test
		SlurmctldHost=$host(127.0.0.1)
		SlurmUser=root
		AuthType=auth/munge
		AuthInfo=socket=$scratch/munge.socket
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectType=select/cons_tres
		ReturnToService=2
		StateSaveLocation=$scratch/state
		SlurmdSpoolDir=$scratch/spool
		SlurmctldPidFile=$scratch/slurmctld.pid
		SlurmdPidFile=$scratch/slurmd.pid
		NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc)
		PartitionName=all Nodes=ALL Default=YES State=UP
	END
	export SLURM_CONF=$scratch/slurm.conf
	wait_for 'test -S munge.socket'
	slurmctld -D >slurmctld.log 2>&1 &
	daemons+=($!)
	slurmd -D >slurmd.log 2>&1 &
	daemons+=($!)
	wait_for 'sinfo -h -o %T | grep -q idle'
}

try_slurm()
{
	exits 0 'planned for a batch system' fencepost tune small.conf --ttl 2,3 --heartbeat 0.5 --seed 7 --plan array
	cat >cell.sh <<-'END'
		#!/bin/sh
		sed -n "${SLURM_ARRAY_TASK_ID}p" array/cells.txt | sh
	END
	ok 'Slurm runs it as a job array' timeout 300 sbatch --wait --array=1-2%1 --output=slurm-%a.log cell.sh ||
		diag "$(tail slurmctld.log slurmd.log slurm-*.log)"
	exits 0 'and all cells have come' fencepost tune --merge array
	is "$(jq -r '.cells[].state' array/tune.json | xargs)" 'measured measured' 'each of them'
}

[ "$(id -u)" = 0 ] || skip_all 'root alone may start the daemons'
if command -v parallel ssh ssh-keygen >/dev/null && [ -x /usr/sbin/sshd ]; then
	if start_ssh; then try_ssh; else fail 'ssh lets us in' "$(tail sshd.log)"; fi
	stop_daemons
else
	skip 'GNU parallel runs it over ssh' 'there is no parallel, or no sshd'
fi
if command -v slurmctld slurmd munged sbatch >/dev/null; then
	if start_slurm; then try_slurm; else fail 'Slurm has a node' "$(tail slurmctld.log slurmd.log munge.out)"; fi
	stop_daemons
else
	skip 'Slurm runs it as a job array' 'there is no Slurm'
fi
done_testing
