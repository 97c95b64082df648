//! The SHA-1 kernels: their names, the proof that this CPU runs one, and the one place from where they are called.
//!
//! Chooses none, see `choice`, and schedules nothing, see `lanes`.

use std::fmt;
use std::str::FromStr;

use super::padding::{Block, PADDING_ROOM, pad};
use super::sha1::{self, Columns, Stream};
#[cfg(target_arch = "x86_64")]
use super::sha1::{avx2, avx512, sha_ni};
use crate::digest::Digest;

/// A compression routine, by what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kernel {
    /// The standard's formulas, one message at a time: what the others are compared with.
    Scalar,
    /// The crate `sha1`, one message at a time, with the CPU's SHA instructions where it has them.
    Sha1Crate,
    /// One message by the SHA instructions of x86.
    ShaNi,
    /// Two messages by the SHA instructions of x86.
    ShaNiX2,
    /// Four messages by the SHA instructions of x86.
    ShaNiX4,
    /// One message by the SHA instructions of x86 but `sha1msg2`, which is slow on some CPUs.
    ShaNiXor,
    /// Two messages by the SHA instructions of x86 but `sha1msg2`.
    ShaNiXorX2,
    /// Four messages by the SHA instructions of x86 but `sha1msg2`.
    ShaNiXorX4,
    /// Eight messages in the registers of AVX2.
    Avx2,
    /// Sixteen messages in the registers of AVX-512 (F and BW).
    Avx512,
}

/// A name that no kernel has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kernel {0:?}; use auto, or one of {names}", names = Kernel::ALL.map(Kernel::name).join(", "))]
pub struct UnknownKernel(pub String);

impl Kernel {
    /// Every kernel, in the order in which equal ones are preferred: the plainest last.
    pub const ALL: [Kernel; 10] = [
        Kernel::Avx512,
        Kernel::Avx2,
        Kernel::ShaNi,
        Kernel::ShaNiX2,
        Kernel::ShaNiX4,
        Kernel::ShaNiXor,
        Kernel::ShaNiXorX2,
        Kernel::ShaNiXorX4,
        Kernel::Sha1Crate,
        Kernel::Scalar,
    ];

