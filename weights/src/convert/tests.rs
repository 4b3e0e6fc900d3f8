//! Tests a whole conversion on a model that is small enough to be written by hand.

use std::collections::BTreeMap;
use std::io::Cursor;

use half::f16;

use super::*;

const STATE: usize = 64;

/// Writes CTranslate2's format.
struct Ct2(Vec<u8>, u32);

impl Ct2 {
    fn text(&mut self, text: &str) {
        self.0.extend((text.len() as u16 + 1).to_le_bytes());
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    /// Adds an array whose values begin at `first` and rise by 0.001 each.
    fn array(&mut self, name: &str, shape: &[usize], first: f32) {
        self.text(name);
        self.0.push(shape.len() as u8);
        for dimension in shape {
            self.0.extend((*dimension as u32).to_le_bytes());
        }
        self.0.push(4);
        let count: usize = shape.iter().product();
        self.0.extend((count as u32 * 2).to_le_bytes());
        for i in 0..count {
            self.0.extend(f16::from_f32(if first == 0.0 { 0.0 } else { first + i as f32 * 0.001 }).to_le_bytes());
        }
        self.1 += 1;
    }

    fn layer(&mut self, side: &str) {
        let at = |part: &str| format!("{side}/layer_0/{part}");
        let mut blocks = vec![("self_attention", 3, vec![("linear_0", 3 * STATE), ("linear_1", STATE)])];
        if side == "decoder" {
            blocks.push(("attention", 1, vec![("linear_0", STATE), ("linear_1", 2 * STATE), ("linear_2", STATE)]));
        }
        blocks.push(("ffn", 0, vec![("linear_0", STATE), ("linear_1", STATE)]));
        for (block, _, linears) in blocks {
            self.array(&at(&format!("{block}/layer_norm/gamma")), &[STATE], 1.0);
            self.array(&at(&format!("{block}/layer_norm/beta")), &[STATE], 0.5);
            for (linear, rows) in linears {
                self.array(&at(&format!("{block}/{linear}/weight")), &[rows, STATE], -1.0);
                self.array(&at(&format!("{block}/{linear}/bias")), &[rows], 0.0);
            }
        }
    }
}

fn model(spec: &str) -> Vec<u8> {
    let mut body = Ct2(Vec::new(), 0);
    body.array("encoder/position_encodings/encodings", &[6, STATE], 0.1);
    body.array("encoder/conv1/weight", &[STATE, 80, 3], 0.2);
    body.array("encoder/conv1/bias", &[STATE], 0.3);
    body.array("encoder/conv2/weight", &[STATE, STATE, 3], 0.2);
    body.array("encoder/conv2/bias", &[STATE], 0.3);
    body.array("decoder/position_encodings/encodings", &[4, STATE], 0.1);
    body.array("decoder/embeddings/weight", &[10, STATE], 0.4);
    for side in ["encoder", "decoder"] {
        body.array(&format!("{side}/layer_norm/gamma"), &[STATE], 1.0);
        body.array(&format!("{side}/layer_norm/beta"), &[STATE], 0.5);
        body.layer(side);
    }
    let mut file = Ct2(6_u32.to_le_bytes().to_vec(), 0);
    file.text(spec);
    file.0.extend(3_u32.to_le_bytes());
    file.0.extend(body.1.to_le_bytes());
    file.0.extend(body.0);
    file.0.extend(0_u32.to_le_bytes());
    file.0
}

struct Read<'a>(&'a [u8]);

impl Read<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        let (head, tail) = self.0.split_at(count);
        self.0 = tail;
        head
    }
    fn int(&mut self) -> usize {
        i32::from_le_bytes(self.take(4).try_into().unwrap()) as usize
    }
}

/// Returns (type, dimensions as in the file, values) for each name.
fn tensors(ggml: &mut Read<'_>) -> BTreeMap<String, (usize, Vec<usize>, Vec<f32>)> {
    let mut all = BTreeMap::new();
    while !ggml.0.is_empty() {
        let (rank, length, kind) = (ggml.int(), ggml.int(), ggml.int());
        let shape: Vec<_> = (0..rank).map(|_| ggml.int()).collect();
        let name = String::from_utf8(ggml.take(length).to_vec()).unwrap();
        let count = shape.iter().product::<usize>();
        let values = match kind {
            0 => ggml.take(count * 4).as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            1 => ggml.take(count * 2).as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
            8 => {
                let blocks = ggml.take(count / 32 * 34).chunks(34);
                let value = |b: &[u8]| {
                    let scale = f16::from_le_bytes([b[0], b[1]]).to_f32();
                    b[2..].iter().map(|q| f32::from(q.cast_signed()) * scale).collect::<Vec<_>>()
                };
                blocks.flat_map(value).collect()
            }
            other => panic!("type {other}"),
        };
        all.insert(name, (kind, shape, values));
    }
    all
}

