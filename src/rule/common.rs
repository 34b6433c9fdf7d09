//! What every log is full of: the four-byte sequences that make up most of what programs write.
//!
//! A literal is worth looking for as far as it is rare. `https://` is as long as `walpb: x` and stands in every
//! second line. The list was counted in the captures of `testdata/captures` and is written anew by
//! `UPDATE=1 cargo test --test it common`.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// Bytes of a sequence.
pub const GRAM: usize = 4;

/// The sequences one after the other, the most frequent first; broken into lines for those who read it.
const LIST: &str = include_str!("common.txt");

/// Sequence → its place in the list, counted from the end: the more frequent, the higher.
static WEIGHTS: LazyLock<HashMap<u32, usize, BuildHasherDefault<Mixed>>> = LazyLock::new(|| {
    let grams: Vec<&[u8; GRAM]> =
        LIST.lines().flat_map(|line| line.as_bytes().as_chunks::<GRAM>().0).collect();
    let mut weights = HashMap::with_capacity_and_hasher(grams.len(), BuildHasherDefault::default());
    weights.extend(
        grams.iter().enumerate().map(|(place, gram)| (u32::from_le_bytes(**gram), grams.len() - place)),
    );
    weights
});

/// A hash of four bytes. All literals of all rules are looked up sequence by sequence before a bundle is read, and nobody who writes
/// rules gains by making hashes collide.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, gram: u32) {
        let mixed = (self.0 ^ u64::from(gram)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

/// How frequent a sequence is, compared with others: 0 for what is rare, the number of the sequences that are known for the
/// most frequent one.
#[must_use]
pub fn weight(gram: [u8; GRAM]) -> usize {
    WEIGHTS.get(&u32::from_le_bytes(gram)).copied().unwrap_or(0)
}

/// How frequent the rarest sequence in a literal is, as [`weight`] has it: the literal is not more frequent than that. And how many of
/// its sequences are rare: the more there are, the more rarely it stands in a log.
#[must_use]
pub fn least_weight_and_rare(literal: &[u8]) -> (usize, usize) {
    let weights = grams(literal).map(weight);
    weights
        .fold((usize::MAX, 0), |(least, rare), weight| (least.min(weight), rare + usize::from(weight == 0)))
}

/// The sequences in a literal, overlapping.
pub fn grams(literal: &[u8]) -> impl Iterator<Item = [u8; GRAM]> {
    literal.windows(GRAM).filter_map(|window| window.try_into().ok())
}
