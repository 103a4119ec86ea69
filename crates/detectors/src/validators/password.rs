//! Is what stands after a password label a password?

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::{Layout, Trust};

use super::parameters::Parameters;
use super::trust;
use super::window::{after, before, characters, lower, own_line, words};
use crate::tables::PASSWORD_NONVALUES;

/// A password with a remark beside it has no more words than this in its cell.
const WORDS_OF_A_CELL: usize = 3;

struct Plausible {
    prose: bool,
    ends: bool,
    min: usize,
}

/// Parameters: `prose = true` where the label was a verb (`the password is …`), so that the value
/// needs a digit, a symbol, mixed case or quotes; `ends = true` where a plain word will do after
/// all if its line ends with it; `min`, the least length (default 4).
pub(crate) fn plausible(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check =
        Plausible { prose: p.flag("prose")?, ends: p.flag("ends")?, min: p.size("min", 4)? };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Plausible {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let text = String::from_utf8_lossy(candidate.value);
        let value = text.trim().trim_end_matches(['.', ',', ';', ')']);
        if value.chars().count() < self.min || is_placeholder(value) || is_code(text.trim()) {
            return Trust::Invalid;
        }
        // The heading of a column is no value in it.
        if let Layout::Table(table) = candidate.segment.layout {
            let cell = characters(&candidate.text[own_line(candidate)]);
            let is = |h: &String| {
                let heading = h.trim();
                heading.eq_ignore_ascii_case(value) || heading.eq_ignore_ascii_case(cell.trim())
            };
            // A cell of many words tells of something else, unless it names a password itself.
            let told = cell.split_whitespace().count() > WORDS_OF_A_CELL && {
                let cell = cell.to_lowercase();
                !["pass", "pw"].iter().any(|label| cell.contains(label))
            };
            if told || table.headers.iter().any(is) {
                return Trust::Invalid;
            }
        }
        let label = lower(before(candidate, 24));
        // `password => 'password'`: a variable called like its key. A sentence or a form that
        // gives the word itself has given a password away.
        let code = label.trim_end().trim_end_matches(['"', '\'']).trim_end();
        // `Self::Password => "encryption"`: one of the cases of a program.
        let arm = code.strip_suffix("=>").map(str::trim_end);
        if LABELS.contains(&value) && code.ends_with(['=', '>', '"', '\''])
            || arm.is_some_and(|arm| {
                arm.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').ends_with("::")
            })
            || is_declared(candidate)
            // `copy_password(url: Url) -> Text`: what a program's function gives back.
            || code.ends_with(") ->")
            || is_constant(value)
        {
            return Trust::Invalid;
        }
        // The pattern's own label may part value and verb: `is`, `was`, `reset to`.
        let verb = [" is ", " was ", " to ", " now "].iter().any(|v| label.ends_with(v));
        let quoted = label.ends_with(['"', '\'', '\u{201c}', '\u{2018}']);
        let written = looks_made_up(value);
        // A phrase of words is only ever taken from a label that asks for one.
        if value.contains(' ') {
            return trust(written || !words(&value.to_lowercase()).any(|w| PROSE.contains(&w)));
        }
        // Under its label on a line of its own anything may follow; only what is no word counts.
        if label.trim_end_matches([' ', '\t', '"', '\'']).ends_with('\n') {
            return trust(written);
        }
        if (self.prose || verb) && !quoted {
            let rest = after(candidate, 24);
            let line_ends = { rest.iter().copied() }
                .find(|b| !matches!(b, b'.' | b'!' | b' ' | b'\t'))
                .is_none_or(|b| matches!(b, b'\n' | b'\r'));
            return trust(written || (self.ends && line_ends));
        }
        // After a colon, a plain word may be a password, unless a sentence goes on.
        let next = lower(after(candidate, 24));
        let goes_on = words(next.split(['\n', '\r', '\t']).next().unwrap_or_default()).next();
        if !written && !quoted && goes_on.is_some_and(|w| w.chars().all(char::is_alphabetic)) {
            return Trust::Invalid;
        }
        Trust::Valid
    }
}

super::plain_check! {
    /// The value was filled in: no stars, no brackets, no "n/a".
    filled => judge_filled
}

