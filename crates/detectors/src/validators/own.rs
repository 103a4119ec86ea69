//! The organisation's own accounts, which only its own list knows.

use std::sync::Arc;

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::trust;
use crate::Recognise;

struct Own(Option<Arc<Recognise>>);

/// Makes the makers of the check `own-account`, which has no parameters: valid where the value is
/// on the operator's list, invalid otherwise.
pub(crate) fn account(
    list: Option<Arc<Recognise>>,
) -> impl Fn(&toml::Table) -> Result<Box<dyn Validator>, String> {
    move |parameters| {
        Parameters::new(parameters).done()?;
        Ok(Box::new(Own(list.clone())))
    }
}

impl Validator for Own {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        trust(self.0.as_ref().is_some_and(|has| has(candidate.value)))
    }
}
