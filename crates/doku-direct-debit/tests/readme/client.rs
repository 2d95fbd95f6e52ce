// For the examples of the README, which include this file.

/// A client of the local sandbox, with the credentials it hands out.
fn client_of(
    sandbox: &snap_sandbox::Sandbox,
) -> Result<snap_core::Client, Box<dyn std::error::Error>> {
    let merchant = sandbox.merchant();
    let config = snap_core::Config::new(
        snap_core::Environment::custom(sandbox.base_url())?,
        snap_core::ClientId::new(&merchant.client_id)?,
        snap_core::ClientSecret::new(&merchant.client_secret),
        snap_core::PrivateKey::from_pem(merchant.private_key_pem.as_bytes())?,
    );
    Ok(snap_core::Client::new(config.with_channel_id("H2H"))?)
}
