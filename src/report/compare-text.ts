/** A comparison for a person: at most forty lines, all of untrusted text made printable. */
import { printable } from '../errors.ts';
import type { Estimate } from '../units.ts';
import type { Costs, Sides } from './compare-costs.ts';
import { count, CYCLES, interval, middle, NONE, PERCENT, plain, SECONDS, SHARE } from './compare-numbers.ts';
import type { ComparedSide, CompareResult } from './compare.ts';

const LARGEST = 5;
const NAME_WIDTH = 40;
const ROW_NAME_WIDTH = 24;

type Row = readonly string[];

export function compareText(result: CompareResult): string {
  const lines = [
    sideLine('A', result.a),
    sideLine('B', result.b),
    ...relationLines(result),
    '',
    ...table([['', 'A', 'B', 'B - A'], ...totalRows(result)]),
    ...savingLines(result),
    ...rankedLines('program', result.programs, ({ program }) => program || '(no name)', result),
    ...rankedLines('cause', result.causes, ({ cause, name }) => name ?? cause, result),
    ...doubtLines(result),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function sideLine(name: string, side: ComparedSide): string {
  const { lane, cpu, kernel, virt, pcid, decidedBy, command, source } = side;
  const what = command
    ? `"${printable(command.join(' '), NAME_WIDTH)}" (${printable(source, NAME_WIDTH)})`
    : printable(source);
  const machine = `${cpu}, kernel ${printable(kernel, NAME_WIDTH)}, ${printable(virt, NAME_WIDTH)}, PCID ${pcid ? 'on' : 'off'}`;
  return `${name}: ${what}, lane ${printable(lane, NAME_WIDTH)}: ${machine}; switches and flushes by the ${printable(decidedBy, NAME_WIDTH)}`;
}

function relationLines(result: CompareResult): readonly string[] {
  const { a, b, same, totals, model } = result;
  const machines = same.machine ? 'the same machine' : 'different machines';
  const relation = same.recording
    ? `The same recording on ${machines}: doubt that both share cancels in B - A.`
    : `Different recordings on ${machines}: B - A holds the difference in work too${differs(totals)}. Go by the rates.`;
  return [
    relation,
    ...(['a', 'b'] as const).flatMap((side) =>
      result[side].hidden.length > 0
        ? [
            `${side.toUpperCase()} is at least so high: ${result[side].hidden.map((each) => printable(each, 80)).join(', ')}.`,
          ]
        : [],
    ),
    ...(a.model === model && b.model === model
      ? []
      : [
          `Counted by model ${printable(a.model, 20)} (A) and ${printable(b.model, 20)} (B), priced by ${model}: replay them again to be sure.`,
        ]),
  ];
}

function differs({ events, cpuSeconds }: CompareResult['totals']): string {
  const parts = [
    ...(events.difference === 0 ? [] : [`${signed(events.difference)} events`]),
    ...(cpuSeconds.difference === null || cpuSeconds.difference === 0
      ? []
      : [`${signed(cpuSeconds.difference)} CPU seconds`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const signed = (n: number): string => `${n > 0 ? '+' : ''}${plain(n)}`;

function totalRows({ totals, same }: CompareResult): readonly Row[] {
  const counts = (name: string, { a, b, difference }: Sides<number | null>): Row => [
    name,
    ...[a, b, difference].map((n) => (n === null ? NONE : plain(n))),
  ];
  const estimated = (name: string, sides: Sides<Estimate | null>, scale: typeof CYCLES): Row => [
    name,
    ...[sides.a, sides.b, sides.difference].map((each) => interval(each, scale)),
  ];
  return [
    counts('events', totals.events),
    counts('CPU seconds', totals.cpuSeconds),
    counts('crossings, machine', totals.machine.crossings),
    counts('CR3 writes, machine', totals.machine.cr3Writes),
    counts('crossings', totals.crossings),
    counts('CR3 writes', totals.cr3Writes),
    estimated('cycles', totals.cycles, CYCLES),
    estimated('added cycles', totals.addedCycles, CYCLES),
    estimated('added CPU time', totals.addedSeconds, SECONDS),
    estimated('overhead', totals.overheadPercent, PERCENT),
    ...(same.recording
      ? []
      : [
          counts('events per CPU s', totals.eventsPerCpuSecond),
          counts('crossings per CPU s', totals.crossingsPerCpuSecond),
          counts('CR3 writes per CPU s', totals.cr3WritesPerCpuSecond),
          estimated('added, of CPU time', totals.addedPerCpuSecond, SHARE),
        ]),
  ];
}

function savingLines({ savings }: CompareResult): readonly string[] {
  const seconds = savings?.savedSeconds.cpu;
  if (!savings || !seconds) return [];
  const { savedPercent, cores } = savings;
  const costs = seconds.mid < 0;
  const amount = (estimate: Estimate): Estimate => (costs ? negative(estimate) : estimate);
  const parts = [
    ...(savedPercent ? [`${interval(amount(savedPercent), PERCENT)} of A's CPU time`] : []),
    interval(amount(seconds), SECONDS),
    ...(cores ? [`${plain(amount(cores).mid)} cores`] : []),
  ];
  return [`B ${costs ? 'costs' : 'saves'} ${parts.join(', ')}${costs ? ' more' : ''}.`];
}

const negative = ({ low, mid, high }: Estimate): Estimate => ({ low: -high, mid: -mid, high: -low });

/** The largest differences, and what the rest comes to. */
function rankedLines<T extends Costs>(
  what: string,
  rows: readonly T[],
  nameOf: (row: T) => string,
  { a, b, same }: CompareResult,
): readonly string[] {
  const differing = rows.filter(isDifferent);
  if (differing.length === 0) return ['', `No ${what} differs.`];
  const inCycles = a.cpu === b.cpu && a.ghz === b.ghz;
  const scale = inCycles ? CYCLES : SECONDS;
  const hasAdded = a.without !== null && b.without !== null;
  const costOf = (row: Costs) => (inCycles ? (hasAdded ? row.addedCycles : row.cycles) : row.addedSeconds);
  const rates = !same.recording;
  const top = differing.slice(0, LARGEST).map((row): Row => {
    const cost = costOf(row);
    return [
      `  ${printable(nameOf(row), ROW_NAME_WIDTH)}`,
      middle(cost.a, scale),
      middle(cost.b, scale),
      interval(cost.difference, scale),
      ...(rates ? [interval(row.addedPerCpuSecond.difference, SHARE)] : []),
    ];
  });
  const rest = differing.slice(LARGEST);
  const sum = rest.reduce((all, row) => all + (costOf(row).difference?.mid ?? 0), 0);
  const more: readonly Row[] =
    rest.length > 0
      ? [
          [
            `  ${count(rest.length)} more`,
            '',
            '',
            middle({ low: sum, mid: sum, high: sum }, scale),
            ...(rates ? [''] : []),
          ],
        ]
      : [];
  const unit = `${hasAdded ? 'added ' : ''}${inCycles ? 'cycles' : 'CPU time'}`;
  const header = [`${unit} by ${what}`, 'A', 'B', 'B - A', ...(rates ? ['of CPU time'] : [])];
  return ['', ...table([header, ...top, ...more])];
}

function isDifferent({ crossings, cr3Writes, cycles, addedSeconds }: Costs): boolean {
  const moves = (estimate: Estimate | null): boolean =>
    estimate !== null && (estimate.low !== 0 || estimate.mid !== 0 || estimate.high !== 0);
  return (
    crossings.difference !== 0 ||
    cr3Writes.difference !== 0 ||
    moves(cycles.difference) ||
    moves(addedSeconds.difference)
  );
}

function doubtLines({ doubts }: CompareResult): readonly string[] {
  if (doubts.length === 0) return [];
  return [`Widest doubts of B - A: ${doubts.map(({ name }) => printable(name, NAME_WIDTH)).join(', ')}.`];
}

/** Rows in columns, the first to the left and figures to the right. */
function table(rows: readonly Row[]): readonly string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}
