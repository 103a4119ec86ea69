use globset::{Candidate, Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Which of the files found the user wants.
///
/// A pattern is held against the path below the folder the user named and against the name alone:
/// `*.log` means every log file wherever it lies, `drafts/*.docx` those in one folder, `drafts/**`
/// all below it. A pattern that ends in `/` means folders only. `*` and `?` do not cross a `/`.
#[derive(Debug, Clone)]
pub struct Selection {
    /// `None`: everything.
    include: Option<GlobSet>,
    exclude: GlobSet,
    exclude_folders: GlobSet,
}

/// A pattern that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadGlob {
    /// As the user wrote it.
    pub pattern: String,
    /// What is wrong with it.
    pub why: String,
}

impl std::fmt::Display for BadGlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the file pattern \"{}\" cannot be understood: {}; a [, ], {{, }}, * or ? that is part \
             of a name is written with \\ before it",
            self.pattern, self.why
        )
    }
}

impl std::error::Error for BadGlob {}

impl Default for Selection {
    /// Everything.
    fn default() -> Self {
        Selection { include: None, exclude: GlobSet::empty(), exclude_folders: GlobSet::empty() }
    }
}

impl Selection {
    /// Only what matches one of `include` (if there are any), without what matches one of
    /// `exclude`. An excluded folder is left out with all it holds.
    ///
    /// # Errors
    /// The first pattern that cannot be understood.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, BadGlob> {
        let (folders, names): (Vec<&String>, Vec<&String>) =
            exclude.iter().partition(|pattern| pattern.ends_with('/'));
        Ok(Selection {
            include: if include.is_empty() { None } else { Some(set(include.iter(), true)?) },
            exclude: set(names.into_iter(), false)?,
            exclude_folders: set(folders.into_iter(), false)?,
        })
    }

    /// True when a file at this path below its root is wanted.
    pub(crate) fn wants_file(&self, path: &[u8]) -> bool {
        let wanted = |include| matches(include, path);
        self.include.as_ref().is_none_or(wanted) && !matches(&self.exclude, path)
    }

    /// True when a folder at this path below its root is to be looked into.
    pub(crate) fn wants_folder(&self, path: &[u8]) -> bool {
        !(matches(&self.exclude, path) || matches(&self.exclude_folders, path))
            // `drafts/**` means the folder with all it holds.
            && (self.exclude.is_empty() || !matches(&self.exclude, &[path, b"/"].concat()))
    }
}

fn set<'a>(patterns: impl Iterator<Item = &'a String>, below: bool) -> Result<GlobSet, BadGlob> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let bad = |error: globset::Error| BadGlob {
            pattern: pattern.clone(),
            why: error.kind().to_string(),
        };
        let plain = pattern.strip_prefix("./").unwrap_or(pattern);
        let plain = plain.strip_prefix('/').unwrap_or(plain);
        let glob = |text: &str| -> Result<Glob, BadGlob> {
            GlobBuilder::new(text).literal_separator(true).build().map_err(bad)
        };
        match plain.strip_suffix('/') {
            // To include a folder is to include what lies below it, at any depth.
            Some(folder) if below => {
                set.add(glob(&format!("{folder}/**"))?).add(glob(&format!("**/{folder}/**"))?);
            }
            Some(folder) => {
                set.add(glob(folder)?);
            }
            None => {
                set.add(glob(plain)?);
            }
        }
    }
    set.build().map_err(|error| BadGlob {
        pattern: error.glob().unwrap_or("(all of them together)").to_owned(),
        why: error.kind().to_string(),
    })
}

fn matches(set: &GlobSet, path: &[u8]) -> bool {
    if set.is_empty() {
        return false;
    }
    let held_against =
        |bytes: &[u8]| set.is_match_candidate(&Candidate::new(OsStr::from_bytes(bytes)));
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or(path);
    held_against(path) || (name.len() < path.len() && held_against(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(include: &[&str], exclude: &[&str]) -> Selection {
        let own = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
        Selection::new(&own(include), &own(exclude)).unwrap()
    }

    #[test]
    fn without_patterns_everything_is_wanted() {
        assert!(Selection::default().wants_file(b"any/thing"));
        assert!(selection(&[], &[]).wants_folder(b"any"));
    }

    #[test]
    fn a_name_pattern_holds_at_any_depth() {
        let logs = selection(&[], &["*.log"]);
        assert!(!logs.wants_file(b"a.log") && !logs.wants_file(b"x/y/a.log"));
        assert!(logs.wants_file(b"a.log.txt"));
    }

    #[test]
    fn a_path_pattern_holds_from_the_folder_the_user_named() {
        let drafts = selection(&[], &["drafts/*.txt"]);
        assert!(!drafts.wants_file(b"drafts/a.txt"));
        assert!(drafts.wants_file(b"old/drafts/a.txt") && drafts.wants_file(b"drafts/b/a.txt"));
    }

    #[test]
    fn an_excluded_folder_may_be_written_in_three_ways() {
        for pattern in ["node_modules", "node_modules/", "node_modules/**"] {
            let without = selection(&[], &[pattern]);
            assert!(!without.wants_folder(b"node_modules"), "{pattern}");
        }
        assert!(!selection(&[], &["cache/"]).wants_folder(b"a/cache"));
        assert!(selection(&[], &["cache/"]).wants_file(b"a/cache"));
    }

    #[test]
    fn included_files_are_the_only_ones_and_folders_are_still_looked_into() {
        let documents = selection(&["*.docx", "letters/"], &["draft*"]);
        assert!(documents.wants_folder(b"deep"));
        assert!(documents.wants_file(b"deep/a.docx") && documents.wants_file(b"x/letters/b.txt"));
        assert!(!documents.wants_file(b"deep/a.txt") && !documents.wants_file(b"draft.docx"));
    }

    #[test]
    fn names_that_are_not_text_are_matched_by_their_bytes() {
        assert!(!selection(&[], &["*.txt"]).wants_file(b"caf\xE9.txt"));
    }

    #[test]
    fn a_pattern_that_cannot_be_understood_is_named_with_the_way_out() {
        let error = Selection::new(&[], &["minutes[1.txt".to_owned()]).unwrap_err();
        assert_eq!(error.pattern, "minutes[1.txt");
        assert!(error.to_string().contains("written with \\ before it"), "{error}");
    }
}
