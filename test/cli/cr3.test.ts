import { describe, expect, test } from 'vitest';
import { expectFailure, expectSuccess, run } from '../support/cli.ts';
import { fixturePath } from '../support/fixtures.ts';

const SETU = fixturePath('fx-setu.perf.data');

interface Answer {
  readonly schema: string;
  readonly version: number;
  readonly entries: readonly {
    readonly timeNs: number;
    readonly cpu: number;
    readonly pid: number;
    readonly raw: string;
    readonly half: string;
    readonly legal: boolean;
  }[];
  readonly summary: {
    readonly entries: number;
    readonly userHalf: number;
    readonly illegal: number;
    readonly shown: number;
  };
}
const ask = async (...args: readonly string[]): Promise<Answer> => {
  const ran = await run(['cr3', SETU, ...args, '--json']);
  expectSuccess(ran);
  return JSON.parse(ran.stdout) as Answer;
};

describe.concurrent('ptilab cr3', () => {
  test('has one value for each entry that the replay counts, all legal', async () => {
    const replayed = await run(['replay', SETU, '--policy', 'optout', '--json']);
    const [{ operations }] = (JSON.parse(replayed.stdout) as { lanes: { operations: { entries: number } }[] }).lanes;
    const { schema, version, entries, summary } = await ask();
    expect([schema, version]).toEqual(['ptilab.cr3', 1]);
    expect([entries.length, summary.entries, summary.illegal]).toEqual([operations.entries, operations.entries, 0]);
  });

  test('with isolation for all, all are on the user half: bits 12 and 11', async () => {
    const { entries, summary } = await ask('--policy', 'pti');
    expect(summary.userHalf).toBe(summary.entries);
    for (const { raw } of entries) expect(BigInt(raw) & 0x1800n).toBe(0x1800n);
  });

  test('without PCIDs the bits below 12 are 0', async () => {
    for (const { raw } of (await ask('--no-pcid')).entries) expect(BigInt(raw) & 0xfffn).toBe(0n);
  });

  test('its filters choose what is counted, --illegal only what is shown', async () => {
    const all = await ask();
    const [{ pid }] = all.entries;
    const [from, to] = [all.entries[10].timeNs, all.entries[50].timeNs];
    const some = await ask('--pid', String(pid), '--on-cpu', '0', '--from', `${from}ns`, '--to', `${to}ns`);
    expect(some.entries).toEqual(
      all.entries.filter((each) => each.pid === pid && each.cpu === 0 && each.timeNs >= from && each.timeNs <= to),
    );
    expect((await ask('--illegal')).summary).toMatchObject({ entries: all.summary.entries, shown: 0 });
  });

  test('the text has a line an entry and says what they come to', async () => {
    const ran = await run(['cr3', SETU]);
    expectSuccess(ran);
    const { summary } = await ask();
    const lines = ran.stdout.split('\n').filter((line) => line.includes('  0x0000000'));
    expect(lines).toHaveLength(summary.entries);
    expect(ran.stdout).toContain('; 0 illegal\n');
  });

  test('what has no switches cannot tell, and nothing is printed', async () => {
    const line = '   prog-417   (  417) [000] d....    1.000000: sys_enter: NR 39 (0, 0, 0, 0, 0, 0)\n';
    const ran = await run(['cr3', '-'], { input: new TextEncoder().encode(line) });
    expectFailure(ran, 4);
    expect(ran.stderr).toContain('switches of tasks');
  });

  test('a time that is none ends with 2', async () => expectFailure(await run(['cr3', SETU, '--from', '1h']), 2));
});
