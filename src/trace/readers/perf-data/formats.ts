/**
 * The tracepoint formats that perf stores in a recording (feature TRACING_DATA): the tracefs `format` file of each event, so
 * that field offsets come from the kernel that recorded and never from memory.
 */
import { cString } from './features.ts';

export interface Field {
  readonly offset: number;
  readonly size: number;
  /** The bytes hold the place of the text (`__data_loc`), not the text. */
  readonly dataLoc: boolean;
}

export interface EventFormat {
  /** `system:name`. */
  readonly name: string;
  readonly id: number;
  readonly fields: ReadonlyMap<string, Field>;
}

/** By tracepoint id. */
export type Formats = ReadonlyMap<number, EventFormat>;

const MOST_FORMATS = 65_536;

/** Formats by tracepoint id. Undefined where the section is not what it says. */
export function parseTracingData(section: Uint8Array, little = true): Formats | undefined {
  try {
    return parse(section, little);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function parse(section: Uint8Array, little: boolean): Formats | undefined {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  let at = 0;
  const u32 = (): number => view.getUint32((at += 4) - 4, little);
  const take = (length: number): Uint8Array => {
    if (length > section.length - at) throw new RangeError('past the end');
    return section.subarray((at += length) - length, at);
  };
  const sized = (): Uint8Array => take(Number(view.getBigUint64((at += 8) - 8, little)));
  const text = (): string => {
    const nul = section.indexOf(0, at);
    if (nul < 0) throw new RangeError('past the end');
    const value = cString(section.subarray(at, nul + 1));
    at = nul + 1;
    return value;
  };

  // 17 08 44 "tracing", version, endianness, size of long, page size.
  if (cString(take(10)).slice(3) !== 'tracing') return undefined;
  text();
  const bigEndian = take(1)[0];
  const longBytes = take(1)[0];
  if (bigEndian !== (little ? 0 : 1) || longBytes !== 8) return undefined;
  u32();
  for (let i = 0; i < 2; i++) {
    text();
    sized();
  }
  for (let n = u32(); n > 0; n--) sized();
  const formats = new Map<number, EventFormat>();
  for (let systems = u32(); systems > 0; systems--) {
    const system = text();
    for (let events = u32(); events > 0; events--) {
      const format = parseFormat(system, cString(sized()));
      if (format && formats.size < MOST_FORMATS) formats.set(format.id, format);
    }
  }
  return formats;
}

const FIELD =
  /^\s*field:(?<type>[^;]*?)\s*(?<name>[A-Za-z_]\w*)(?:\[[^\]]*\])?;\s*offset:(?<offset>\d+);\s*size:(?<size>\d+);/;

/** One tracefs `format` text: `name:`, `ID:`, then a line a field. */
export function parseFormat(system: string, text: string): EventFormat | undefined {
  const name = /^name:\s*(\S+)/m.exec(text)?.[1];
  const id = /^ID:\s*(\d+)/m.exec(text)?.[1];
  if (name === undefined || id === undefined) return undefined;
  const fields = new Map<string, Field>();
  for (const line of text.split('\n')) {
    const match = FIELD.exec(line)?.groups;
    if (!match) continue;
    const { type = '', name: field = '', offset, size } = match;
    fields.set(field, { offset: Number(offset), size: Number(size), dataLoc: type.startsWith('__data_loc') });
  }
  return { name: `${system}:${name}`, id: Number(id), fields };
}
