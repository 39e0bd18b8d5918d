#!/bin/bash
# scripts/fetch-etcd gives nothing that was not verified, and what it gave is first run in a sandbox.
# Needs no network: the archive is a folder here.
. "$(dirname "$0")/lib.sh"

for tool in apt-get dpkg-deb; do
	command -v "$tool" >/dev/null || skip_all "$tool is not here"
done
sqv=/usr/lib/apt/methods/sqv
command -v gpgv >/dev/null || [ -x $sqv ] || skip_all 'neither gpgv nor sqv is here'
[ -r /usr/share/keyrings/debian-archive-keyring.gpg ] || skip_all 'no keyring of the archive'
export XDG_CACHE_HOME=$scratch/cache
cache=$XDG_CACHE_HOME/fencepost/etcd-9.9.9
fetch=$root/scripts/fetch-etcd

# An archive that nobody signed, with an etcd 9.9.9 that tells where it runs.
make_archive()
{
	local arch size sum index=archive/dists/sid/main

	arch=$(dpkg --print-architecture)
	index=$index/binary-$arch
	mkdir -p "$index" package/DEBIAN package/usr/bin
	cat >package/usr/bin/etcd <<-END
		#!/bin/sh
		echo "\$\$ \$(readlink /proc/self/ns/net)" >>$scratch/ran
		echo 'etcd Version: 9.9.9'
	END
	chmod +x package/usr/bin/etcd
	printf 'Package: etcd-server\nVersion: 9.9.9-1\nArchitecture: %s\nMaintainer: x <x@x>\nDescription: x\n' \
		"$arch" >package/DEBIAN/control
	chmod 755 package/DEBIAN # whatever the umask is
	dpkg-deb --build --root-owner-group package archive/etcd.deb >/dev/null
	size=$(stat -c %s archive/etcd.deb) sum=$(sha256sum archive/etcd.deb)
	{
		cat package/DEBIAN/control
		printf 'Filename: etcd.deb\nSize: %s\nSHA256: %s\n' "$size" "${sum%% *}"
	} >"$index/Packages"
	size=$(stat -c %s "$index/Packages") sum=$(sha256sum "$index/Packages")
	printf 'Origin: Debian\nSuite: sid\nCodename: sid\nComponents: main\nArchitectures: %s\nSHA256:\n %s %s %s\n' \
		"$arch" "${sum%% *}" "$size" "main/binary-$arch/Packages" >archive/dists/sid/Release
}

make_archive
export DEBIAN_ARCHIVE=file://$scratch/archive

# What is known ----------------------------------------------------------------------------------
# By its hash alone: of an archive that nobody signed, without gpgv, from whoever has it.
mkdir knowing
sed "s|^EVERYWHERE=.*|EVERYWHERE=file://$scratch/everywhere|; s|^SNAPSHOT=.*|SNAPSHOT=file://$scratch/snapshot|" \
	"$fetch" >knowing/fetch-etcd
chmod +x knowing/fetch-etcd
know() # hash
{
	printf '9.9.9\t%s\tetcd.deb\t%s\t%s\n' "$(dpkg --print-architecture)" \
		"$(stat -c %s archive/etcd.deb)" "$1" >knowing/etcd-versions.tsv
}
known=$(sha256sum archive/etcd.deb)
know "${known%% *}"
is "$(DEBIAN_ARCHIVE=file://$scratch/archive knowing/fetch-etcd 9.9.9 2>known.err)" \
	"$cache/usr/bin/etcd" 'one that is known needs no signature' || diag "$(cat known.err)"
rm -rf cache
cp -r archive snapshot
is "$(env -u DEBIAN_ARCHIVE knowing/fetch-etcd 9.9.9 2>known.err)" "$cache/usr/bin/etcd" \
	'where the archive has it no more, its snapshot does' || diag "$(cat known.err)"
