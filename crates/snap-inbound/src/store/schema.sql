-- One row per claim on a delivery.
CREATE TABLE IF NOT EXISTS snap_inbound_claim (
    number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body_digest  text NOT NULL,
    conflict     boolean NOT NULL,
    holder       bytea NOT NULL,
    first_seen   timestamptz NOT NULL,
    lease_until  timestamptz NOT NULL,
    confirmed_at timestamptz,
    keep_until   timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS snap_inbound_claim_keep ON snap_inbound_claim (keep_until);

-- What a claim is found by: hashes over what is signed, and over external id and day.
CREATE TABLE IF NOT EXISTS snap_inbound_key (
    key   bytea PRIMARY KEY,
    claim bigint NOT NULL REFERENCES snap_inbound_claim (number) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS snap_inbound_key_claim ON snap_inbound_key (claim);

-- Tokens issued to DOKU, by their hash. Times are milliseconds since 1970, by the receiver's clock.
CREATE TABLE IF NOT EXISTS snap_inbound_token (
    hash        bytea PRIMARY KEY,
    environment text NOT NULL,
    client_id   text NOT NULL,
    issued_at   bigint NOT NULL,
    expires_at  bigint NOT NULL,
    keep_until  bigint NOT NULL
);

CREATE INDEX IF NOT EXISTS snap_inbound_token_keep ON snap_inbound_token (keep_until);
CREATE INDEX IF NOT EXISTS snap_inbound_token_owner ON snap_inbound_token (environment, client_id);
