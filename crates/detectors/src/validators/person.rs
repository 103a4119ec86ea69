//! The person link: what is said of health, faith or crimes only counts where a person is near.

use std::sync::LazyLock;

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::{Layout, Trust};

use super::parameters::Parameters;
use super::password::is_placeholder;
use super::phrases::Phrases;
use super::window::{after, before, characters, lower, words};
use crate::tables::{COMMON_WORDS, FORENAMES, NAME_STOPWORDS, PLACES, STREET_TYPES, SURNAMES};

/// How far a person may be from the term, in bytes.
const LINK: usize = 200;
/// How near a word must be that says the text is about the matter, not about somebody.
const CANCEL: usize = 40;

struct Near {
    /// Words about the matter itself.
    matters: Phrases,
}

/// Valid where a person is named or meant within 200 bytes: a title or a forename and a name, an
/// initial and a name, `he is`, `her …`, `my wife`, a date of birth, an age. Unknown where only a
/// role is (`the applicant`, `Cllr`). Invalid where nobody is, or where a word near says that the
/// text is about the matter itself (`policy`, `awareness week`, `per cent`); parameter `cancel`
/// adds to those words. A pattern's group `answer` is what a form holds under its label: a person
/// filled it in, unless it is empty or declines to say.
pub(crate) fn near(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let cancel = p.texts("cancel")?;
    p.done()?;
    let matters = MATTERS.iter().map(|word| (*word).to_owned());
    Ok(Box::new(Near { matters: Phrases::new(matters.chain(cancel)) }))
}

/// Words about the matter itself.
const MATTERS: [&str; 43] = [
    "policy",
    "policies",
    "statistics",
    "census",
    "per cent",
    "percent",
    "awareness",
    "this week",
    "next week",
    "every week",
    "this month",
    "next month",
    "every month",
    "charity",
    "campaign",
    "act 2010",
    "equality act",
    "guidance",
    "prefer not to say",
    "friendly",
    "friends",
    "training",
    "strategy",
    "coffee morning",
    "fundraising",
    "raised for",
    "raised by",
    "history month",
    "talk",
    "research",
    "leaflet",
    "workshop",
    "questionnaire",
    "procedure",
    "protected characteristic",
    "festival",
    "day centre",
    "exhibition",
    "grant scheme",
    "museum",
    "volunteers wanted",
    "support group",
    "code of practice",
];

/// Words that, right behind the term, make it the name of something: `Diabetes Week`, `Union Street`.
const NAMED_SO: [&str; 5] = ["week", "month", "street", "road", "lane"];

/// Verbs that say something of the one meant.
const VERBS: [&str; 24] = [
    "is", "was", "has", "had", "suffers", "suffered", "lives", "lived", "needs", "takes", "uses",
    "carries", "fears", "receives", "received", "says", "said", "told", "feels", "became",
    "remains", "cannot", "will", "may",
];

/// People known by whose they are, after `my`, `his`, `her`, `their`, `your`.
const RELATIONS: [&str; 20] = [
    "wife",
    "husband",
    "son",
    "daughter",
    "mother",
    "father",
    "brother",
    "sister",
    "partner",
    "neighbour",
    "child",
    "children",
    "grandson",
    "granddaughter",
    "mum",
    "dad",
    "aunt",
    "uncle",
    "friend",
    "carer",
];

/// What stands before a name.
const TITLES: [&str; 8] = ["mr", "mrs", "ms", "miss", "mx", "dr", "rev", "revd"];

/// People known by what they are.
const ROLES: [&str; 34] = [
    "resident",
    "employee",
    "applicant",
    "tenant",
    "claimant",
    "patient",
    "pupil",
    "complainant",
    "client",
    "candidate",
    "child",
    "student",
    "volunteer",
    "worker",
    "colleague",
    "councillor",
    "cllr",
    "clerk",
    "caretaker",
    "contractor",
    "hirer",
    "householder",
    "service user",
    "young person",
    "member of staff",
    "staff member",
    "staff list",
    "customer",
    "witness",
    "victim",
    "offender",
    "defendant",
    "carer",
    "neighbour",
];

