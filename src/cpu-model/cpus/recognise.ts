/**
 * Which CPU of the table recorded a trace, from what the host calls itself. Refuses rather than guesses: what the tables
 * below do not decide is unknown.
 */

/**
 * The id of the CPU file for a recorded host, or `undefined`.
 * @param name what /proc/cpuinfo or perf's CPUDESC says, such as `Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz`
 * @param cpuid perf's CPUID, `vendor,family,model,stepping` in decimal, such as `GenuineIntel,6,85,4`. If it can be read
 *   it decides alone: the name of a virtual machine is the hypervisor's choice.
 */
export function cpuFromName(name: string | undefined, cpuid: string | undefined): string | undefined {
  const parts = /^(\w+),(\d+),(\d+),(\d+)$/.exec(cpuid?.trim() ?? '');
  if (parts) {
    const [family, model, stepping] = [Number(parts[2]), Number(parts[3]), Number(parts[4])];
    return SIGNATURES.find(
      (row) =>
        row.vendor === parts[1] &&
        row.family === family &&
        row.models.some(([low, high]) => model >= low && model <= high) &&
        (row.steppings === undefined || (stepping >= row.steppings[0] && stepping <= row.steppings[1])),
    )?.id;
  }
  const bare = bareName(name ?? '');
  return NAMES.find(([pattern]) => pattern.test(bare))?.[1];
}

