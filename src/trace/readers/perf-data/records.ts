/**
 * What one record of the data section is: an event or not, when, on which CPU. Both passes over the file ask here, so they
 * cannot disagree.
 */
import { inputError } from '../../../errors.ts';
import { Kind, type EventBatch } from '../../event.ts';
import type { StringTable } from '../../strings.ts';
import { decoderOf, preemptDepth, type Decoder } from './decoders.ts';
import type { EventFormat } from './formats.ts';
import { cString, type Attr } from './header.ts';
import { layoutOf, MISC_COMM_EXEC, MISC_SWITCH_OUT, Record, RECORD_HEADER, type Layout } from './layout.ts';

/** PERF_TYPE_TRACEPOINT. */
const TYPE_TRACEPOINT = 2;
const TWO_32 = 2 ** 32;

/** What {@link Records.look} found. */
export const Found = {
  /** An event: {@link Records.now} is set. */
  event: 0,
  /** Nothing the replay needs. */
  nothing: 1,
  /** A sample of a tracepoint the model has no use for. */
  unknownSample: 2,
  /** A sample or record shorter than its format says. */
  damaged: 3,
} as const;
export type Found = (typeof Found)[keyof typeof Found];

/** The looker holds the last answer, so that looking allocates nothing. */
export interface Records {
  readonly decoders: readonly Decoder[];
  look(view: DataView, at: number, type: number, size: number): Found;
  /** Of the last event. */
  readonly now: { timeLow: number; timeHigh: number; cpu: number; run: number; depthProblem: boolean };
  /** Decodes the last event that {@link look} found into a row; `place` is its byte in the file. */
  decode(view: DataView, at: number, size: number, batch: EventBatch, row: number, place: number): void;
}

interface EventType {
  readonly layout: Layout;
  readonly decoder: Decoder | undefined;
}

/**
 * @param depthUsable - whether the preempt depth of this recording can be trusted (above 0, it proves kernel mode)
 * @throws an input error where the samples cannot be told apart or carry no time
 */
