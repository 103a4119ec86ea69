//! Conditions in words, for people who read a policy without its file.

use crate::mail::{Address, Direction};
use crate::rule::{Found, Recipients, When};
use std::fmt;

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut says: Vec<String> = Vec::new();
        says.extend(self.found.as_ref().map(ToString::to_string));
        match self.incomplete {
            Some(true) => says.push("not all of it was read".into()),
            Some(false) => says.push("all of it was read".into()),
            None => {}
        }
        let status: Vec<&str> = self.status.iter().map(|status| status.as_str()).collect();
        let reasons: Vec<&str> = self.reasons.iter().map(|reason| reason.as_str()).collect();
        let directions: Vec<&str> = self
            .directions
            .iter()
            .map(|direction| match direction {
                Direction::Out => "goes out",
                Direction::In => "comes in",
                Direction::Internal => "stays inside",
            })
            .collect();
        let lists = [
            ("it is ", status),
            ("it could not be read because of ", reasons),
            ("a part of it is ", self.kinds.iter().map(String::as_str).collect()),
            ("the mail ", directions),
        ];
        for (what, list) in lists {
            if !list.is_empty() {
                says.push(format!("{what}{}", list.join(" or ")));
            }
        }
        if !self.sender.is_empty() {
            says.push(format!("its sender is {}", addresses(&self.sender)));
        }
        says.extend(self.recipients.as_ref().map(ToString::to_string));
        says.extend(self.present.iter().map(|text| format!("the text \"{text}\" is there")));
        if !self.missing.is_empty() {
            says.push(format!("a text is missing: {}", self.missing.join(" or ")));
        }
        f.write_str(&says.join(", and "))
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => f.write_str("something is found")?,
            n => write!(f, "{n} or more things are found")?,
        }
        for (what, list) in [("by", &self.detectors), ("of the category", &self.categories)] {
            if !list.is_empty() {
                write!(f, " {what} {}", list.join(" or "))?;
            }
        }
        write!(f, " at level {} or above", self.level)?;
        if !self.values.is_empty() {
            write!(f, " with one of {} known values", self.values.len())?;
        }
        let places: Vec<String> = self.places.iter().map(ToString::to_string).collect();
        if !places.is_empty() {
            write!(f, " in {}", places.join(" or "))?;
        }
        if let Some(near) = &self.near {
            let kinds: Vec<&str> =
                near.detectors.iter().chain(&near.categories).map(String::as_str).collect();
            write!(f, " within {} lines of {}", near.lines, kinds.join(" or "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.least {
            1 => f.write_str("a recipient is ")?,
            n => write!(f, "{n} or more recipients are ")?,
        }
        match (self.of.is_empty(), self.not.is_empty()) {
            (true, true) => f.write_str("named"),
            (false, true) => f.write_str(&addresses(&self.of)),
            (true, false) => write!(f, "none of {}", addresses(&self.not)),
            (false, false) => {
                write!(f, "{} and none of {}", addresses(&self.of), addresses(&self.not))
            }
        }
    }
}

fn addresses(list: &[Address]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}
