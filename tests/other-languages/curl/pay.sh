#!/usr/bin/env bash
# A payment by curl and `snap sign`, from the token to the status.
# Usage: pay.sh FILE, where FILE holds what `snap sandbox --json` printed; needs curl, jq and snap.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

of_sandbox() { jq --raw-output --exit-status ".$1" "$sandbox"; }
sandbox=$1
base_url=$(of_sandbox baseUrl)
client_id=$(of_sandbox clientId)
SNAP_SECRET=$(of_sandbox clientSecret)
export SNAP_SECRET
of_sandbox privateKeyPem >"$scratch/merchant.pem"

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# Sends a body; curl reads the two headers that `snap sign` prints.
post() { # path, body, header …
  local path=$1 body=$2
  shift 2
  local header headers=()
  for header in "$@"; do headers+=(--header "$header"); done
  curl --silent --show-error --fail-with-body "$base_url$path" --data "$body" \
    --header 'Content-Type: application/json' --header "@$scratch/signed" "${headers[@]}"
}

# A request with the token. Its body is compact, and sent as it was signed.
transaction() { # external id, path, body
  printf %s "$3" >"$scratch/body.json"
  snap sign symmetric --method POST --path "$2" --timestamp "$(now)" --body-file "$scratch/body.json" \
    --token-env SNAP_TOKEN --secret-env SNAP_SECRET | grep ^X- >"$scratch/signed"
  post "$2" "$3" "Authorization: Bearer $SNAP_TOKEN" "X-PARTNER-ID: $client_id" "X-EXTERNAL-ID: $1"
}

snap sign asymmetric --client-id "$client_id" --timestamp "$(now)" --key-file "$scratch/merchant.pem" >"$scratch/signed"
SNAP_TOKEN=$(post /authorization/v1/access-token/b2b '{"grantType":"client_credentials"}' "X-CLIENT-KEY: $client_id" |
  jq --raw-output --exit-status .accessToken)
export SNAP_TOKEN

page=$(transaction 1 /direct-debit/core/v1/debit/payment-host-to-host '{"partnerReferenceNo":"ord-1",'\
'"amount":{"value":"10000.00","currency":"IDR"},'\
'"urlParam":[{"url":"https://shop.example/paid","type":"PAY_RETURN","isDeepLink":"N"}],'\
'"pointOfInitiation":"app","additionalInfo":{"channel":"EMONEY_DANA_SNAP","orderTitle":"Kopi"}}' |
  jq --raw-output --exit-status .webRedirectUrl)

# The customer approves, as a button of the page does.
curl --silent --show-error --output /dev/null "$page?auto=approve"

status=$(transaction 2 /orders/v1.0/debit/status \
  '{"originalPartnerReferenceNo":"ord-1","serviceCode":"55","additionalInfo":{"channel":"EMONEY_DANA_SNAP"}}' |
  jq --raw-output --exit-status .latestTransactionStatus)
echo "ord-1 has the status $status"
[ "$status" = 00 ]
