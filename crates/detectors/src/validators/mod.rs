//! The checks that detector files may name: one small file each, and one line in [`all`].

mod address;
mod any_of;
mod beside;
mod bic;
mod birth;
mod card;
mod clear_secret;
mod crypto;
mod date;
mod date_digits;
mod driving_licence;
mod email;
mod embargo;
mod entropy;
mod github;
mod glue;
mod heading;
mod iban;
mod in_code;
mod iso7064;
mod jwt;
mod length;
mod login;
mod lone_name;
mod luhn;
mod marking;
mod modulus;
mod mrz;
mod name;
mod network;
mod own;
mod parameters;
mod password;
mod payments;
mod pem;
mod person;
mod phone;
mod phrases;
mod postcode;
mod prefix;
mod quoted;
mod refuted;
mod remainder;
mod row;
mod seed_phrase;
mod sort_code;
mod symbols;
mod together;
mod tr_vkn;
mod varied;
mod vrm;
mod weak;
mod weighted;
mod window;

use dlpscan_core::detector::Checks;

use crate::Given;
use smallvec::SmallVec;

/// All checks, under the names used in detector files.
pub(crate) fn all(given: &Given) -> Checks {
    let mut checks = Checks::new();
    checks.add("address-plausible", address::plausible);
    checks.add("at-start", quoted::at_start);
    checks.add("basic-auth", jwt::basic_auth);
    checks.add("among-births", birth::among_births);
    checks.add("any-of", any_of::any_of);
    checks.add("behind-a-name", birth::behind_a_name);
    checks.add("beside", beside::beside);
    checks.add("bic-country", bic::country);
    checks.add("card-issuer", card::issuer);
    checks.add("clear-secret", clear_secret::clear_secret);
    checks.add("bitcoin-address", crypto::bitcoin);
    checks.add("date", date::date);
    checks.add("date-digits", date_digits::date_digits);
    checks.add("digits", length::digits);
    checks.add("email", email::email);
    checks.add("embargo-holds", embargo::holds);
    checks.add("entropy", entropy::entropy);
    checks.add("ethereum-address", crypto::ethereum);
    checks.add("filled", password::filled);
    checks.add("gb-driving-licence", driving_licence::gb);
    checks.add("gb-modulus", modulus::with(given.modulus.clone()));
    checks.add("gb-outcode", postcode::outcode);
    checks.add("gb-phone", phone::gb);
    checks.add("gb-sort-prefix", sort_code::prefix);
    checks.add("gb-vrm", vrm::gb);
    checks.add("github-crc", github::crc);
    checks.add("heading-above", heading::above);
    checks.add("iban-structure", iban::structure);
    checks.add("intl-phone", phone::intl);
    checks.add("iso7064", iso7064::iso7064);
    checks.add("jwt", jwt::header);
    checks.add("leading", prefix::leading);
    checks.add("line-start", quoted::line_start);
    checks.add("login-table", login::table);
    checks.add("ip-address", network::ip);
    checks.add("luhn", luhn::luhn);
    checks.add("mac-address", network::mac);
    checks.add("mac-individual", network::mac_individual);
    checks.add("marking-position", marking::position);
    checks.add("mod97", iban::mod97);
    checks.add("mrz", mrz::mrz);
    checks.add("name-plausible", name::plausible);
    checks.add("near-contact", address::near_contact);
    checks.add("no-words", entropy::no_words);
    checks.add("not-a-date", date::not_a_date);
    checks.add("not-a-literal", password::not_a_literal);
    checks.add("not-a-row", row::not_a_row);
    checks.add("not-after", refuted::not_after);
    checks.add("not-counted", glue::not_counted);
    checks.add("not-in-code", in_code::not_in_code);
    checks.add("not-prefix", prefix::not_prefix);
    checks.add("not-quoted", quoted::not_quoted);
    checks.add("not-refuted", refuted::not_refuted);
    checks.add("not-starting", entropy::not_starting);
    checks.add("not-the-user", password::not_the_user);
    checks.add("number-mod", remainder::number_mod);
    checks.add("own-account", own::account(given.own_account.clone()));
    checks.add("password-plausible", password::plausible);
    checks.add("pem-body", pem::body);
    checks.add("person-near", person::near);
    checks.add("row-of-payments", payments::row_of_payments);
    checks.add("seed-phrase", seed_phrase::bip39);
    checks.add("sepa-creditor", iban::sepa_creditor);
    checks.add("somebodys-number", phone::somebodys);
    checks.add("stands-alone", glue::stands_alone);
    checks.add("together", together::together);
    checks.add("varied-text", entropy::varied_text);
    checks.add("tr-vkn", tr_vkn::check);
    checks.add("unframed", glue::unframed);
    checks.add("varied", varied::varied);
    checks.add("verhoeff", iso7064::verhoeff);
    checks.add("weak-password", weak::password);
    checks.add("weighted-mod", weighted::weighted_mod);
    checks.add("whole-prefix", prefix::whole_prefix);
    checks
}

