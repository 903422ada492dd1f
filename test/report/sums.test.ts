import { describe, expect, test } from 'vitest';
import { FIXTURES } from '../support/fixtures.ts';
import { replayFile } from '../support/replay.ts';
import { REQUESTS, sums, writtenResult } from '../support/result.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();

describe.each(REQUESTS)('%s', async (_what, file, request) => {
  const { json, table } = await writtenResult(temporary, file, request);
  const laneNames = json.lanes.map(({ lane }) => lane);

  test('the ledger adds up to the operations of each lane', () => {
    const found = sums(table('ledger').rows, ({ lane, operation }) => `${lane} ${operation}`, 'count');
    const expected = json.lanes.flatMap(({ lane, operations }) =>
      Object.entries(operations)
        .filter(([, count]) => count > 0)
        .map(([operation, count]): [string, number] => [`${lane} ${operation}`, count]),
    );
    expect(expected.length).toBeGreaterThan(0);
    expect([...found].sort()).toEqual(expected.sort());
  });

  test('the ledger has a row once, and none that is empty', () => {
    const { rows } = table('ledger');
    const keys = rows.map(({ lane, process, cause, operation }) => [lane, process, cause, operation].join(' '));
    expect(new Set(keys).size).toBe(keys.length);
    expect(rows.filter(({ count }) => Number(count) <= 0)).toEqual([]);
  });

  test('the ledger knows only processes of the table and causes of the contract', () => {
    const processes = new Set(table('processes').rows.map(({ process }) => process));
    const cause =
      /^(syscall:-?\d+|fault|irq:\d+|device-irq|nmi|exception:\d+|switch|exec|exit|flush:\w+|transition|unrecorded)$/;
    for (const row of table('ledger').rows) {
      expect(processes).toContain(row['process']);
      expect(row['cause']).toMatch(cause);
    }
  });

  test('the four kinds of CR3 writes add up to the three operations', () => {
    for (const lane of json.lanes) {
      const kinds = lane.crossingCr3Writes + lane.switchCr3Writes + lane.flushCr3Writes + lane.otherCr3Writes;
      const { cr3WriteKeep, cr3WriteFlush, cr3WriteNoPcid } = lane.operations;
      expect(kinds, lane.lane).toBe(cr3WriteKeep + cr3WriteFlush + cr3WriteNoPcid);
    }
  });

  test('writes without PCIDs are those of lanes without PCIDs', () => {
    for (const { pcid, operations } of json.lanes) {
      if (pcid) expect(operations.cr3WriteNoPcid).toBe(0);
      else expect(operations.cr3WriteKeep + operations.cr3WriteFlush).toBe(0);
    }
  });

  test('the syscalls of each lane are those of the recording', () => {
    const { rows } = table('syscalls');
    for (const lane of laneNames) {
      const calls = rows.filter((row) => row['lane'] === lane).map(({ nr, calls }) => [String(nr), calls]);
      expect(Object.fromEntries(calls)).toEqual(json.totals.syscallCounts);
    }
    expect(rows).toHaveLength(laneNames.length * Object.keys(json.totals.syscallCounts).length);
  });

  test('health is that of the JSON', () => {
    const rows = table('health').rows.map(({ key, severity, count, firstNs, firstByte }) => ({
      key,
      severity,
      count,
      first: { ...(firstNs !== null && { ns: firstNs }), ...(firstByte !== null && { byte: firstByte }) },
    }));
    expect(rows).toEqual(json.trace.health);
  });
});

test.each(FIXTURES)('the calls by number of $name add up to its syscalls', async ({ path }) => {
  const { totals } = (await replayFile(path)).result;
  expect(Object.values(totals.syscallCounts).reduce((a, b) => a + b, 0)).toBe(totals.syscalls);
});
