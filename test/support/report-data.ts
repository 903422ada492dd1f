/** Figures of reports, made by hand: a build as one meets it, and the odd ones. */
import type { PtiState } from '../../src/replay/optout/states.ts';
import type { ReportBin, ReportData, ReportLane, ReportTreeRow } from '../../src/report/report-data.ts';
import type { Estimate } from '../../src/units.ts';

/** An estimate with an interval of -25 % to +40 %. */
export const about = (mid: number): Estimate => ({
  low: mid - Math.abs(mid) * 0.25,
  mid,
  high: mid + Math.abs(mid) * 0.4,
});
const exactly = (mid: number): Estimate => ({ low: mid, mid, high: mid });

const COVERAGE = {
  syscalls: 'recorded',
  userFaults: 'recorded',
  interrupts: 'recorded',
  nmis: 'recorded',
  contextSwitches: 'recorded',
  tlbFlushes: 'recorded',
  lifecycle: 'recorded',
  credentials: 'inferred',
  wakeups: 'absent',
} as const;

export function lane(policy: string, percent: number | undefined, more: Partial<ReportLane> = {}): ReportLane {
  return {
    lane: policy,
    policy,
    cpu: 'skylake-sp',
    cpuLabel: 'Intel Skylake-SP (Xeon Scalable, 2017)',
    affected: true,
    crossingCr3Writes: percent === 0 ? 0 : 1_234_567,
    addedCycles: percent === undefined ? undefined : percent === 0 ? exactly(0) : about(percent * 1e8),
    overheadPercent: percent === undefined ? undefined : percent === 0 ? exactly(0) : about(percent),
    ...more,
  };
}

const PROGRAMS: readonly (readonly [name: string, processes: number, added: number])[] = [
  ['cc1', 212, 214e6],
  ['as', 208, 61e6],
  ['sh', 530, 33e6],
  ['make', 41, 22e6],
  ['fixdep', 206, 8.1e6],
  ['gcc', 215, 6.4e6],
  ['objtool', 12, 2.2e6],
  ['ld', 9, 1.9e6],
];

const CAUSES: readonly (readonly [name: string, entries: number, added: number])[] = [
  ['page fault', 310_000, 140e6],
  ['read', 82_000, 41e6],
  ['openat', 90_100, 39e6],
  ['mmap', 60_000, 28e6],
  ['switch', 22_000, 19e6],
  ['local_timer', 10_000, 9e6],
  ['newfstatat', 20_000, 8e6],
  ['write', 11_000, 5.5e6],
];

function bins(lane: string, durationNs: number, scale: number): readonly ReportBin[] {
  const count = 120;
  return Array.from({ length: count }, (_, i) => {
    const crossings = Math.round(9000 * (1.2 + Math.sin(i / 7)) + (i > 40 && i < 52 ? 30_000 : 0) + (i % 3) * 900);
    return {
      lane,
      startNs: (i * durationNs) / count,
      lengthNs: durationNs / count,
      crossings,
      addedCycles: crossings * 260 * scale,
    };
  });
}

const row = (
  process: number,
  parent: number | undefined,
  depth: number,
  comm: string,
  [startNs, endNs]: readonly [number, number],
  state: PtiState | readonly ReportTreeRow['states'][number][],
  added = 1e6,
): ReportTreeRow => ({
  process,
  pid: 4000 + process,
  parent,
  depth,
  comm,
  startNs,
  endNs,
  states: typeof state === 'string' ? [{ fromNs: startNs, toNs: endNs, state }] : state,
  added,
});

