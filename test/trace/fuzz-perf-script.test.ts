import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf } from '../../src/io/memory.ts';
import { perfScript } from '../../src/trace/readers/perf-script.ts';
import { damageOf, damaged, fuzz, survives } from '../support/damage.ts';
import { eventsOf } from '../support/events.ts';
import { fixture } from '../support/fixtures.ts';
import { openBytes } from '../support/replay.ts';
import { endless } from '../support/endless.ts';

const FILE = fixture('fx-shoot.perf-script-ns-pidtid.txt').subarray(0, 40_000);

test('damage gives an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(damageOf(FILE.length, fc.nat({ max: 3_000 })), async (damage) => {
      seen.add(await survives(damaged(FILE, damage)));
    }),
    fuzz(5),
  );
  expect([...seen]).toContain('answer');
});

/** Pieces that lines are made of, good ones and others. */
const PIECE = fc.constantFrom(
  ...[
    '            bash',
    ' ',
    '417',
    '/417',
    '[001]',
    '[',
    ']',
    '1592.112604:',
    '1592.',
    '999999999999999999999',
    '\t',
    '\n',
  ],
  ...[
    'raw_syscalls:sys_enter:',
    'raw_syscalls:sys_exit: NR 1 = ',
    'NR',
    '(',
    '-',
    '0x',
    'ffffffffffffffffff',
    ', ',
    '\0',
  ],
  ...[
    'sched:sched_switch: ',
    'prev_comm=',
    ' prev_pid=',
    ' ==> ',
    'next_pid=',
    ' [120] ',
    ':',
    'tlb:tlb_flush: pages:',
  ],
  ...['PERF_RECORD_FORK(', 'PERF_RECORD_COMM: ', 'PERF_RECORD_LOST lost ', '# event : name = ', '# cmdline : ', '):('],
  ...['exceptions:page_fault_user: address=', ' ip=', ' error_code=', 'filename=', ' pid=', ' old_pid='],
);

test('lines made of any pieces give an answer or a clear refusal', { timeout: 120_000 }, async () => {
  const good = new TextDecoder().decode(FILE).split('\n', 3).join('\n');
  await fc.assert(
    fc.asyncProperty(fc.array(PIECE, { maxLength: 60 }), async (pieces) => {
      await survives(new TextEncoder().encode(`${good}\n${pieces.join('')}\n`));
    }),
    fuzz(6),
  );
});

test('a line of a gigabyte is passed over and counted, in little memory', { timeout: 60_000 }, async () => {
  const [first, last] = [FILE.subarray(0, FILE.indexOf(10) + 1), FILE.subarray(0, FILE.indexOf(10) + 1)];
  const source = endless(first, 1024 * 1024, 1024, Buffer.concat([Buffer.from('\n'), last]));
  const before = process.memoryUsage().arrayBuffers;
  const trace = await perfScript.open(source.bytes, { strict: true });
  expect(await eventsOf(trace)).toHaveLength(2);
  expect(trace.health.entries().map(({ key, count }) => [key, count])).toEqual([['damaged-record', 1]]);
  expect(source.handedOut()).toBeGreaterThan(2 ** 30);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
});

test('text of any bytes is read in pieces as it is as a whole', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(PIECE, { maxLength: 40 }), fc.integer({ min: 1, max: 64 }), async (pieces, size) => {
      const text = Buffer.concat([FILE.subarray(0, FILE.indexOf(10) + 1), Buffer.from(`${pieces.join('')}\n`)]);
      const trace = await perfScript.open(bytesOf(text, 'pieces', size), { strict: false });
      expect(await eventsOf(trace)).toEqual(await eventsOf(await openBytes(text)));
    }),
    fuzz(7),
  );
});