like "$(cat known.err)" 'fetching file://.*/everywhere/etcd.deb' 'the archive was asked first'
is "$(env -u DEBIAN_ARCHIVE knowing/fetch-etcd known)" "$cache/usr/bin/etcd" 'all that are known at once'
rm -rf cache
byte=$(od -An -tu1 -j200 -N1 snapshot/etcd.deb) # whatever it is, it becomes another
printf '%b' "\\0$(printf %o $((byte ^ 1)))" | dd of=snapshot/etcd.deb bs=1 seek=200 conv=notrunc status=none
said=$(env -u DEBIAN_ARCHIVE knowing/fetch-etcd 9.9.9 2>&1)
is $? 69 'a changed byte is refused'
like "$said" 'none of these gave etcd.deb as it is known' 'it says who was asked'
like "$said" 'DEBIAN_ARCHIVE=URL' 'and how to name another'
ok 'and nothing is kept' test ! -e "$cache"
said=$(DEBIAN_ARCHIVE=file://$scratch/nowhere knowing/fetch-etcd 9.9.9 2>&1)
unlike "$said" 'snapshot' 'whoever names a mirror asks it alone'
rm -rf cache
bad=$(awk '!/^#/ && (NF != 5 || $1 !~ /^[0-9]+[.][0-9]+[.][0-9]+$/ || length($5) != 64)' \
	"$root/scripts/etcd-versions.tsv")
is "$bad" '' 'the table of what is known has five columns'
for version in 3.3.25 3.4.23 3.5.16 3.5.30; do
	ok "etcd $version is in it" grep -q "^$version	amd64	" "$root/scripts/etcd-versions.tsv"
done

# What is not signed ---------------------------------------------------------------------------
said=$("$fetch" 9.9.9 2>&1)
is $? 69 'an archive without a signature: exit 69'
like "$said" 'carries no etcd 9.9.9' 'it is as if it were empty'
ok 'and nothing is kept' test ! -e "$cache"

mkdir apt.conf.d
echo 'Acquire::AllowInsecureRepositories "true"; APT::Get::AllowUnauthenticated "true";' >apt.conf.d/lax
# As the machine's own settings would be: read after ours.
sed 's|^		Dir::Etc::sourcelist|		Dir::Etc::parts "'"$scratch"'/apt.conf.d";\n&|' "$fetch" >lax-fetch
chmod +x lax-fetch
exits 69 'not even where the machine lets apt take anything' ./lax-fetch 9.9.9
sed 's/apt_strictly apt-get/apt-get/' lax-fetch >laxer-fetch
chmod +x laxer-fetch
exits 0 '(without our own settings it would be taken)' ./laxer-fetch 9.9.9
rm -rf cache

# Without the means ----------------------------------------------------------------------------
mkdir tools
ln -s /usr/bin/* /usr/sbin/* tools/ 2>/dev/null
rm -f tools/{etcd,gpgv,apt-get}
printf '#!/bin/sh\ntouch %s/asked\nexit 1\n' "$scratch" >tools/apt-get
chmod +x tools/apt-get
printf 'arm a { }\n' >any.conf
mkdir -p meagre/build/x meagre/scripts
cp "$BUILD/fencepost" meagre/build/x/
sed "s|$sqv|/nonexistent|" "$fetch" >meagre/scripts/fetch-etcd # nor that which apt 3 asks
chmod +x meagre/scripts/fetch-etcd
said=$(PATH=$scratch/tools meagre/build/x/fencepost run any.conf --etcd 9.9.9 2>&1)
is $? 69 'no gpgv: exit 69'
like "$said" 'apt-get install gpgv debian-archive-keyring' 'the remedy names the packages'
like "$said" 'no gpgv' 'the fetcher is heard'
ok 'and nothing was fetched' test ! -e asked -a ! -e "$cache"
sed 's|^KEYRING=.*|KEYRING=/nonexistent.gpg|' "$fetch" >keyless-fetch
chmod +x keyless-fetch
said=$(PATH=$scratch/tools ./keyless-fetch 9.9.9 2>&1)
is $? 69 'no keyring: exit 69'
like "$said" 'apt-get install debian-archive-keyring' 'the remedy names the package'
ok 'and nothing was fetched' test ! -e asked -a ! -e "$cache"

# The cache ------------------------------------------------------------------------------------
# From here on the archive is trusted, in a copy of the script.
mkdir -p trusting/build/x trusting/scripts
sed 's|signed-by=[$]KEYRING|trusted=yes|' "$fetch" >trusting/scripts/fetch-etcd
chmod +x trusting/scripts/fetch-etcd
cp "$BUILD/fencepost" trusting/build/x/
fetch=trusting/scripts/fetch-etcd

"$fetch" 9.9.9 >first 2>first.err &
"$fetch" 9.9.9 >second 2>second.err
wait $!
is "$(cat first second)" "$cache/usr/bin/etcd"$'\n'"$cache/usr/bin/etcd" 'two at once both get it'
is "$(cat first.err second.err | grep -c 'fetching etcd-server')" 1 'and fetch it once'
is "$(ls cache/fencepost)" etcd-9.9.9 'nothing is left beside it'
ok 'what was fetched has not been run' test ! -e ran
is "$(PATH=$scratch/tools "$fetch" 9.9.9)" "$cache/usr/bin/etcd" 'what is in the cache needs no apt'

echo 'echo evil' >>"$cache/usr/bin/etcd"
exits 69 'one that was altered is not used' env PATH="$scratch/tools" "$fetch" 9.9.9
"$fetch" 9.9.9 >/dev/null 2>&1
unlike "$(cat "$cache/usr/bin/etcd")" evil 'but fetched anew'
rm "$cache/SHA256"
exits 69 'nor one of which nothing is known' env PATH="$scratch/tools" "$fetch" 9.9.9
mkdir "$cache.abcdef"
"$fetch" 9.9.9 >/dev/null 2>&1
is "$(ls cache/fencepost)" etcd-9.9.9 'what a killed fetch left is removed by the next'

# The first run --------------------------------------------------------------------------------
"$cache/usr/bin/etcd" --version >/dev/null
is "$(cut -d ' ' -f 2 ran)" "$(readlink /proc/self/ns/net)" '(started by us it is in our network)'
rm ran
trusting/build/x/fencepost run any.conf --etcd 9.9.9 --duration 1s >run.log 2>&1
ok 'a run asks it for its version' test -s ran
unlike "$(head -1 ran)" "$(readlink /proc/self/ns/net | tr '[]' '..')" 'in another network'
like "$(head -1 ran)" '^[0-9] ' 'and among other processes'
sed -i 's/Version: 9.9.9/Version: 9.9.8/' "$cache/usr/bin/etcd"
(cd "$cache" && sha256sum usr/bin/etcd >SHA256)
said=$(trusting/build/x/fencepost run any.conf --etcd 9.9.9 --duration 1s 2>&1)
is $? 69 'one that is another version: exit 69'
like "$said" 'is etcd 9.9.8, not 9.9.9' 'it says so'
done_testing
