//! A column of a row group: its pages, unpacked one at a time, and its values one by one.

use super::runs::{Runs, differences};
use super::schema::{Column, Physical};
use super::thrift::Thrift;
use crate::budget::Budget;
use crate::formats::archive::{Store, Zstd};
use dlpscan_core::model::{Reason, Stopped};
use std::io::{self, Read};
use std::ops::Range;

/// Values of one page written as differences, more than any writer puts there.
const MOST: usize = 1 << 20;
/// A page's header is shorter, statistics and all.
const HEADER: u64 = 64 << 10;

/// One value of a column, and whether it begins a row.
pub(super) struct Next {
    pub(super) begins_row: bool,
    /// Its bytes as they are stored; `None` where there is no value.
    pub(super) bytes: Option<Vec<u8>>,
}

/// Reads a column.
pub(super) struct ColumnReader<'a> {
    store: Store<'a>,
    pub(super) column: Column,
    codec: i64,
    /// What is left of the column's bytes.
    range: Range<u64>,
    dictionary: Vec<Vec<u8>>,
    page: Page,
}

/// What is left of a page.
#[derive(Default)]
struct Page {
    left: u64,
    repeated: Runs,
    defined: Runs,
    values: Values,
}

#[derive(Default)]
enum Values {
    #[default]
    None,
    /// As they are, one behind the other.
    Plain(Vec<u8>, usize),
    /// Numbers of entries of the dictionary.
    Entries(Runs),
    /// Truth values as runs.
    Truths(Runs),
    /// Numbers that were written as differences.
    Numbers(std::vec::IntoIter<i64>),
    /// Bytes whose lengths stand apart, with what they share with the value before.
    Bytes {
        lengths: std::vec::IntoIter<i64>,
        shared: std::vec::IntoIter<i64>,
        bytes: Vec<u8>,
        at: usize,
        last: Vec<u8>,
    },
}

impl<'a> ColumnReader<'a> {
    /// A column whose pages lie in this range.
    pub(super) fn new(store: Store<'a>, column: Column, codec: i64, range: Range<u64>) -> Self {
        ColumnReader { store, column, codec, range, dictionary: Vec::new(), page: Page::default() }
    }

    /// True when no page is left.
    pub(super) fn is_done(&self) -> bool {
        self.page.left == 0 && self.range.is_empty()
    }

    /// The next value; `None` at the end.
    pub(super) fn next(&mut self, budget: &Budget) -> Result<Option<Next>, Reason> {
        while self.page.left == 0 {
            if self.range.is_empty() {
                return Ok(None);
            }
            self.open(budget)?;
        }
        self.page.left -= 1;
        let repeated = self.page.repeated.next().ok_or(Reason::Damaged)?;
        let defined = self.page.defined.next().ok_or(Reason::Damaged)?;
        let there = defined == u64::from(self.column.defined);
        let bytes = if there { Some(self.value().ok_or(Reason::Damaged)?) } else { None };
        Ok(Some(Next { begins_row: repeated == 0, bytes }))
    }

    /// Reads the next page.
    fn open(&mut self, budget: &Budget) -> Result<(), Reason> {
        let io = |error: io::Error| Stopped::reason(&error);
        budget.check().map_err(|Stopped(reason)| reason)?;
        let end = self.range.end.min(self.range.start + HEADER);
        let head = self.store.read(self.range.start..end).map_err(io)?;
        let (header, took) = Thrift::read(&head).ok_or(Reason::Damaged)?;
        let packed = header.size(3).ok_or(Reason::Damaged)?;
        let unpacked = header.size(2).ok_or(Reason::Damaged)?;
        let start = self.range.start + took as u64;
        if packed > self.range.end.saturating_sub(start) {
            return Err(Reason::Damaged);
        }
        if packed.max(unpacked) > budget.limits().buffer {
            return Err(Reason::LimitMemory);
        }
        let body = self.store.read(start..start + packed).map_err(io)?;
        if (body.len() as u64) < packed {
            return Err(Reason::Truncated);
        }
        self.range.start = start + packed;
        budget.take_bytes(unpacked).map_err(|Stopped(reason)| reason)?;
        match header.number(1) {
            Some(0) => {
                let about = header.field(5).ok_or(Reason::Damaged)?;
                let body = unpack(&body, self.codec, unpacked, budget)?;
                let mut rest = &body[..];
                let mut levels = |most: u32, encoding: Option<i64>| {
                    if most == 0 {
                        return Ok(Runs::default());
                    }
                    // Runs are all that is written today.
                    if encoding != Some(3) {
                        return Err(Reason::Unsupported);
                    }
                    let len = rest.first_chunk().ok_or(Reason::Damaged)?;
                    let len = u32::from_le_bytes(*len) as usize;
                    let bytes = rest.get(4..4_usize.saturating_add(len)).ok_or(Reason::Damaged)?;
                    rest = &rest[4 + len..];
                    Ok(Runs::new(bytes.to_vec(), width(most)))
                };
                let repeated = levels(self.column.repeated, about.number(4))?;
                let defined = levels(self.column.defined, about.number(3))?;
                let values = self.values(about.number(2), rest.to_vec())?;
                let left = about.size(1).ok_or(Reason::Damaged)?;
                self.page = Page { left, repeated, defined, values };
            }
            Some(3) => {
                let about = header.field(8).ok_or(Reason::Damaged)?;
                let size = |id: i16| about.size(id).and_then(|n| usize::try_from(n).ok());
                let (Some(first), Some(second)) = (size(6), size(5)) else {
                    return Err(Reason::Damaged);
                };
                let both = first.checked_add(second).filter(|&both| both <= body.len());
                let both = both.ok_or(Reason::Damaged)?;
                let is_packed = about.number(7) != Some(0);
                let codec = if is_packed { self.codec } else { 0 };
                let unpacked = unpacked.saturating_sub(both as u64);
                let repeated = Runs::new(body[..first].to_vec(), width(self.column.repeated));
                let defined = Runs::new(body[first..both].to_vec(), width(self.column.defined));
                let body = unpack(&body[both..], codec, unpacked, budget)?;
                let values = self.values(about.number(4), body)?;
                let left = about.size(1).ok_or(Reason::Damaged)?;
                self.page = Page { left, repeated, defined, values };
            }
            Some(2) => {
                let body = unpack(&body, self.codec, unpacked, budget)?;
                let mut at = 0;
                self.dictionary.clear();
                while let Some(value) = self.column.plain(&body, &mut at) {
                    self.dictionary.push(value);
                }
            }
            // Indexes say nothing that the pages do not.
            _ => {}
        }
        Ok(())
    }

