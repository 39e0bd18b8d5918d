#!/bin/bash
# Anybody's traces: judged by their model, in every format, with the exit codes of the design.
. "$(dirname "$0")/lib.sh"

cat >good.jsonl <<'END'
{"type":"invoke","process":1,"f":"acquire","object":"a","time_ns":1000}
{"type":"ok","process":1,"f":"acquire","object":"a","time_ns":2000}
{"type":"invoke","process":1,"f":"release","object":"a","time_ns":3000}
{"type":"ok","process":1,"f":"release","object":"a","time_ns":4000}
{"type":"invoke","process":2,"f":"acquire","object":"a","time_ns":5000}
{"type":"ok","process":2,"f":"acquire","object":"a","time_ns":6000}
END
sed '3,4d' good.jsonl >bad.jsonl

like "$(fencepost check --model mutex good.jsonl)" '^LINEARIZABLE  mutex' 'a lock that was given back is linearizable'
exits 1 'one that two hold is not' fencepost check --model mutex bad.jsonl
like "$(fencepost check --model mutex bad.jsonl)" 'line 3' 'and the line of the second acquire is named'
exits 1 'of several files the gravest counts' fencepost check --model mutex good.jsonl bad.jsonl
exits 0 'two permits make it legal' fencepost check --model semaphore --limit 2 bad.jsonl
like "$(fencepost check --json --model mutex bad.jsonl)" '"verdict":"NOT LINEARIZABLE"' 'the JSON says so too'
echo '{"type":"invoke","process":1,"f":"acqire","object":"a"}' >misspelt.jsonl
exits 64 'a misspelt function is malformed input' fencepost check misspelt.jsonl
like "$(fencepost check misspelt.jsonl 2>&1)" 'misspelt.jsonl:1:' 'and its place is named'
exits 64 'an unknown model is a usage error' fencepost check --model mutx good.jsonl
like "$(fencepost check --model mutx good.jsonl 2>&1)" 'mutex' 'that names the nearest'

# Public histories with known verdicts lie beside the project where it is developed.
histories=$root/../shared/histories
if [ ! -r "$histories/VERDICTS.tsv" ]; then
	skip 'public histories' 'they are not beside this tree'
	done_testing
fi
wrong=
judged=0
while IFS=$'\t' read -r file model verdict; do
	case $verdict in
	linearizable) want='LINEARIZABLE' ;;
	*) want='NOT LINEARIZABLE' ;;
	esac
	got=$(fencepost check --model "$model" "$histories/$file" 2>&1 | head -n 1)
	judged=$((judged + 1))
	[[ $got == "$want  $model"* ]] || wrong+="$file: $got"$'\n'
done < <(sed 1d "$histories/VERDICTS.tsv")
is "$wrong" '' "$judged public histories are judged as is known of them"
ok 'and there were some' [ "$judged" -gt 50 ]
done_testing