/** A kernel build with all three lanes on one machine. */
export function build(): ReportData {
  const durationNs = 12.4e9;
  return {
    recording: 'make -j4 bzImage',
    model: '0.1.0',
    summary: [
      'recorded    "make -j4 bzImage": 2,144,903 events in 12.4 s, 801,220 syscalls, 310,000 user faults; 1,432 processes',
      "judged on   skylake-sp, the host's own CPU; kernel 6.12, bare, PCID on",
      'isolation   costs 3.48 % [2.61..4.87] of CPU time',
      'opt-out     gives 83 % of it back',
    ],
    durationNs,
    lanes: [lane('nopti', 0), lane('pti', 3.48), lane('optout', 0.61)],
    views: { isolated: 'pti', optedOut: 'optout' },
    components: [
      ...components('nopti', [0, 12e6, 21e6, 4e6, 0, 0]),
      ...components('pti', [171e6, 120e6, 48e6, 9e6, 0, 14e6]),
      ...components('optout', [21e6, 30e6, 26e6, 5e6, 8e6, 3e6]),
    ],
    programs: [
      ...PROGRAMS.map(([program, processes, added]) => ({
        program,
        processes,
        added: about(added),
        saved: about(added * 0.83),
      })),
      { program: undefined, processes: 19, added: about(1.2e6), saved: about(0.4e6) },
    ],
    processes: PROGRAMS.map(([comm, , added], i) => ({
      process: i,
      pid: 4000 + i,
      comm,
      state: i % 3 === 0 ? 'on' : 'off (opted out)',
      crossings: Math.round(added / 420),
      added: about(added / 4),
      saved: about(added / 5),
    })),
    causes: [
      ...CAUSES.map(([name, entries, added]) => ({ name, entries, added: about(added), saved: about(added * 0.8) })),
      { name: undefined, entries: 1500, added: about(3e6), saved: about(2.2e6) },
    ],
    rules: [
      { rule: 'setid', choice: 'change', asked: true, exposed: 3, savedCrossingWrites: 4000, savedPercent: about(1.5) },
      { rule: 'setid', choice: 'gain', asked: false, exposed: 4, savedCrossingWrites: 9000, savedPercent: about(3.5) },
      {
        rule: 'scope',
        choice: 'process',
        asked: true,
        exposed: 3,
        savedCrossingWrites: 4000,
        savedPercent: about(1.5),
      },
      { rule: 'scope', choice: 'mm', asked: false, exposed: 3, savedCrossingWrites: 4000, savedPercent: about(1.5) },
    ],
    timeline: [...bins('pti', durationNs, 1), ...bins('optout', durationNs, 0.17)],
    tree: [
      row(0, undefined, 0, 'make', [0, 12.4e9], 'off (opted out)', 5e6),
      row(1, 0, 1, 'sh', [0.4e9, 5.1e9], 'off (opted out)'),
      row(2, 1, 2, 'gcc', [0.6e9, 5.0e9], 'off (opted out)'),
      row(3, 2, 3, 'cc1', [0.9e9, 3.9e9], 'off (opted out)', 60e6),
      row(4, 2, 3, 'as', [3.9e9, 4.9e9], 'off (opted out)', 20e6),
      row(
        5,
        0,
        1,
        'sudo',
        [5.2e9, 9.1e9],
        [
          { fromNs: 5.2e9, toNs: 6.0e9, state: 'off (opted out)' },
          { fromNs: 6.0e9, toNs: 9.1e9, state: 'on' },
        ],
      ),
      row(6, 5, 2, 'depmod', [6.4e9, 9.0e9], 'on'),
      row(7, 0, 1, 'fixdep', [9.2e9, 9.21e9], 'on (shared mm)'),
    ],
    treeLeftOut: 1424,
    files: [{ path: 'build.perf.data', format: 'perf.data', bytes: 123_456_789, sha256: 'ab'.repeat(32) }],
    coverage: COVERAGE,
    health: [
      {
        key: 'lost',
        severity: 'data-loss',
        count: 12,
        text: 'events the recorder could not store (its buffers were full)',
      },
      {
        key: 'inferred-entry',
        severity: 'info',
        count: 3401,
        text: 'kernel entries that no event shows but a later one proves',
      },
    ],
  };
}

function components(name: string, cycles: readonly number[]): ReportData['components'] {
  const names = ['cr3', 'refill', 'flush', 'shootdown', 'test', 'other'] as const;
  return names.map((component, i) => ({ lane: name, component, cycles: about(cycles[i]) }));
}

