/** What every trace that is a text has alike: it shows only while it is read what it covers, and it may break off inside a line. */
import type { Bytes } from '../../io/bytes.ts';
import { inputError, printable } from '../../errors.ts';
import { coverageOf, type Signal } from '../coverage.ts';
import type { EventSink } from '../event.ts';
import { createHealth, type Health } from '../health.ts';
import { createStringTable, type StringTable } from '../strings.ts';
import type { HostFacts, OpenOptions, Trace } from '../trace.ts';
import { TextRows } from './rows.ts';

/** What reading fills. */
export interface TextState {
  readonly health: Health;
  readonly strings: StringTable;
  /** What the recording can show, by the events seen so far. */
  readonly signals: Set<Signal>;
  readonly rows: TextRows;
}

export interface TextSource extends OpenOptions {
  readonly format: string;
  /** What to call it in messages. */
  readonly label: string;
  readonly recordWith: string;
  readonly bytes: Bytes;
  readonly recordsFlushes: boolean;
  readonly host?: HostFacts;
  readonly commandPid?: number | undefined;
  readonly recorderName?: string | undefined;
  /** Reads the whole text into rows; resolves with the place of a last line that is not whole. */
  read(state: TextState, sink: EventSink): Promise<number | undefined>;
}

export function textTrace(source: TextSource): Trace {
  const { bytes, strict } = source;
  const health = createHealth();
  const strings = createStringTable();
  const signals = new Set<Signal>();
  const rows = new TextRows(health);
  const where = printable(bytes.name);
  const noteCut = (byte: number): void => {
    // A source that broke off says so itself.
    if (bytes.tear) return;
    if (strict)
      throw inputError(
        'the text breaks off inside a line',
        `${where} at byte ${byte}`,
        'copy it again, or leave out --strict',
      );
    health.count('truncated', { byte });
  };
  return {
    format: source.format,
    get originNs() {
      return rows.originNs ?? 0n;
    },
    host: source.host ?? {},
    recordsFlushes: source.recordsFlushes,
    get coverage() {
      if (signals.has('syscalls')) signals.add('credentials');
      return coverageOf(signals);
    },
    health,
    strings,
    commandPid: source.commandPid,
    recorderName: source.recorderName,
    get samples() {
      return rows.samples;
    },
    async readEvents(sink) {
      rows.begin(sink);
      const cut = await source.read({ health, strings, signals, rows }, sink);
      rows.finish();
      if (cut !== undefined) noteCut(cut);
      if (rows.kept === 0)
        throw inputError(
          `${source.label} without an event the model can use`,
          where,
          `record it with ${source.recordWith}`,
        );
    },
  };
}
