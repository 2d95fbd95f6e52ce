//! What the file says about services and redirects, checked.

use anyhow::{Context, Result, bail, ensure};

use super::codes::case_code;
use super::file::{Alias, Gateway, Presumption, Redirect};
use super::table::{Table, check_evidence};

impl Table {
    /// Refuses services, codes and members that cannot be.
    pub(super) fn check_services(&self) -> Result<()> {
        for (number, alias) in self.aliases.iter().enumerate() {
            let named = || format!("alias of service `{}`", alias.service);
            alias.check(&self.aliases[..number]).with_context(named)?;
        }
        for gateway in &self.gateways {
            let named = || format!("gateway of `{}`", gateway.services.join(", "));
            gateway.check().with_context(named)?;
        }
        for presumption in &self.presumptions {
            let named = || format!("presumption `{}xx{}`", presumption.http, presumption.case);
            presumption.check().with_context(named)?;
        }
        self.redirect.check().context("redirect")
    }
}

impl Alias {
    fn check(&self, before: &[Self]) -> Result<()> {
        check_evidence(&self.source, &self.confidence)?;
        check_codes([&self.service, &self.answered])?;
        ensure!(
            self.service != self.answered,
            "a service always answers for itself: remove it"
        );
        let is_same =
            |other: &Self| (&other.service, &other.answered) == (&self.service, &self.answered);
        ensure!(!before.iter().any(is_same), "it is there twice: remove one");
        Ok(())
    }
}

impl Gateway {
    fn check(&self) -> Result<()> {
        check_evidence(&self.source, &self.confidence)?;
        check_codes(&self.services)?;
        ensure!(!self.http.is_empty(), "`http` is empty: name a status");
        self.http.iter().try_for_each(|http| check_http(*http))
    }
}

impl Presumption {
    fn check(&self) -> Result<()> {
        check_evidence(&self.source, &self.confidence)?;
        check_codes(self.moved.iter().chain(&self.not_moved))?;
        check_http(self.http)?;
        case_code(&self.case)?;
        match self
            .moved
            .iter()
            .find(|service| self.not_moved.contains(service))
        {
            Some(both) => bail!("service {both} is in `moved` and in `not_moved`: leave one"),
            None => Ok(()),
        }
    }
}

impl Redirect {
    fn check(&self) -> Result<()> {
        check_evidence(&self.source, &self.confidence)?;
        ensure!(
            !self.members.is_empty(),
            "`members` is empty: an answer that sends the customer to a page would count as moved"
        );
        Ok(())
    }
}

fn check_codes<'a>(services: impl IntoIterator<Item = &'a String>) -> Result<()> {
    let mut services = services.into_iter().peekable();
    ensure!(services.peek().is_some(), "there is no service: name one");
    for service in services {
        let is_code = service.len() == 2 && service.bytes().all(|byte| byte.is_ascii_digit());
        ensure!(is_code, "`{service}` is no service: write two digits");
    }
    Ok(())
}

pub(super) fn check_http(http: u16) -> Result<()> {
    let is_status = (200..600).contains(&http);
    ensure!(
        is_status,
        "`http` has {http}: write statuses from 200 to 599"
    );
    Ok(())
}
