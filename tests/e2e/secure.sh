# shellcheck shell=bash
# For tests of clusters that speak TLS: an authority, certificates, and members on loopback. Sourced
# after lib.sh; everything lies in the working directory, keys of elliptic curves are made in an instant.

# An authority AUTHORITY.pem of its own.
make_authority() # authority
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$1.key" -out "$1.pem" 2>/dev/null
}

# NAME.pem and NAME.key, of a host (subject alternative names) or a client. Etcd's gateway asks the
# member itself with the server's certificate: it must be good for a client, too.
make_certificate() # authority name subject alternative-names [openssl x509 options]
{
	local authority=$1 name=$2 subject=$3 names=$4

	shift 4
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" \
		-keyout "$name.key" -out "$name.csr" 2>/dev/null &&
		printf '%s\n' "${names:+subjectAltName = $names}" \
			'extendedKeyUsage = serverAuth, clientAuth' >"$name.ext" &&
		openssl x509 -req -in "$name.csr" -CA "$authority.pem" -CAkey "$authority.key" \
			-CAcreateserial -extfile "$name.ext" -out "$name.pem" "${@:--days=2}" 2>/dev/null
}

# Three ports in a row where nobody listens, below those that the kernel gives to clients: $port.
find_ports() # count
{
	local i

	while port=$((20000 + RANDOM % 10000)); do
		for ((i = 0; i < $1; i++)); do
			! (: <>"/dev/tcp/127.0.0.1/$((port + i))") 2>/dev/null || continue 2
		done
		return
	done
}
