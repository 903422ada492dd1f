/** Events printed as each text format has them, so that readers of texts are measured on the same recording. */
import { ARGS, EVENT_KINDS, Kind, type EventBatch } from '../src/trace/event.ts';
import type { StringTable } from '../src/trace/strings.ts';

/** One event as a line without its end; undefined where the format has none for its kind. */
export type PrintEvent = (batch: EventBatch, row: number, strings: StringTable, originNs: bigint) => string | undefined;

const hex = (n: bigint): string => n.toString(16);

/** What the kernel prints behind the name of an event, by kind. */
const PAYLOADS: Readonly<Record<number, (batch: EventBatch, row: number, strings: StringTable) => readonly string[]>> =
  {
    [Kind.sysEnter]: (batch, row) => [
      'raw_syscalls:sys_enter',
      `NR ${batch.nr[row]} (${[...batch.args.subarray(row * ARGS, (row + 1) * ARGS)].map(hex).join(', ')})`,
    ],
    [Kind.sysExit]: (batch, row) => ['raw_syscalls:sys_exit', `NR ${batch.nr[row]} = ${batch.result[row]}`],
    [Kind.faultUser]: (batch, row) => ['exceptions:page_fault_user', fault(batch, row)],
    [Kind.faultKernel]: (batch, row) => ['exceptions:page_fault_kernel', fault(batch, row)],
    [Kind.irqVector]: (batch, row, strings) => [
      `irq_vectors:${strings.text(batch.text[row])}_entry`,
      `vector=${batch.nr[row]}`,
    ],
    [Kind.deviceIrq]: (batch, row, strings) => [
      'irq:irq_handler_entry',
      `irq=${batch.nr[row]} name=${strings.text(batch.text[row])}`,
    ],
    [Kind.switch]: (batch, row, strings) => [
      'sched:sched_switch',
      `prev_comm=${strings.text(batch.text[row])} prev_pid=${batch.tid[row]} prev_prio=120 prev_state=${batch.result[row] === 0n ? 'R' : 'S'} ==> next_comm=${strings.text(batch.text2[row])} next_pid=${batch.nr[row]} next_prio=120`,
    ],
    [Kind.fork]: (batch, row, strings) => [
      'sched:sched_process_fork',
      `comm=${strings.text(batch.text[row])} pid=${batch.tid[row]} child_comm=${strings.text(batch.text2[row])} child_pid=${batch.nr[row]}`,
    ],
    [Kind.newTask]: (batch, row, strings) => [
      'task:task_newtask',
      `pid=${batch.nr[row]} comm=${strings.text(batch.text[row])} clone_flags=${hex(batch.args[row * ARGS])} oom_score_adj=0`,
    ],
    [Kind.exec]: (batch, row, strings) => [
      'sched:sched_process_exec',
      `filename=${strings.text(batch.text[row])} pid=${batch.tid[row]} old_pid=${batch.nr[row]}`,
    ],
    [Kind.exit]: (batch, row, strings) => [
      'sched:sched_process_exit',
      `comm=${strings.text(batch.text[row])} pid=${batch.tid[row]} prio=120`,
    ],
    [Kind.rename]: (batch, row, strings) => [
      'task:task_rename',
      `pid=${batch.tid[row]} oldcomm=${strings.text(batch.text2[row])} newcomm=${strings.text(batch.text[row])} oom_score_adj=0`,
    ],
    [Kind.tlbFlush]: (batch, row) => [
      'tlb:tlb_flush',
      `pages:${BigInt.asIntN(64, batch.args[row * ARGS])} reason:flush (${batch.nr[row]})`,
    ],
  };

function fault({ args }: EventBatch, row: number): string {
  const [address, ip, error] = args.subarray(row * ARGS, row * ARGS + 3);
  return `address=0x${hex(address)} ip=0x${hex(ip)} error_code=0x${hex(error)}`;
}

const clock = (ns: bigint, digits: number): string => {
  const fraction = String(ns % 1_000_000_000n).padStart(9, '0');
  return `${String(ns / 1_000_000_000n).padStart(5)}.${fraction.slice(0, digits)}`;
};

const at = (batch: EventBatch, row: number, originNs: bigint): bigint => originNs + BigInt(batch.time[row]);
const three = (cpu: number): string => String(cpu).padStart(3, '0');

/** As `perf script --ns -F comm,pid,tid,cpu,time,event,trace`. */
export const printPerfScript: PrintEvent = (batch, row, strings, originNs) => {
  const [name, payload] = PAYLOADS[batch.kind[row]]?.(batch, row, strings) ?? [];
  if (name === undefined || batch.cpu[row] < 0) return undefined;
  const ids = `${String(batch.pid[row]).padStart(5)}/${String(batch.tid[row]).padEnd(5)}`;
  return `${'make'.padStart(16)} ${ids} [${three(batch.cpu[row])}] ${clock(at(batch, row, originNs), 9)}: ${name.padStart(38)}: ${payload}`;
};

/** As the kernel's `trace` with record-tgid. */
export const printFtrace: PrintEvent = (batch, row, strings, originNs) => {
  const [name, payload] = PAYLOADS[batch.kind[row]]?.(batch, row, strings) ?? [];
  if (name === undefined || batch.cpu[row] < 0) return undefined;
  const task = `${'make'.padStart(16)}-${String(batch.tid[row]).padEnd(7)} (${String(batch.pid[row]).padStart(7)})`;
  return `${task} [${three(batch.cpu[row])}] d..2. ${clock(at(batch, row, originNs), 6)}: ${name.split(':')[1]}: ${payload}`;
};

/** As the CSV of docs/formats.md, all columns. */
export const printCsv: PrintEvent = (batch, row, strings, originNs) =>
  [
    at(batch, row, originNs),
    batch.cpu[row],
    batch.tid[row],
    batch.pid[row],
    EVENT_KINDS[batch.kind[row]],
    batch.nr[row],
    ...batch.args.subarray(row * ARGS, (row + 1) * ARGS),
    batch.result[row],
    batch.depth[row],
    batch.flags[row],
    quoted(strings.text(batch.text[row])),
    quoted(strings.text(batch.text2[row])),
  ].join(',');

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
