import { describe, expect, test } from 'vitest';
import { traceOf } from '../recording.ts';
import { replayScript } from '../script.ts';
import { tlbScript, type TlbScript } from './tlb-script.ts';

describe('lanes that do not agree with the recorder in PCIDs', () => {
  const script = (): TlbScript =>
    tlbScript().call(10, 'getpid').switch(10, 20).tlb(0, -1).switch(20, 10).tlb(0, -1).tlb(3, 9).tlb(3, -1);

  test('decide themselves: 2 switches, 2 writes, and no flush of the record', async () => {
    const run = await replayScript({ ...traceOf(script()), recordsFlushes: true }, { pcid: false });
    expect(run.of('nopti')).toMatchObject({ cr3WriteNoPcid: 2, cr3Read: 0, invlpg: 0 });
  });

  test('and those that do follow it: 3 writes that flush, 1 read, 9 INVLPG', async () => {
    const run = await replayScript({ ...traceOf(script()), recordsFlushes: true });
    expect(run.of('nopti')).toMatchObject({ cr3WriteFlush: 3, cr3WriteKeep: 0, cr3Read: 1, invlpg: 9 });
  });

  test('of a recorder without PCIDs, those with PCIDs decide themselves: 1 flush + 1 keep', async () => {
    const trace = traceOf(script());
    const run = await replayScript({ ...trace, host: { pcid: false }, recordsFlushes: true });
    expect(run.of('nopti')).toMatchObject({ cr3WriteFlush: 1, cr3WriteKeep: 1, cr3Read: 0, invlpg: 0 });
  });
});
