//! Maps CTranslate2's arrays to whisper.cpp's tensors.
//!
//! CTranslate2 stores query, key and value as one matrix. whisper.cpp requires three, under
//! OpenAI's names.

use std::io::{Read, Seek};

use super::ConvertError;
use super::ct2::Model;
use super::ggml::Hyperparameters;

/// The size of an attention head, which is 64 in every Whisper model.
const HEAD: usize = 64;

/// A tensor to write: some rows of an array of the source.
#[derive(Debug, PartialEq, Eq)]
pub struct Tensor {
    pub name: String,
    pub source: String,
    /// The number of values of the source that precede this tensor's first value.
    pub offset: usize,
    /// The dimensions, outermost first.
    pub shape: Vec<usize>,
}

pub struct Layout {
    pub hyperparameters: Hyperparameters,
    pub tensors: Vec<Tensor>,
    /// The sources whose keys have a bias in CTranslate2's format and none in whisper.cpp's.
    pub keys_without_bias: Vec<String>,
}

impl Layout {
    pub fn of<R: Read + Seek>(model: &Model<R>) -> Result<Self, ConvertError> {
        let layers = |side: &str| model.names().filter_map(|n| layer(n, side)).max().map_or(0, |last| last + 1);
        let (audio_layers, text_layers) = (layers("encoder"), layers("decoder"));
        let mut list = List { model, tensors: Vec::new(), keys_without_bias: Vec::new() };
        let n_audio_ctx = list.whole("encoder.positional_embedding", "encoder/position_encodings/encodings")?[0];
        let n_mels = list.linear("encoder.conv1", "encoder/conv1")?.get(1).copied().unwrap_or(0);
        list.linear("encoder.conv2", "encoder/conv2")?;
        let n_text_ctx = list.whole("decoder.positional_embedding", "decoder/position_encodings/encodings")?[0];
        let embedding = list.whole("decoder.token_embedding.weight", "decoder/embeddings/weight")?;
        let [n_vocab, n_state] = embedding[..] else {
            let reason = "it should have two dimensions";
            return Err(ConvertError::Shape { name: "decoder/embeddings/weight".into(), shape: embedding, reason });
        };
        list.norm("encoder.ln_post", "encoder/layer_norm")?;
        list.norm("decoder.ln", "decoder/layer_norm")?;
        for (side, count) in [("encoder", audio_layers), ("decoder", text_layers)] {
            for number in 0..count {
                list.layer(side, number)?;
            }
        }
        let n_head = n_state / HEAD;
        let hyperparameters =
            Hyperparameters { n_vocab, n_audio_ctx, n_state, n_head, audio_layers, n_text_ctx, text_layers, n_mels };
        Ok(Self { hyperparameters, tensors: list.tensors, keys_without_bias: list.keys_without_bias })
    }
}

/// `encoder/layer_12/…` → 12.
fn layer(name: &str, side: &str) -> Option<usize> {
    name.strip_prefix(side)?.strip_prefix("/layer_")?.split('/').next()?.parse().ok()
}

/// The middle third of a fused query, key and value bias.
pub fn key_bias<R: Read + Seek>(model: &mut Model<R>, source: &str) -> Result<Vec<f32>, ConvertError> {
    let name = format!("{source}/bias");
    let length = model.shape(&name)?.iter().product::<usize>();
    // Cross-attention fuses key and value only; self-attention the query, too.
    let cut = if source.ends_with("/attention/linear_1") { 0..length / 2 } else { length / 3..2 * length / 3 };
    model.values(&name, cut)
}

struct List<'a, R> {
    model: &'a Model<R>,
    tensors: Vec<Tensor>,
    keys_without_bias: Vec<String>,
}

impl<R: Read + Seek> List<'_, R> {
    /// One array, one tensor; its shape.
    fn whole(&mut self, name: &str, source: &str) -> Result<Vec<usize>, ConvertError> {
        let shape = self.model.shape(source)?.to_vec();
        if shape.is_empty() {
            return Err(ConvertError::Shape { name: source.to_owned(), shape, reason: "it is a single number" });
        }
        self.tensors.push(Tensor { name: name.to_owned(), source: source.to_owned(), offset: 0, shape: shape.clone() });
        Ok(shape)
    }

    /// Weight and bias; the weight's shape.
    fn linear(&mut self, name: &str, source: &str) -> Result<Vec<usize>, ConvertError> {
        let shape = self.whole(&format!("{name}.weight"), &format!("{source}/weight"))?;
        self.whole(&format!("{name}.bias"), &format!("{source}/bias"))?;
        Ok(shape)
    }

    fn norm(&mut self, name: &str, source: &str) -> Result<(), ConvertError> {
        self.whole(&format!("{name}.weight"), &format!("{source}/gamma"))?;
        self.whole(&format!("{name}.bias"), &format!("{source}/beta"))?;
        Ok(())
    }

    /// A fused linear layer, cut into as many as there are names.
    fn fused(&mut self, names: &[String], source: &str) -> Result<(), ConvertError> {
        let weight = format!("{source}/weight");
        let bias = format!("{source}/bias");
        let shape = self.model.shape(&weight)?.to_vec();
        let [rows, columns] = shape[..] else {
            return Err(ConvertError::Shape { name: weight, shape, reason: "it should have two dimensions" });
        };
        if !rows.is_multiple_of(names.len()) || self.model.shape(&bias)? != [rows] {
            let reason = "query, key and value don't have the same size";
            return Err(ConvertError::Shape { name: weight, shape, reason });
        }
        let rows = rows / names.len();
        for (number, name) in names.iter().enumerate() {
            let offset = number * rows * columns;
            let (source_weight, shape) = (weight.clone(), vec![rows, columns]);
            self.tensors.push(Tensor { name: format!("{name}.weight"), source: source_weight, offset, shape });
            if name.ends_with("attn.key") {
                self.keys_without_bias.push(source.to_owned());
            } else {
                let (offset, source) = (number * rows, bias.clone());
                self.tensors.push(Tensor { name: format!("{name}.bias"), source, offset, shape: vec![rows] });
            }
        }
        Ok(())
    }

    fn layer(&mut self, side: &str, number: usize) -> Result<(), ConvertError> {
        let from = format!("{side}/layer_{number}");
        let to = format!("{side}.blocks.{number}");
        let name = |part: &str| format!("{to}.{part}");
        self.norm(&name("attn_ln"), &format!("{from}/self_attention/layer_norm"))?;
        let fused = [name("attn.query"), name("attn.key"), name("attn.value")];
        self.fused(&fused, &format!("{from}/self_attention/linear_0"))?;
        self.linear(&name("attn.out"), &format!("{from}/self_attention/linear_1"))?;
        if side == "decoder" {
            self.norm(&name("cross_attn_ln"), &format!("{from}/attention/layer_norm"))?;
            self.fused(&[name("cross_attn.query")], &format!("{from}/attention/linear_0"))?;
            let fused = [name("cross_attn.key"), name("cross_attn.value")];
            self.fused(&fused, &format!("{from}/attention/linear_1"))?;
            self.linear(&name("cross_attn.out"), &format!("{from}/attention/linear_2"))?;
        }
        self.norm(&name("mlp_ln"), &format!("{from}/ffn/layer_norm"))?;
        self.linear(&name("mlp.0"), &format!("{from}/ffn/linear_0"))?;
        self.linear(&name("mlp.2"), &format!("{from}/ffn/linear_1"))?;
        Ok(())
    }
}
