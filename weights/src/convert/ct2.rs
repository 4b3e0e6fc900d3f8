//! Reads CTranslate2's `model.bin`, up to version 6: a header, then named arrays, then aliases. All
//! numbers are little-endian.
//!
//! ```text
//! u32 version, text spec, u32 revision, u32 count
//! count × { text name, u8 rank, rank × u32 dimension, u8 type, u32 bytes, data }
//! u32 count, count × { text alias, text name }
//! text = u16 length with the closing zero, bytes
//! ```

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use half::f16;

use super::ConvertError;

/// A model file and the positions of its arrays.
pub struct Model<R> {
    reader: R,
    arrays: BTreeMap<String, Array>,
}

#[derive(Debug, Clone)]
struct Array {
    shape: Vec<usize>,
    stored: Stored,
    /// The position of the array's first value in the file, in bytes.
    position: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    F32,
    F16,
    Other(&'static str),
}

impl Stored {
    fn of(code: u8) -> Self {
        match code {
            0 => Self::F32,
            1 => Self::Other("int8"),
            2 => Self::Other("int16"),
            3 => Self::Other("int32"),
            4 => Self::F16,
            5 => Self::Other("bfloat16"),
            _ => Self::Other("an unknown type"),
        }
    }
}

impl<R: Read + Seek> Model<R> {
    /// Reads the directory of arrays. The values stay in the file.
    pub fn open(mut reader: R) -> Result<Self, ConvertError> {
        let version = u32(&mut reader)?;
        if !(2..=6).contains(&version) {
            return Err(ConvertError::NotWhisper(format!("its format version is {version}")));
        }
        let spec = text(&mut reader)?;
        if spec != "WhisperSpec" {
            return Err(ConvertError::NotWhisper(format!("it calls itself {spec:?}")));
        }
        let _revision = u32(&mut reader)?;
        let mut arrays = BTreeMap::new();
        for _ in 0..u32(&mut reader)? {
            let name = text(&mut reader)?;
            let [rank] = bytes(&mut reader)?;
            let shape = (0..rank).map(|_| u32(&mut reader).map(|d| d as usize)).collect::<Result<_, _>>()?;
            let [stored] = bytes(&mut reader)?;
            let length = u32(&mut reader)?;
            let position = reader.stream_position()?;
            reader.seek_relative(i64::from(length))?;
            arrays.insert(name, Array { shape, stored: Stored::of(stored), position });
        }
        for _ in 0..u32(&mut reader)? {
            let (alias, name) = (text(&mut reader)?, text(&mut reader)?);
            if let Some(array) = arrays.get(&name).cloned() {
                arrays.entry(alias).or_insert(array);
            }
        }
        Ok(Self { reader, arrays })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    pub fn shape(&self, name: &str) -> Result<&[usize], ConvertError> {
        self.arrays.get(name).map(|a| a.shape.as_slice()).ok_or_else(|| ConvertError::Missing(name.to_owned()))
    }

    /// Returns the values of an array that `range` selects, counted in values in row-major order.
    pub fn values(&mut self, name: &str, range: Range<usize>) -> Result<Vec<f32>, ConvertError> {
        let array = self.arrays.get(name).ok_or_else(|| ConvertError::Missing(name.to_owned()))?;
        if range.end > array.shape.iter().product::<usize>() {
            let reason = "it holds fewer values than the conversion needs";
            return Err(ConvertError::Shape { name: name.to_owned(), shape: array.shape.clone(), reason });
        }
        let size = match array.stored {
            Stored::F32 => 4,
            Stored::F16 => 2,
            Stored::Other(stored) => return Err(ConvertError::Stored { name: name.to_owned(), stored }),
        };
        self.reader.seek(SeekFrom::Start(array.position + (range.start * size) as u64))?;
        let mut raw = vec![0; range.len() * size];
        self.reader.read_exact(&mut raw)?;
        Ok(if size == 4 {
            raw.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
        } else {
            raw.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect()
        })
    }
}

fn bytes<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], ConvertError> {
    let mut buffer = [0; N];
    reader.read_exact(&mut buffer)?;
    Ok(buffer)
}

fn u32(reader: &mut impl Read) -> Result<u32, ConvertError> {
    Ok(u32::from_le_bytes(bytes(reader)?))
}

fn text(reader: &mut impl Read) -> Result<String, ConvertError> {
    let mut buffer = vec![0; u16::from_le_bytes(bytes(reader)?).into()];
    reader.read_exact(&mut buffer)?;
    let text = String::from_utf8(buffer).map_err(|_| ConvertError::NotWhisper("a name is not UTF-8".to_owned()))?;
    Ok(text.trim_end_matches('\0').to_owned())
}