/** Nothing in it at all. */
export function empty(): ReportData {
  return {
    ...build(),
    recording: 'empty',
    summary: [],
    durationNs: 0,
    lanes: [],
    views: { isolated: undefined, optedOut: undefined },
    components: [],
    programs: [],
    processes: [],
    causes: [],
    rules: undefined,
    timeline: [],
    tree: [],
    treeLeftOut: 0,
    files: [],
    health: [],
  };
}

/** One program, one cause, one process, one lane with isolation and no opt-out. */
export function oneRow(): ReportData {
  const all = build();
  return {
    ...all,
    recording: 'true',
    lanes: [lane('nopti', 0), lane('pti', 0.031)],
    views: { isolated: 'pti', optedOut: undefined },
    components: components('pti', [3000, 0, 0, 0, 0, 0]),
    programs: [{ program: 'true', processes: 1, added: about(3000), saved: undefined }],
    processes: [{ process: 0, pid: 1, comm: 'true', state: 'on', crossings: 20, added: about(3000), saved: undefined }],
    causes: [{ name: 'execve', entries: 1, added: about(3000), saved: undefined }],
    rules: undefined,
    timeline: [
      { lane: 'pti', startNs: 0, lengthNs: 400_000, crossings: 12, addedCycles: 1800 },
      { lane: 'pti', startNs: 400_000, lengthNs: 400_000, crossings: 8, addedCycles: 1200 },
    ],
    durationNs: 800_000,
    tree: [row(0, undefined, 0, 'true', [0, 800_000], 'on', 3000)],
    treeLeftOut: 0,
  };
}

/** Isolation that costs nothing: every figure there and zero. */
export function zero(): ReportData {
  const all = build();
  const none = exactly(0);
  return {
    ...all,
    lanes: [lane('nopti', 0), lane('pti', 0), lane('optout', 0)],
    components: all.components.map((part) => ({ ...part, cycles: none })),
    programs: all.programs.map((program) => ({ ...program, added: none, saved: none })),
    processes: all.processes.map((process) => ({ ...process, added: none, saved: none })),
    causes: all.causes.map((cause) => ({ ...cause, added: none, saved: none })),
    rules: all.rules?.map((rule) => ({ ...rule, savedCrossingWrites: 0, savedPercent: none })),
    timeline: all.timeline.map((bin) => ({ ...bin, addedCycles: 0 })),
    tree: all.tree.map((each) => ({ ...each, added: 0 })),
  };
}

/** Prices are not known: counts only. */
export function unpriced(): ReportData {
  const all = build();
  return {
    ...all,
    lanes: all.lanes.map((each) => ({ ...each, overheadPercent: undefined })),
    rules: all.rules?.map((rule) => ({ ...rule, savedPercent: undefined })),
  };
}

/** Names that try to be markup, expressions, other lines, or other text. */
export const HOSTILE: readonly string[] = [
  '<script>alert(1)</script>',
  '</svg><img src=x onerror=alert(1)>',
  '</script><!--',
  'two\nlines\r\tand \u0000 nul',
  '\u202Egnp.exe \u200Fmarks\u061C\u2066',
  '"; datum.mid = 0; //',
  "'+alert(1)+'",
  '${alert(1)} #{alert(2)} {{x}} &amp; &#x3c;',
  'https://example.org/x.png',
  'a'.repeat(5000),
  'a'.repeat(4999) + 'b',
  'Z\u0315\u031A\u0335\u0336\u0337\u0338\u0339algo',
  '\ud800 half a letter',
  '',
  '   ',
  '__proto__',
  'constructor',
  '日本語のプロセス名前',
  'компилятор',
  '\u001b[31mred',
  'WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW',
  '🧑‍🚀🚀',
];