    /// The name in options and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Kernel::Scalar => "scalar",
            Kernel::Sha1Crate => "sha1-crate",
            Kernel::ShaNi => "sha-ni",
            Kernel::ShaNiX2 => "sha-ni-x2",
            Kernel::ShaNiX4 => "sha-ni-x4",
            Kernel::ShaNiXor => "sha-ni-xor",
            Kernel::ShaNiXorX2 => "sha-ni-xor-x2",
            Kernel::ShaNiXorX4 => "sha-ni-xor-x4",
            Kernel::Avx2 => "avx2",
            Kernel::Avx512 => "avx512",
        }
    }

    /// Messages that it hashes at once.
    pub const fn lanes(self) -> usize {
        match self {
            Kernel::Scalar | Kernel::Sha1Crate | Kernel::ShaNi | Kernel::ShaNiXor => 1,
            Kernel::ShaNiX2 | Kernel::ShaNiXorX2 => 2,
            Kernel::ShaNiX4 | Kernel::ShaNiXorX4 => 4,
            Kernel::Avx2 => 8,
            Kernel::Avx512 => 16,
        }
    }

    /// What it is, in a few words for help texts.
    pub const fn about(self) -> &'static str {
        match self {
            Kernel::Scalar => "one file by plain arithmetic: slow, what the others are compared with",
            Kernel::Sha1Crate => "one file by the crate sha1, with SHA instructions where the CPU has them",
            Kernel::ShaNi => "one file by the SHA instructions of x86",
            Kernel::ShaNiX2 => "two files by the SHA instructions of x86",
            Kernel::ShaNiX4 => "four files by the SHA instructions of x86",
            Kernel::ShaNiXor => "one file by the same but sha1msg2, which is slow on some CPUs",
            Kernel::ShaNiXorX2 => "two files by the same but sha1msg2",
            Kernel::ShaNiXorX4 => "four files by the same but sha1msg2",
            Kernel::Avx2 => "eight files in the registers of AVX2",
            Kernel::Avx512 => "sixteen files in the registers of AVX-512 (F and BW)",
        }
    }

    /// What the CPU must have for it, in the words of its maker.
    pub const fn needs(self) -> &'static str {
        match self {
            Kernel::Scalar | Kernel::Sha1Crate => "nothing",
            Kernel::ShaNi
            | Kernel::ShaNiX2
            | Kernel::ShaNiX4
            | Kernel::ShaNiXor
            | Kernel::ShaNiXorX2
            | Kernel::ShaNiXorX4 => "an x86-64 CPU with SHA, SSSE3 and SSE4.1",
            Kernel::Avx2 => "an x86-64 CPU with AVX2",
            Kernel::Avx512 => "an x86-64 CPU with AVX512F and AVX512BW",
        }
    }

    /// Whether this build has it: some are for one kind of CPU.
    pub const fn is_built_in(self) -> bool {
        cfg!(target_arch = "x86_64") || matches!(self, Kernel::Scalar | Kernel::Sha1Crate)
    }

    /// Whether this CPU can run it.
    pub fn is_available(self) -> bool {
        self.prove().is_some()
    }

    /// The kernel as something that can be run, if this CPU can.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn prove(self) -> Option<Proven> {
        use sha_ni::ShaNi;
        let routine = match self {
            Kernel::Scalar => Routine::Scalar,
            Kernel::Sha1Crate => Routine::Sha1Crate,
            Kernel::ShaNi => Routine::ShaNi(ShaNi::detect()?),
            Kernel::ShaNiX2 => Routine::ShaNiX2(ShaNi::detect()?),
            Kernel::ShaNiX4 => Routine::ShaNiX4(ShaNi::detect()?),
            Kernel::ShaNiXor => Routine::ShaNiXor(ShaNi::detect()?),
            Kernel::ShaNiXorX2 => Routine::ShaNiXorX2(ShaNi::detect()?),
            Kernel::ShaNiXorX4 => Routine::ShaNiXorX4(ShaNi::detect()?),
            Kernel::Avx2 => Routine::Avx2(avx2::Avx2::detect()?),
            Kernel::Avx512 => Routine::Avx512(avx512::Avx512::detect()?),
        };
        Some(Proven { kernel: self, routine })
    }

    /// The kernel as something that can be run, if this CPU can.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn prove(self) -> Option<Proven> {
        let routine = match self {
            Kernel::Scalar => Routine::Scalar,
            Kernel::Sha1Crate => Routine::Sha1Crate,
            _ => return None,
        };
        Some(Proven { kernel: self, routine })
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kernel {
    type Err = UnknownKernel;

    fn from_str(name: &str) -> Result<Kernel, UnknownKernel> {
        Kernel::ALL.into_iter().find(|kernel| kernel.name() == name).ok_or_else(|| UnknownKernel(name.to_owned()))
    }
}

/// A kernel that this CPU has been found to run. Only [`Kernel::prove`] makes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proven {
    kernel: Kernel,
    routine: Routine,
}

/// What is called, each with the proof that it may be.
#[derive(Clone, Copy, Debug)]
enum Routine {
    Scalar,
    Sha1Crate,
    #[cfg(target_arch = "x86_64")]
    ShaNi(sha_ni::ShaNi),
    #[cfg(target_arch = "x86_64")]
    ShaNiX2(sha_ni::ShaNi),
    #[cfg(target_arch = "x86_64")]
    ShaNiX4(sha_ni::ShaNi),
    #[cfg(target_arch = "x86_64")]
    ShaNiXor(sha_ni::ShaNi),
    #[cfg(target_arch = "x86_64")]
    ShaNiXorX2(sha_ni::ShaNi),
    #[cfg(target_arch = "x86_64")]
    ShaNiXorX4(sha_ni::ShaNi),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
}

