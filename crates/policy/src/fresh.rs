//! What of a mail's text was newly written, and what is the thread it answers to.

/// Lines looked at after a possible beginning of a quoted header block.
const BLOCK: usize = 6;

/// The text without what it quotes: lines marked with `>`, and everything below the line with
/// which a mail program opens the message that is answered or forwarded.
pub(crate) fn newly_written(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut fresh = String::with_capacity(text.len());
    let mut i = 0;
    while i < lines.len() {
        let line = lines[i].trim();
        if is_marked(line) {
            i += 1;
        } else if let Some(below) = attribution(&lines, i) {
            // Under "… wrote:" either every line is marked, and what is not is an answer between
            // them, or none is, and all of it is quoted.
            let next = lines[below..].iter().find(|line| !line.trim().is_empty());
            if !next.is_some_and(|line| is_marked(line.trim())) {
                break;
            }
            i = below;
        } else if is_divider(line) || is_quoted_header(&lines, i) {
            break;
        } else {
            fresh.push_str(lines[i]);
            fresh.push('\n');
            i += 1;
        }
    }
    fresh
}

fn is_marked(line: &str) -> bool {
    line.starts_with('>') || line.starts_with("&gt;")
}

/// "On 3 March, A Clerk <clerk@…> wrote:", on one to three lines: where what is below begins.
fn attribution(lines: &[&str], at: usize) -> Option<usize> {
    const OPENERS: [&str; 4] = ["On ", "Le ", "Am ", "Ar "];
    let first = lines[at].trim();
    if !OPENERS.iter().any(|opener| first.starts_with(opener)) {
        return None;
    }
    (at..lines.len().min(at + 3)).find_map(|i| {
        let line = lines[i].trim_end();
        let ends = ["wrote:", "a écrit :", "schrieb:", "ysgrifennodd:"];
        ends.iter().any(|end| line.ends_with(end)).then_some(i + 1)
    })
}

/// "-----Original Message-----", "---------- Forwarded message ---------" and their like.
fn is_divider(line: &str) -> bool {
    let inner = line.trim_matches(['-', '_', ' ']).to_ascii_lowercase();
    let dashes = line.starts_with("--") && line.ends_with("--");
    let opens = ["original message", "forwarded message", "original appointment", "reply message"];
    dashes && opens.contains(&inner.as_str())
        || line.eq_ignore_ascii_case("begin forwarded message:")
}

/// The header of a quoted message, as Outlook puts it: From, then Sent or Date, To, Subject.
fn is_quoted_header(lines: &[&str], at: usize) -> bool {
    let field = |line: &str, names: &[&str]| {
        let line = line.trim().trim_start_matches('*');
        names.iter().any(|name| {
            line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
                && line[name.len()..].trim_start_matches('*').starts_with(':')
        })
    };
    if !field(lines[at], &["from"]) {
        return false;
    }
    let block = &lines[at + 1..lines.len().min(at + 1 + BLOCK)];
    let has = |names: &[&str]| block.iter().any(|line| field(line, names));
    has(&["sent", "date"]) && has(&["to", "cc"]) && has(&["subject"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_lines_are_quoted_and_answers_between_them_are_not() {
        let text = "Yes.\n\nOn 3 March, A Clerk\n<clerk@a.example> wrote:\n> old one\nmy answer\n>> older\n";
        assert_eq!(newly_written(text), "Yes.\n\nmy answer\n");
    }

    #[test]
    fn all_below_an_opened_message_is_quoted() {
        for opener in [
            "On 3 March 2027 at 10:01, A Clerk <clerk@a.example> wrote:",
            "-----Original Message-----",
            "---------- Forwarded message ---------",
            "Begin forwarded message:",
            "From: A Clerk\nSent: 3 March\nTo: B\nSubject: Allotments",
            "*From:* A Clerk\n*Date:* 3 March\n*To:* B\n*Cc:* C\n*Subject:* Allotments",
        ] {
            let text = format!("New.\n{opener}\n\nold words\n");
            assert_eq!(newly_written(&text), "New.\n", "{opener}");
        }
    }

    #[test]
    fn words_that_only_look_like_a_quote_are_kept() {
        let text = "From: the Clerk, with thanks\nOn Monday we meet.\n-- \nA Clerk\n";
        assert_eq!(newly_written(text), text);
    }
}
