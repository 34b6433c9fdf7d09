//! What every log is full of: the four-byte sequences that make up most of what programs write.
//!
//! A literal is worth looking for as far as it is rare. `https://` is as long as `walpb: x` and stands in every
//! second line. The list was counted in the captures of `testdata/captures` and is written anew by
//! `UPDATE=1 cargo test --test it common`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Bytes of a sequence.
pub const GRAM: usize = 4;

/// The sequences one after the other, the most frequent first; broken into lines for those who read it.
const LIST: &str = include_str!("common.txt");

/// Sequence → its place in the list, counted from the end: the more frequent, the higher.
static WEIGHTS: LazyLock<HashMap<[u8; GRAM], usize>> = LazyLock::new(|| {
    let grams = || LIST.lines().flat_map(|line| line.as_bytes().as_chunks::<GRAM>().0);
    let n = grams().count();
    grams().enumerate().map(|(place, gram)| (*gram, n - place)).collect()
});

/// How frequent a sequence is, compared with others: 0 for what is rare, the number of the sequences that are known for the
/// most frequent one.
#[must_use]
pub fn weight(gram: [u8; GRAM]) -> usize {
    WEIGHTS.get(&gram).copied().unwrap_or(0)
}

/// How frequent the rarest sequence in a literal is, as [`weight`] has it; the literal is not more frequent than that.
#[must_use]
pub fn least_weight(literal: &[u8]) -> usize {
    grams(literal).map(weight).min().unwrap_or(usize::MAX)
}

/// How many of the sequences in a literal are rare. The more there are, the more rarely it stands in a log.
#[must_use]
pub fn rare_grams(literal: &[u8]) -> usize {
    grams(literal).filter(|gram| weight(*gram) == 0).count()
}

/// The sequences in a literal, overlapping.
pub fn grams(literal: &[u8]) -> impl Iterator<Item = [u8; GRAM]> {
    literal.windows(GRAM).filter_map(|window| window.try_into().ok())
}
