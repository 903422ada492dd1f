/** `ptilab cr3`: one line an entry, written as the trace is read, and what they come to. */
import { printable } from '../errors.ts';
import { VIOLATIONS } from '../replay/cr3-check.ts';
import { decodeCr3, hexOf } from '../replay/cr3-layout.ts';
import type { Cr3Entry } from '../replay/cr3.ts';
import type { Replayed } from '../replay/engine.ts';
import type { Lane } from '../replay/lane.ts';
import type { LaneSpec } from '../replay/lane-plan.ts';
import { syscallName } from '../trace/syscalls.ts';
import type { Trace } from '../trace/trace.ts';
import { count } from './numbers.ts';

/** What is known before the first entry. */
export interface Cr3Head {
  readonly trace: Trace;
  readonly path: string;
  readonly spec: LaneSpec;
  readonly lane: Lane;
  readonly optOut: readonly string[];
}

/** What is known after the last. */
export interface Cr3End {
  readonly trace: Trace;
  readonly replayed: Replayed;
  readonly keptUnseen: number;
}

/** Which entries are counted, and which of them are shown. */
export interface Cr3Filter {
  readonly pid?: number | undefined;
  readonly cpu?: number | undefined;
  readonly fromNs?: number | undefined;
  readonly toNs?: number | undefined;
  /** Show only those that are not legal. */
  readonly illegal?: boolean | undefined;
}

/** Counts of the entries that a filter chose, shown or not. */
export interface Cr3Counts {
  entries: number;
  userHalf: number;
  kernelHalf: number;
  assumed: number;
  illegal: number;
  readonly violations: Record<string, number>;
}

const BUFFER = 1 << 16;

/** Writes entries as lines of text, or as one JSON document with an entry a line. */
export class Cr3Writer {
  readonly counts: Cr3Counts = { entries: 0, userHalf: 0, kernelHalf: 0, assumed: 0, illegal: 0, violations: {} };
  #head: Cr3Head | undefined;
  #buffer = '';
  #shown = 0;

  constructor(
    private readonly out: (text: string) => void,
    private readonly filter: Cr3Filter,
    private readonly json: boolean,
  ) {}

  begins(head: Cr3Head): void {
    this.#head = head;
    this.#put(this.json ? jsonHead(head, this.filter) : textHead(head));
  }

  entry(entry: Cr3Entry): void {
    const { pid, cpu, fromNs, toNs, illegal } = this.filter;
    if (pid !== undefined && entry.pid !== pid) return;
    if (cpu !== undefined && entry.cpu !== cpu) return;
    if (entry.timeNs < (fromNs ?? -Infinity) || entry.timeNs > (toNs ?? Infinity)) return;
    const { trace, lane } = this.#head!;
    const { counts } = this;
    const value = decodeCr3(entry.raw, lane.machine.pcid);
    counts.entries++;
    if (value.half === 'user') counts.userHalf++;
    else counts.kernelHalf++;
    if (entry.assumed) counts.assumed++;
    const { violation } = entry;
    if (violation) {
      counts.illegal++;
      counts.violations[violation] = (counts.violations[violation] ?? 0) + 1;
    } else if (illegal) return;
    const comm = trace.strings.text(entry.comm);
    if (this.json) {
      const { timeNs, cpu: on, pid: process, tid, cause, raw, expected, assumed } = entry;
      const told = {
        ...{ timeNs, cpu: on, pid: process, tid, comm, cause, raw: hexOf(raw) },
        ...{ half: value.half, pcid: value.pcid, asid: value.asid ?? null, mm: value.mm },
        ...{ expected, assumed, legal: violation === undefined, violation: violation ?? null },
      };
      this.#put(`${this.#shown === 0 ? '' : ','}\n${JSON.stringify(told)}`);
    } else this.#put(textLine(entry, comm, value));
    this.#shown++;
  }

