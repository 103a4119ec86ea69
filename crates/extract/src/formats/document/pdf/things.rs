//! The objects of a document one after another, wherever they stand: in the file, in object
//! streams, behind encryption with an empty password.

use super::filter;
use super::sweep::Swept;
use super::value::{Dict, Lexer, Token, Value};
use crate::budget::Budget;
use dlpscan_core::model::{Reason, Stopped};
use hayro_syntax::object::{MaybeRef, Object};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// An object and the raw bytes of its stream, decrypted but not decoded.
pub(super) struct Thing<'t> {
    /// Its number.
    pub number: u32,
    /// Its value; of a stream, the dictionary.
    pub value: Value,
    /// The stream's bytes.
    pub raw: Option<Cow<'t, [u8]>>,
}

impl Thing<'_> {
    /// Its dictionary.
    pub fn dict(&self) -> Option<&Dict> {
        match &self.value {
            Value::Dict(dict) => Some(dict),
            _ => None,
        }
    }
}

/// Decoded bytes of one stream that are kept in memory.
pub(super) const MOST_STREAM: usize = 32 << 20;

/// Every object that stands in the bytes, those in object streams before the streams themselves,
/// and the faults of the object streams.
pub(super) fn in_file<'t, B>(
    bytes: &'t [u8],
    swept: &Swept,
    budget: &Budget,
    mut each: impl FnMut(Thing<'t>) -> ControlFlow<B>,
    mut fault: impl FnMut(Reason),
) -> ControlFlow<B> {
    for found in &swept.objects {
        if let Err(Stopped(reason)) = budget.check() {
            fault(reason);
            break;
        }
        let Some(value) = Lexer::new(bytes, found.start).value() else { continue };
        let raw = found.stream.clone().map(|range| &bytes[range]);
        if let (Value::Dict(dict), Some(raw)) = (&value, raw)
            && is_object_stream(dict)
        {
            let decoded = filter::decode(raw, dict, MOST_STREAM);
            let taken = budget.take_bytes(decoded.bytes.len() as u64);
            if let Some(reason) = decoded.fault.or(taken.err().map(|Stopped(reason)| reason)) {
                fault(reason);
            }
            members(&decoded.bytes, dict, &mut each)?;
        }
        each(Thing { number: found.number, value, raw: raw.map(Cow::Borrowed) })?;
    }
    ControlFlow::Continue(())
}

/// What the type of an object stream is changed to where hayro must not see it as one.
pub(super) const DEFUSED: &[u8; 6] = b"ObjStx";

/// True for a stream of objects.
pub(super) fn is_object_stream(dict: &Dict) -> bool {
    dict.is("Type", "ObjStm")
        || matches!(dict.get("Type"), Some(Value::Name(name)) if name == DEFUSED)
}

/// The objects in an object stream. Each ends where the next begins.
fn members<'t, B>(
    data: &[u8],
    dict: &Dict,
    each: &mut impl FnMut(Thing<'t>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let first = (dict.number("First").unwrap_or(0.0) as usize).min(data.len());
    let mut index = Lexer::new(&data[..first], 0);
    let mut places: Vec<(usize, u32)> = Vec::new();
    while let (Some(Token::Number(number)), Some(Token::Number(offset))) =
        (index.next(), index.next())
    {
        let at = first.saturating_add(offset as usize);
        if at < data.len() {
            places.push((at, number as u32));
        }
    }
    places.sort_unstable();
    places.dedup_by_key(|(at, _)| *at);
    for (i, &(at, number)) in places.iter().enumerate() {
        let end = places.get(i + 1).map_or(data.len(), |next| next.0);
        if let Some(value) = Lexer::new(&data[..end], at).value() {
            each(Thing { number, value, raw: None })?;
        }
    }
    ControlFlow::Continue(())
}

/// Every current object as hayro gives it: decrypted.
pub(super) fn decrypted<'t, B>(
    pdf: &'t hayro_syntax::Pdf,
    budget: &Budget,
    mut each: impl FnMut(Thing<'t>) -> ControlFlow<B>,
    mut fault: impl FnMut(Reason),
) -> ControlFlow<B> {
    for object in pdf.objects() {
        if let Err(Stopped(reason)) = budget.check() {
            fault(reason);
            break;
        }
        let (number, raw) = match &object {
            Object::Stream(stream) => (stream.obj_id().obj_number, Some(stream.raw_data())),
            Object::Dict(dict) => (dict.obj_id().map_or(0, |id| id.obj_number), None),
            _ => (0, None),
        };
        let value = convert(&object, 0);
        if matches!(&value, Value::Dict(d) if d.is("Type", "ObjStm") || d.is("Type", "XRef")) {
            continue;
        }
        each(Thing { number, value, raw })?;
    }
    ControlFlow::Continue(())
}

/// Deeper values than this are left out.
const DEEPEST: u32 = 48;

fn convert(object: &Object<'_>, depth: u32) -> Value {
    if depth > DEEPEST {
        return Value::Other;
    }
    let item = |item: &MaybeRef<Object<'_>>| match item {
        MaybeRef::Ref(r) => Value::Ref(r.obj_number),
        MaybeRef::NotRef(object) => convert(object, depth + 1),
    };
    let pairs = |dict: &hayro_syntax::object::Dict<'_>| {
        Dict(dict.entries().map(|(k, v)| (k.as_ref().to_vec(), item(&v))).collect())
    };
    match object {
        Object::Null(_) | Object::Boolean(_) => Value::Other,
        Object::Number(n) => Value::Number(n.as_f64()),
        Object::String(s) => Value::Text(s.as_bytes().to_vec()),
        Object::Name(n) => Value::Name(n.as_ref().to_vec()),
        Object::Dict(dict) => Value::Dict(pairs(dict)),
        Object::Array(array) => Value::Array(array.raw_iter().map(|v| item(&v)).collect()),
        Object::Stream(stream) => Value::Dict(pairs(stream.dict())),
    }
}
