# snap-core: Config::from_env()
export SNAP_ENVIRONMENT='{{base url}}'
export SNAP_CLIENT_ID='{{client id}}'
export SNAP_CLIENT_SECRET='{{client secret}}'
export SNAP_PRIVATE_KEY='{{private key}}'