impl Proven {
    pub(super) fn kernel(self) -> Kernel {
        self.kernel
    }

    /// Folds so many blocks of each lane into its column. There is a lane at least, and no more than the kernel has; each
    /// holds so many blocks or more.
    pub(super) fn compress(self, columns: &mut Columns, lanes: &[&[Block]], blocks: usize) {
        assert!((1..=self.kernel.lanes()).contains(&lanes.len()), "as many lanes as the kernel has");
        match self.routine {
            Routine::Scalar => sha1::scalar::compress(columns, lanes, blocks),
            Routine::Sha1Crate => sha1::single::compress(columns, lanes, blocks),
            #[cfg(target_arch = "x86_64")]
            Routine::ShaNi(proof) => proof.compress::<1, false>(columns, lanes, blocks),
            #[cfg(target_arch = "x86_64")]
            Routine::ShaNiX2(proof) => proof.compress::<2, false>(columns, lanes, blocks),
            #[cfg(target_arch = "x86_64")]
            Routine::ShaNiX4(proof) => proof.compress::<4, false>(columns, lanes, blocks),
            #[cfg(target_arch = "x86_64")]
            Routine::ShaNiXor(proof) => proof.compress::<1, true>(columns, lanes, blocks),
            #[cfg(target_arch = "x86_64")]
            Routine::ShaNiXorX2(proof) => proof.compress::<2, true>(columns, lanes, blocks),
            #[cfg(target_arch = "x86_64")]
            Routine::ShaNiXorX4(proof) => proof.compress::<4, true>(columns, lanes, blocks),
            #[cfg(target_arch = "x86_64")]
            Routine::Avx2(proof) => proof.compress(columns, lanes, blocks),
            #[cfg(target_arch = "x86_64")]
            Routine::Avx512(proof) => proof.compress(columns, lanes, blocks),
        }
    }

    /// The known-answer test: the two-block example of FIPS 180-2, appendix A.2, in the first lane, and in every other one a
    /// message of its own, so that lanes which are mixed up are seen; of those the crate `sha1` knows the answer.
    pub(super) fn is_right(self) -> bool {
        const MESSAGE: &[u8] = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        const DIGEST: [u8; Digest::BYTES] = [
            0x84, 0x98, 0x3e, 0x44, 0x1c, 0x3b, 0xd2, 0x6e, 0xba, 0xae, 0x4a, 0xa1, 0xf9, 0x51, 0x29, 0xe5, 0xe5, 0x46,
            0x70, 0xf1,
        ];
        let mut columns = Columns::new();
        let (mut padded, mut answers) = (Vec::new(), Vec::new());
        for lane in 0..self.kernel.lanes() {
            let mut message = MESSAGE.to_vec();
            message[lane] ^= lane as u8;
            answers.push(if lane == 0 { Digest::from_bytes(DIGEST) } else { Stream::digest(&message) });
            message.resize(MESSAGE.len() + PADDING_ROOM, 0);
            let bytes = pad(&mut message, MESSAGE.len(), MESSAGE.len() as u64);
            message.truncate(bytes);
            padded.push(message);
            columns.set(lane, &sha1::INITIAL);
        }
        let lanes: Vec<&[Block]> = padded.iter().map(|message| message.as_chunks().0).collect();
        self.compress(&mut columns, &lanes, 2);
        answers.iter().enumerate().all(|(lane, answer)| sha1::digest_of(&columns.get(lane)) == *answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_kernel() {
        for kernel in Kernel::ALL {
            assert_eq!(kernel.name().parse(), Ok(kernel));
            assert!((1..=sha1::LANES_MAX).contains(&kernel.lanes()));
        }
        let unknown = "md5".parse::<Kernel>().unwrap_err();
        assert!(unknown.to_string().starts_with("unknown kernel \"md5\"; use auto, or one of avx512, avx2, sha-ni,"));
    }
}
