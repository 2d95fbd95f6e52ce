#!/bin/sh
# Makes the throw-away certificates of the local sandbox beside this script. Run by hand, years apart.
#
# The keys of both authorities are deleted at the end: whoever trusts `root.pem` trusts the four
# certificates here and no others. Their key is public.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root='[v3]
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign
subjectKeyIdentifier=hash'
leaf='[v3]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
authorityKeyIdentifier=keyid'
local='subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
elsewhere='subjectAltName=DNS:elsewhere.invalid'

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# sign <name of the authority> <request> <extensions> <not before> <not after> <certificate>
sign() {
  printf '%s\n' "$3" >"$work/extensions"
  : >"$work/index"
  printf '[ca]\ndefault_ca=it\n[it]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\nunique_subject=no\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n' \
    "$work" "$work" >"$work/ca.cnf"
  case $1 in
    self-*) signer="-selfsign -keyfile $work/${1#self-}.key" ;;
    *) signer="-cert $work/$1.pem -keyfile $work/$1.key" ;;
  esac
  # shellcheck disable=SC2086
  openssl ca -batch -notext -config "$work/ca.cnf" $signer -in "$2" -out "$6" \
    -extfile "$work/extensions" -extensions v3 -startdate "$4" -enddate "$5"
}

request() { openssl req -new -key "$1" -subj "/CN=$2" -out "$3"; }

for authority in root stranger; do
  key "$work/$authority.key"
  request "$work/$authority.key" "Local SNAP sandbox, throw-away $authority" "$work/$authority.csr"
  sign "self-$authority" "$work/$authority.csr" "$root" 20200101000000Z 20991231235959Z "$work/$authority.pem"
done
key key.pem
request key.pem "Local SNAP sandbox" "$work/leaf.csr"
sign root "$work/leaf.csr" "$leaf
$local" 20200101000000Z 20991231235959Z localhost.pem
sign root "$work/leaf.csr" "$leaf
$elsewhere" 20200101000000Z 20991231235959Z elsewhere.pem
sign root "$work/leaf.csr" "$leaf
$local" 20200101000000Z 20200201000000Z expired.pem
sign stranger "$work/leaf.csr" "$leaf
$local" 20200101000000Z 20991231235959Z stranger.pem
cp "$work/root.pem" root.pem
