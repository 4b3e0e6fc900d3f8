//! The network: piece embeddings, three convolutions over neighbouring pieces, a sum, and a dense layer.
//!
//! Owns: the arithmetic. Never does: read text. Shapes: `n` pieces, 512 numbers an embedding, 256 a convolution.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use npyz::NpyHeader;
use npyz::zip::ZipArchive;

use crate::{EncoderError, WIDTH};

/// The table of embeddings comes in blocks, each with a scale of its own: piece `p` is row `p / BLOCKS` of block
/// `p % BLOCKS`.
const BLOCKS: usize = 17;
const CHANNELS: usize = 256;
/// Pieces a convolution looks at, and how many of them lie before the one it stands on.
const WINDOWS: [(usize, usize); 3] = [(2, 0), (3, 1), (5, 2)];

pub struct Network {
    table: Vec<Array2<u8>>,
    scale: Array1<f32>,
    low: Array1<f32>,
    projection: Dense,
    /// Over the three projections together.
    projected: Norm,
    windows: Vec<Window>,
    /// Over embedding and convolutions together.
    norm: Norm,
    joined: Dense,
    hidden: [Array2<f32>; 2],
    skip: Array2<f32>,
    last: [Array2<f32>; 2],
    last_skip: Array2<f32>,
    epsilon: f32,
}

struct Window {
    pieces: usize,
    before: usize,
    first: Dense,
    second: Dense,
}

struct Dense {
    weights: Array2<f32>,
    bias: Array1<f32>,
}

struct Norm {
    gain: Array1<f32>,
    bias: Array1<f32>,
}

impl Network {
    pub fn open(path: &Path) -> Result<Self, EncoderError> {
        let file = File::open(path).map_err(|error| EncoderError::file(path, error))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| EncoderError::file(path, error))?;
        let mut read = Reader { path, archive };
        let table = (1..=BLOCKS).map(|block| read.bytes(&format!("q{block}"))).collect::<Result<_, _>>()?;
        let windows = WINDOWS
            .iter()
            .map(|&(pieces, before)| {
                let wide = pieces * CHANNELS;
                Ok(Window {
                    pieces,
                    before,
                    first: read.dense(&format!("w1_{pieces}"), &format!("b1_{pieces}"), wide, CHANNELS)?,
                    second: read.dense(&format!("w2_{pieces}"), &format!("b2_{pieces}"), wide, CHANNELS)?,
                })
            })
            .collect::<Result<Vec<_>, EncoderError>>()?;
        let mut projections = Vec::new();
        let mut norms = Vec::new();
        for (pieces, _) in WINDOWS {
            projections.push(read.dense(&format!("proj{pieces}"), &format!("proj_b{pieces}"), WIDTH, CHANNELS)?);
            norms.push(read.norm(&format!("ln_g{pieces}"), &format!("ln_b{pieces}"), CHANNELS)?);
        }
        let all = WIDTH + WINDOWS.len() * CHANNELS;
        let middle = read.columns("d0")?;
        Ok(Self {
            table,
            scale: read.vector("scale", BLOCKS)?,
            low: read.vector("lo", BLOCKS)?,
            projection: Dense {
                weights: side_by_side(Axis(1), &projections.iter().map(|p| p.weights.view()).collect::<Vec<_>>()),
                bias: side_by_side(Axis(0), &projections.iter().map(|p| p.bias.view()).collect::<Vec<_>>()),
            },
            projected: Norm {
                gain: side_by_side(Axis(0), &norms.iter().map(|n| n.gain.view()).collect::<Vec<_>>()),
                bias: side_by_side(Axis(0), &norms.iter().map(|n| n.bias.view()).collect::<Vec<_>>()),
            },
            windows,
            norm: read.norm("ln_g", "ln_b", all)?,
            joined: read.dense("cnn_W", "cnn_b", all, WIDTH)?,
            hidden: [read.matrix("d0", WIDTH, middle)?, read.matrix("d1", middle, middle)?],
            skip: read.matrix("p1", WIDTH, middle)?,
            last: [read.matrix("d2", middle, WIDTH)?, read.matrix("d3", WIDTH, WIDTH)?],
            last_skip: read.matrix("p3", middle, WIDTH)?,
            epsilon: read.number("eps")?,
        })
    }

    /// The unit vector of a text's pieces; ids beyond the table count as unknown.
    pub fn vector(&self, ids: &[usize]) -> Vec<f32> {
        let count = ids.len();
        let mut features = Array2::<f32>::zeros((count, WIDTH + self.windows.len() * CHANNELS));
        for (mut row, id) in features.rows_mut().into_iter().zip(ids) {
            let block = id % BLOCKS;
            let table = &self.table[block];
            let stored = table.row(if id / BLOCKS < table.nrows() { id / BLOCKS } else { 0 });
            let (scale, low) = (self.scale[block], self.low[block]);
            row.slice_mut(s![..WIDTH]).zip_mut_with(&stored, |value, byte| *value = f32::from(*byte) * scale + low);
        }
        let mut projected = self.projection.apply(&features.slice(s![.., ..WIDTH]));
        self.projected.apply(&mut projected, self.epsilon);
        for (at, window) in self.windows.iter().enumerate() {
            let convolved = window.convolve(&projected.slice(s![.., at * CHANNELS..(at + 1) * CHANNELS]));
            let from = WIDTH + at * CHANNELS;
            features.slice_mut(s![.., from..from + CHANNELS]).assign(&convolved);
        }
        self.norm.apply(&mut features, self.epsilon);
        let length = count.max(1) as f32;
        // The sum over the pieces by the root of their number: a long text is no longer a vector than a short one.
        let sum = features.sum_axis(Axis(0)).insert_axis(Axis(0)).dot(&self.joined.weights);
        let mean = (sum + &(&self.joined.bias * length).insert_axis(Axis(0))) / length.sqrt();
        let first = relu(mean.dot(&self.hidden[0]));
        let second = relu(mean.dot(&self.skip) + first.dot(&self.hidden[1]));
        let third = relu(second.dot(&self.last[0]));
        let mut out = (second.dot(&self.last_skip) + third.dot(&self.last[1])).mapv_into(f32::tanh);
        let norm = out.iter().map(|value| value * value).sum::<f32>().max(self.epsilon).sqrt();
        out /= norm;
        out.into_raw_vec_and_offset().0
    }
}

