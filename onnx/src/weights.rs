//! The positions of the weights in a model file.
//!
//! Owns: as much of the format (a protocol buffer, `onnx.proto`) as is needed to find the raw bytes
//! of a graph's initializers. Never does: change or convert them.

use std::collections::HashMap;
use std::ops::Range;

/// Field numbers of `ModelProto`.
const GRAPH: u64 = 7;
/// Field numbers of `GraphProto`.
const INITIALIZER: u64 = 5;
/// Field numbers of `TensorProto`: the type of its values, its name, and its values in
/// little-endian order.
const DATA_TYPE: u64 = 2;
const NAME: u64 = 8;
const RAW_DATA: u64 = 9;

/// The type of an initializer's values, as far as this crate distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    F32,
    I8,
    Other,
}

/// Returns the type and the byte range of each initializer's values in a model file, by name.
/// Returns `None` if the bytes are not a model file.
pub fn places(model: &[u8]) -> Option<HashMap<String, (Type, Range<usize>)>> {
    let mut places = HashMap::new();
    for graph in fields(model, 0..model.len())?.into_iter().filter_map(|field| field.bytes_of(GRAPH)) {
        for tensor in fields(model, graph)?.into_iter().filter_map(|field| field.bytes_of(INITIALIZER)) {
            let (mut name, mut raw, mut kind) = (None, None, Type::Other);
            for field in fields(model, tensor)? {
                match (field.number, field.value) {
                    (NAME, Value::Bytes(range)) => name = std::str::from_utf8(&model[range]).ok(),
                    (RAW_DATA, Value::Bytes(range)) => raw = Some(range),
                    (DATA_TYPE, Value::Number(1)) => kind = Type::F32,
                    (DATA_TYPE, Value::Number(3)) => kind = Type::I8,
                    _ => {}
                }
            }
            if let (Some(name), Some(raw)) = (name, raw) {
                places.insert(name.to_owned(), (kind, raw));
            }
        }
    }
    Some(places)
}

struct Field {
    number: u64,
    value: Value,
}

enum Value {
    Number(u64),
    /// The byte range of the field's content in the file.
    Bytes(Range<usize>),
    Fixed,
}

impl Field {
    fn bytes_of(self, number: u64) -> Option<Range<usize>> {
        match self.value {
            Value::Bytes(range) if self.number == number => Some(range),
            _ => None,
        }
    }
}

/// Returns the fields of the message in this range.
fn fields(model: &[u8], message: Range<usize>) -> Option<Vec<Field>> {
    let (mut at, end) = (message.start, message.end);
    let mut fields = Vec::new();
    while at < end {
        let tag = varint(model, &mut at, end)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(model, &mut at, end)?),
            1 => take(&mut at, end, 8).map(|_| Value::Fixed)?,
            2 => {
                let length = varint(model, &mut at, end)?;
                Value::Bytes(take(&mut at, end, length)?)
            }
            5 => take(&mut at, end, 4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        fields.push(Field { number: tag >> 3, value });
    }
    Some(fields)
}

/// Returns the range of the next `length` bytes, and advances `at`.
fn take(at: &mut usize, end: usize, length: u64) -> Option<Range<usize>> {
    let from = *at;
    *at = from.checked_add(usize::try_from(length).ok()?).filter(|to| *to <= end)?;
    Some(from..*at)
}

fn varint(model: &[u8], at: &mut usize, end: usize) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *model[..end].get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_found_by_their_names() {
        // The graph has an initializer "w" of two bytes, and one "f" whose values are not raw.
        let tensor = [0x08, 2, 0x10, 3, 0x42, 1, b'w', 0x4a, 2, 7, 9];
        let other = [0x10, 1, 0x42, 1, b'f', 0x25, 0, 0, 0x80, 0x3f];
        let mut graph = vec![0x2a, tensor.len() as u8];
        graph.extend(tensor);
        graph.extend([0x2a, other.len() as u8]);
        graph.extend(other);
        let mut model = vec![0x08, 10, 0x3a, graph.len() as u8];
        model.extend(&graph);
        let places = places(&model).unwrap();
        assert_eq!(places.len(), 1);
        let (kind, range) = places["w"].clone();
        assert_eq!((kind, &model[range]), (Type::I8, &[7, 9][..]));
    }

    #[test]
    fn what_is_no_model_is_refused() {
        assert!(super::places(b"<!DOCTYPE html>").is_none());
        assert!(super::places(&[0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]).is_none());
        assert!(super::places(&[]).unwrap().is_empty());
    }
}
