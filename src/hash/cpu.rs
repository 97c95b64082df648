//! The instruction sets that the kernels are made of, and whether this CPU has them.
//!
//! For people to read; what a kernel may run on is proved where it stands, see `kernel`.

/// The names of the instruction sets, as their makers write them, and whether this CPU has each.
pub fn instruction_sets() -> Vec<(&'static str, bool)> {
    #[cfg(target_arch = "x86_64")]
    return vec![
        ("SHA", is_x86_feature_detected!("sha")),
        ("SSSE3", is_x86_feature_detected!("ssse3")),
        ("SSE4.1", is_x86_feature_detected!("sse4.1")),
        ("AVX2", is_x86_feature_detected!("avx2")),
        ("AVX512F", is_x86_feature_detected!("avx512f")),
        ("AVX512BW", is_x86_feature_detected!("avx512bw")),
    ];
    #[cfg(target_arch = "aarch64")]
    return vec![("SHA1", std::arch::is_aarch64_feature_detected!("sha2"))];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return Vec::new();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Kernel;

    #[test]
    fn a_kernel_is_to_be_had_where_the_cpu_has_what_it_is_said_to_need() {
        let sets = instruction_sets();
        for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_built_in()) {
            let lacks = |(name, has): &(&str, bool)| !has && kernel.needs().split([' ', ',']).any(|word| word == *name);
            assert_eq!(kernel.is_available(), !sets.iter().any(lacks), "{kernel}");
        }
    }
}