export function createRecords(
  attrs: readonly Attr[],
  formats: ReadonlyMap<number, EventFormat>,
  strings: StringTable,
  where: string,
  depthUsable: () => boolean,
): Records {
  const types = attrs.map((attr): EventType => {
    const format = attr.type === TYPE_TRACEPOINT ? formats.get(attr.config) : undefined;
    return { layout: layoutOf(attr), decoder: format && decoderOf(format, strings) };
  });
  const decoders = types.flatMap((type) => (type.decoder ? [type.decoder] : []));
  const has = (kind: number): boolean => decoders.some((decoder) => decoder.kind === kind);
  const fallback = {
    fork: !has(Kind.fork) && !has(Kind.newTask),
    exit: !has(Kind.exit),
    exec: !has(Kind.exec),
    rename: !has(Kind.rename),
  };
  const typeOfId = idTable(attrs, types, where);
  const usedBy = types.find((type) => type.decoder) ?? types[0];
  if (usedBy.layout.time < 0)
    throw inputError(
      'perf.data has no time stamps',
      where,
      'record with perf record -T, or without options that drop the time',
    );
  const trailer = usedBy.layout.trailer;
  const now = { timeLow: 0, timeHigh: 0, cpu: -1, run: 0, depthProblem: false };
  let current: EventType = usedBy;
  let raw = 0;
  let recordType = 0;

  const lookAtSample = (view: DataView, at: number, size: number): Found => {
    const type = typeOfId(view, at, size);
    if (!type) return Found.damaged;
    const { decoder, layout } = type;
    if (!decoder) return Found.unknownSample;
    const sizeAt = layout.findRaw ? layout.findRaw(view, at, at + size) : at + layout.raw;
    if (layout.time < 0 || sizeAt < at + RECORD_HEADER || sizeAt + 4 > at + size) return Found.damaged;
    raw = sizeAt + 4;
    if (view.getUint32(sizeAt, true) < decoder.bytes || raw + decoder.bytes > at + size) return Found.damaged;
    current = type;
    now.timeLow = view.getUint32(at + layout.time, true);
    now.timeHigh = view.getUint32(at + layout.time + 4, true);
    now.cpu = layout.cpu >= 0 ? view.getInt32(at + layout.cpu, true) : -1;
    now.run = now.cpu >= 0 ? now.cpu : -2 - view.getInt32(raw + decoder.common.tid, true);
    now.depthProblem =
      decoder.kind === Kind.sysEnter && preemptDepth(view.getUint8(raw + decoder.common.preempt)) !== 0;
    return Found.event;
  };

  const lookAtOther = (view: DataView, at: number, type: number, size: number): Found => {
    if (trailer.time === 0 || size < RECORD_HEADER + trailer.bytes) return Found.nothing;
    now.timeLow = view.getUint32(at + size - trailer.time, true);
    now.timeHigh = view.getUint32(at + size - trailer.time + 4, true);
    // What perf makes up for tasks older than the recording has time 0.
    if (now.timeLow === 0 && now.timeHigh === 0) return Found.nothing;
    now.cpu = trailer.cpu > 0 ? view.getInt32(at + size - trailer.cpu, true) : -1;
    now.run = now.cpu >= 0 ? now.cpu : -2 - (trailer.tid > 0 ? view.getInt32(at + size - trailer.tid + 4, true) : 0);
    now.depthProblem = false;
    recordType = type;
    return Found.event;
  };

  const wanted = (view: DataView, at: number, type: number): boolean => {
    const misc = view.getUint16(at + 4, true);
    switch (type) {
      case Record.lost:
        return true;
      case Record.switch:
      case Record.switchCpuWide:
        return trailer.tid > 0 && (misc & MISC_SWITCH_OUT) === 0;
      case Record.fork:
      case Record.exit:
        return true;
      case Record.comm:
        return (misc & MISC_COMM_EXEC) !== 0 || fallback.rename;
      default:
        return false;
    }
  };

  const decodeSample = (view: DataView, at: number, batch: EventBatch, row: number): void => {
    const { decoder, layout } = current;
    const { common, kind, decode } = decoder!;
    const task = view.getInt32(raw + common.tid, true);
    batch.kind[row] = kind;
    batch.tid[row] = task;
    // Inside a pid namespace perf writes the namespace's ids, the tracepoint the kernel's: then the tgid is not known.
    const sameTask = layout.tid >= 0 && view.getInt32(at + layout.tid + 4, true) === task;
    batch.pid[row] = sameTask ? view.getInt32(at + layout.tid, true) : -1;
    batch.flags[row] = view.getUint8(raw + common.flags);
    if (depthUsable()) batch.depth[row] = preemptDepth(view.getUint8(raw + common.preempt));
    decode(view, raw, batch, row);
  };

  const decodeOther = (view: DataView, at: number, size: number, batch: EventBatch, row: number): void => {
    batch.pid[row] = trailer.tid > 0 ? view.getInt32(at + size - trailer.tid, true) : -1;
    batch.tid[row] = trailer.tid > 0 ? view.getInt32(at + size - trailer.tid + 4, true) : -1;
    switch (recordType) {
      case Record.lost:
        batch.kind[row] = Kind.lost;
        batch.args[row * 6] = view.getBigUint64(at + 16, true);
        break;
      case Record.switch:
      case Record.switchCpuWide:
        batch.kind[row] = Kind.switchIn;
        break;
      case Record.fork:
        batch.kind[row] = fallback.fork ? Kind.fork : Kind.notedFork;
        batch.args[row * 6] = BigInt(view.getUint32(at + 8, true));
        batch.nr[row] = view.getInt32(at + 16, true);
        batch.tid[row] = view.getInt32(at + 20, true);
        break;
      case Record.exit:
        batch.kind[row] = fallback.exit ? Kind.exit : Kind.notedExit;
        batch.tid[row] = view.getInt32(at + 16, true);
        break;
      case Record.comm:
        batch.kind[row] =
          (view.getUint16(at + 4, true) & MISC_COMM_EXEC) === 0
            ? Kind.rename
            : fallback.exec
              ? Kind.exec
              : Kind.notedExec;
        batch.tid[row] = view.getInt32(at + 12, true);
        batch.nr[row] = batch.tid[row]!;
        batch.text[row] = strings.intern(commOf(view, at, size));
        break;
    }
  };

  return {
    decoders,
    now,
    look(view, at, type, size) {
      recordType = type;
      if (type === Record.sample) return lookAtSample(view, at, size);
      return wanted(view, at, type) ? lookAtOther(view, at, type, size) : Found.nothing;
    },
    decode(view, at, size, batch, row, place) {
      batch.cpu[row] = now.cpu;
      batch.place[row] = place;
      if (recordType === Record.sample) decodeSample(view, at, batch, row);
      else decodeOther(view, at, size, batch, row);
    },
  };
}

/** The name in a comm record: behind pid and tid. */
export function commOf(view: DataView, at: number, size: number): string {
  return cString(new Uint8Array(view.buffer, view.byteOffset + at + 16, Math.max(0, size - 16)));
}

/** Nanoseconds of a split time since a split origin: exact up to 104 days. */
export function since(low: number, high: number, originLow: number, originHigh: number): number {
  return (high - originHigh) * TWO_32 + (low - originLow);
}

/** Finds the type of a sample by its id; ids are small and dense, so a table does it. */
function idTable(
  attrs: readonly Attr[],
  types: readonly EventType[],
  where: string,
): (view: DataView, at: number, size: number) => EventType | undefined {
  if (types.length === 1) return (_view, _at, size) => (size > RECORD_HEADER ? types[0] : undefined);
  const idAt = types[0].layout.id;
  if (idAt < 0 || types.some((type) => type.layout.id !== idAt))
    throw inputError(
      'perf.data mixes events that cannot be told apart',
      where,
      'record all events with the same perf record call',
    );
  const byId = new Map<number, EventType>();
  attrs.forEach((attr, i) => attr.ids.forEach((id) => byId.set(id, types[i])));
  const least = Math.min(...byId.keys());
  const span = Math.max(...byId.keys()) - least + 1;
  const dense = span <= 65_536 ? Array.from({ length: span }, (_, i) => byId.get(least + i)) : undefined;
  return (view, at, size) => {
    if (size < idAt + 8) return undefined;
    const id = view.getUint32(at + idAt, true) + view.getUint32(at + idAt + 4, true) * TWO_32;
    return dense ? dense[id - least] : byId.get(id);
  };
}
