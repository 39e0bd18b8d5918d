#!/bin/bash
# In a container: without its two options it says which is missing, and with what it says it runs, in a fresh
# Debian and in our own image, for anybody.
# shellcheck disable=SC2034 # of lib.sh
network=machine
. "$(dirname "$0")/lib.sh"

base=debian:bookworm-slim image=fencepost-test-$$
docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || skip_all 'no docker engine answers'
docker image inspect "$base" >/dev/null 2>&1 || skip_all "the image $base is not here"
trap 'docker image rm --force "$image" >/dev/null 2>&1; cd / && rm -rf "$scratch"' EXIT

# The first step of make chaos there, by somebody who may install nothing.
first_step() # options of docker...
{
	docker run --rm --network none --user 4321:4321 --volume "$root:/tree:ro" "$@" "$base" \
		/tree/scripts/dependencies --sandbox build 2>&1
}
advised() # what was said
{
	grep -o -e '--security-opt [a-z=]*' <<<"$1" | xargs
}
said=$(first_step)
is $? 69 'a plain container: 69'
is "$(advised "$said")" '--security-opt seccomp=unconfined --security-opt systempaths=unconfined' \
	'it names both options'
like "$said" 'refuses.*this is a container' 'and why'
is "$(advised "$(first_step --security-opt seccomp=unconfined)")" '--security-opt systempaths=unconfined' \
	'with one of them the other'
read -ra options <<<"$(advised "$said")"
said=$(first_step "${options[@]}")
unlike "$said" 'refuses' 'with both it goes on'
like "$said" 'missing:.*libsqlite3-dev' 'to what is missing'

if ! docker build --network host --tag "$image" "$root" >build.log 2>&1; then
	fail 'our image is built' "$(tail build.log)"
	done_testing
fi
pass 'our image is built'
mkdir runs && chmod 777 runs
# What bites at any speed, for this machine may also be compiling: the default campaign's faults wait for holders.
cat >runs/small.conf <<-END
	duration = "8s"
	settle = "1s"
	arm a { lanes = 2  workers = 2  ttl = "1s" }
	fault cut { do = cut  target = m1  from = peers  length = "3s"  first = "500ms" }
	fault pause { do = pause  target = m2  length = "1s"  first = "5s" }
END
said=$(docker run --rm --network none "$image" 2>&1)
is "$? $(advised "$said")" "69 ${options[*]}" 'without options it names them'
campaign() # options of docker...
{
	docker run --rm --network none "${options[@]}" --user 4321:4321 --volume "$PWD/runs:/data/runs" "$@" \
		"$image" run runs/small.conf >run.log 2>&1
	like $? '^[012]$' "it runs as anybody, with ${*:-these}" || diag "$(cat run.log)"
	is "$(sqlite3 -batch runs/latest/history.db 'SELECT kind FROM fault WHERE bitten ORDER BY kind' | xargs)" \
		'cut pause' 'and faults bite'
}
campaign
campaign --cap-drop ALL --security-opt no-new-privileges --read-only
is "$(docker run --rm --network none "${options[@]}" "$image" doctor --json | jq .able)" true 'doctor is content'
is "$(docker ps --all --quiet --filter "ancestor=$image")" '' 'no container is left'
done_testing