impl Validator for Near {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let (front, back) = (before(candidate, CANCEL), after(candidate, CANCEL));
        let close = [front, candidate.value, back].join(&b' ');
        if close.contains(&b'%') || self.matters.any_word_in(&close) {
            return Trust::Invalid;
        }
        let next = lower(back);
        if words(&next).take(2).any(|word| NAMED_SO.contains(&word)) {
            return Trust::Invalid;
        }
        if let Some(answer) = candidate.group("answer") {
            let in_table = matches!(candidate.segment.layout, Layout::Table(_));
            if in_table && !names_column(candidate) {
                return Trust::Invalid;
            }
            // A shorter match of `prefer not to say` is still that.
            let rest = lower(after(candidate, CANCEL));
            let line = rest.lines().next().unwrap_or_default();
            if goes_on_as_code(line) {
                return Trust::Invalid;
            }
            return judge_answer(&(lower(answer) + line));
        }
        if is_part_of_a_name(candidate) {
            return Trust::Invalid;
        }
        let front = characters(before(candidate, LINK));
        let back = characters(after(candidate, LINK));
        if is_meant(&front, &back) || names_column(candidate) {
            return Trust::Valid;
        }
        static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(ROLES));
        let role = [&front, &back].iter().any(|text| PHRASES.any_word_in(text.as_bytes()));
        if role || lone_name(&front) || lone_name(&back) { Trust::Unknown } else { Trust::Invalid }
    }
}

/// `union: Vec<u8>`, `let union = self.add()`, `union = if greedy {`: a variable of a program.
fn goes_on_as_code(rest: &str) -> bool {
    let mut next = rest.chars();
    let glued = match next.next() {
        Some('<' | '(' | '[' | '!' | '_') => true,
        Some(':' | '.') => next.next().is_some_and(|c| c == ':' || c.is_alphanumeric()),
        _ => false,
    };
    glued || rest.trim_end().ends_with(['{', ';'])
}

/// `Christian Smith` is not said to be a Christian, nor `christian@example.org`, nor `Noel Gay` gay.
fn is_part_of_a_name(candidate: &Candidate<'_>) -> bool {
    let value = characters(candidate.value);
    let next = characters(after(candidate, CANCEL));
    let front = characters(before(candidate, CANCEL));
    let in_address = next.starts_with(['@', '_'])
        || front.ends_with(['@', '_', '/'])
        || next.strip_prefix('.').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    let last = front.split_whitespace().next_back().unwrap_or_default();
    let beside = front.ends_with(' ') && !value.contains(' ');
    // `Decklin Foster`: a capitalised word that is none of the language.
    let named = |word: &str| {
        let low = word.to_lowercase();
        is_surname(word) && !COMMON_WORDS.has(&low) && !NAME_STOPWORDS.has(&low)
    };
    let first = is_forename(last)
        || is_initial(last)
        || SURNAMES.has_any_case(value.as_bytes()) && named(last);
    let surname = beside && is_capital(&value) && first;
    // `W.Gay`: an initial right before it.
    let initial = ends_in_initial(&front) && is_capital(&value);
    if in_address || surname || initial {
        return true;
    }
    let behind = next.starts_with([' ', '\t', '\r', '\n']);
    let close = next.split_whitespace().next().filter(|_| behind);
    let ended = |word: &str| word.trim_end_matches([',', ';', '.', ':', ')', '!', '?']).to_owned();
    is_capital(&value)
        && FORENAMES.has(&value.to_lowercase())
        && close.is_some_and(|word| is_surname(&ended(word)) || is_initial(word))
}

/// What stands after a form's label.
fn judge_answer(answer: &str) -> Trust {
    let declined = [
        "prefer not",
        "not stated",
        "none stated",
        "not known",
        "unknown",
        "n/a",
        "please",
        "tick",
        "see ",
        "refused",
    ];
    let empty = is_placeholder(answer.trim()) || declined.iter().any(|d| answer.contains(d));
    if empty || !answer.chars().any(char::is_alphabetic) { Trust::Invalid } else { Trust::Valid }
}

