//! Which kernel runs for how many lanes that are filled: measured once, or forced by name.
//!
//! Runs no messages; `lanes` asks it at every step.

use std::fmt;
use std::str::FromStr;
use std::sync::RwLock;

use super::calibration::{Measured, measure};
use super::kernel::{Kernel, Proven, UnknownKernel};
use super::sha1::LANES_MAX;

/// The kernel that a caller wishes for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KernelChoice {
    /// The fastest for as many lanes as are filled at the time.
    #[default]
    Auto,
    /// This one, whatever is filled.
    Forced(Kernel),
}

impl FromStr for KernelChoice {
    type Err = UnknownKernel;

    /// `auto`, or the name of a kernel.
    fn from_str(name: &str) -> Result<KernelChoice, UnknownKernel> {
        match name {
            "auto" => Ok(KernelChoice::Auto),
            name => name.parse().map(KernelChoice::Forced),
        }
    }
}

/// Why a kernel that was asked for by name is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelUnavailable {
    /// The CPU lacks instructions.
    #[error("kernel {0}: it needs {needs}, and this CPU is none; use auto, or one of {names}", needs = .0.needs(), names = available())]
    Lacking(Kernel),
    /// The known-answer test failed.
    #[error("kernel {0}: it gives a wrong digest on this CPU; use auto, which leaves it out")]
    Wrong(Kernel),
}

/// A kernel of a run, and how many lanes must be filled for it to be the one that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KernelUse {
    /// The kernel.
    pub kernel: Kernel,
    /// It runs from so many filled lanes on, up to those of the next one.
    pub lanes_from: usize,
}

/// How fast a kernel is on this CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KernelSpeed {
    /// The kernel.
    pub kernel: Kernel,
    /// Bytes that it hashes in a second out of the caches of one CPU, with all its lanes filled.
    pub bytes_per_second: u64,
}

/// The kernels of one run: one for each number of filled lanes.
#[derive(Clone, Debug)]
pub struct Kernels {
    /// The kernel for one filled lane, for two, and so on.
    by_filled: [Proven; LANES_MAX],
    wrong: Vec<Kernel>,
}

/// What was measured. Nobody waits for it: in a child after fork() the thread that has the lock does not exist, and measuring
/// again takes no time to speak of.
static MEASURED: RwLock<Option<Kernels>> = RwLock::new(None);

impl Kernels {
    /// The kernels for a choice. What `Auto` means is measured at the first call of this process, in some 100 µs, with
    /// kernels that have passed the known-answer test.
    pub fn choose(choice: KernelChoice) -> Result<Kernels, KernelUnavailable> {
        match choice {
            KernelChoice::Auto => Ok(Kernels::auto()),
            KernelChoice::Forced(kernel) => Kernels::forced(kernel),
        }
    }

    /// The fastest kernels of this CPU.
    pub fn auto() -> Kernels {
        if let Ok(measured) = MEASURED.try_read()
            && let Some(kernels) = &*measured
        {
            return kernels.clone();
        }
        let (kernels, _) = Kernels::from_candidates(Proven::is_right);
        match MEASURED.try_write() {
            Ok(mut measured) => measured.get_or_insert(kernels).clone(),
            Err(_) => kernels,
        }
    }

    /// The same, measured anew, with what was measured; from now on `auto` means these.
    pub fn measured() -> (Kernels, Vec<KernelSpeed>) {
        let (kernels, speeds) = Kernels::from_candidates(Proven::is_right);
        if let Ok(mut measured) = MEASURED.try_write() {
            *measured = Some(kernels.clone());
        }
        (kernels, speeds)
    }

    /// What there is without measuring: the kernels that this process has measured, or, before it has, the plainest choice that
    /// is not slow for a few messages on any CPU. It costs some microseconds.
    pub fn at_hand() -> Kernels {
        if let Ok(measured) = MEASURED.try_read()
            && let Some(kernels) = &*measured
        {
            return kernels.clone();
        }
        Kernels::unmeasured(Proven::is_right)
    }

