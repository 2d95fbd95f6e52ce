//! Two payouts whose answers are lost: one arrived, the other did not.

use std::time::Duration;

use doku_kirimdoku::{Kirimdoku, TransferBankRequest};
use snap_core::{Client, Clock};
use snap_resolve::{MemoryJournal, Outcome as _, Outcomes, Resolver, Step};
use snap_sandbox::{Act, At, Fault, Sandbox};
use snap_suite::{SetUpError, ShiftedClock, config_for};

use crate::{
    Outcome, heading,
    payout::{inquire, transfer},
};

pub(crate) async fn tell() -> Outcome {
    heading("Story 4: did the money move?");
    println!("A sandbox of its own, on a clock that can jump: finding out takes up to a day.");
    let clock = ShiftedClock::new();
    let sandbox = Sandbox::builder()
        .clock(clock.for_sandbox())
        .session_lifetime(Duration::from_secs(2 * 24 * 3600)) // DOKU does not say how long
        .start()
        .await?;
    let client = Client::new(config_for(&sandbox)?.with_clock(clock.clone()))?;
    let journal = MemoryJournal::new(); // `FileJournal` or `PgJournal` outside a tour
    let outcomes = Outcomes::new(client.clone(), journal)
        .with_clock(clock.clone())
        .with_inquiries_per_second(100); // five are kept to outside a tour
    let till = Till {
        kirim: Kirimdoku::from(client),
        outcomes,
        sandbox,
        clock,
    };
    till.lost_answer().await?;
    till.lost_request().await
}

struct Till {
    kirim: Kirimdoku,
    outcomes: Outcomes,
    sandbox: Sandbox,
    clock: ShiftedClock,
}

impl Till {
    async fn lost_answer(&self) -> Outcome {
        println!("\nThe first transfer arrives, and the connection breaks before the answer.");
        let request = self.transfer("PAYOUT-2026-0002").await?;
        let mut resolver = self.send_into_trouble(&request, true).await?;
        println!("\nIt is not sent again. After a minute its status is asked for:");
        let step = self.follow(&mut resolver).await;
        println!("  {} inquiry, then: {}", resolver.inquiries(), said(&step));
        Ok(())
    }

    async fn lost_request(&self) -> Outcome {
        println!("\nThe second transfer never arrives. To the client it looks the same.");
        let request = self.transfer("PAYOUT-2026-0003").await?;
        let mut resolver = self.send_into_trouble(&request, false).await?;
        println!("\nNobody knows it, but it may be on its way: so it is asked about for a day.");
        let step = self.follow(&mut resolver).await;
        println!(
            "  {} inquiries, then: {}",
            resolver.inquiries(),
            said(&step)
        );
        let Step::NotFound(proof) = step else {
            return Err("there is no proof".into());
        };
        println!(
            "\nOn that proof it goes out again: the same reference, the same body. Had the first"
        );
        println!("one still been under way, the two would have collided instead of both paying.");
        let call = self.kirim.transfer_bank(&request);
        let accepted = self.outcomes.resubmit(proof, call).await?;
        let mut resolver = accepted.resolver().ok_or("a transfer is settled later")?;
        println!("  {}: {}", accepted.code(), resolver.state());
        let step = self.follow(&mut resolver).await;
        println!("  then: {}", said(&step));
        self.sandbox.ledger().assert_no_double_effect();
        println!("\nThe ledger of the local sandbox agrees: each transfer was paid once.");
        Ok(())
    }

    /// A transfer, with the session of an inquiry of its own.
    async fn transfer(&self, reference: &str) -> Result<TransferBankRequest, SetUpError> {
        let session_id = inquire(&self.kirim).await?;
        Ok(transfer(reference, session_id))
    }

    async fn send_into_trouble(
        &self,
        request: &TransferBankRequest,
        arrives: bool,
    ) -> Result<Resolver, SetUpError> {
        let lost = Fault::new(At::AfterRequest, Act::Reset).with_apply_effect(arrives);
        self.sandbox
            .inject(lost.for_reference(request.partner_reference_no.as_str()))?;
        let result = self.outcomes.send(self.kirim.transfer_bank(request)).await;
        match &result {
            Ok(_) => Err("the answer was not lost".into()),
            Err(error) => {
                println!("\n  {error}");
                Ok(result.resolver().ok_or("there is nothing to resolve")?)
            }
        }
    }

    /// Lets the clock jump from one inquiry to the next.
    async fn follow(&self, resolver: &mut Resolver) -> Step {
        loop {
            match self.outcomes.step(resolver).await {
                Step::Wait(due) => self.clock.advance_to(due.max(self.clock.now())),
                step => return step,
            }
        }
    }
}

fn said(step: &Step) -> String {
    match step {
        Step::Final(state) => state.to_string(),
        Step::NotFound(_) => "proven that DOKU does not know it".to_owned(),
        other => format!("{other:?}"),
    }
}
