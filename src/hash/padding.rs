//! The end of a SHA-1 message: one bit, zeros, and the length (FIPS 180-4, section 5.1.1).
//!
//! Writes bytes and hashes none.

/// Bytes of a block.
pub(super) const BLOCK_BYTES: usize = 64;

/// A block as it stands in memory.
pub(super) type Block = [u8; BLOCK_BYTES];

/// Bytes that must be writable behind the last byte of a message for its padding to be written in place: from 9, where
/// the bit and the length just fill the last block, to 72, where they just miss it; 128 keep the room whole blocks.
pub const PADDING_ROOM: usize = 2 * BLOCK_BYTES;

/// Bytes of the bit and the length.
const MARK_BYTES: usize = 1 + 8;

/// The bit, and as many zeros as padding ever has before the end of the last block. Writing always as many is a few
/// stores; writing just enough was a call and 3 % of the time of files of 1 KiB.
const BIT_AND_ZEROS: [u8; BLOCK_BYTES + MARK_BYTES - 1] = {
    let mut bytes = [0; BLOCK_BYTES + MARK_BYTES - 1];
    bytes[0] = 0x80;
    bytes
};

const _: () = assert!(PADDING_ROOM >= BIT_AND_ZEROS.len());

/// Pads a message of `message_bytes` bytes whose last `tail_bytes` bytes stand at the start of `tail`.
///
/// Returns how many bytes of `tail` are now whole blocks. `tail` holds [`PADDING_ROOM`] bytes behind the message, and what
/// is in them behind those blocks has no meaning.
pub(super) fn pad(tail: &mut [u8], tail_bytes: usize, message_bytes: u64) -> usize {
    let padded = (tail_bytes + MARK_BYTES).next_multiple_of(BLOCK_BYTES);
    tail[tail_bytes..][..BIT_AND_ZEROS.len()].copy_from_slice(&BIT_AND_ZEROS);
    // The standard counts bits, modulo 2^64.
    tail[padded - 8..padded].copy_from_slice(&message_bytes.wrapping_mul(8).to_be_bytes());
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_fills_the_block_that_it_fits_or_the_next() {
        // 55 is the longest tail that shares its block with the length, 56 the first that needs another.
        for (tail_bytes, blocks) in [(0, 1), (1, 1), (55, 1), (56, 2), (63, 2), (64, 2), (119, 2), (120, 3)] {
            let mut tail = vec![0xff; tail_bytes + PADDING_ROOM];
            let padded = pad(&mut tail, tail_bytes, tail_bytes as u64);
            assert_eq!(padded, blocks * BLOCK_BYTES, "{tail_bytes}");
            assert!(tail[..tail_bytes].iter().all(|&byte| byte == 0xff));
            assert_eq!(tail[tail_bytes], 0x80);
            assert!(tail[tail_bytes + 1..padded - 8].iter().all(|&byte| byte == 0));
            assert_eq!(tail[padded - 8..padded], (tail_bytes as u64 * 8).to_be_bytes());
        }
    }
}
