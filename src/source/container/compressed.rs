//! Compressed streams: what inflates them, and the bound on how far they may inflate.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// Bytes that are read from a compressed stream at once.
const BUFFER: usize = 256 * 1024;

/// Up to here, no ratio of inflation is suspicious.
const RATIO_FREE: u64 = 64 << 20;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Xz,
    Zstandard,
    Bzip2,
}

/// A compressed stream that counts what is taken from it.
type Counting<'r> = BufReader<Counted<'r>>;

impl Compression {
    /// Inflates `reader`; `window` is how many bytes of memory the stream may ask for.
    pub(super) fn inflate<'r>(
        self,
        reader: &'r mut dyn Read,
        taken: &'r Cell<u64>,
        window: u64,
    ) -> Box<dyn Read + 'r> {
        let counting: Counting<'r> = BufReader::with_capacity(BUFFER, Counted { inner: reader, taken });
        match self {
            Self::Gzip => Box::new(GzMembers { decoder: Some(GzDecoder::new(counting)) }),
            Self::Xz => {
                let kibibytes = u32::try_from(window >> 10).unwrap_or(u32::MAX);
                Box::new(XzReader::new_mem_limit(counting, true, kibibytes))
            }
            Self::Zstandard => Box::new(ZstdFrames { next: Some(counting), frame: None, window }),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(counting)),
        }
    }
}

/// All members of a gzip file. What follows the last one and is no member (padding of a tape, a signature) is
/// ignored, as gzip itself does.
struct GzMembers<R> {
    decoder: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for GzMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            let n = decoder.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            let mut rest = self.decoder.take().map(GzDecoder::into_inner);
            let more = match &mut rest {
                Some(rest) => rest.fill_buf()?.first() == Some(&0x1f),
                None => false,
            };
            self.decoder = rest.filter(|_| more).map(GzDecoder::new);
        }
    }
}

/// All frames of a zstd file: parallel compressors write many.
struct ZstdFrames<R: Read> {
    next: Option<R>,
    frame: Option<StreamingDecoder<R, FrameDecoder>>,
    window: u64,
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let n = frame.read(buffer)?;
                if n > 0 || buffer.is_empty() {
                    return Ok(n);
                }
                self.next = self.frame.take().map(StreamingDecoder::into_inner);
            }
            let Some(mut source) = self.next.take() else { return Ok(0) };
            match source.fill_buf()?.first().copied() {
                None => return Ok(0),
                // A skippable frame: its number, its length, its bytes.
                Some(0x50..=0x5f) => {
                    let mut head = [0; 8];
                    source.read_exact(&mut head)?;
                    let [.., a, b, c, d] = head;
                    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
                    io::copy(&mut source.by_ref().take(length), &mut io::sink())?;
                    self.next = Some(source);
                }
                Some(_) => {
                    let frame = StreamingDecoder::new_with_max_window_size(source, self.window);
                    self.frame = Some(frame.map_err(io::Error::other)?);
                }
            }
        }
    }
}

/// Counts what passes.
struct Counted<'r> {
    inner: &'r mut dyn Read,
    taken: &'r Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + n as u64);
        Ok(n)
    }
}

/// Ends a stream when it inflates beyond all reason.
pub(super) struct Bounded<'r> {
    inner: Box<dyn Read + 'r>,
    taken: &'r Cell<u64>,
    ratio: u64,
    out: u64,
    /// Whether the stream was ended.
    pub(super) limit: bool,
}

impl<'r> Bounded<'r> {
    /// Bounds what `inner` gives to `ratio` times what was `taken` for it.
    pub(super) fn new(inner: Box<dyn Read + 'r>, taken: &'r Cell<u64>, ratio: u64) -> Self {
        Self { inner, taken, ratio, out: 0, limit: false }
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.out > RATIO_FREE.max(self.taken.get().saturating_mul(self.ratio)) {
            self.limit = true;
            return Ok(0);
        }
        let n = self.inner.read(buffer)?;
        self.out += n as u64;
        Ok(n)
    }
}