/// A check that is a function of the candidate and needs no parameters.
macro_rules! plain_check {
    ($(#[$doc:meta])* $maker:ident => $judge:path) => {
        $(#[$doc])*
        pub(crate) fn $maker(
            parameters: &toml::Table,
        ) -> Result<Box<dyn dlpscan_core::detector::Validator>, String> {
            struct Check;
            impl dlpscan_core::detector::Validator for Check {
                fn check(
                    &self,
                    candidate: &dlpscan_core::detector::Candidate<'_>,
                ) -> dlpscan_core::model::Trust {
                    $judge(candidate)
                }
            }
            $crate::validators::parameters::Parameters::new(parameters).done()?;
            Ok(Box::new(Check))
        }
    };
}
use plain_check;

/// True is valid, false is invalid.
fn trust(holds: bool) -> dlpscan_core::model::Trust {
    if holds { dlpscan_core::model::Trust::Valid } else { dlpscan_core::model::Trust::Invalid }
}

/// Some bytes of a value. A validator runs too often for memory of their own, and nearly all are few.
type Gathered = SmallVec<[u8; 64]>;

/// The decimal digits of a text, as numbers.
fn digits(text: &[u8]) -> Gathered {
    text.iter().filter(|b| b.is_ascii_digit()).map(|b| b - b'0').collect()
}

/// The letters and digits of a text, upper case.
fn alphanumerics(text: &[u8]) -> Gathered {
    text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase).collect()
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::Given;
    use dlpscan_core::detector::Candidate;
    use dlpscan_core::model::{Place, Segment, Trust};

    /// Judges `value` where it first stands in `text`.
    pub(crate) fn judge_in(check: &str, parameters: &str, text: &str, value: &str) -> Trust {
        judge_at(check, parameters, text, (text.find(value).unwrap(), value), &[])
    }

    /// Judges `value` where it last stands in `text`, found as this group of a pattern.
    pub(crate) fn judge_as(check: &str, text: &str, value: &str, group: &str) -> Trust {
        let groups = [(group, value.as_bytes())];
        judge_at(check, "", text, (text.rfind(value).unwrap(), value), &groups)
    }

    fn judge_at(
        check: &str,
        parameters: &str,
        text: &str,
        (start, value): (usize, &str),
        groups: &[(&str, &[u8])],
    ) -> Trust {
        let table: toml::Table = toml::from_str(parameters).unwrap();
        let validator = super::all(&Given::default()).make(check, &table).unwrap();
        let segment = Segment::new(text.as_bytes(), Place::Line { line: 1, column: 1 });
        validator.check(&Candidate {
            value: value.as_bytes(),
            text: text.as_bytes(),
            span: start..start + value.len(),
            groups,
            segment: &segment,
        })
    }

    /// Judges a value that stands alone.
    pub(crate) fn judge(check: &str, parameters: &str, value: &str) -> Trust {
        judge_in(check, parameters, value, value)
    }
}
