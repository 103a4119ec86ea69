//! Every format, read as the scanner reads it. One program: each would link all readers again.

mod archive;
#[cfg(feature = "cab")]
mod chm;
#[cfg(feature = "pictures")]
mod codes;
mod damage;
mod divided;
mod documents;
mod drawings;
mod further;
mod hostile_archive_mail;
mod html;
mod mail;
mod markup;
mod metafile;
mod msg;
mod office;
mod planted;
mod planted_archive_mail;
mod plist;
mod postscript;
mod raw;
mod support;
mod table;
mod text;
mod tnef;
mod volume;