/// A person named, or pointed at.
fn is_meant(front: &str, back: &str) -> bool {
    names_somebody(front)
        || names_somebody(back)
        || {
            let (front, back) = (front.to_lowercase(), back.to_lowercase());
            // `her pregnancy`: right before the term.
            let last: Vec<&str> = words(&front).collect();
            let owned = last.iter().rev().take(3).any(|w| matches!(*w, "his" | "her" | "my"));
            owned || points_at(&front) || points_at(&back)
        }
        || is_said_of(front)
}

/// `Tom has`, `Daughter is`: a forename or a relation and a verb, a few words before the term.
fn is_said_of(front: &str) -> bool {
    let last: Vec<&str> = words(front).collect();
    let last = &last[last.len().saturating_sub(6)..];
    last.windows(2).any(|pair| {
        let kin = || RELATIONS.contains(&pair[0].to_lowercase().as_str());
        is_capital(pair[0]) && VERBS.contains(&pair[1]) && (is_forename(pair[0]) || kin())
    })
}

/// `he is`, `my neighbour`, `aged 9`, `DOB`.
fn points_at(text: &str) -> bool {
    let list: Vec<&str> = words(text).collect();
    list.windows(2).any(|pair| match pair[0] {
        "he" | "she" => VERBS.contains(&pair[1]),
        "i" => matches!(pair[1], "am" | "have" | "was" | "suffer" | "had"),
        "my" | "his" | "her" | "their" | "your" => RELATIONS.contains(&pair[1]),
        "aged" | "age" => pair[1].bytes().all(|b| b.is_ascii_digit()),
        "living" | "lives" | "resident" => pair[1] == "at",
        _ => false,
    }) || list.contains(&"dob")
        || text.contains("date of birth")
}

/// A title and a name, an initial and a name, a forename and a surname, `the Brown children`.
pub(super) fn names_somebody(text: &str) -> bool {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    tokens.windows(2).any(|pair| {
        // A sentence or a bracket that ends between two words parts them.
        let apart = pair[0].len() > 2 && pair[0].ends_with(['.', ',', ';', ':', ')', '?', '!']);
        let first = pair[0].trim_matches(|c: char| !c.is_alphanumeric());
        let second = pair[1].trim_matches(|c: char| !c.is_alphanumeric() && c != '.');
        let bare = second.trim_end_matches('.');
        let title = || TITLES.iter().any(|title| first.eq_ignore_ascii_case(title));
        if is_capital(bare) && title() {
            return true;
        }
        let initial = first.len() == 1 && first.starts_with(|c: char| c.is_ascii_uppercase());
        if initial && pair[0].contains('.') && is_capital(bare) && bare.len() > 2 {
            return true;
        }
        if !apart && is_forename(first) && (is_surname(bare) || is_initial(second)) {
            return true;
        }
        matches!(bare, "children" | "family" | "twins" | "brothers" | "sisters")
            && is_surname(first)
    }) || is_titled_initial(&tokens)
}

/// `pupil J.`: a role and an initial.
fn is_titled_initial(tokens: &[&str]) -> bool {
    tokens.windows(2).any(|pair| {
        let role = |of: &&str| pair[0].eq_ignore_ascii_case(of) && *of != "cllr";
        is_initial(pair[1]) && ROLES.iter().any(role)
    })
}

/// A forename alone: `(Sam)`.
fn lone_name(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').any(is_forename)
}

fn is_initial(word: &str) -> bool {
    word.len() == 2 && ends_in_initial(word)
}

/// A capital and a stop, and no more of a word before them.
fn ends_in_initial(text: &str) -> bool {
    let mut ends = text.chars().rev();
    ends.next() == Some('.')
        && ends.next().is_some_and(char::is_uppercase)
        && !ends.next().is_some_and(char::is_alphanumeric)
}