impl Window {
    fn convolve(&self, projected: &ArrayView2<f32>) -> Array2<f32> {
        let once = relu(self.first.apply(&self.neighbours(projected).view())) + projected;
        relu(self.second.apply(&self.neighbours(&once.view()).view())) + &once
    }

    /// Each row with its neighbours beside it; zeros beyond the ends.
    fn neighbours(&self, rows: &ArrayView2<f32>) -> Array2<f32> {
        let (count, width) = rows.dim();
        let mut wide = Array2::zeros((count, self.pieces * width));
        for slot in 0..self.pieces {
            for at in 0..count {
                if let Some(from) = (at + slot).checked_sub(self.before).filter(|from| *from < count) {
                    wide.slice_mut(s![at, slot * width..(slot + 1) * width]).assign(&rows.row(from));
                }
            }
        }
        wide
    }
}

impl Dense {
    fn apply(&self, rows: &ArrayView2<f32>) -> Array2<f32> {
        rows.dot(&self.weights) + &self.bias
    }
}

impl Norm {
    /// Each row to mean 0 and variance 1, then gain and bias.
    fn apply(&self, rows: &mut Array2<f32>, epsilon: f32) {
        for mut row in rows.rows_mut() {
            let mean = row.mean().unwrap_or(0.0);
            row -= mean;
            let variance = row.iter().map(|value| value * value).sum::<f32>() / row.len().max(1) as f32;
            row /= (variance + epsilon).sqrt();
            row *= &self.gain;
            row += &self.bias;
        }
    }
}

fn relu(values: Array2<f32>) -> Array2<f32> {
    values.mapv_into(|value| value.max(0.0))
}

