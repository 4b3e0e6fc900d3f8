//! Reads CTranslate2's `vocabulary.txt` and returns the bytes that each token stands for.
//!
//! Each line holds a token in GPT-2's printable alphabet, in which each of the 256 byte values is
//! one character. Printable bytes are written as themselves. The other bytes are written as the
//! characters from U+0100 on, in order.

use super::ConvertError;

/// The number of text tokens. whisper.cpp itself generates the names of the special tokens that
/// follow them.
const TEXT_TOKENS: usize = 50_257;
/// The last text token of the English vocabulary, and the only one that is not written in GPT-2's
/// alphabet.
const END: &str = "<|endoftext|>";

pub fn tokens(vocabulary: &str) -> Result<Vec<Vec<u8>>, ConvertError> {
    let alphabet = alphabet();
    let decode = |token: &str| -> Option<Vec<u8>> {
        token.chars().map(|c| alphabet.iter().position(|a| *a == c).map(|byte| byte as u8)).collect()
    };
    vocabulary
        .split('\n')
        .take(TEXT_TOKENS)
        .enumerate()
        .map(|(number, token)| {
            if token == END {
                return Ok(END.as_bytes().to_vec());
            }
            decode(token).ok_or_else(|| ConvertError::Token { line: number + 1, token: token.to_owned() })
        })
        .collect()
}

/// Returns the character of each byte value.
fn alphabet() -> [char; 256] {
    let mut next = 0x100;
    std::array::from_fn(|byte| {
        let byte = byte as u8;
        if matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) {
            char::from(byte)
        } else {
            next += 1;
            char::from_u32(next - 1).unwrap_or_default()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_character() {
        let mut characters = alphabet().to_vec();
        characters.sort_unstable();
        characters.dedup();
        assert_eq!(characters.len(), 256);
        assert_eq!(alphabet()[usize::from(b' ')], 'Ġ');
        assert_eq!(alphabet()[usize::from(b'\n')], 'Ċ');
    }

    #[test]
    fn tokens_become_the_bytes_they_stand_for() {
        let tokens = tokens("Ġhello\nÃ©\n<|endoftext|>").unwrap();
        assert_eq!(tokens, [b" hello".to_vec(), "é".as_bytes().to_vec(), b"<|endoftext|>".to_vec()]);
    }

    #[test]
    fn a_foreign_character_is_named_with_its_line() {
        let error = tokens("a\n語").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