fn is_capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

pub(super) fn is_forename(word: &str) -> bool {
    // Nearly no word is so much.
    if word.len() < 3 || !is_capital(word) {
        return false;
    }
    let low = word.to_lowercase();
    FORENAMES.has(&low) && !NAME_STOPWORDS.has(&low) && !PLACES.has(&low)
}

fn is_surname(word: &str) -> bool {
    if word.len() < 3 || !is_capital(word) {
        return false;
    }
    let low = word.to_lowercase();
    word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '\u{2019}'))
        && !STREET_TYPES.has(&low)
        && !matches!(low.as_str(), "the" | "and" | "for" | "council" | "hall" | "school" | "act")
}

/// Whether a table has a column of names or numbers of people beside the value's own.
fn names_column(candidate: &Candidate<'_>) -> bool {
    let Layout::Table(table) = candidate.segment.layout else { return false };
    table.headers.iter().any(|header| {
        let low = header.to_lowercase();
        words(&low).any(|w| {
            matches!(
                w,
                "name"
                    | "surname"
                    | "forename"
                    | "employee"
                    | "nino"
                    | "dob"
                    | "nhs"
                    | "resident"
                    | "pupil"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    fn judge(text: &str, term: &str) -> Trust {
        judge_in("person-near", "", text, term)
    }

    #[test]
    fn a_person_named_or_meant_makes_the_link() {
        for (text, term) in [
            ("Mrs Jones was diagnosed with dementia in March", "dementia"),
            ("her pregnancy means she is due in June", "pregnancy"),
            ("Occupational health report on J. Clarke: bipolar", "bipolar"),
            ("My neighbour is Roma and has been harassed", "Roma"),
            ("safeguarding concern about Lily, aged 9", "safeguarding concern"),
            ("foster placement address for the Brown children", "foster"),
            ("EHCP for pupil J.", "EHCP"),
            ("Priya Lockwood takes insulin", "insulin"),
            ("Tom was HIV positive", "HIV positive"),
            ("Daughter has a nut allergy", "nut allergy"),
            ("A safeguarding concern was raised about Mrs Hill", "safeguarding concern"),
            ("Mr Shaw of 4 Mill Road has had epilepsy since last month", "epilepsy"),
        ] {
            assert_eq!(judge(text, term), Trust::Valid, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_a_word_is_a_name() {
        for (text, term) in [
            ("by Anna Holm, Christian Brauner, Paul Novak", "Christian"),
            ("Paul Novak (Christian Dywan)", "Christian"),
            ("Thanks to Paul Novak, Christian\n  Hesse", "Christian"),
            ("Paul Novak and Decklin Foster", "Foster"),
            ("for 4 yards (W.Gay) to Paul Novak", "Gay"),
        ] {
            assert_eq!(judge(text, term), Trust::Invalid, "{text}");
        }
        assert_eq!(judge("Paul Novak is Christian", "Christian"), Trust::Valid);
    }

    #[test]
    fn a_role_is_half_a_link() {
        for (text, term) in [
            ("Applicant is a wheelchair user", "wheelchair user"),
            ("Staff political affiliation: Green Party (Sam)", "Green Party"),
            ("Cllr Smith proposed a refuge for bats", "refuge"),
        ] {
            assert_eq!(judge(text, term), Trust::Unknown, "{text}");
        }
    }

    #[test]
    fn text_about_the_matter_is_about_nobody() {
        for (text, term) in [
            ("Dementia Friends session in the hall", "Dementia"),
            ("Mr Hall opened the Mental health awareness week on depression", "depression"),
            ("0.5% of residents have epilepsy (ONS)", "epilepsy"),
            ("DNA of the town brand", "DNA"),
            ("The Disability policy was adopted. Mrs Jones seconded.", "Disability"),
        ] {
            assert_eq!(judge(text, term), Trust::Invalid, "{text}");
        }
    }
}
