//! ripgrep, as a command: it counts matches of all rules together and checks none.

use dlpscan_benches::clock::children;
use std::process::Command;

pub fn run(list: &str, path: &str) {
    let list = std::fs::read_to_string(list).expect("the rules can be read");
    let line = |line: &str| {
        let mut fields = line.splitn(3, '\t').skip(1);
        let flag = fields.next().map_or("", |flag| if flag == "i" { "(?i)" } else { "" });
        // Older ones do not know this way to name a group.
        format!("{flag}{}\n", fields.next().unwrap_or_default().replace("?<code>", "?:"))
    };
    let patterns: String = list.lines().map(line).collect();
    let file = std::env::temp_dir().join(format!("dlpscan-rg-{}", std::process::id()));
    std::fs::write(&file, patterns).expect("the patterns can be written");
    let rg = std::env::var("RG").unwrap_or_else(|_| "rg".into());
    let output = Command::new(rg)
        .args(["--no-config", "--threads=1", "--no-unicode", "--text"])
        .args(["--dfa-size-limit=1G", "--regex-size-limit=1G", "--count-matches", "-f"])
        .arg(&file)
        .arg(path)
        .output()
        .expect("ripgrep can be started");
    std::fs::remove_file(file).expect("the patterns can be removed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("cpu\t{}", children().as_secs_f64());
    println!("total\t{}", String::from_utf8_lossy(&output.stdout).trim());
}
