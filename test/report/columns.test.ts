import { describe, expect, test } from 'vitest';
import { tableFromIPC } from 'apache-arrow';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/temporary.ts';
import { REQUESTS, writtenResult } from '../support/result.ts';

const temporary = temporaryFolder();

/** The tables of the contract. */
const COLUMNS: Readonly<Record<string, string>> = {
  processes:
    'lane Categorical, process Int32, scope Categorical, pid Int32, parent Int32, comm Categorical, exe Categorical, ' +
    'cgroup Categorical, startNs Int64, endNs Int64, onCpuNs Int64, crossings Int64, stateAtEnd Categorical, ' +
    'addedCyclesLow Float64, addedCyclesMid Float64, addedCyclesHigh Float64',
  ledger: 'lane Categorical, process Int32, cause Categorical, operation Categorical, count Int64',
  costs:
    'lane Categorical, process Int32, cause Categorical, component Categorical, cyclesLow Float64, cyclesMid Float64, ' +
    'cyclesHigh Float64',
  syscalls:
    'lane Categorical, nr Int32, name Categorical, calls Int64, kernelNs Int64, addedCyclesLow Float64, ' +
    'addedCyclesMid Float64, addedCyclesHigh Float64',
  timeline:
    'lane Categorical, cpu Int32, startNs Int64, lengthNs Int64, crossings Int64, switches Int64, flushes Int64, ' +
    'addedCyclesMid Float64',
  transitions:
    'lane Categorical, timeNs Int64, process Int32, tid Int32, event Categorical, rule Categorical, from Categorical, ' +
    'to Categorical',
  health: 'key Categorical, severity Categorical, count Int64, firstNs Int64, firstByte Int64, text Categorical',
};

const LANE_COLUMNS = ['lane', 'policy', 'cpu', 'kernel', 'virt', 'pcid', 'invpcid', 'ghz'];

/** Numbers of a JSON value by their names, joined by dots. */
function numbersOf(value: unknown, name = ''): readonly (readonly [name: string, value: number])[] {
  if (typeof value === 'number') return [[name, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => numbersOf(each, name === '' ? key : `${name}.${key}`));
}

const { files, folder, json, table } = await writtenResult(temporary, 'fx-setu.perf.data', {});
const tables = files.filter((file) => file.endsWith('.arrow')).map((file) => file.replace('.arrow', ''));

test('a result has its tables and a manifest', () => {
  expect(tables).toEqual(expect.arrayContaining(['health', 'lanes', 'ledger', 'processes', 'syscalls', 'transitions']));
  expect(files).toContain('manifest.json');
});

test.each(tables.filter((name) => name !== 'lanes'))(
  'another program finds the columns of %s with their types',
  (name) => {
    const { columns } = table(name);
    expect(columns.map(([column, type]) => `${column} ${type}`).join(', ')).toBe(COLUMNS[name]);
  },
);

test.each(tables)('%s says what it is, and in which version', (name) => {
  const { metadata } = tableFromIPC(readFileSync(join(folder, `${name}.arrow`))).schema;
  expect(metadata.get('schema')).toBe(`ptilab.${name}`);
  expect(Number(metadata.get('version'))).toBeGreaterThanOrEqual(1);
});

test('the manifest lists exactly the tables that are there', () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    readonly tables: readonly { readonly file: string; readonly schema: string; readonly version: number }[];
  };
  expect(manifest.tables.map(({ file }) => file).sort()).toEqual(tables.map((name) => `${name}.arrow`));
  for (const { file, schema } of manifest.tables) expect(`${schema}.arrow`).toBe(`ptilab.${file}`);
});

test('the manifest names the input with its hash, the command, the host and the lanes', () => {
  expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).toMatchObject({
    schema: 'ptilab.result',
    version: 1,
    model: json.model,
    commandLine: ['replay', 'fx-setu.perf.data'],
    inputs: [{ format: 'perf.data', bytes: json.trace.files[0].bytes, sha256: json.trace.files[0].sha256 }],
    host: { arch: 'x86_64' },
    lanes: ['nopti', 'pti', 'optout'],
  });
});

describe.each(REQUESTS)('lanes of %s', (_what, file, request) => {
  test('have a row each, in order, with every number of the JSON', async () => {
    const result = await writtenResult(temporary, file, request);
    const { columns, rows } = result.table('lanes');
    expect(columns.map(([name]) => name)).toEqual(expect.arrayContaining(LANE_COLUMNS));
    expect(rows).toHaveLength(result.json.lanes.length);
    result.json.lanes.forEach((lane, i) => {
      const { policy, cpu, kernel, virt, pcid, invpcid } = lane;
      expect(rows[i]).toMatchObject({ lane: lane.lane, policy, cpu, kernel, virt, pcid, invpcid });
      const numbers = numbersOf(lane);
      expect(numbers.length).toBeGreaterThan(15);
      for (const [name, value] of numbers) expect(rows[i][name], name).toBe(value);
    });
  });

  test('have counts as integers and all else as floats', async () => {
    const { columns } = (await writtenResult(temporary, file, request)).table('lanes');
    for (const [name, type] of columns) {
      if (/^(operations|tlb)\.|Cr3/.test(name)) expect(`${name} ${type}`).toBe(`${name} Int64`);
      if (/\.(low|mid|high)$/.test(name)) expect(`${name} ${type}`).toBe(`${name} Float64`);
    }
  });
});
