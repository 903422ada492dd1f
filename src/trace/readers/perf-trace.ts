/**
 * The text of `perf trace`:
 *
 * ```
 *      0.035 ( 0.004 ms): ls/1234 openat(dfd: CWD, filename: 0x9b2a)                          = 3
 *      0.041 (         ): sh/1233 wait4(upid: -1)                                             ...
 *      0.000 ( 0.000 ms): ls/1234 minfault [_start+0x0] => 0x7ffc1b790329 (d.)
 * ```
 */
import type { Bytes } from '../../io/bytes.ts';
import { peek } from '../../io/peek.ts';
import { inputError, printable } from '../../errors.ts';
import { forEachLine } from '../text/lines.ts';
import { textTrace } from '../text/trace.ts';
import type { Trace, TraceReader } from '../trace.ts';
import { HEAD_BYTES, isSummary, isUntimed, looksLikePerfTrace, surveyHead, type Head } from './perf-trace/head.ts';
import { Parser } from './perf-trace/parser.ts';

const RECORD_WITH = 'perf trace -o FILE -F all -- COMMAND';

export const perfTrace: TraceReader = {
  id: 'perf-trace',
  label: 'text of perf trace',
  priority: 55,
  recordWith: RECORD_WITH,
  seeks: false,
  sniff: looksLikePerfTrace,
  async open(bytes, { strict }) {
    const { head, bytes: whole } = await peek(bytes, HEAD_BYTES);
    if (isSummary(head))
      throw inputError(
        'a summary of perf trace (-s), which holds no events',
        printable(bytes.name),
        `record the calls themselves: ${RECORD_WITH}`,
      );
    if (isUntimed(head))
      throw inputError(
        'text of perf trace without times',
        printable(bytes.name),
        `print them: perf config trace.show_timestamp=yes trace.show_duration=yes; ${RECORD_WITH}`,
      );
    return open(whole, surveyHead(head), strict);
  },
};

const open = (bytes: Bytes, head: Head, strict: boolean): Trace =>
  textTrace({
    format: perfTrace.id,
    label: perfTrace.label,
    recordWith: RECORD_WITH,
    bytes,
    strict,
    recordsFlushes: false,
    async read(state) {
      const parser = new Parser(state, head);
      const cut = await forEachLine(
        bytes,
        (data, from, to, place) => parser.line(data, from, to, place),
        (place) => state.health.count('damaged-record', { byte: place }),
      );
      parser.end();
      return cut;
    },
  });
