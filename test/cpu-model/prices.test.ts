import { describe, expect, test } from 'vitest';
import { PRICES, type Cpu, type PriceName } from '../../src/cpu-model/cpu.ts';
import { CPUS, findCpu } from '../../src/cpu-model/cpus/index.ts';
import { FOOTPRINTS } from '../../src/cpu-model/footprints.ts';
import { OPERATIONS, Op, OPERATION_COUNT } from '../../src/cpu-model/operations.ts';
import {
  addQuantities,
  componentOf,
  priceList,
  priceSettings,
  Quantity,
  QUANTITY_COUNT,
} from '../../src/cpu-model/prices.ts';

const silicon = CPUS.filter(({ kind }) => kind === 'silicon');
const cpu = (id: string): Cpu => findCpu(id)!;

describe.each(silicon)('$id', (each) => {
  const price = (name: PriceName) => each.prices?.[name];

  test('has a price for every operation that it can do', () => {
    const always: readonly PriceName[] = [
      'cr3WriteNoPcid',
      'cr3Read',
      'invlpg',
      'cr4PgeToggle',
      'ipiSend',
      'ipiReceive',
      'optTest',
      'optChange',
      'crossingRefill',
      'walk',
    ];
    const withPcid: readonly PriceName[] = ['cr3WriteKeep', 'cr3WriteFlush', 'crossingRest'];
    const withInvpcid: readonly PriceName[] = ['invpcidAddr', 'invpcidAll'];
    const expected = [...always, ...(each.pcid.value ? withPcid : []), ...(each.invpcid.value ? withInvpcid : [])];
    expect(PRICES.filter((name) => price(name) !== undefined).toSorted()).toEqual(expected.toSorted());
  });

  test('has a range round each price, in cycles, with a source', () => {
    for (const name of PRICES) {
      const found = price(name);
      if (!found) continue;
      expect(found.low, name).toBeLessThanOrEqual(found.value);
      expect(found.high, name).toBeGreaterThanOrEqual(found.value);
      expect(found.high, `${name} has no doubt`).toBeGreaterThan(found.low);
      expect(found.value, name).not.toBe(0);
      expect(found.unit).toBe('cycles');
      expect(found.source.length, name).toBeGreaterThan(5);
    }
  });

  test('has mids that add up exactly in any order: whole sixteenths', () => {
    for (const name of PRICES) expect(Number.isInteger((price(name)?.value ?? 0) * 16), name).toBe(true);
  });
});

test('a reference has no prices: an emulator has no cycles', () => {
  for (const { kind, prices } of CPUS) expect(prices === undefined).toBe(kind === 'reference');
});

test('footprints have a range and a source', () => {
  for (const { value, low, high, source } of Object.values(FOOTPRINTS)) {
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(source.length).toBeGreaterThan(20);
  }
});

describe('a round trip of the cheapest call', () => {
  /** What a system call pays under isolation: two writes, two reads, and what is left of a measured round trip. */
  const roundTrip = (id: string, pcid: boolean, guest: boolean): number => {
    const machine = { cpu: cpu(id), guest, kernelGlobal: false };
    const list = priceList(machine, priceSettings([machine.cpu]));
    const write = pcid ? Op.cr3WriteKeep : Op.cr3WriteNoPcid;
    const rest = pcid ? Quantity.crossings : Quantity.crossingsNoPcid;
    return 2 * (list[write]![0] + list[Op.cr3Read]![0] + list[rest]![0]);
  };

  // The measured adders that the prices come from: they must come out again.
  test.each([
    ['broadwell', true, false, 440, 450, 'bare E5-2667 v4'],
    ['broadwell', false, false, 700, 760, 'bare E5-2667 v4 without PCIDs'],
    ['haswell', true, false, 400, 540, 'i5-4250U, and FreeBSD'],
    ['skylake', true, false, 250, 382, 'two switches'],
    ['skylake-sp', true, true, 390, 430, 'KVM guests on Gold 6148 and 6161'],
    ['skylake-sp', false, true, 1030, 1220, 'the same without PCIDs'],
    ['sandybridge', true, false, 300, 560, 'E5-2650'],
    ['nehalem', false, false, 1085, 1370, 'W3580'],
  ])('on %s, PCIDs %s, guest %s costs what was measured: %d to %d', (id, pcid, guest, low, high) => {
    expect(roundTrip(id, pcid, guest)).toBeGreaterThanOrEqual(low);
    expect(roundTrip(id, pcid, guest)).toBeLessThanOrEqual(high);
  });
});

describe('quantities', () => {
  const counts = new Float64Array(OPERATION_COUNT);
  counts[Op.cr3WriteKeep] = 5;
  counts[Op.cr3WriteFlush] = 3;
  counts[Op.cr3WriteNoPcid] = 2;
  counts[Op.invlpg] = 7;
  const quantitiesOf = (crossing: boolean, kernelGlobal: boolean): Float64Array => {
    const to = new Float64Array(QUANTITY_COUNT);
    addQuantities(to, (op) => counts[op], crossing, kernelGlobal);
    return to;
  };
  const beyond = (to: Float64Array): readonly number[] => [...to.subarray(OPERATION_COUNT)];

  test('keep every operation as it is', () => {
    expect([...quantitiesOf(true, false).subarray(0, OPERATION_COUNT)]).toEqual([...counts]);
  });

  test('of crossings count writes by whether there are PCIDs', () => {
    expect(beyond(quantitiesOf(true, false))).toEqual([8, 2, 0, 0]);
  });

  test('of switches and flushes count what the kernel loses where its pages are not global', () => {
    expect(beyond(quantitiesOf(false, false))).toEqual([0, 0, 3, 2]);
    expect(beyond(quantitiesOf(false, true))).toEqual([0, 0, 0, 0]);
  });
});

test('a guest multiplies walks and interrupts between processors, and nothing else', () => {
  const { skylake } = { skylake: cpu('skylake') };
  const settings = priceSettings([skylake]);
  const [bare, guest] = [false, true].map((inGuest) =>
    priceList({ cpu: skylake, guest: inGuest, kernelGlobal: false }, settings),
  );
  const ratios = new Map<number, number>();
  bare.forEach((each, quantity) => {
    const ratio = (guest[quantity]?.[0] ?? 0) / (each?.[0] ?? 1);
    if (each && ratio !== 1) ratios.set(quantity, ratio);
  });
  const walks = FOOTPRINTS.guestWalk.value;
  const interrupts = FOOTPRINTS.guestIpi.value;
  expect(ratios).toEqual(
    new Map([
      [Op.ipiSend, interrupts],
      [Op.ipiReceive, interrupts],
      [Quantity.crossingsNoPcid, walks],
      [Quantity.kernelFlushes, walks],
      [Quantity.kernelSegments, walks],
    ]),
  );
});

test('every operation but the way in and out has a component', () => {
  const without = OPERATIONS.filter((_, operation) => componentOf(operation) === undefined);
  expect(without).toEqual(['entries', 'exits']);
});