    /// The SHA instructions of x86 where the CPU has them, side by side as far as there are messages, and else the crate; each
    /// after the known-answer test.
    fn unmeasured(is_right: impl Fn(Proven) -> bool) -> Kernels {
        let mut wrong = Vec::new();
        let mut right = |kernel: Kernel| match kernel.prove() {
            Some(proven) if is_right(proven) => Some(proven),
            Some(_) => {
                wrong.push(kernel);
                None
            }
            None => None,
        };
        let one = right(Kernel::ShaNi);
        let two = one.and_then(|_| right(Kernel::ShaNiX2)).or(one);
        let four = two.and_then(|_| right(Kernel::ShaNiX4)).or(two);
        let plain = if one.is_none() { right(Kernel::Sha1Crate) } else { None };
        let by_filled = |index| match index {
            0 => one,
            1 => two,
            _ => four,
        };
        let by_filled = std::array::from_fn(|index| by_filled(index).or(plain).unwrap_or_else(the_crate));
        Kernels { by_filled, wrong }
    }

    /// One kernel for everything.
    pub fn forced(kernel: Kernel) -> Result<Kernels, KernelUnavailable> {
        let proven = kernel.prove().ok_or(KernelUnavailable::Lacking(kernel))?;
        if !proven.is_right() {
            return Err(KernelUnavailable::Wrong(kernel));
        }
        Ok(Kernels { by_filled: [proven; LANES_MAX], wrong: Vec::new() })
    }

    /// The crate `sha1` for everything: what second readings are hashed with.
    pub fn plain() -> Kernels {
        Kernels { by_filled: [the_crate(); LANES_MAX], wrong: Vec::new() }
    }

    /// The fastest of those that the CPU has and that pass the test; where none does, the crate `sha1` stands as it is,
    /// since it is what every suspicion is checked with.
    fn from_candidates(is_right: impl Fn(Proven) -> bool) -> (Kernels, Vec<KernelSpeed>) {
        let (mut right, mut wrong) = (Vec::new(), Vec::new());
        for kernel in Kernel::ALL {
            match kernel.prove() {
                // It is there to compare with, and never the fastest.
                _ if kernel == Kernel::Scalar => {}
                Some(proven) if is_right(proven) => right.push(proven),
                Some(_) => wrong.push(kernel),
                None => {}
            }
        }
        let measured = measure(right);
        let fastest = |filled| Measured::fastest(&measured, filled).unwrap_or_else(the_crate);
        let kernels = Kernels { by_filled: std::array::from_fn(|index| fastest(index + 1)), wrong };
        let speeds = measured.iter().map(Measured::speed);
        (kernels, speeds.map(|(kernel, bytes_per_second)| KernelSpeed { kernel, bytes_per_second }).collect())
    }

    /// The kernel for so many messages that have bytes.
    pub(super) fn for_filled(&self, messages: usize) -> Proven {
        self.by_filled[messages.clamp(1, LANES_MAX) - 1]
    }

    /// The kernel that runs when there is enough to fill it.
    pub fn widest(&self) -> Kernel {
        self.for_filled(LANES_MAX).kernel()
    }

    /// Messages that must have bytes for [`widest`](Kernels::widest) to run full.
    pub fn width(&self) -> usize {
        self.widest().lanes()
    }

    /// Each kernel and from how many filled lanes on it runs: the first from one, the last is [`widest`](Kernels::widest).
    pub fn uses(&self) -> Vec<KernelUse> {
        let mut uses: Vec<KernelUse> = Vec::new();
        for (proven, lanes_from) in self.by_filled.iter().zip(1..) {
            let kernel = proven.kernel();
            if uses.last().is_none_or(|last| last.kernel != kernel) {
                uses.push(KernelUse { kernel, lanes_from });
            }
        }
        uses
    }

    /// Whether not one kernel gave the right digest: nothing that is hashed on this CPU means anything.
    pub fn are_wrong(&self) -> bool {
        self.wrong.contains(&self.by_filled[0].kernel())
    }

    /// Kernels that this CPU has and that are left out because they failed the known-answer test.
    pub fn wrong(&self) -> &[Kernel] {
        &self.wrong
    }
}

impl fmt::Display for Kernels {
    /// The kernels and from how many filled lanes on each of them runs: `sha-ni, sha-ni-x2 from 2, avx512 from 12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for KernelUse { kernel, lanes_from } in self.uses() {
            match lanes_from {
                1 => write!(f, "{kernel}")?,
                lanes => write!(f, ", {kernel} from {lanes}")?,
            }
        }
        Ok(())
    }
}

fn the_crate() -> Proven {
    Kernel::Sha1Crate.prove().expect("the crate runs on any CPU")
}

