/**
 * What strace writes, with `-f` and without, into a file (`-o`) or between the output of the program:
 *
 * ```
 * 11431 1795422439.906680 write(1, "a\n", 2 <unfinished ...>
 * 11431 1795422439.906780 <... write resumed>) = 2 <0.000100>
 * task  time              call                     result, duration (-T)
 * ```
 */
import type { Bytes } from '../../io/bytes.ts';
import { peek } from '../../io/peek.ts';
import { inputError, printable } from '../../errors.ts';
import { coverageOf, type Signal } from '../coverage.ts';
import { createHealth } from '../health.ts';
import { createStringTable } from '../strings.ts';
import { forEachLine } from '../text/lines.ts';
import type { Trace, TraceReader } from '../trace.ts';
import { headOf, isSummary, looksLikeStrace, type Head } from './strace/head.ts';
import { joinStrace } from './strace/join.ts';
import { Parser } from './strace/parser.ts';

const RECORD_WITH = 'strace -f -ttt -T -o FILE COMMAND';
const HEAD_BYTES = 64 * 1024;

export const strace: TraceReader = {
  id: 'strace',
  label: 'strace text',
  priority: 60,
  recordWith: RECORD_WITH,
  seeks: false,
  sniff: looksLikeStrace,
  join: joinStrace,
  async open(bytes, { strict }) {
    const { head, bytes: whole } = await peek(bytes, HEAD_BYTES);
    if (isSummary(head))
      throw inputError(
        'a summary of strace (-c), which holds no events',
        printable(bytes.name),
        `record the calls themselves: ${RECORD_WITH}`,
      );
    return open(whole, headOf(head), strict);
  },
};

function open(bytes: Bytes, { firstTid, commandTid }: Head, strict: boolean): Trace {
  const health = createHealth();
  const strings = createStringTable();
  const signals = new Set<Signal>();
  const state = { originNs: 0n, samples: 0 };
  const noteCut = (byte: number): void => {
    // A source that broke off says so itself.
    if (bytes.tear) return;
    if (strict)
      throw inputError(
        'the text breaks off inside a line',
        `${printable(bytes.name)} at byte ${byte}`,
        'copy it again, or leave out --strict',
      );
    health.count('truncated', { byte });
  };
  return {
    format: strace.id,
    get originNs() {
      return state.originNs;
    },
    host: {},
    recordsFlushes: false,
    get coverage() {
      if (signals.has('syscalls')) signals.add('credentials');
      return coverageOf(signals);
    },
    health,
    strings,
    commandPid: commandTid,
    recorderName: undefined,
    get samples() {
      return state.samples;
    },
    async readEvents(sink) {
      const parser = new Parser(firstTid, strings, health, signals, (batch, from, to) => {
        state.originNs = parser.clock.originNs ?? 0n;
        sink(batch, from, to);
      });
      const cut = await forEachLine(
        bytes,
        (data, from, to, place) => parser.line(data, from, to, place),
        (place) => health.count('damaged-record', { byte: place }),
      );
      parser.finish();
      state.samples = parser.samples;
      if (cut !== undefined) noteCut(cut);
      if (state.samples === 0)
        throw inputError('strace text without a call', printable(bytes.name), `record it with ${RECORD_WITH}`);
    },
  };
}