    fn values(&self, encoding: Option<i64>, body: Vec<u8>) -> Result<Values, Reason> {
        let list = |bytes: &[u8]| differences(bytes, MOST).ok_or(Reason::Damaged);
        Ok(match encoding {
            Some(0) => Values::Plain(body, 0),
            Some(2 | 8) => {
                let (&width, rest) = body.split_first().ok_or(Reason::Damaged)?;
                Values::Entries(Runs::new(rest.to_vec(), width.into()))
            }
            Some(3) if self.column.physical == Physical::Truth => {
                Values::Truths(Runs::new(body.get(4..).unwrap_or_default().to_vec(), 1))
            }
            Some(5) => Values::Numbers(list(&body)?.0.into_iter()),
            Some(6) => {
                let (lengths, at) = list(&body)?;
                let shared = Vec::new().into_iter();
                let lengths = lengths.into_iter();
                Values::Bytes { lengths, shared, bytes: body, at, last: Vec::new() }
            }
            Some(7) => {
                let (shared, first) = list(&body)?;
                let (lengths, second) = list(body.get(first..).unwrap_or_default())?;
                let (lengths, shared) = (lengths.into_iter(), shared.into_iter());
                Values::Bytes { lengths, shared, bytes: body, at: first + second, last: Vec::new() }
            }
            Some(9) => {
                let width = self.column.width().ok_or(Reason::Damaged)?;
                let count = body.len() / width;
                let joined = (0..count).flat_map(|i| (0..width).map(move |k| k * count + i));
                Values::Plain(joined.map(|at| body[at]).collect(), 0)
            }
            _ => return Err(Reason::Unsupported),
        })
    }

    fn value(&mut self) -> Option<Vec<u8>> {
        match &mut self.page.values {
            Values::None => None,
            Values::Plain(bytes, at) => self.column.plain(bytes, at),
            Values::Entries(runs) => {
                self.dictionary.get(usize::try_from(runs.next()?).ok()?).cloned()
            }
            Values::Truths(runs) => Some(vec![runs.next()? as u8]),
            Values::Numbers(numbers) => {
                let number = numbers.next()?.to_le_bytes();
                Some(number[..self.column.width()?.min(8)].to_vec())
            }
            Values::Bytes { lengths, shared, bytes, at, last } => {
                let len = usize::try_from(lengths.next()?).ok()?;
                let shared = usize::try_from(shared.next().unwrap_or(0)).ok()?;
                let own = bytes.get(*at..at.checked_add(len)?)?;
                let mut value = last.get(..shared)?.to_vec();
                value.extend_from_slice(own);
                *at += len;
                last.clone_from(&value);
                Some(value)
            }
        }
    }
}

/// Bits that a level needs.
fn width(most: u32) -> u32 {
    u32::BITS - most.leading_zeros()
}

/// Unpacks a page of so many bytes.
fn unpack(packed: &[u8], codec: i64, len: u64, budget: &Budget) -> Result<Vec<u8>, Reason> {
    let most = budget.limits().buffer;
    let whole = |decoder: &mut dyn Read| {
        let mut out = Vec::new();
        let read = decoder.take(len.min(most)).read_to_end(&mut out);
        read.map(|_| out).map_err(|error| Stopped::reason(&error))
    };
    match codec {
        0 => Ok(packed.to_vec()),
        1 => match snap::raw::decompress_len(packed) {
            Ok(told) if told as u64 <= most => {
                snap::raw::Decoder::new().decompress_vec(packed).map_err(|_| Reason::Damaged)
            }
            Ok(_) => Err(Reason::LimitMemory),
            Err(_) => Err(Reason::Damaged),
        },
        2 => whole(&mut flate2::read::MultiGzDecoder::new(packed)),
        4 => whole(&mut brotli_decompressor::Decompressor::new(packed, 4096)),
        6 => whole(&mut Zstd::new(packed, most)),
        7 => lz4_flex::block::decompress(packed, len as usize).map_err(|_| Reason::Damaged),
        _ => Err(Reason::Unsupported),
    }
}