fn judge_filled(candidate: &Candidate<'_>) -> Trust {
    let text = String::from_utf8_lossy(candidate.value);
    let value = text.trim().trim_end_matches(['.', ',', ';', ')']);
    // `ftp://user:password@host` shows how it is written.
    let shown = is_placeholder(value) || LABELS.contains(&value);
    trust(!shown && value.chars().any(char::is_alphanumeric))
}

super::plain_check! {
    /// Other than the user (group `user`) it stands beside: `guest:guest` opens what is open.
    not_the_user => judge_user
}

fn judge_user(candidate: &Candidate<'_>) -> Trust {
    trust(candidate.group("user").is_none_or(|user| !user.eq_ignore_ascii_case(candidate.value)))
}

super::plain_check! {
    /// Not what a program gives to a variable of its own (`let password = "abab";`): mostly an
    /// example or a test.
    not_a_literal => judge_literal
}

/// What a program's line begins with that declares a variable.
const DECLARING: [&str; 14] = [
    "let",
    "const",
    "var",
    "val",
    "final",
    "static",
    "auto",
    "string",
    "char",
    "pub",
    "public",
    "private",
    "protected",
    "export",
];

fn judge_literal(candidate: &Candidate<'_>) -> Trust {
    let line = lower(before(candidate, 80));
    let line = line.rsplit(['\n', '\r']).next().unwrap_or_default();
    let opened = line.trim_end_matches(['"', '\'', 'b', 'r', '#']);
    let assigned = opened.len() < line.len() && opened.trim_end().ends_with('=');
    trust(!assigned || !words(line).next().is_some_and(|word| DECLARING.contains(&word)))
}

/// Names of variables that hold passwords.
const LABELS: [&str; 6] = ["password", "passwd", "passphrase", "passcode", "pass", "pwd"];

/// Words that make a phrase a sentence about passwords.
const PROSE: [&str; 24] = [
    "must", "be", "is", "are", "the", "should", "may", "will", "not", "your", "to", "of", "for",
    "used", "use", "with", "from", "this", "that", "when", "if", "a", "an", "enter",
];

/// `last_pass = passes - 1;`: what is reckoned with.
fn goes_on_as_sum(next: &[u8]) -> bool {
    matches!(next, [b' ', b'-' | b'+' | b'*' | b'/' | b'&' | b'|', b' ' | b'&' | b'|', ..])
}

/// `pbPassword: PUCHAR,`, `fn unlock(password: &str)`: a name and its type, or a variable. A plain
/// word after a name that is joined to more of itself, or that ends like a field of a list of them.
/// A short number after such a name is one of a list of them.
fn is_declared(candidate: &Candidate<'_>) -> bool {
    let value = String::from_utf8_lossy(candidate.value);
    let value = value.trim_end_matches([',', ';', ')']);
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let shouted = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let a_type = value.starts_with("__") || value.contains('_') && value.chars().all(shouted);
    let number = value.len() < 6 && value.bytes().all(|b| b.is_ascii_digit());
    let plain = !value.is_empty()
        && (number
            || value.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
            || a_type && value.chars().all(of_name));
    let next = after(candidate, 40);
    // `password: entry`, and on the next line `.password`.
    let chained = next.trim_ascii_start().starts_with(b".") && next.starts_with(b"\n");
    let closed = candidate.value.ends_with(b")") || next.starts_with(b")");
    // A pattern may take the comma for a part of the value.
    let own = candidate.value.ends_with(b",") || candidate.value.ends_with(b";");
    let ended = closed
        || own
        || next.starts_with(b",")
        || next.starts_with(b";")
        || next.starts_with(b" =")
        || goes_on_as_sum(next);
    if !plain || !(ended || chained) {
        return false;
    }
    let line = String::from_utf8_lossy(before(candidate, 80)).into_owned();
    let line = line.rsplit(['\n', '\r']).next().unwrap_or_default();
    // `password = other;` is code, `password=letmein;` a setting.
    let line = line.trim_end();
    let Some(name) = line.strip_suffix(':').or_else(|| line.strip_suffix(" =")) else {
        return false;
    };
    let front = name.trim_end().trim_end_matches(of_name);
    let name = &name[front.len()..];
    // `lpszPassword`, `ERROR_INVALID_PASSWORD`; a form's `Password` and `PASSWORD` are not joined.
    let pairs = name.chars().zip(name.chars().skip(1));
    let joined = name.trim().contains('_')
        || pairs.into_iter().any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    let first = matches!(front.trim(), "" | "pub" | "let" | "let mut");
    let line_ends = matches!(next, [b',' | b';'] | [b',' | b';', b'\n' | b'\r', ..]);
    if number {
        return joined && line_ends && next[0] == b',' && front.trim().is_empty();
    }
    let of_type = next.starts_with(b" =") && line.ends_with(':');
    let small = !name.contains(char::is_uppercase);
    let all_large = value.chars().all(shouted) && value.len() > 4;
    joined || closed || chained || first && (of_type || line_ends && (small || all_large))
}

