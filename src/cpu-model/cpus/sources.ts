/** Sources that several CPU files name, and the short forms in which those files state a figure. */
import type { Confidence, Sourced } from '../cpu.ts';

/** What each part reports about itself. */
export const CPUID_DUMPS = 'InstLatx64 CPUID dumps (github.com/InstLatx64/InstLatx64 @087af2c)';
/** Which mitigations eight measured machines need. */
export const MITIGATION_STUDY =
  'Behrens, PhD thesis, mitigations by CPU (github.com/fintelia/thesis @73efa90, evolution-eval.tex, ward-eval.tex)';
/** The kernel's list of parts that need no PTI; every other part gets it. */
export const LINUX_WHITELIST = 'Linux cpu_vuln_whitelist (github.com/torvalds/linux, arch/x86/kernel/cpu/common.c)';

/** True of the whole family. */
export const yes = (source: string, confidence: Confidence): Sourced<boolean> => fact(true, true, source, confidence);
/** False for the whole family. */
export const no = (source: string, confidence: Confidence): Sourced<boolean> => fact(false, false, source, confidence);
/** Taken as true, but some parts of the family differ or may differ. */
export const mostly = (source: string, confidence: Confidence): Sourced<boolean> =>
  fact(false, true, source, confidence);

/** The clock of `part`: the mean of base and single-core turbo, those two as its range. */
export const clock = (base: number, turbo: number, part: string): Sourced<number> => ({
  value: Math.round(((base + turbo) / 2) * 1000) / 1000,
  low: base,
  high: turbo,
  unit: 'GHz',
  source: `base and single-core turbo clock of the ${part}, remembered; no data sheet read`,
  confidence: 'from-memory-unverified',
});

/** Single-thread speed relative to `skylake-sp`, of the part that the clock was taken from. */
export const speed = (value: number, low: number, high: number): Sourced<number> => ({
  value,
  low,
  high,
  unit: 'ratio',
  source: 'rough single-thread speed of the reference part, remembered; no benchmark run for it',
  confidence: 'from-memory-unverified',
});

/** Target residency, in microseconds, of the shallowest idle state that the kernel marks as losing the TLB. */
export const deepIdle = (microseconds: number): Sourced<number> => ({
  value: microseconds * 1000,
  low: microseconds * 500,
  high: microseconds * 2000,
  unit: 'ns',
  source: 'target_residency of the first CPUIDLE_FLAG_TLB_FLUSHED state in linux 6.1 drivers/idle/intel_idle.c',
  confidence: 'vendor-documented',
});

function fact(low: boolean, value: boolean, source: string, confidence: Confidence): Sourced<boolean> {
  return { value, low, high: value, unit: 'yes/no', source, confidence };
}
