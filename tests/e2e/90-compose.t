#!/bin/bash
# The cluster of docker-compose.yml is sound, comes up, serves, outlasts a restart, and goes away.
# It is started under another name and on other ports, beside one that may be running.
# shellcheck disable=SC2317 # functions are called through ok
# shellcheck disable=SC2034 # read by lib.sh
network=machine
. "$(dirname "$0")/lib.sh"

if docker compose version >/dev/null 2>&1; then
	compose=(docker compose)
elif command -v docker-compose >/dev/null; then
	compose=(docker-compose)
else
	skip_all 'neither docker-compose nor docker compose is here'
fi

project=fencepost-test-$$
sed 's/127\.0\.0\.1:\([123]\)2379/127.0.0.1:\12479/' "$root/docker-compose.yml" >compose.yml
in_cluster()
{
	"${compose[@]}" --project-directory "$root" -f compose.yml -p "$project" "$@"
}

ok 'the file is valid' in_cluster config -q
is "$(in_cluster config --services | sort | xargs)" 'm1 m2 m3' 'it has three members'
is "$(grep -c '127\.0\.0\.1:[123]2479:2379' compose.yml)" 3 'each is published on the loopback only'

remaining=(
	'the members become healthy' 'a write at one member is read at another'
	'a lease of 1 s is granted as asked' 'a restarted member still has its log'
	'nothing is left of it'
)
skip_remaining()
{
	local name

	for name in "${remaining[@]}"; do
		skip "$name" "$1"
	done
	done_testing
}
docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || skip_remaining 'no docker engine answers'
docker image inspect debian:bookworm-slim >/dev/null 2>&1 ||
	skip_remaining 'the image debian:bookworm-slim is not here'

stop_cluster()
{
	in_cluster down --volumes --timeout 2 >/dev/null 2>&1
}
trap 'stop_cluster; cd / && rm -rf "$scratch"' EXIT

of_project() # kind of object: what there is of our project, one a line
{
	docker "$1" ls --quiet --filter "label=com.docker.compose.project=$project" "${@:2}"
}

# Waits for up to 60 s.
three_are_healthy()
{
	local tries

	for ((tries = 0; tries < 120; tries++)); do
		[ "$(of_project container --filter health=healthy | wc -l)" != 3 ] || return 0
		sleep 0.5
	done
	in_cluster logs --tail=20
	return 1
}

come_up()
{
	in_cluster up -d --build && three_are_healthy
}

# The gateway of member $1; keys and values are base64, "a2V5" is "key".
call() # member path body
{
	curl -s --max-time 5 "http://127.0.0.1:${1}2479/v3beta/$2" -d "$3"
}

restart_and_read()
{
	in_cluster restart --timeout 5 m2 || return 1
	three_are_healthy || return 1
	# of that member's own copy, without asking the others
	call 2 kv/range '{"key":"a2V5","serializable":true}' | grep '"value":"dmFsdWU="'
}

nothing_is_left()
{
	stop_cluster
	[ -z "$(of_project container --all)$(of_project network)$(of_project volume)" ]
}

ok "${remaining[0]}" come_up || stop_cluster
call 1 kv/put '{"key":"a2V5","value":"dmFsdWU="}' >/dev/null
like "$(call 3 kv/range '{"key":"a2V5"}')" '"value":"dmFsdWU="' "${remaining[1]}"
like "$(call 2 lease/grant '{"TTL":1}')" '"TTL":"1"' "${remaining[2]}"
ok "${remaining[3]}" restart_and_read
ok "${remaining[4]}" nothing_is_left
done_testing
