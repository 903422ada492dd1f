/**
 * What one record of the data section is: an event or not, when, on which CPU. Both passes over the file ask here, so they
 * cannot disagree.
 */
import { inputError } from '../../../errors.ts';
import { Kind, type EventBatch } from '../../event.ts';
import type { StringTable } from '../../strings.ts';
import { decoderOf, preemptDepth, type Decoder } from './decoders.ts';
import type { Formats } from './formats.ts';
import type { Attr } from './attrs.ts';
import { cString } from './features.ts';
import {
  layoutOf,
  MISC_COMM_EXEC,
  MISC_SWITCH_OUT,
  Record,
  RECORD_HEADER,
  type Layout,
  type Trailer,
} from './layout.ts';

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
  readonly little: boolean;
  /** Whether samples tell the cgroup of the task that ran. */
  readonly tellsCgroups: boolean;
  look(view: DataView, at: number, type: number, size: number): Found;
  /** Of the last event. */
  readonly now: Now;
  /** Decodes the last event that {@link look} found into a row; `place` is its byte in the file. */
  decode(view: DataView, at: number, size: number, batch: EventBatch, row: number, place: number): void;
}

export interface Now {
  timeLow: number;
  timeHigh: number;
  cpu: number;
  run: number;
  depthProblem: boolean;
  /** Id of the cgroup that the running task is in; 0 where the record does not tell. */
  cgroup: number;
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
  { attrs, little }: { readonly attrs: readonly Attr[]; readonly little: boolean },
  formats: Formats,
  strings: StringTable,
  where: string,
  depthUsable: () => boolean,
): Records {
  const [low, high] = little ? [0, 4] : [4, 0];
  const types = attrs.map((attr): EventType => {
    const format = attr.type === TYPE_TRACEPOINT ? formats.get(attr.config) : undefined;
    return { layout: layoutOf(attr, little), decoder: format && decoderOf(format, strings, little) };
  });
  const decoders = types.flatMap((type) => (type.decoder ? [type.decoder] : []));
  const has = (kind: number): boolean => decoders.some((decoder) => decoder.kind === kind);
  const fallback = {
    fork: !has(Kind.fork) && !has(Kind.newTask),
    exit: !has(Kind.exit),
    exec: !has(Kind.exec),
    rename: !has(Kind.rename),
  };
  const typeOf = typeFinder(attrs, types, little, where);
  const usedBy = types.find((type) => type.decoder) ?? types[0];
  if (usedBy.layout.time < 0)
    throw inputError(
      'perf.data has no time stamps',
      where,
      'record with perf record -T, or without options that drop the time',
    );
  const trailerOf = trailerFinder(attrs, types, usedBy, little);
  let trailer = usedBy.layout.trailer;
  const now: Now = { timeLow: 0, timeHigh: 0, cpu: -1, run: 0, depthProblem: false, cgroup: 0 };
  let current: EventType = usedBy;
  let raw = 0;
  let recordType = 0;

  const lookAtSample = (view: DataView, at: number, size: number): Found => {
    const type = typeOf(view, at, size);
    if (!type) return Found.damaged;
    const { decoder, layout } = type;
    if (!decoder) return Found.unknownSample;
    const sizeAt = layout.findRaw ? layout.findRaw(view, at, at + size) : at + layout.raw;
    if (layout.time < 0 || sizeAt < at + RECORD_HEADER || sizeAt + 4 > at + size) return Found.damaged;
    raw = sizeAt + 4;
    if (view.getUint32(sizeAt, little) < decoder.bytes || raw + decoder.bytes > at + size) return Found.damaged;
    current = type;
    now.timeLow = view.getUint32(at + layout.time + low, little);
    now.timeHigh = view.getUint32(at + layout.time + high, little);
    now.cpu = layout.cpu >= 0 ? view.getInt32(at + layout.cpu, little) : -1;
    now.run = now.cpu >= 0 ? now.cpu : -2 - view.getInt32(raw + decoder.common.tid, little);
    now.depthProblem =
      decoder.kind === Kind.sysEnter && preemptDepth(view.getUint8(raw + decoder.common.preempt)) !== 0;
    now.cgroup = layout.cgroup > 0 ? idAt(view, at + size - layout.cgroup, little) : 0;
    return Found.event;
  };

  const lookAtOther = (view: DataView, at: number, type: number, size: number): Found => {
    if (trailer.time === 0 || size < RECORD_HEADER + trailer.bytes) return Found.nothing;
    now.timeLow = view.getUint32(at + size - trailer.time + low, little);
    now.timeHigh = view.getUint32(at + size - trailer.time + high, little);
    // What perf makes up for tasks older than the recording has time 0.
    if (now.timeLow === 0 && now.timeHigh === 0) return Found.nothing;
    now.cpu = trailer.cpu > 0 ? view.getInt32(at + size - trailer.cpu, little) : -1;
    now.run = now.cpu >= 0 ? now.cpu : -2 - (trailer.tid > 0 ? view.getInt32(at + size - trailer.tid + 4, little) : 0);
    now.depthProblem = false;
    now.cgroup = 0;
    recordType = type;
    return Found.event;
  };

  const wanted = (view: DataView, at: number, type: number): boolean => {
    const misc = view.getUint16(at + 4, little);
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
    const task = view.getInt32(raw + common.tid, little);
    batch.kind[row] = kind;
    batch.tid[row] = task;
    // Inside a pid namespace perf writes the namespace's ids, the tracepoint the kernel's: then the tgid is not known.
    const sameTask = layout.tid >= 0 && view.getInt32(at + layout.tid + 4, little) === task;
    batch.pid[row] = sameTask ? view.getInt32(at + layout.tid, little) : -1;
    batch.flags[row] = view.getUint8(raw + common.flags);
    if (depthUsable()) batch.depth[row] = preemptDepth(view.getUint8(raw + common.preempt));
    decode(view, raw, batch, row);
  };

  const decodeOther = (view: DataView, at: number, size: number, batch: EventBatch, row: number): void => {
    batch.pid[row] = trailer.tid > 0 ? view.getInt32(at + size - trailer.tid, little) : -1;
    batch.tid[row] = trailer.tid > 0 ? view.getInt32(at + size - trailer.tid + 4, little) : -1;
    switch (recordType) {
      case Record.lost:
        batch.kind[row] = Kind.lost;
        batch.args[row * 6] = view.getBigUint64(at + 16, little);
        break;
      case Record.switch:
      case Record.switchCpuWide:
        batch.kind[row] = Kind.switchIn;
        break;
      case Record.fork:
        batch.kind[row] = fallback.fork ? Kind.fork : Kind.notedFork;
        batch.args[row * 6] = BigInt(view.getUint32(at + 8, little));
        batch.nr[row] = view.getInt32(at + 16, little);
        batch.tid[row] = view.getInt32(at + 20, little);
        break;
      case Record.exit:
        batch.kind[row] = fallback.exit ? Kind.exit : Kind.notedExit;
        batch.tid[row] = view.getInt32(at + 16, little);
        break;
      case Record.comm:
        batch.kind[row] =
          (view.getUint16(at + 4, little) & MISC_COMM_EXEC) === 0
            ? Kind.rename
            : fallback.exec
              ? Kind.exec
              : Kind.notedExec;
        batch.tid[row] = view.getInt32(at + 12, little);
        batch.nr[row] = batch.tid[row]!;
        batch.text[row] = strings.intern(commOf(view, at, size));
        break;
    }
  };

  return {
    decoders,
    little,
    tellsCgroups: types.some(({ decoder, layout }) => decoder && layout.cgroup > 0),
    now,
    look(view, at, type, size) {
      recordType = type;
      if (type === Record.sample) return lookAtSample(view, at, size);
      trailer = trailerOf(view, at, size);
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
function typeFinder(
  attrs: readonly Attr[],
  types: readonly EventType[],
  little: boolean,
  where: string,
): Find<EventType | undefined> {
  if (types.length === 1) return (_view, _at, size) => (size > RECORD_HEADER ? types[0] : undefined);
  const place = types[0].layout.id;
  if (types.every(({ layout }) => layout.id < 0) && alike(attrs)) return byNumber(attrs, types, little);
  if (place < 0 || types.some((type) => type.layout.id !== place))
    throw inputError(
      'perf.data mixes events that cannot be told apart',
      where,
      'record all events with the same perf record call',
    );
  const find = idTable(attrs, types);
  return (view, at, size) => (size < place + 8 ? undefined : find(idAt(view, at + place, little)));
}

type Find<T> = (view: DataView, at: number, size: number) => T;

/** What belongs to an id; ids are small and dense, so a table does it. */
function idTable<T>(attrs: readonly Attr[], values: readonly T[]): (id: number) => T | undefined {
  const byId = new Map<number, T>();
  attrs.forEach((attr, i) => attr.ids.forEach((id) => byId.set(id, values[i])));
  let [least, most] = [Infinity, -Infinity];
  for (const id of byId.keys()) [least, most] = [Math.min(least, id), Math.max(most, id)];
  const span = most - least + 1;
  const dense = span <= 65_536 ? Array.from({ length: Math.max(0, span) }, (_, i) => byId.get(least + i)) : undefined;
  return dense ? (id) => dense[id - least] : (id) => byId.get(id);
}

/** Whether the samples of all events have the same parts. */
const alike = (attrs: readonly Attr[]): boolean =>
  attrs.every(({ sampleType, readFormat }) => sampleType === attrs[0].sampleType && readFormat === attrs[0].readFormat);

/** Samples without an id: each tracepoint's data begin with its number. */
function byNumber(attrs: readonly Attr[], types: readonly EventType[], little: boolean): Find<EventType | undefined> {
  const { layout } = types[0];
  const byConfig = new Map(attrs.map(({ config }, i) => [config, types[i]]));
  const numberAt = types.find(({ decoder }) => decoder)?.decoder?.common.type ?? 0;
  return (view, at, size) => {
    const sizeAt = layout.findRaw ? layout.findRaw(view, at, at + size) : at + layout.raw;
    const number = sizeAt + 4 + numberAt;
    return sizeAt < at + RECORD_HEADER || number + 2 > at + size
      ? undefined
      : byConfig.get(view.getUint16(number, little));
  };
}

/** The trailer of a record that is no sample: it is laid out as the event is that the record came with. */
function trailerFinder(
  attrs: readonly Attr[],
  types: readonly EventType[],
  usedBy: EventType,
  little: boolean,
): Find<Trailer> {
  const trailers = types.map(({ layout }) => layout.trailer);
  const [first] = trailers;
  const same = trailers.every(
    (each) => each.bytes === first.bytes && each.time === first.time && each.cpu === first.cpu,
  );
  if (same || first.id === 0 || trailers.some(({ id }) => id !== first.id)) return () => usedBy.layout.trailer;
  const find = idTable(attrs, trailers);
  return (view, at, size) =>
    (size < RECORD_HEADER + first.id ? undefined : find(idAt(view, at + size - first.id, little))) ??
    usedBy.layout.trailer;
}

/** A u64 that is an id: nobody counts to 2^53. */
const idAt = (view: DataView, at: number, little: boolean): number =>
  little
    ? view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32
    : view.getUint32(at + 4, false) + view.getUint32(at, false) * TWO_32;

/** The id and the path in a cgroup record. */
export function cgroupOf(view: DataView, at: number, size: number, little: boolean): { id: number; path: string } {
  const text = new Uint8Array(view.buffer, view.byteOffset + at + 16, Math.max(0, size - 16));
  return { id: idAt(view, at + 8, little), path: cString(text) };
}