/// The forms of what source code says of passwords without holding one: calls, members, variables,
/// paths. One that is missed is a line here and a function below.
const CODE: [fn(&str) -> bool; 13] = [
    is_call,
    is_key,
    is_type,
    is_member,
    is_borrowed,
    is_indexed,
    is_sum,
    is_note,
    is_path,
    is_variable,
    holds_a_mark_of_code,
    is_substituted,
    is_command,
];

fn is_code(value: &str) -> bool {
    // `!password.is_empty()`: what is denied.
    let value = value.strip_prefix('!').filter(|of| of.contains("()")).unwrap_or(value);
    CODE.iter().any(|is_form| is_form(value))
}

fn of_identifier(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn has_digit(value: &str) -> bool {
    value.chars().any(|c| c.is_ascii_digit())
}

/// The name that a value begins with, and the rest.
fn name_and_rest(value: &str) -> (&str, &str) {
    let rest = value.trim_start_matches(|c: char| of_identifier(c) || matches!(c, '.' | ':'));
    (&value[..value.len() - rest.len()], rest)
}

/// `getpass(prompt)`, `write!(f`, `f.write_str(`.
fn is_call(value: &str) -> bool {
    let (called, rest) = name_and_rest(value);
    let open = !called.is_empty() && rest.starts_with(['(', '!']);
    open && (value.contains(')') && rest.starts_with('(')
        || value.ends_with('(')
        || rest.starts_with("!(")
        || rest.starts_with('(') && called.contains(['.', '_', ':']))
        || value.contains("(|")
}

/// `password:` where a cell or key was expected to hold one.
fn is_key(value: &str) -> bool {
    value.ends_with(':')
        && value.trim_end_matches(':').chars().all(|c| of_identifier(c) || c == '#')
}

/// `Option<&str>`, `*mut`.
fn is_type(value: &str) -> bool {
    let (called, rest) = name_and_rest(value);
    let generic = called.starts_with(|c: char| c.is_ascii_uppercase()) && rest.starts_with('<');
    generic || matches!(value, "*mut" | "*const")
}

/// `vector.2`.
fn is_member(value: &str) -> bool {
    value.rsplit_once('.').is_some_and(|(of, number)| {
        number.len() == 1
            && has_digit(number)
            && of.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    })
}

/// `&[u8]`, `&Password`, `&str)`.
fn is_borrowed(value: &str) -> bool {
    value.strip_prefix('&').is_some_and(|of| {
        of.contains('[')
            || of.starts_with(|c: char| c.is_ascii_uppercase())
                && of.trim_end_matches([',', ')']).chars().all(|c| c.is_ascii_alphabetic())
            || of.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | ')'))
    })
}

/// `passes[last];`: a place in a list.
fn is_indexed(value: &str) -> bool {
    let named = |name: &str| !name.is_empty() && name.chars().all(|c| of_identifier(c) || c == '.');
    let place = value.trim_end_matches([';', ',']).strip_suffix(']');
    place.and_then(|of| of.split_once('[')).is_some_and(|(list, at)| named(list) && named(at))
}