fn available() -> String {
    let names: Vec<_> = Kernel::ALL.into_iter().filter(|kernel| kernel.is_available()).map(Kernel::name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_lanes_has_a_kernel() {
        let kernels = Kernels::auto();
        assert!(kernels.wrong().is_empty());
        assert!((1..=LANES_MAX).contains(&kernels.width()));
        println!("{kernels}");
        assert_ne!(kernels.widest(), Kernel::Scalar);
        let uses = kernels.uses();
        assert_eq!((uses[0].lanes_from, uses[uses.len() - 1].kernel), (1, kernels.widest()));
        for filled in 1..=LANES_MAX {
            let used = uses.iter().rfind(|used| used.lanes_from <= filled).unwrap();
            assert_eq!(used.kernel, kernels.for_filled(filled).kernel());
        }
    }

    #[test]
    fn what_was_measured_is_what_was_chosen_from() {
        let (kernels, speeds) = Kernels::measured();
        let speed = |kernel| speeds.iter().find(|speed| speed.kernel == kernel).map(|speed| speed.bytes_per_second);
        for used in kernels.uses() {
            assert!(speed(used.kernel).is_some_and(|speed| speed > 0), "{}", used.kernel);
        }
        let fastest = speeds.iter().map(|speed| speed.bytes_per_second).max();
        // Of kernels that are as fast as each other the preferred one is taken.
        assert!(speed(kernels.widest()).map(|speed| speed * 110 / 100) >= fastest, "{kernels}: {speeds:?}");
    }

    #[test]
    fn what_is_not_measured_is_tested_all_the_same() {
        let one = |kernels: &Kernels| kernels.uses()[0].kernel;
        let all = Kernels::unmeasured(Proven::is_right);
        assert!(all.wrong().is_empty() && !all.are_wrong());
        let has_sha = Kernel::ShaNi.is_available();
        assert_eq!(one(&all), if has_sha { Kernel::ShaNi } else { Kernel::Sha1Crate });
        let none = Kernels::unmeasured(|_| false);
        assert_eq!((one(&none), none.are_wrong()), (Kernel::Sha1Crate, true));
        if !has_sha {
            println!("NOT RUN: this CPU lacks SHA instructions");
            return;
        }
        let but_four = Kernels::unmeasured(|proven| proven.kernel() != Kernel::ShaNiX4);
        assert_eq!((but_four.widest(), but_four.wrong()), (Kernel::ShaNiX2, &[Kernel::ShaNiX4][..]));
        let crate_only = Kernels::unmeasured(|proven| proven.kernel() == Kernel::Sha1Crate);
        assert_eq!((crate_only.widest(), crate_only.are_wrong()), (Kernel::Sha1Crate, false));
    }

    #[test]
    fn nobody_waits_for_a_measurement_that_may_never_end() {
        // As a child has it whose parent forked while another thread had the lock. Whoever waited would wait for ever.
        let held = MEASURED.write().unwrap();
        assert!(Kernels::auto().wrong().is_empty());
        drop(held);
    }

    #[test]
    fn a_kernel_that_fails_the_test_is_left_out_and_named() {
        let good = Kernels::auto().widest();
        let (kernels, _) = Kernels::from_candidates(|proven| proven.kernel() != good);
        assert_eq!(kernels.wrong(), [good]);
        // The crate stands in for all others; where it is the only kernel, nothing stands in for it.
        let is_used = kernels.by_filled.iter().any(|proven| proven.kernel() == good);
        assert_eq!((is_used, kernels.are_wrong()), (good == Kernel::Sha1Crate, good == Kernel::Sha1Crate));
        let (none, _) = Kernels::from_candidates(|_| false);
        assert!(none.by_filled.iter().all(|proven| proven.kernel() == Kernel::Sha1Crate));
        assert!(none.are_wrong());
    }

    #[test]
    fn a_forced_kernel_runs_whatever_is_filled_or_says_what_it_lacks() {
        for kernel in Kernel::ALL {
            match Kernels::forced(kernel) {
                Ok(kernels) => {
                    assert_eq!((kernels.to_string(), kernels.width()), (kernel.name().into(), kernel.lanes()));
                }
                Err(lacking) => {
                    assert_eq!(lacking, KernelUnavailable::Lacking(kernel));
                    assert!(lacking.to_string().contains(kernel.needs()), "{lacking}");
                }
            }
        }
        assert_eq!("auto".parse(), Ok(KernelChoice::Auto));
        assert_eq!("scalar".parse(), Ok(KernelChoice::Forced(Kernel::Scalar)));
        assert!("fastest".parse::<KernelChoice>().is_err());
    }
}
