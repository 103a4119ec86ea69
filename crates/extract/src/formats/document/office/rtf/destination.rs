//! Where the text of a group goes, and which words stand for a sign (RTF 1.9.1, appendix A).

/// Where text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// The document's text.
    Body,
    /// Text that stands beside it: a note, a header, a text box, a comment.
    Beside,
    /// A field's instruction, or a destination that is not known.
    Aside,
    /// A property, named by its control word.
    Property,
    /// The name of a property of the user's own.
    PropertyName,
    /// The font table.
    Fonts,
    /// Hexadecimal data of an object.
    Object,
    /// Hexadecimal data of a picture.
    Picture,
    /// Nowhere: names of styles, colours, and what is said twice.
    Nowhere,
}

/// Where a word sends the text of its group; `star` where it may be passed over by who does not
/// know it. `None` where the text stays where it was going.
pub(super) fn of(word: &[u8], star: bool) -> Option<To> {
    Some(match word {
        b"fonttbl" => To::Fonts,
        b"colortbl"
        | b"stylesheet"
        | b"listtable"
        | b"listoverridetable"
        | b"rsidtbl"
        | b"revtbl"
        | b"latentstyles"
        | b"xmlnstbl"
        | b"generator"
        | b"themedata"
        | b"colorschememapping"
        | b"nonshppict"
        | b"pnseclvl"
        | b"blipuid"
        | b"panose"
        | b"falt"
        | b"fname"
        | b"mmathPr"
        | b"listpicture"
        | b"bkmkstart"
        | b"bkmkend"
        | b"wgrffmtfilter"
        | b"picprop"
        | b"sp"
        | b"filetbl"
        | b"pgdsctbl" => To::Nowhere,
        b"objdata" => To::Object,
        b"pict" => To::Picture,
        b"propname" => To::PropertyName,
        b"title" | b"subject" | b"author" | b"manager" | b"company" | b"operator" | b"category"
        | b"keywords" | b"comment" | b"doccomm" | b"hlinkbase" | b"staticval" | b"linkval" => {
            To::Property
        }
        b"header" | b"headerl" | b"headerr" | b"headerf" | b"footer" | b"footerl" | b"footerr"
        | b"footerf" | b"footnote" | b"annotation" | b"shptxt" | b"dptxbxtext" | b"ftnsep"
        | b"aftnsep" => To::Beside,
        // Passed through: their own groups hold text.
        b"shppict" | b"shpinst" | b"shp" | b"do" | b"object" | b"result" | b"field"
        | b"fldrslt" | b"info" | b"userprops" | b"upr" | b"ud" | b"pn" | b"pntext"
        | b"listtext" | b"nesttableprops" | b"xe" | b"tc"
            if !star || matches!(word, b"shppict" | b"shpinst" | b"userprops" | b"ud") =>
        {
            return None;
        }
        _ if star => To::Aside,
        _ => return None,
    })
}

/// The sign that a word stands for.
pub(super) fn sign(word: &[u8]) -> Option<&'static str> {
    Some(match word {
        b"tab" | b"nestcell" => "\t",
        b"line" | b"lbr" | b"nestrow" => "\n",
        b"lquote" => "‘",
        b"rquote" => "’",
        b"ldblquote" => "“",
        b"rdblquote" => "”",
        b"emdash" => "—",
        b"endash" => "–",
        b"bullet" => "•",
        b"emspace" | b"enspace" | b"qmspace" => " ",
        _ => return None,
    })
}
