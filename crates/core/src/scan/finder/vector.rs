//! Many bytes worked on at once: what the kernels of `machine`, `marks` and `teddy` ask of a machine, so
//! that each of them is written once.

use std::arch::x86_64::*;

/// Bytes that one instruction works on.
///
/// # Safety
///
/// Every function may be called only where the machine has the instructions that the type stands
/// for, and, to be fast, only where the caller is compiled for them.
pub(super) trait Vector: Copy {
    /// How many they are: 64 are a whole number of vectors.
    const LEN: usize;

    /// Those from a place on, which must be that many.
    unsafe fn load(from: &[u8], at: usize) -> Self;
    /// Writes them to a place, where there must be room.
    unsafe fn store(self, to: &mut [u8], at: usize);
    /// The same sixteen again and again.
    unsafe fn repeat(sixteen: &[u8; 16]) -> Self;
    unsafe fn and(self, other: Self) -> Self;
    unsafe fn plus(self, other: Self) -> Self;
    /// Each byte's high half.
    unsafe fn high(self) -> Self;
    /// Each byte's low half.
    unsafe fn low(self) -> Self;
    /// What each half in `of` finds in this table of sixteen; a byte above 127 finds zero.
    unsafe fn look_up(self, of: Self) -> Self;
    /// A bit for each byte that is not zero.
    unsafe fn some(self) -> u64;
    /// A bit for each byte that has a bit in common with `single`, of which each byte has one bit,
    /// or eight; with eight it has to have them all.
    unsafe fn meets(self, single: Self) -> u64;
    /// A bit for each byte that is not ASCII.
    unsafe fn above(self) -> u64;
    /// A bit for each byte that is the same in both.
    unsafe fn equals(self, other: Self) -> u64;
}

macro_rules! room {
    ($bytes:ident, $at:ident) => {
        debug_assert!($at + Self::LEN <= $bytes.len())
    };
}

impl Vector for __m256i {
    const LEN: usize = 32;

    #[inline(always)]
    unsafe fn load(from: &[u8], at: usize) -> Self {
        room!(from, at);
        // SAFETY: 32 bytes follow; the load asks for no alignment.
        unsafe { _mm256_loadu_si256(from.as_ptr().add(at).cast()) }
    }

    #[inline(always)]
    unsafe fn store(self, to: &mut [u8], at: usize) {
        room!(to, at);
        // SAFETY: there is room for 32 bytes; the store asks for no alignment.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().add(at).cast(), self) }
    }

    #[inline(always)]
    unsafe fn repeat(sixteen: &[u8; 16]) -> Self {
        // SAFETY: sixteen bytes are read from an array of sixteen; no alignment is asked for.
        unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(sixteen.as_ptr().cast())) }
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        // SAFETY: the caller's; so below.
        unsafe { _mm256_and_si256(self, other) }
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        // SAFETY: the caller's.
        unsafe { _mm256_add_epi8(self, other) }
    }

    #[inline(always)]
    unsafe fn high(self) -> Self {
        // SAFETY: the caller's.
        unsafe { _mm256_and_si256(_mm256_srli_epi16::<4>(self), _mm256_set1_epi8(15)) }
    }

    #[inline(always)]
    unsafe fn low(self) -> Self {
        // SAFETY: the caller's.
        unsafe { _mm256_and_si256(self, _mm256_set1_epi8(15)) }
    }

    #[inline(always)]
    unsafe fn look_up(self, of: Self) -> Self {
        // SAFETY: the caller's.
        unsafe { _mm256_shuffle_epi8(self, of) }
    }

    #[inline(always)]
    unsafe fn some(self) -> u64 {
        // SAFETY: the caller's.
        let none =
            unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(self, _mm256_setzero_si256())) as u32 };
        u64::from(!none)
    }

    #[inline(always)]
    unsafe fn meets(self, single: Self) -> u64 {
        // SAFETY: the caller's.
        let met = unsafe {
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(self, single), single)) as u32
        };
        u64::from(met)
    }

    #[inline(always)]
    unsafe fn above(self) -> u64 {
        // SAFETY: the caller's.
        u64::from(unsafe { _mm256_movemask_epi8(self) as u32 })
    }

    #[inline(always)]
    unsafe fn equals(self, other: Self) -> u64 {
        // SAFETY: the caller's.
        u64::from(unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(self, other)) as u32 })
    }
}

impl Vector for __m512i {
    const LEN: usize = 64;

    #[inline(always)]
    unsafe fn load(from: &[u8], at: usize) -> Self {
        room!(from, at);
        // SAFETY: 64 bytes follow; the load asks for no alignment.
        unsafe { _mm512_loadu_si512(from.as_ptr().add(at).cast()) }
    }

    #[inline(always)]
    unsafe fn store(self, to: &mut [u8], at: usize) {
        room!(to, at);
        // SAFETY: there is room for 64 bytes; the store asks for no alignment.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().add(at).cast(), self) }
    }

    #[inline(always)]
    unsafe fn repeat(sixteen: &[u8; 16]) -> Self {
        // SAFETY: sixteen bytes are read from an array of sixteen; no alignment is asked for.
        unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(sixteen.as_ptr().cast())) }
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        // SAFETY: the caller's; so below.
        unsafe { _mm512_and_si512(self, other) }
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        // SAFETY: the caller's.
        unsafe { _mm512_add_epi8(self, other) }
    }

    #[inline(always)]
    unsafe fn high(self) -> Self {
        // SAFETY: the caller's.
        unsafe { _mm512_and_si512(_mm512_srli_epi16::<4>(self), _mm512_set1_epi8(15)) }
    }

    #[inline(always)]
    unsafe fn low(self) -> Self {
        // SAFETY: the caller's.
        unsafe { _mm512_and_si512(self, _mm512_set1_epi8(15)) }
    }

    #[inline(always)]
    unsafe fn look_up(self, of: Self) -> Self {
        // SAFETY: the caller's.
        unsafe { _mm512_shuffle_epi8(self, of) }
    }

    #[inline(always)]
    unsafe fn some(self) -> u64 {
        // SAFETY: the caller's.
        unsafe { _mm512_test_epi8_mask(self, self) }
    }

    #[inline(always)]
    unsafe fn meets(self, single: Self) -> u64 {
        // SAFETY: the caller's.
        unsafe { _mm512_test_epi8_mask(self, single) }
    }

    #[inline(always)]
    unsafe fn above(self) -> u64 {
        // SAFETY: the caller's.
        unsafe { _mm512_movepi8_mask(self) }
    }

    #[inline(always)]
    unsafe fn equals(self, other: Self) -> u64 {
        // SAFETY: the caller's.
        unsafe { _mm512_cmpeq_epi8_mask(self, other) }
    }
}
