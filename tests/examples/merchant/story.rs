//! The shop is told: payments, a notification twice, a forged one, and one that never comes.

use std::net::Ipv4Addr;
use std::time::Duration;

use doku_direct_debit::DirectDebit;
use snap_core::{Amount, AuthCode, DeviceId};
use snap_sandbox::{Sandbox, Variation, Vary};
use snap_suite::requests::{allo_binding, payment};
use snap_suite::shop::Shop;
use snap_suite::{SetUpError, ShiftedClock};

type Outcome = Result<(), SetUpError>;

/// The story with books in memory.
pub(crate) async fn tell_in_memory() -> Outcome {
    let clock = ShiftedClock::new();
    let sandbox = sandbox(&clock).await?;
    let shop = Shop::open(&sandbox, &clock).await?;
    tell(&shop, &sandbox, &clock, "0042").await
}

/// A sandbox on the shop's clock.
pub(crate) async fn sandbox(clock: &ShiftedClock) -> Result<Sandbox, SetUpError> {
    let builder = Sandbox::builder().clock(clock.for_sandbox());
    Ok(builder.start().await?)
}

/// `run` is part of the references: books that last hold those of before.
pub(crate) async fn tell(
    shop: &Shop,
    sandbox: &Sandbox,
    clock: &ShiftedClock,
    run: &str,
) -> Outcome {
    let story = Story { shop, sandbox, run };
    heading("Story 5: DOKU tells the shop");
    println!("A shop on axum has given DOKU two addresses: one that issues tokens, one that takes");
    println!("notifications. A customer binds an ALLO account.");
    story.bind().await?;

    println!(
        "\nThe customer pays. DOKU fetches a token from the shop and notifies; the shop checks"
    );
    println!("token, signature and age, keeps the message, acknowledges, and asks for the status:");
    story.pay(1, None).await?;
    story.told().await?;

    println!(
        "\nThe next notification comes twice, and the one after it with a wrong signature first;"
    );
    println!("DOKU comes back with the right one half an hour later:");
    story.pay(2, Some(Vary::Duplicate)).await?;
    story.told().await?;
    story.pay(3, Some(Vary::WrongSignature)).await?;
    story.told().await?;
    clock.advance(Duration::from_secs(30 * 60));
    story.told().await?;

    println!("\nThe last notification never comes. Half an hour later the shop asks by itself:");
    story.pay(4, Some(Vary::Drop)).await?;
    story.told().await?;
    clock.advance(Duration::from_secs(31 * 60));
    for line in shop.sweep().await? {
        println!("  {line}");
    }
    story.conclude().await
}

struct Story<'a> {
    shop: &'a Shop,
    sandbox: &'a Sandbox,
    run: &'a str,
}

impl Story<'_> {
    async fn bind(&self) -> Outcome {
        let bound = DirectDebit::from(self.shop.client.clone())
            .account_binding(&allo_binding(CUSTOMER))
            .with_ip_address(ADDRESS)
            .with_device_id(DeviceId::new("f1c2d3e4a5b6")?)
            .await?
            .into_body();
        let page = bound.redirect_url.ok_or("the page is missing")?;
        self.sandbox.approve(&page)?;
        let code = bound.additional_info.and_then(|info| info.auth_code);
        let code: AuthCode = code.ok_or("the auth code is missing")?.into();
        self.shop.client.customer(CUSTOMER).authorize(&code).await?;
        Ok(())
    }

    /// Places an order, pays for it, and approves the payment as the customer does.
    async fn pay(&self, number: u8, vary: Option<Vary>) -> Outcome {
        let reference = self.reference(number);
        if let Some(vary) = vary {
            let variation = Variation::new(vary).for_reference(&reference);
            self.sandbox.vary_notifications(variation);
        }
        self.shop.place(&reference, Amount::idr(25_000)).await?;
        let client = &self.shop.client;
        let customer = DirectDebit::from(client.clone()).customer(client.customer(CUSTOMER));
        let request = payment(&reference, 25_000);
        let begun = customer.payment(&request).with_ip_address(ADDRESS).await?;
        let page = begun.into_body().web_redirect_url;
        self.sandbox.approve(&page.ok_or("the page is missing")?)?;
        Ok(())
    }

    /// What arrived, and what came of it.
    async fn told(&self) -> Outcome {
        self.sandbox.notifications_idle().await;
        let report = self.shop.work().await?;
        for line in &report {
            println!("  {line}");
        }
        if report.is_empty() {
            println!("  nothing in the inbox");
        }
        Ok(())
    }

    async fn conclude(&self) -> Outcome {
        for number in 1..=4 {
            let order = self.shop.order(&self.reference(number)).await?;
            if !order.ok_or("an order is gone")?.shipped {
                return Err(format!("order {number} was not shipped").into());
            }
        }
        let counts = self.shop.receiver.counts();
        let (new, known, refused) = (counts.new, counts.duplicates, counts.refused);
        println!(
            "\nFour orders, each shipped once: {new} notifications were new, {known} came again,"
        );
        println!("{refused} was refused.");
        Ok(())
    }

    /// ALLO wants references of 32 to 64 characters.
    fn reference(&self, number: u8) -> String {
        format!("ORDER-{}-{number:04}-000000000000000000001", self.run)
    }
}

fn heading(text: &str) {
    println!("\n{text}\n{}", "-".repeat(text.len()));
}

const CUSTOMER: &str = "cust-001";
const ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 100);