export function hostile(): ReportData {
  const all = build();
  const durationNs = all.durationNs;
  return {
    ...all,
    recording: HOSTILE.slice(0, 8).join(' '),
    summary: HOSTILE,
    lanes: all.lanes.map((each) => ({ ...each, cpuLabel: HOSTILE[1] })),
    programs: HOSTILE.map((program, i) => ({
      program,
      processes: i + 1,
      added: about(1e8 / (i + 1)),
      saved: about((i % 4 === 3 ? -0.2 : 0.7) * (1e8 / (i + 1))),
    })),
    processes: HOSTILE.map((comm, i) => ({ ...all.processes[0], process: i, pid: i, comm })),
    causes: HOSTILE.map((name, i) => ({ name, entries: i, added: about(2e8 / (i + 1)), saved: about(1e8 / (i + 1)) })),
    tree: HOSTILE.map((comm, i) => row(i, i === 0 ? undefined : i - 1, i, comm, [i * 1e8, durationNs - i * 1e8], 'on')),
    files: HOSTILE.map((path) => ({ path, format: path, bytes: 1, sha256: path })),
    health: HOSTILE.map((key) => ({ key, severity: 'info' as const, count: 1, text: key })),
  };
}

const CPUS = ['nehalem', 'sandybridge', 'haswell', 'skylake-sp', 'icelake-sp', 'zen3-server', 'silvermont'];

/** Many machines, several policies, long lists and deep trees. */
export function large(): ReportData {
  const all = build();
  const lanes = CPUS.flatMap((cpu, i) =>
    [
      ['nopti', 0],
      ['pti', 7.2 - i * 0.9],
      ['optout', 1.9 - i * 0.2],
      ['linus-2018', 2.4 - i * 0.2],
    ].map(([policy, percent]) =>
      lane(policy as string, percent as number, {
        lane: `${policy}@${cpu}`,
        cpu,
        cpuLabel: `CPU ${cpu}`,
        affected: !cpu.startsWith('zen'),
      }),
    ),
  );
  const many = <T>(count: number, make: (i: number) => T): readonly T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  return {
    ...all,
    lanes,
    views: { isolated: 'pti@nehalem', optedOut: 'optout@nehalem' },
    components: lanes.flatMap(({ lane: name, policy }) =>
      components(name, policy === 'nopti' ? [0, 12e6, 21e6, 4e6, 0, 0] : [171e6, 120e6, 48e6, 9e6, 2e6, 14e6]),
    ),
    programs: many(61, (i) => ({
      program: i === 60 ? undefined : `program-${i}`,
      processes: 3,
      added: about(3e8 / (i + 2)),
      saved: about(2e8 / (i + 3)),
    })),
    causes: many(45, (i) => ({
      name: `call_${i}`,
      entries: 10 * i,
      added: about(1e8 / (i + 1)),
      saved: about(9e7 / (i + 2)),
    })),
    timeline: CPUS.slice(0, 1).flatMap((cpu) =>
      ['pti', 'optout'].flatMap((policy, k) =>
        many(1000, (i) => ({
          lane: `${policy}@${cpu}`,
          startNs: (i * all.durationNs) / 1000,
          lengthNs: all.durationNs / 1000,
          crossings: 500 + ((i * 7919) % 1400),
          addedCycles: (500 + ((i * 7919) % 1400)) * (k === 0 ? 300 : 90),
        })),
      ),
    ),
    tree: many(90, (i) => {
      const depth = i % 12;
      const [from, to] = [i * 1e8, Math.min(all.durationNs, i * 1e8 + 2e9 / (depth + 1))];
      const flips = many(i === 3 ? 900 : 3, (k) => ({
        fromNs: from + (k * (to - from)) / (i === 3 ? 900 : 3),
        toNs: from + ((k + 1) * (to - from)) / (i === 3 ? 900 : 3),
        state: (['off (opted out)', 'on', 'on (shared mm)'] as const)[k % 3],
      }));
      return row(i, depth === 0 ? undefined : i - 1, depth, `task-${i % 9}`, [from, to], flips, 1e6 * ((i * 31) % 97));
    }),
    treeLeftOut: 12_000,
  };
}

export const SAMPLES: Readonly<Record<string, () => ReportData>> = {
  build,
  empty,
  oneRow,
  zero,
  unpriced,
  hostile,
  large,
};
