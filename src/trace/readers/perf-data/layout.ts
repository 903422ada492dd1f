/** Where the parts of a record lie: struct perf_sample and the trailer of the other records, from `sample_type`. */
import type { Attr } from './attrs.ts';

/** Bits of `sample_type` (PERF_SAMPLE_*). */
const Sample = {
  ip: 1 << 0,
  tid: 1 << 1,
  time: 1 << 2,
  addr: 1 << 3,
  read: 1 << 4,
  callchain: 1 << 5,
  id: 1 << 6,
  cpu: 1 << 7,
  period: 1 << 8,
  streamId: 1 << 9,
  raw: 1 << 10,
  identifier: 1 << 16,
  aux: 1 << 20,
  cgroup: 1 << 21,
  dataPageSize: 1 << 22,
  codePageSize: 1 << 23,
} as const;

const READ_GROUP = 1 << 3;
const READ_TOTALS = [1 << 0, 1 << 1] as const;
const READ_ID = 1 << 2;
const READ_LOST = 1 << 4;

/** Record types used here (PERF_RECORD_*). */
export const Record = {
  lost: 2,
  comm: 3,
  exit: 4,
  throttle: 5,
  fork: 7,
  sample: 9,
  lostSamples: 13,
  switch: 14,
  switchCpuWide: 15,
  cgroup: 19,
  /** The last one of the kernel's that is known here. */
  lastOfKernel: 21,
  /** The first type that perf itself writes, not the kernel. */
  firstOfUser: 64,
  headerAttr: 64,
  tracingData: 66,
  finishedRound: 68,
  auxtrace: 71,
  headerFeature: 80,
  compressed: 81,
  compressed2: 83,
} as const;
export const RECORD_HEADER = 8;
/** Where the beginning ends that describes a recording. */
export const isData = (type: number): boolean => type === Record.sample || isCompressed(type);
export const isCompressed = (type: number): boolean => type === Record.compressed || type === Record.compressed2;
/** `misc` of a switch record: the task left the CPU. */
export const MISC_SWITCH_OUT = 1 << 13;
/** `misc` of a comm record: the change of name is an exec. */
export const MISC_COMM_EXEC = 1 << 13;

/** Byte offsets from the start of a record; -1 where the part is absent. */
export interface Layout {
  readonly id: number;
  readonly tid: number;
  readonly time: number;
  readonly cpu: number;
  /** Of the u32 size before the raw bytes, where no part of variable length comes before it. */
  readonly raw: number;
  /** Finds {@link raw} in a record whose parts before it vary in length; undefined where it is fixed. */
  readonly findRaw: ((view: DataView, record: number, end: number) => number) | undefined;
  /** Distances back from the end of a record that is no sample; 0 where absent. */
  readonly trailer: Trailer;
  /** Distance of the cgroup's id back from the end of a sample; 0 where it has none. */
  readonly cgroup: number;
}

/** What stands at the end of a record that is no sample, by distance back from its end; 0 where absent. */
export interface Trailer {
  readonly tid: number;
  readonly time: number;
  readonly cpu: number;
  readonly id: number;
  readonly bytes: number;
}

export function layoutOf(attr: Attr, little: boolean): Layout {
  const has = (bit: number): boolean => (attr.sampleType & bit) !== 0;
  let at = RECORD_HEADER;
  const part = (bit: number): number => (has(bit) ? (at += 8) - 8 : -1);
  const identifier = part(Sample.identifier);
  part(Sample.ip);
  const tid = part(Sample.tid);
  const time = part(Sample.time);
  part(Sample.addr);
  const id = part(Sample.id);
  part(Sample.streamId);
  const cpu = part(Sample.cpu);
  part(Sample.period);
  const fixed = at;
  const varies = has(Sample.read) || has(Sample.callchain);
  const findRaw = (view: DataView, record: number, end: number): number => {
    let raw = record + fixed;
    if (has(Sample.read)) {
      if (raw + 8 > end) return -1;
      raw += readBytesOf(attr.readFormat, Number(view.getBigUint64(raw, little)));
    }
    if (has(Sample.callchain)) {
      if (raw + 8 > end) return -1;
      raw += 8 + 8 * Number(view.getBigUint64(raw, little));
    }
    return raw + 4 <= end ? raw : -1;
  };
  return {
    id: identifier >= 0 ? identifier : id,
    tid,
    time,
    cpu,
    raw: has(Sample.raw) && !varies ? fixed : -1,
    findRaw: has(Sample.raw) && varies ? findRaw : undefined,
    trailer: trailerOf(attr, has),
    cgroup: cgroupBack(has),
  };
}

/** A cgroup's id comes after parts whose length is hard to know, and before few of a fixed one: it is found from the end. */
function cgroupBack(has: (bit: number) => boolean): number {
  if (!has(Sample.cgroup) || has(Sample.aux)) return 0;
  return 8 * [Sample.cgroup, Sample.dataPageSize, Sample.codePageSize].filter(has).length;
}

/** struct read_format: a group of values, or one. */
function readBytesOf(format: number, first: number): number {
  const has = (bit: number): number => ((format & bit) !== 0 ? 1 : 0);
  const totals = has(READ_TOTALS[0]) + has(READ_TOTALS[1]);
  const perValue = 1 + has(READ_ID) + has(READ_LOST);
  return 8 * ((format & READ_GROUP) !== 0 ? 1 + totals + first * perValue : totals + perValue);
}

/** With `sample_id_all` every record ends with {tid}{time}{id}{stream}{cpu}{identifier}. */
function trailerOf(attr: Attr, has: (bit: number) => boolean): Trailer {
  if (!attr.sampleIdAll) return { tid: 0, time: 0, cpu: 0, id: 0, bytes: 0 };
  let back = 0;
  const part = (bit: number): number => (has(bit) ? (back += 8) : 0);
  const identifier = part(Sample.identifier);
  const cpu = part(Sample.cpu);
  part(Sample.streamId);
  const id = part(Sample.id);
  const time = part(Sample.time);
  const tid = part(Sample.tid);
  return { tid, time, cpu, id: identifier > 0 ? identifier : id, bytes: back };
}
