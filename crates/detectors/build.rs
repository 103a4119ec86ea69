//! Lists the detector files, so that adding one is adding one file and nothing else; reads them and
//! prepares their expressions, so that the program need not at every start.

use dlpscan_core::detector::DetectorFile;
use dlpscan_core::scan::Prepared;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = root.join("detectors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths = Vec::new();
    collect(&folder, &mut paths)?;
    // By name, so that the engine's detectors stand in the same order on every machine.
    paths.sort();
    let mut code = String::from("&[\n");
    let mut files = Vec::new();
    for path in &paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&folder).unwrap_or(path);
        let name = name.to_string_lossy().replace('\\', "/");
        files.push(DetectorFile::parse(&name, &fs::read_to_string(path)?)?);
        let _ = writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    code.push(']');
    let prepared = Prepared::of(&files)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("builtin.rs"), code)?;
    fs::write(out.join("builtin.msgpack"), rmp_serde::to_vec(&files)?)?;
    fs::write(out.join("prepared.msgpack"), rmp_serde::to_vec(&prepared)?)?;
    // Nearly half of what files say is for people and tests.
    for detector in files.iter_mut().flat_map(|file| &mut file.detectors) {
        detector.leave_to_run();
    }
    fs::write(out.join("to_run.msgpack"), rmp_serde::to_vec(&files)?)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
    Ok(())
}
