/** The model's decision at each switch beside the one that the recorded kernel logged, flush requests taken from the record. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSource } from '../../src/cli/source.ts';
import { openTrace } from '../../src/pipeline.ts';
import { replayTrace } from '../../src/replay/engine.ts';
import { kernelOf } from '../../src/replay/kernels.ts';
import { Lane } from '../../src/replay/lane.ts';
import { RECORDED } from '../../src/replay/machine.ts';
import { findPolicy } from '../../src/replay/policies/index.ts';
import { CORPUS } from '../support/corpus.ts';

interface Agreement {
  keeps: number;
  keepsAgreed: number;
  flushes: number;
  flushesAgreed: number;
  recordedWrites: number;
  simulatedWrites: number;
}

/** Pairs each logged decision with the model's on the same CPU for the same mm; the first for each such pair is left out. */
async function agreementIn(path: string): Promise<Agreement> {
  const opened = await openSource([path], {});
  const found: Agreement = {
    keeps: 0,
    keepsAgreed: 0,
    flushes: 0,
    flushesAgreed: 0,
    recordedWrites: 0,
    simulatedWrites: 0,
  };
  try {
    const trace = await openTrace(opened.source, {});
    const machine = { pcid: true, invpcid: true, invpcidAll: true, kernel: kernelOf('6.13')!, deepIdleNs: undefined };
    const nopti = findPolicy('nopti')!;
    const recorded = new Lane(nopti, machine, RECORDED);
    const simulated = new Lane(nopti, machine, { switches: 'simulated', flushes: 'recorded' });
    const last = new Map<number, { readonly mm: number; readonly flushed: boolean }>();
    const seen = new Set<string>();
    simulated.mmu.onLoad = ({ cpu, mm, flushed }) => last.set(cpu, { mm: mm.id, flushed });
    recorded.mmu.onLoad = ({ cpu, mm, flushed, decidedBy }) => {
      const model = last.get(cpu);
      last.delete(cpu);
      if (decidedBy === 'simulated' || model?.mm !== mm.id) return;
      const pair = `${cpu} ${mm.id}`;
      if (!seen.has(pair)) {
        seen.add(pair);
        return;
      }
      const agreed = model.flushed === flushed ? 1 : 0;
      found[flushed ? 'flushes' : 'keeps']++;
      found[flushed ? 'flushesAgreed' : 'keepsAgreed'] += agreed;
    };
    await replayTrace(trace, [simulated, recorded], { optOut: [], optIn: [] });
    found.recordedWrites = recorded.sums.switch;
    found.simulatedWrites = simulated.sums.switch;
  } finally {
    await opened.close();
  }
  return found;
}

const folder = CORPUS;
const recordings =
  folder === undefined
    ? []
    : readdirSync(folder).filter((name) => name.endsWith('.perf.data.zst') && !name.startsWith('kbuild-lib'));

describe.skipIf(folder === undefined)('decisions at switches', () => {
  test('in kbuild-lib: 95 % of the keeps and 90 % of the flushes, the writes within 2 %', async () => {
    const { keeps, keepsAgreed, flushes, flushesAgreed, recordedWrites, simulatedWrites } = await agreementIn(
      join(folder!, 'kbuild-lib.perf.data.zst'),
    );
    expect(keepsAgreed / keeps).toBeGreaterThanOrEqual(0.95);
    expect(flushesAgreed / flushes).toBeGreaterThanOrEqual(0.9);
    expect(Math.abs(simulatedWrites - recordedWrites) / recordedWrites).toBeLessThanOrEqual(0.02);
  });

  test('in setuid the writes are within 5 %', async () => {
    const { recordedWrites, simulatedWrites } = await agreementIn(join(folder!, 'setuid.perf.data.zst'));
    expect(Math.abs(simulatedWrites - recordedWrites) / recordedWrites).toBeLessThanOrEqual(0.05);
  });

  test('in all other recordings together: 95 % of the keeps and 90 % of the flushes', async () => {
    const all = { keeps: 0, keepsAgreed: 0, flushes: 0, flushesAgreed: 0 };
    for (const name of recordings) {
      const one = await agreementIn(join(folder!, name));
      for (const key of Object.keys(all) as (keyof typeof all)[]) all[key] += one[key];
    }
    expect(all.keepsAgreed / all.keeps).toBeGreaterThanOrEqual(0.95);
    expect(all.flushesAgreed / all.flushes).toBeGreaterThanOrEqual(0.9);
  });
});