/** `Intel(R) Xeon(R) CPU E5-2690 0 @ 2.90GHz` as `Intel Xeon E5-2690 0`. */
function bareName(name: string): string {
  return name
    .slice(0, 200)
    .replace(/\((?:R|TM)\)|[®™]/gi, ' ')
    .replace(/@.*| with .*/, '')
    .replace(/\b(?:CPU|Processor|\w+-Cores?)\b/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

type Range = readonly [low: number, high: number];

interface Signature {
  readonly id: string;
  readonly vendor: string;
  readonly family: number;
  readonly models: readonly Range[];
  /** All, if absent. */
  readonly steppings?: Range;
}

const intel = (id: string, models: readonly number[], steppings?: Range): Signature => ({
  id,
  vendor: 'GenuineIntel',
  family: 6,
  models: models.map((model) => [model, model]),
  ...(steppings && { steppings }),
});
const amd = (id: string, family: number, ...models: readonly Range[]): Signature => ({
  id,
  vendor: 'AuthenticAMD',
  family,
  models,
});

/** Family, model and stepping as Linux names them (arch/x86/include/asm/intel-family.h, arch/x86/kernel/cpu/amd.c). */
const SIGNATURES: readonly Signature[] = [
  intel('nehalem', [0x1a, 0x1e, 0x2e]),
  intel('westmere', [0x25, 0x2c, 0x2f]),
  intel('sandybridge', [0x2a, 0x2d]),
  intel('ivybridge', [0x3a, 0x3e]),
  intel('haswell', [0x3c, 0x45, 0x46]),
  intel('haswell-ep', [0x3f]),
  intel('broadwell', [0x3d, 0x47, 0x4f, 0x56]),
  intel('skylake', [0x4e, 0x5e]),
  // Kaby and Coffee Lake keep the Skylake core; from the next stepping on Meltdown is fixed and no file here fits.
  intel('skylake', [0x8e], [0, 10]),
  intel('skylake', [0x9e], [0, 11]),
  // One model, three products; steppings 10 and 11 are Cooper Lake, which has no file.
  intel('skylake-sp', [0x55], [0, 4]),
  intel('cascadelake', [0x55], [5, 7]),
  intel('icelake-sp', [0x6a, 0x6c]),
  intel('sapphirerapids', [0x8f]),
  intel('silvermont', [0x37, 0x4a, 0x4d]),
  intel('goldmont', [0x5c, 0x5f]),
  amd('zen', 0x17, [0x00, 0x2f], [0x50, 0x5f]),
  amd('zen2', 0x17, [0x30, 0x4f], [0x60, 0x7f], [0x90, 0x91], [0xa0, 0xaf]),
  // Servers only: the client parts of these cores have no PCID.
  amd('zen3-server', 0x19, [0x01, 0x01]),
  amd('zen4-server', 0x19, [0x11, 0x11]),
];

/** Bare names, the first match wins. Each pattern spans the whole name, so an unfamiliar suffix is unknown. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  // Xeon by number
  [/^Intel Xeon (?:[ELWX]55\d\d|[ELX]75\d\d|W35\d\d|X34\d\d|L3426)$/i, 'nehalem'],
  [/^Intel Xeon (?:[ELWX]56\d\d|W36[789]\d|E7- ?\d{4})$/i, 'westmere'],
  // Xeon E3, E5, E7: the version is the generation, and none (or a 0) is the first
  [/^Intel Xeon E[35]-\d{4}[A-Z]{0,2}(?: 0)?$/i, 'sandybridge'],
  [/^Intel Xeon E[357]-\d{4}[A-Z]{0,2} v2$/i, 'ivybridge'],
  [/^Intel Xeon E3-\d{4}[A-Z]{0,2} v3$/i, 'haswell'],
  [/^Intel Xeon E[57]-\d{4}[A-Z]{0,2} v3$/i, 'haswell-ep'],
  [/^Intel Xeon E[357]-\d{4}[A-Z]{0,2} v4$/i, 'broadwell'],
  [/^Intel Xeon E3-\d{4}[A-Z]{0,2} v[56]$/i, 'skylake'],
  // Xeon Scalable, W, D: the second digit is the generation; an H in the third one is Cooper Lake
  [/^Intel Xeon (?:Bronze|Silver|Gold|Platinum) [3-9]1\d\d[A-Z]{0,2}$/i, 'skylake-sp'],
  [/^Intel Xeon (?:Bronze|Silver|Gold|Platinum) [3-9]2\d\d[A-Z]{0,2}$/i, 'cascadelake'],
  [/^Intel Xeon (?:Silver|Gold|Platinum) [3-9]3\d\d[A-GI-Z]{0,2}\+?$/i, 'icelake-sp'],
  [/^Intel Xeon (?:Bronze|Silver|Gold|Platinum) [3-9]4\d\d[A-Z]{0,2}\+?$/i, 'sapphirerapids'],
  [/^Intel Xeon (?:W-[23]1\d\d[A-Z]?|D-21\d\d[A-Z]{0,2})$/i, 'skylake-sp'],
  [/^Intel Xeon W-[23]2\d\d[A-Z]?$/i, 'cascadelake'],
  [/^Intel Xeon W-33\d\d[A-Z]?$/i, 'icelake-sp'],
  [/^Intel Xeon w[3579]-[23]4\d\dX?$/i, 'sapphirerapids'],
  [/^Intel Xeon D-1[56]\d\d[A-Z]{0,2}$/i, 'broadwell'],
  // Core: the enthusiast parts are server cores of the generation before their number
  [/^Intel Core i7 (?:9[2-6]0|9[67]5)$/i, 'nehalem'],
  [/^Intel Core i7 (?:X )?9[789]0X?$/i, 'westmere'],
  [/^Intel Core i7-(?:3820|3930K|39[67]0X)$/i, 'sandybridge'],
  [/^Intel Core i7-(?:4820K|4930K|4960X)$/i, 'ivybridge'],
  [/^Intel Core i7-(?:5820K|5930K|5960X)$/i, 'haswell-ep'],
  [/^Intel Core i7-(?:68[05]0K|6900K|6950X)$/i, 'broadwell'],
  [/^Intel Core i[79]-(?:7[89]|9[89])[0-9]0XE?$/i, 'skylake-sp'],
  [/^Intel Core i9-109\d0XE?$/i, 'cascadelake'],
  [/^Intel Core i[357]-2\d{3}[A-Z]{0,2}$/i, 'sandybridge'],
  [/^Intel Core i[357]-3\d{3}[A-Z]{0,2}$/i, 'ivybridge'],
  [/^Intel Core i[357]-4\d{3}[A-Z]{0,2}$/i, 'haswell'],
  [/^Intel Core i[357]-5\d{3}[A-Z]{0,2}$/i, 'broadwell'],
  [/^Intel Core i[357]-[67]\d{3}[A-Z]{0,2}$/i, 'skylake'],
  // Atom servers and embedded parts
  [/^Intel Atom (?:C2\d{3}|E38\d\d)$/i, 'silvermont'],
  [/^Intel Atom (?:C3[3-9]\d\d|E39\d\d)$/i, 'goldmont'],
  // EPYC: the last digit is the generation. 97x4 and 8xx4 are the dense core, 4xx4 a client part: neither has a file
  [/^AMD EPYC 7\d\d1P?$/i, 'zen'],
  [/^AMD EPYC 7[0-9A-Z]\d2P?$/i, 'zen2'],
  [/^AMD EPYC 7[0-9A-Z][0-9A-Z]3[PX]?$/i, 'zen3-server'],
  [/^AMD EPYC 9[0-689A-Z]\d4[FPX]?$/i, 'zen4-server'],
  [/^AMD Ryzen (?:[3579]|Threadripper)(?: PRO)? [12]\d{3}[A-Z]{0,2}$/i, 'zen'],
  [/^AMD Ryzen (?:[3579]|Threadripper)(?: PRO)? 3\d{3}(?:X|XT|WX)?$/i, 'zen2'],
];
