//! Says where Hyperscan lies.

fn main() {
    println!("cargo:rerun-if-env-changed=HS_LIB");
    if let Ok(folder) = std::env::var("HS_LIB") {
        println!("cargo:rustc-link-search=native={folder}");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
