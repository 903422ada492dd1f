import { describe, expect, test } from 'vitest';
import type { Row } from '../support/polars.ts';
import { REQUESTS, sums, writtenResult } from '../support/result.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();

describe.each(REQUESTS)('%s', async (_what, file, request) => {
  const { json, table } = await writtenResult(temporary, file, request);
  const { rows } = table('processes');
  const laneNames = json.lanes.map(({ lane }) => lane);
  const ofLane = (lane: string): readonly Row[] => rows.filter((row) => row['lane'] === lane);

  test('each lane has the same processes, numbered without gaps', () => {
    const first = ofLane(laneNames[0]);
    expect(first.map(({ process }) => process)).toEqual(first.map((_, i) => i));
    const facts = ({ process, pid, parent, comm, exe, scope, startNs, endNs, onCpuNs }: Row): unknown[] => [
      ...[process, pid, parent, comm, exe, scope, startNs, endNs, onCpuNs],
    ];
    for (const lane of laneNames) expect(ofLane(lane).map(facts)).toEqual(first.map(facts));
    expect(rows).toHaveLength(laneNames.length * first.length);
  });

  test('process 0 is the kernel, and no other is', () => {
    const kernel = ofLane(laneNames[0]).filter(({ scope }) => scope === 'kernel');
    expect(kernel).toMatchObject([{ process: 0, pid: 0, crossings: 0 }]);
  });

  test('a parent was born before its child', () => {
    for (const row of rows) if (row['parent'] !== null) expect(row['parent']).toBeLessThan(Number(row['process']));
  });

  test('a process ends after it began, within the recording', () => {
    for (const { startNs, endNs } of rows) {
      expect(startNs).toBeGreaterThanOrEqual(0);
      if (endNs !== null) expect(endNs).toBeGreaterThanOrEqual(Number(startNs));
      expect(Number(endNs ?? startNs)).toBeLessThanOrEqual(json.trace.durationNs);
    }
  });

  test('crossings add up to entries and exits of the lane', () => {
    const found = sums(rows, ({ lane }) => String(lane), 'crossings');
    for (const { lane, operations } of json.lanes) expect(found.get(lane)).toBe(operations.entries + operations.exits);
  });

  test('the time on the CPU adds up to that of each scope', () => {
    const found = sums(ofLane(laneNames[0]), ({ scope }) => String(scope), 'onCpuNs');
    const { processes, onCpuNs, bystanderNs, recorderNs } = json.trace.scope;
    expect([found.get('measured'), found.get('bystander') ?? 0, found.get('recorder') ?? 0]).toEqual([
      onCpuNs,
      bystanderNs,
      recorderNs,
    ]);
    expect(ofLane(laneNames[0]).filter(({ scope }) => scope === 'measured')).toHaveLength(processes);
  });

  test('the processes of the JSON are the measured ones, those that isolation costs most first', () => {
    const byIndex = new Map(ofLane(laneNames[0]).map((row) => [row['process'], row]));
    expect(json.processes).toHaveLength(Math.min(50, json.trace.scope.processes));
    for (const { process, pid, comm, exe, crossings } of json.processes)
      expect(byIndex.get(process)).toMatchObject({ scope: 'measured', pid, comm, exe, crossings });
    const paying = json.lanes.find(({ policy }) => policy === 'pti')!.lane;
    const added = new Map(
      ofLane(paying).map((row) => [row['process'], Number(row['addedCyclesMid'] ?? row['crossings'])]),
    );
    const costs = json.processes.map(({ process }) => added.get(process)!);
    expect(costs).toEqual([...costs].sort((a, b) => b - a));
  });

  test('a state is one of the words of the simulated status line', () => {
    const words = ['off (boot)', 'on', 'on (shared mm)', 'off (opted out)'];
    for (const { stateAtEnd } of rows) expect(words).toContain(stateAtEnd);
  });

  describe('a transition', () => {
    const transitions = table('transitions').rows;
    const byLane = new Map(json.lanes.map((lane) => [lane.lane, lane]));
    const processes = ofLane(laneNames[0]);

    test('leads from a state to another one', () => {
      for (const { from, to } of transitions) expect(from).not.toBe(to);
    });

    test('happens in a lane with an opt-out, to a process of the table', () => {
      expect(transitions.length).toBeGreaterThan(0);
      for (const { lane, process } of transitions) {
        expect(['optout', 'hansen-2018']).toContain(byLane.get(String(lane))?.policy);
        expect(processes[Number(process)]).toBeDefined();
        expect(process).not.toBe(0);
      }
    });

    test('goes on from where the one before it ended, and the last gives the state at the end', () => {
      const states = new Map<string, string>();
      for (const { lane, process, from, to } of transitions) {
        const key = `${lane} ${process}`;
        expect(from, key).toBe(states.get(key) ?? 'on');
        states.set(key, String(to));
      }
      for (const { lane, process, stateAtEnd } of rows) {
        const last = states.get(`${lane} ${process}`);
        if (last !== undefined) expect(stateAtEnd, `${lane} ${process}`).toBe(last);
      }
    });

    test('comes in the order of time within its lane', () => {
      for (const lane of laneNames) {
        const times = transitions.filter((row) => row['lane'] === lane).map(({ timeNs }) => Number(timeNs));
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }
    });
  });
});