  ends(end: Cr3End): void {
    this.#put(
      this.json ? `\n],"summary":${JSON.stringify(summaryOf(this.counts, this.#shown, end))}}\n` : this.#text(end),
    );
    this.#flush();
  }

  #put(text: string): void {
    this.#buffer += text;
    if (this.#buffer.length >= BUFFER) this.#flush();
  }

  #flush(): void {
    this.out(this.#buffer);
    this.#buffer = '';
  }

  #text(end: Cr3End): string {
    const { counts } = this;
    const { evidence, machine } = this.#head!.lane;
    const wrong = Object.entries(counts.violations).map(
      ([violation, n]) => `illegal   ${count(n)} ${violation}: ${VIOLATIONS[violation as keyof typeof VIOLATIONS]}`,
    );
    const lost = end.trace.health.of('lost');
    const lines = [
      '',
      `entries   ${count(counts.entries)}: ${count(counts.userHalf)} on the user's page table, ${count(counts.kernelHalf)} on the kernel's; ${count(counts.illegal)} illegal`,
      ...wrong,
      ...(counts.illegal > 0 && lost > 0
        ? [`lost      ${count(lost)} events: loads and switches may be among them, and then a value is one from before`]
        : []),
      ...(counts.assumed > 0
        ? [
            `assumed   ${count(counts.assumed)} without a return to user mode seen before; their value is what the state asks for`,
          ]
        : []),
      ...(machine.pcid ? [`asids     ${asidNote(evidence.switches === 'recorded', end.keptUnseen)}`] : []),
    ];
    return `${lines.join('\n')}\n`;
  }
}

const asidNote = (recorded: boolean, keptUnseen: number): string =>
  recorded
    ? `numbered by the model; loads and whether they flush are recorded (${count(keptUnseen)} kept a slot that the model had not given)`
    : 'by the model, as are the loads';

function summaryOf(counts: Cr3Counts, shown: number, { replayed, keptUnseen, trace }: Cr3End): object {
  return { ...counts, shown, keptUnseen, lost: trace.health.of('lost'), durationNs: replayed.durationNs };
}

const machineOf = ({ spec, lane }: Cr3Head): object => ({
  lane: spec.name,
  policy: lane.policy.id,
  cpu: spec.cpu.id,
  kernel: spec.kernel,
  pti: lane.policy.pti,
  pcid: lane.machine.pcid,
  asids: lane.machine.pcid ? lane.machine.kernel.asids : 1,
  switches: lane.evidence.switches,
});

function jsonHead(head: Cr3Head, { pid, cpu, fromNs, toNs, illegal }: Cr3Filter): string {
  const filter = {
    pid: pid ?? null,
    cpu: cpu ?? null,
    fromNs: fromNs ?? null,
    toNs: toNs ?? null,
    illegal: illegal ?? false,
  };
  const told = { schema: 'ptilab.cr3', version: 1, path: head.path, lane: machineOf(head), filter };
  return `${JSON.stringify(told).slice(0, -1)},"entries":[`;
}

function textHead(head: Cr3Head): string {
  const { spec, lane } = head;
  const selectors = lane.policy.optOut?.start === 'on' ? `; --opt-out ${head.optOut.join(', ')}` : '';
  const lines = [
    `lane      ${lane.policy.id} on ${spec.cpu.id}, kernel ${spec.kernel}, PCID ${lane.machine.pcid ? 'on' : 'off'}${printable(selectors)}`,
    'addresses of page tables are made up: address space N lies at 4 GiB + N x 8 KiB',
    '',
    row('SECONDS', 'CPU', 'PID', 'TID', 'COMM', 'ENTRY', 'CR3', 'HALF', 'PCID', 'ASID', 'MM', 'LEGAL'),
  ];
  return `${lines.join('\n')}\n`;
}

function textLine(entry: Cr3Entry, comm: string, value: ReturnType<typeof decodeCr3>): string {
  const { timeNs, cpu, pid, tid, cause, raw, violation, assumed } = entry;
  const legal = violation ? `NO: ${VIOLATIONS[violation]}` : assumed ? 'assumed' : 'yes';
  return `${row(
    (timeNs / 1e9).toFixed(9),
    cpu < 0 ? '-' : String(cpu),
    String(pid),
    String(tid),
    printable(comm),
    entryName(cause),
    hexOf(raw),
    value.half,
    String(value.pcid),
    value.asid === undefined ? '-' : String(value.asid),
    String(value.mm),
    legal,
  )}\n`;
}

/** `syscall:39` by its name. */
function entryName(cause: string): string {
  if (!cause.startsWith('syscall:')) return cause;
  const nr = cause.slice('syscall:'.length);
  return syscallName(Number(nr)) ?? cause;
}

const WIDTHS = [14, 3, 7, 7, -15, -16, -18, -6, 5, 4, 5, 0] as const;

const row = (...cells: readonly string[]): string =>
  cells
    .map((cell, i) => (WIDTHS[i] < 0 ? cell.padEnd(-WIDTHS[i]) : cell.padStart(WIDTHS[i])))
    .join('  ')
    .trimEnd();