/// Arrays of shapes that were checked, joined along an axis.
fn side_by_side<D: ndarray::RemoveAxis>(axis: Axis, parts: &[ndarray::ArrayView<f32, D>]) -> ndarray::Array<f32, D> {
    ndarray::concatenate(axis, parts).unwrap_or_else(|error| unreachable!("shapes were checked: {error}"))
}

fn wrong(path: &Path, name: &str, reason: impl std::fmt::Display) -> EncoderError {
    EncoderError::file(path, format!("{name}: {reason}"))
}

/// Reads arrays and checks their shapes.
struct Reader<'a> {
    path: &'a Path,
    archive: ZipArchive<BufReader<File>>,
}

impl Reader<'_> {
    fn wrong(&self, name: &str, reason: impl std::fmt::Display) -> EncoderError {
        wrong(self.path, name, reason)
    }

    /// The shape and the bytes of an array of this type. Read in one go: through npyz's own iterator the table takes ten
    /// times as long.
    fn array(&mut self, name: &str, dtype: &str) -> Result<(Vec<usize>, Vec<u8>), EncoderError> {
        let path = self.path;
        let mut file = self.archive.by_name(&format!("{name}.npy")).map_err(|error| wrong(path, name, error))?;
        let header = NpyHeader::from_reader(&mut file).map_err(|error| wrong(path, name, error))?;
        let is = header.dtype().descr();
        if is.trim_matches('\'') != dtype {
            return Err(wrong(path, name, format!("holds {is}, not {dtype}")));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| wrong(path, name, error))?;
        Ok((header.shape().iter().map(|length| *length as usize).collect(), bytes))
    }

    fn floats(&mut self, name: &str) -> Result<(Vec<usize>, Vec<f32>), EncoderError> {
        let (shape, bytes) = self.array(name, "<f4")?;
        let (values, _) = bytes.as_chunks::<4>();
        Ok((shape, values.iter().map(|value| f32::from_le_bytes(*value)).collect()))
    }

    fn bytes(&mut self, name: &str) -> Result<Array2<u8>, EncoderError> {
        let (shape, values) = self.array(name, "|u1")?;
        match shape[..] {
            [rows, WIDTH] if rows > 0 => {
                Array2::from_shape_vec((rows, WIDTH), values).map_err(|error| self.wrong(name, error))
            }
            _ => Err(self.wrong(name, format!("has the shape {shape:?}"))),
        }
    }

    fn columns(&mut self, name: &str) -> Result<usize, EncoderError> {
        let (shape, _) = self.floats(name)?;
        shape.get(1).copied().ok_or_else(|| self.wrong(name, "is no matrix"))
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Array2<f32>, EncoderError> {
        let (shape, values) = self.floats(name)?;
        if shape != [rows, columns] {
            return Err(self.wrong(name, format!("has the shape {shape:?}, not [{rows}, {columns}]")));
        }
        Array2::from_shape_vec((rows, columns), values).map_err(|error| self.wrong(name, error))
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Array1<f32>, EncoderError> {
        let (shape, values) = self.floats(name)?;
        if shape != [length] {
            return Err(self.wrong(name, format!("has the shape {shape:?}, not [{length}]")));
        }
        Ok(ArrayView1::from(&values).to_owned())
    }

    fn dense(&mut self, weights: &str, bias: &str, rows: usize, columns: usize) -> Result<Dense, EncoderError> {
        Ok(Dense { weights: self.matrix(weights, rows, columns)?, bias: self.vector(bias, columns)? })
    }

    fn norm(&mut self, gain: &str, bias: &str, length: usize) -> Result<Norm, EncoderError> {
        Ok(Norm { gain: self.vector(gain, length)?, bias: self.vector(bias, length)? })
    }

    fn number(&mut self, name: &str) -> Result<f32, EncoderError> {
        let (_, bytes) = self.array(name, "<f8")?;
        let value = bytes.first_chunk::<8>().ok_or_else(|| self.wrong(name, "is empty"))?;
        Ok(f64::from_le_bytes(*value) as f32)
    }
}
