//! Whether Postfix is set up so that nothing passes unscanned: its settings as `postconf` tells
//! them, and what is wrong with them.

use crate::listen::Address;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Postfix's settings that matter to a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Postfix {
    /// `milter_default_action`.
    pub default_action: String,
    /// `smtpd_milters`.
    pub smtpd_milters: String,
    /// `non_smtpd_milters`.
    pub non_smtpd_milters: String,
    /// `milter_content_timeout`, such as `300s`.
    pub content_timeout: String,
    /// `message_size_limit`, in bytes; 0 is none.
    pub message_size_limit: String,
    /// Lines of `master.cf` that override one of these for a service of its own.
    pub overrides: Vec<String>,
}

/// What is found about a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Mail can pass unscanned: it must be changed.
    Wrong(String),
    /// It may be meant; it should be known.
    Remark(String),
}

impl Postfix {
    /// Asks `postconf`, in the folder with these settings, or in Postfix's own.
    pub fn ask(folder: Option<&Path>) -> io::Result<Postfix> {
        let run = |words: &[&str]| -> io::Result<String> {
            let mut command = Command::new("postconf");
            if let Some(folder) = folder {
                command.arg("-c").arg(folder);
            }
            let output = command.args(words).output()?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                return Err(io::Error::other(said));
            }
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let value = |name: &str| run(&["-xh", name]);
        let overrides = run(&["-P"])?;
        let names = ["milter_default_action", "smtpd_milters", "milter_content_timeout"];
        Ok(Postfix {
            default_action: value("milter_default_action")?,
            smtpd_milters: value("smtpd_milters")?,
            non_smtpd_milters: value("non_smtpd_milters")?,
            content_timeout: value("milter_content_timeout")?,
            message_size_limit: value("message_size_limit")?,
            overrides: overrides
                .lines()
                .filter(|line| names.iter().any(|name| line.contains(name)))
                .map(str::to_owned)
                .collect(),
        })
    }

    /// What is wrong or worth knowing, for a filter that listens there, answers within `deadline`
    /// and takes messages of at most `message` bytes.
    pub fn findings(&self, address: &Address, deadline: Duration, message: usize) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut wrong = |what: String| findings.push(Finding::Wrong(what));
        if self.default_action.trim() == "accept" {
            wrong(
                "milter_default_action is \"accept\": whenever the filter is down or slow, mail \
                 passes unscanned. Run: postconf -e milter_default_action=tempfail"
                    .into(),
            );
        }
        let all = [&self.smtpd_milters, &self.non_smtpd_milters];
        if all.iter().any(|list| sets(list, "accept")) {
            wrong(
                "a milter's own { default_action=accept } lets mail pass unscanned whenever the \
                 filter is down; take it out of smtpd_milters and non_smtpd_milters"
                    .into(),
            );
        }
        if !self.smtpd_milters.contains(&address.to_string()) {
            wrong(format!(
                "smtpd_milters does not name {address}, so mail that comes in by SMTP is not \
                 scanned. Run: postconf -e smtpd_milters={address}"
            ));
        }
        for line in &self.overrides {
            let accept = line.contains("milter_default_action") && sets(line, "accept");
            let service = line.split('/').take(2).collect::<Vec<_>>().join("/");
            match () {
                () if accept => wrong(format!(
                    "master.cf sets milter_default_action to \"accept\" for {service}; take that \
                     line out"
                )),
                () if line.contains("smtpd_milters") && !line.contains(&address.to_string()) => {
                    wrong(format!(
                        "master.cf gives {service} other milters, without {address}: mail that \
                         comes in there is not scanned"
                    ));
                }
                () => {}
            }
        }
        match seconds(&self.content_timeout) {
            Some(patience) if patience <= deadline => wrong(format!(
                "milter_content_timeout is {}, but the filter may take {} s: Postfix gives up \
                 first. Run: postconf -e milter_content_timeout={}s",
                self.content_timeout,
                deadline.as_secs(),
                deadline.as_secs() * 2
            )),
            _ => {}
        }
        if !self.non_smtpd_milters.contains(&address.to_string()) {
            findings.push(Finding::Remark(format!(
                "non_smtpd_milters does not name {address}: mail that programs on this machine \
                 hand over with the sendmail command is not scanned"
            )));
        }
        match self.message_size_limit.trim().parse::<u64>() {
            Ok(limit) if limit == 0 || limit > message as u64 => {
                findings.push(Finding::Remark(format!(
                    "message_size_limit is {limit}, the filter takes at most {message} bytes: what \
                     is larger counts as not read (--max-message)"
                )));
            }
            _ => {}
        }
        findings
    }
}

/// Whether a default action of this name stands in a list of milters or a line of `master.cf`.
fn sets(text: &str, action: &str) -> bool {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    plain.split("default_action=").skip(1).any(|rest| rest.starts_with(action))
}

/// A time as Postfix writes it: `300s`, `5m`, `1h`; without a letter, seconds.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let factor = match &text[digits..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(factor).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Postfix {
        Postfix {
            default_action: "tempfail".into(),
            smtpd_milters: "inet:127.0.0.1:8894".into(),
            non_smtpd_milters: "inet:127.0.0.1:8894".into(),
            content_timeout: "300s".into(),
            message_size_limit: "10240000".into(),
            overrides: vec![],
        }
    }

    fn look(postfix: &Postfix) -> Vec<Finding> {
        let address = Address::Inet("127.0.0.1:8894".into());
        postfix.findings(&address, Duration::from_secs(60), 64_000_000)
    }

    fn is_wrong(postfix: &Postfix, words: &str) -> bool {
        look(postfix).iter().any(|f| matches!(f, Finding::Wrong(what) if what.contains(words)))
    }

    #[test]
    fn settings_that_fail_closed_are_right() {
        assert_eq!(look(&good()), []);
    }

    #[test]
    fn whatever_lets_mail_pass_unscanned_is_wrong() {
        let accept = Postfix { default_action: "accept".into(), ..good() };
        assert!(is_wrong(&accept, "milter_default_action=tempfail"));
        let own = "{ inet:127.0.0.1:8894, default_action = accept }";
        assert!(is_wrong(&Postfix { smtpd_milters: own.into(), ..good() }, "take it out"));
        assert!(is_wrong(&Postfix { smtpd_milters: String::new(), ..good() }, "is not scanned"));
        assert!(is_wrong(&Postfix { content_timeout: "1m".into(), ..good() }, "gives up"));
        let line = "submission/inet/milter_default_action = accept";
        let overridden = Postfix { overrides: vec![line.into()], ..good() };
        assert!(is_wrong(&overridden, "submission/inet"));
        let line = "submission/inet/smtpd_milters =";
        assert!(is_wrong(&Postfix { overrides: vec![line.into()], ..good() }, "other milters"));
    }

    #[test]
    fn what_may_be_meant_is_a_remark() {
        let local = Postfix { non_smtpd_milters: String::new(), ..good() };
        assert!(matches!(&look(&local)[..], [Finding::Remark(what)] if what.contains("sendmail")));
        let large = Postfix { message_size_limit: "0".into(), ..good() };
        assert!(matches!(&look(&large)[..], [Finding::Remark(_)]));
    }
}