#[test]
fn every_tensor_arrives_under_its_name_with_its_values() {
    let mut out = Vec::new();
    convert(Cursor::new(model("WhisperSpec")), "a\nĠb\n<|endoftext|>", &mut out, |_| {}).unwrap();
    let mut ggml = Read(&out);
    assert_eq!(ggml.int(), 0x6767_6d6c);
    let header: Vec<_> = (0..11).map(|_| ggml.int()).collect();
    assert_eq!(header, [10, 6, STATE, 1, 1, 4, STATE, 1, 1, 80, 2007]);
    assert_eq!((ggml.int(), ggml.int()), (80, 201));
    ggml.take(80 * 201 * 4);
    assert_eq!(ggml.int(), 3);
    for token in [b"a".as_slice(), b" b", b"<|endoftext|>"] {
        assert_eq!(ggml.int(), token.len());
        assert_eq!(ggml.take(token.len()), token);
    }
    let all = tensors(&mut ggml);
    // whisper.cpp looks for 11 tensors outside the layers, 15 in an encoder layer and 24 in a
    // decoder layer.
    assert_eq!(all.len(), 11 + 15 + 24, "{:?}", all.keys());

    let (kind, shape, values) = &all["encoder.conv1.weight"];
    assert_eq!((*kind, shape.as_slice()), (1, [3, 80, STATE].as_slice()));
    assert!((values[0] - 0.2).abs() < 1e-3);
    assert_eq!(all["encoder.conv1.bias"].1, [1, STATE]);
    assert_eq!((all["encoder.positional_embedding"].0, all["decoder.positional_embedding"].0), (0, 0));

    // Query, key and value are thirds of one matrix whose values rise by 0.001 each.
    for (third, name) in ["query", "key", "value"].iter().enumerate() {
        let (kind, shape, values) = &all[&format!("encoder.blocks.0.attn.{name}.weight")];
        assert_eq!((*kind, shape.as_slice()), (8, [STATE, STATE].as_slice()));
        for i in [0, 777, STATE * STATE - 1] {
            let should = -1.0 + (third * STATE * STATE + i) as f32 * 0.001;
            assert!((values[i] - should).abs() < should.abs() / 128.0 + 0.01, "{name} {i}: {} {should}", values[i]);
        }
    }
    assert!(!all.contains_key("encoder.blocks.0.attn.key.bias"));
    assert!(all.contains_key("decoder.blocks.0.cross_attn.value.bias"));
}

#[test]
fn other_models_are_refused_by_name() {
    let error = convert(Cursor::new(model("TransformerSpec")), "a", &mut Vec::new(), |_| {}).unwrap_err();
    assert!(error.to_string().contains("TransformerSpec"), "{error}");
}

#[test]
fn a_bias_on_the_keys_is_refused() {
    let mut bytes = model("WhisperSpec");
    let name = b"encoder/layer_0/self_attention/linear_0/bias\0";
    let at = bytes.windows(name.len()).position(|w| w == name).unwrap() + name.len();
    // The array's rank, one dimension, type and length precede the bias of the first key.
    let first_key = at + 1 + 4 + 1 + 4 + STATE * 2;
    bytes[first_key..first_key + 2].copy_from_slice(&f16::from_f32(1.0).to_le_bytes());
    let error = convert(Cursor::new(bytes), "a", &mut Vec::new(), |_| {}).unwrap_err();
    assert!(matches!(error, ConvertError::KeyBias(_)), "{error}");
}

#[test]
fn a_truncated_model_is_an_error() {
    let bytes = model("WhisperSpec");
    assert!(convert(Cursor::new(&bytes[..bytes.len() / 2]), "a", &mut Vec::new(), |_| {}).is_err());
}
