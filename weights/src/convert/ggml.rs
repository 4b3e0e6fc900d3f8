//! Writes whisper.cpp's model file: hyperparameters, mel filters, tokens, then tensors. All numbers
//! are little-endian and unaligned.

use std::io::{self, Write};

use half::f16;
use mel::Filterbank;

/// The bytes "ggml" as a number.
const MAGIC: i32 = 0x6767_6d6c;
/// Version 2 of the quantisation formats (in the thousands), and file type 7, which means mostly
/// q8_0.
const FILE_TYPE: i32 = 2007;
/// The number of values that share one scale.
const BLOCK: usize = 32;

pub struct Hyperparameters {
    pub n_vocab: usize,
    pub n_audio_ctx: usize,
    /// The width of the encoder and of the decoder.
    pub n_state: usize,
    pub n_head: usize,
    pub audio_layers: usize,
    pub n_text_ctx: usize,
    pub text_layers: usize,
    pub n_mels: usize,
}

/// How the values of a tensor are stored. The numbers are ggml's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    F32 = 0,
    F16 = 1,
    Q8_0 = 8,
}

impl Encoding {
    /// Quantises large matrices. whisper.cpp requires convolutions in f16, and vectors and
    /// positions in f32.
    fn of(name: &str, shape: &[usize]) -> Self {
        match shape {
            [_] => Self::F32,
            _ if name.ends_with(".positional_embedding") => Self::F32,
            [_, columns] if columns.is_multiple_of(BLOCK) => Self::Q8_0,
            _ => Self::F16,
        }
    }
}

pub struct Writer<W> {
    out: W,
    written: u64,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W) -> Self {
        Self { out, written: 0 }
    }

    pub fn written(&self) -> u64 {
        self.written
    }

    pub fn header(&mut self, h: &Hyperparameters) -> io::Result<()> {
        self.int(MAGIC)?;
        for number in [h.n_vocab, h.n_audio_ctx, h.n_state, h.n_head, h.audio_layers] {
            self.int(number as i32)?;
        }
        for number in [h.n_text_ctx, h.n_state, h.n_head, h.text_layers, h.n_mels] {
            self.int(number as i32)?;
        }
        self.int(FILE_TYPE)
    }

    pub fn mel_filters(&mut self, bank: &Filterbank) -> io::Result<()> {
        self.int(bank.filters() as i32)?;
        self.int(mel::BINS as i32)?;
        self.values(Encoding::F32, bank.weights())
    }

    pub fn tokens(&mut self, tokens: &[Vec<u8>]) -> io::Result<()> {
        self.int(tokens.len() as i32)?;
        for token in tokens {
            self.int(token.len() as i32)?;
            self.bytes(token)?;
        }
        Ok(())
    }

    /// Begins a tensor. Its values follow in pieces, each of which except the last is a multiple of
    /// 32 values.
    pub fn tensor(&mut self, name: &str, shape: &[usize]) -> io::Result<Encoding> {
        let encoding = Encoding::of(name, shape);
        // whisper.cpp adds a convolution's bias to a matrix of [time, channel], and so expects the
        // bias as a column.
        let column = [shape[0], 1];
        let shape = if name.contains(".conv") && shape.len() == 1 { &column } else { shape };
        self.int(shape.len() as i32)?;
        self.int(name.len() as i32)?;
        self.int(encoding as i32)?;
        for dimension in shape.iter().rev() {
            self.int(*dimension as i32)?;
        }
        self.bytes(name.as_bytes())?;
        Ok(encoding)
    }

    pub fn values(&mut self, encoding: Encoding, values: &[f32]) -> io::Result<()> {
        let mut raw = Vec::with_capacity(values.len() * 4);
        match encoding {
            Encoding::F32 => values.iter().for_each(|v| raw.extend(v.to_le_bytes())),
            Encoding::F16 => values.iter().for_each(|v| raw.extend(f16::from_f32(*v).to_le_bytes())),
            Encoding::Q8_0 => values.as_chunks().0.iter().for_each(|block| quantise(block, &mut raw)),
        }
        self.bytes(&raw)
    }

    fn int(&mut self, number: i32) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// Quantises a block as q8_0: the scale (the largest magnitude divided by 127) as f16, then each
/// value as a signed byte in units of the scale.
fn quantise(block: &[f32; BLOCK], out: &mut Vec<u8>) {
    let largest = block.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    let scale = largest / 127.0;
    let inverse = if scale > 0.0 { scale.recip() } else { 0.0 };
    out.extend(f16::from_f32(scale).to_le_bytes());
    out.extend(block.iter().map(|v| ((v * inverse).round_ties_even() as i8).to_le_bytes()[0]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantised_block_comes_back_within_half_a_step() {
        let block: [f32; BLOCK] = std::array::from_fn(|i| (i as f32 - 15.5) * 0.01);
        let mut raw = Vec::new();
        quantise(&block, &mut raw);
        assert_eq!(raw.len(), 34);
        let scale = f16::from_le_bytes([raw[0], raw[1]]).to_f32();
        for (value, byte) in block.iter().zip(&raw[2..]) {
            let back = f32::from(i8::from_le_bytes([*byte])) * scale;
            // Storing the scale as f16 rounds it by up to 2^-11 of its value.
            assert!((back - value).abs() <= scale * 0.5 + value.abs() / 2048.0, "{value} came back as {back}");
        }
        assert_eq!(i8::from_le_bytes([raw[2]]), -127);
    }

    #[test]
    fn a_block_of_zeros_stays_zero() {
        let mut raw = Vec::new();
        quantise(&[0.0; BLOCK], &mut raw);
        assert_eq!(raw, [0; 34]);
    }
}