/// `(value`: the beginning of a sum.
fn is_sum(value: &str) -> bool {
    value
        .strip_prefix('(')
        .is_some_and(|of| !of.is_empty() && of.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

/// `#[derive(Debug)]`, `.idata$7`: a note to a compiler, a part of a program's file.
fn is_note(value: &str) -> bool {
    value.starts_with("#[") && value.ends_with(']')
        || value.strip_prefix('.').and_then(|of| of.split_once('$')).is_some_and(|(of, number)| {
            of.bytes().all(|b| b.is_ascii_lowercase()) && number.bytes().all(|b| b.is_ascii_digit())
        })
}

/// `/home/user/project`, `./run`.
fn is_path(value: &str) -> bool {
    value.starts_with(['/', '*', '~']) && value.matches('/').count() > 1
        || value.starts_with("./")
        || value.starts_with("../")
}

/// `config.password`, `last_pass`.
fn is_variable(value: &str) -> bool {
    let plain = value.trim_end_matches([',', ';', ')', '.']);
    !has_digit(value)
        && plain.contains(['_', '.'])
        && plain.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.'))
}

/// `Error::WrongPassword`, a path of a program, or `:run` of one; an arrow; an escaped name, as in
/// Markdown; what a shell runs; `ownerPassword@entry=0x1165830`, a debugger's trace.
fn holds_a_mark_of_code(value: &str) -> bool {
    ["::", "->", "\\_", "`", "=0x"].iter().any(|mark| value.contains(mark))
        || value.starts_with(':')
}

/// `$password`, `@param`, `$(cat file)`: what stands for something else.
fn is_substituted(value: &str) -> bool {
    value.starts_with("$(") || value.starts_with(['$', '@']) && !has_digit(value)
}

/// `ConvertTo-SecureString`, `Read-Host`: a command of PowerShell, a verb and a noun.
fn is_command(value: &str) -> bool {
    const VERBS: [&str; 6] = ["ConvertTo", "ConvertFrom", "Get", "New", "Read", "Import"];
    value.split_once('-').is_some_and(|(verb, noun)| {
        VERBS.contains(&verb)
            && noun.starts_with(|c: char| c.is_ascii_uppercase())
            && noun.chars().all(|c| c.is_ascii_alphabetic())
    })
}

/// `0x0004`: a number as programs write it.
fn is_constant(value: &str) -> bool {
    value
        .strip_prefix("0x")
        .is_some_and(|figures| figures.len() <= 8 && figures.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A value nobody would log in with: stars, brackets, a variable, "n/a".
pub(crate) fn is_placeholder(value: &str) -> bool {
    let plain = value.trim_matches(|c: char| !c.is_alphanumeric());
    if plain.is_empty() || PASSWORD_NONVALUES.has(&value.to_lowercase()) {
        return true;
    }
    // A word of the list with a full stop or a quote after it is still that word; with a `!` in
    // it, it is a password.
    if value.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | ',' | ':' | '"' | '\''))
        && PASSWORD_NONVALUES.has(&plain.to_lowercase())
    {
        return true;
    }
    let first = value.chars().next().unwrap_or(' ');
    if matches!(first, '[' | '<' | '{' | '$' | '%') && !value.chars().any(|c| c.is_ascii_digit())
        || value.starts_with("${")
        || value.starts_with("{{")
        || value.starts_with('[')
        || value.starts_with('<')
    {
        return true;
    }
    // One character over and over: ********, xxxx, ______, ••••
    let mut letters = plain.chars().map(|c| c.to_ascii_lowercase());
    let one = letters.next();
    matches!(one, Some('x' | '0')) && letters.all(|c| Some(c) == one)
        || value.chars().all(|c| !c.is_alphanumeric())
        // A link or a path to the place where one sets a password.
        || value.contains("://")
}

/// Digits, symbols inside, or capitals inside: not a word of a sentence.
pub(crate) fn looks_made_up(value: &str) -> bool {
    let digit = value.chars().any(|c| c.is_ascii_digit());
    let inner: String = value.chars().skip(1).collect();
    let capital = inner.chars().any(char::is_uppercase) && value.chars().any(char::is_lowercase);
    let symbol =
        value.trim_end_matches(['.', ',', '?', ':', ';', ')', '"', '\'']).chars().any(|c| {
            !c.is_alphanumeric() && !matches!(c, ' ' | '-' | '\'' | '\u{2019}' | '/' | '(' | ')')
        });
    digit || capital || symbol
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    fn judge(text: &str, value: &str) -> Trust {
        judge_in("password-plausible", "", text, value)
    }

    #[test]
    fn values_after_a_label_are_passwords() {
        assert_eq!(judge("password: Harvest!Moon9", "Harvest!Moon9"), Trust::Valid);
        assert_eq!(judge("Password: Summer", "Summer"), Trust::Valid);
        assert_eq!(judge("PW: password", "password"), Trust::Valid);
        assert_eq!(judge("Password: Summer, 1234", "Summer"), Trust::Valid);
        assert_eq!(judge("passwd=letmein;\n", "letmein"), Trust::Valid);
        assert_eq!(judge("db_password: rainbow\nport: 1", "rainbow"), Trust::Valid);
        assert_eq!(judge("db_password: Zebra77!", "Zebra77!"), Trust::Valid);
        assert_eq!(judge("password: &Zebra77", "&Zebra77"), Trust::Valid);
        assert_eq!(judge("db_password = 8107\n", "8107"), Trust::Valid);
        assert_eq!(judge("let password: Password = \"1234\"", "1234"), Trust::Valid);
        assert_eq!(judge("The wifi password is Kirkham2026", "Kirkham2026"), Trust::Valid);
        assert_eq!(judge("Your new password is \"copper-kettle\"", "copper-kettle"), Trust::Valid);
    }

    #[test]
    fn what_a_program_gives_to_its_own_variable_is_told_apart() {
        let judge = |text, value| judge_in("not-a-literal", "", text, value);
        assert_eq!(judge("    let password = \"abab\";", "abab"), Trust::Invalid);
        assert_eq!(judge("const char *pwd = \"abab\";", "abab"), Trust::Invalid);
        assert_eq!(judge("password = \"abab\"", "abab"), Trust::Valid);
        assert_eq!(judge("Let us note the password: abab", "abab"), Trust::Valid);
    }

    #[test]
    fn prose_blanks_and_placeholders_are_none() {
        for (text, value) in [
            ("password: ********", "********"),
            ("Password: [held by the Keyholder]", "[held"),
            ("The password is required", "required"),
            ("Your password is changed every month", "changed"),
            ("password: must be strong", "must"),
            ("password = ${DB_PASS}", "${DB_PASS}"),
            ("host => 'h', password => 'passwd' })", "passwd"),
            ("PIN: xxxx", "xxxx"),
            ("    pbPassword: PUCHAR,\n", "PUCHAR"),
            ("pub const ERROR_INVALID_PASSWORD: DWORD = 86;", "DWORD"),
            ("fn unlock(password: bool)", "bool"),
            ("    let password: Password = \"1234\".into();\n", "Password"),
            ("    Self::Password => \"encryption\",\n", "encryption"),
            ("    eapClearTextPassword = 8107,\n    eapNext = 8108,\n", "8107"),
            ("MHD_PASSWORD   0x0004", "0x0004"),
            ("    pub fn CopyPassword(url: Url) -> TextRef;", "TextRef;"),
            ("    password: usize,\n    key: usize,\n", "usize"),
            ("    Password: LPCWSTR,\n", "LPCWSTR"),
            ("    password: &Password,\n    next: u8,\n", "&Password"),
            ("fn open(password: &Password, size: u8)", "&Password"),
            ("    pub passwd: CString,\n", "CString"),
            ("    pt_passwd: __u32,\n", "__u32"),
            ("    password: entry\n        .password\n", "entry"),
            ("password: Option<Vec<u8>>", "Option<Vec<u8>>"),
            ("fn f(password: &str)", "&str)"),
            ("password: &[u8]", "&[u8]"),
            ("password: *const u8", "*const"),
            ("password: f.write_str(", "f.write_str("),
            ("password: write!(f", "write!(f"),
            ("password: Error::WrongPassword", "Error::WrongPassword"),
            ("passphrase: vector.2", "vector.2"),
            ("ownerPassword=ownerPassword@entry=0x1165830,", "ownerPassword@entry=0x1165830,"),
            ("s#password: cvs#password: [empty]#", "cvs#password:"),
            ("password = getpass(prompt)", "getpass(prompt)"),
            ("password = config.password", "config.password"),
            ("pwd=`pwd`", "`pwd`"),
            ("dom_pass::before_children", ":before_children"),
            ("pwd: '/home/user/project'", "/home/user/project"),
            ("password: 'Password used to generate key'", "Password used to generate key"),
            ("Password: ______", "______"),
            ("    selected_pass: usize,\n}", "usize,"),
            ("    selected_pass = passes - 1;", "passes"),
            ("|password| !password.is_empty())", "!password.is_empty())"),
            ("coding_pass = buffers.passes[segment];", "buffers.passes[segment];"),
            ("on_each_pass: (value & 4) != 0", "(value"),
            ("GroupGetPassword\n.idata$7\n", ".idata$7"),
            ("/// Reads with a password\n#[derive(Debug)]\n", "#[derive(Debug)]"),
        ] {
            assert_eq!(judge(text, value), Trust::Invalid, "{text}");
        }
    }
}
