/**
 * What operations cost. A CPU file holds prices; quantities are counts of operations and of what follows from them; a price list
 * for one machine says what one of each quantity costs at every setting of the variables.
 */
import { PRICES, type Cpu, type PriceName, type Sourced } from './cpu.ts';
import { FOOTPRINTS, type FootprintName, type Footprints } from './footprints.ts';
import { settingsOf, type Moved, type Settings, type Variable } from './intervals.ts';
import { Op, OPERATION_COUNT, OPERATIONS } from './operations.ts';

/** Components of cycles, the same in every lane. */
export const COMPONENTS = ['cr3', 'refill', 'flush', 'shootdown', 'test', 'other'] as const;
export type Component = (typeof COMPONENTS)[number];

/** Quantities beyond the operations of the ledger, counted from them. */
export const Quantity = {
  /** CR3 writes of crossings, with PCIDs. */
  crossings: OPERATION_COUNT,
  /** The same without PCIDs. */
  crossingsNoPcid: OPERATION_COUNT + 1,
  /** Writes beside crossings that flush the kernel's PCID, where its pages are not global. */
  kernelFlushes: OPERATION_COUNT + 2,
  /** Writes beside crossings without PCIDs, where the kernel's pages are not global: what it then touches again. */
  kernelSegments: OPERATION_COUNT + 3,
} as const;
export const QUANTITY_COUNT = OPERATION_COUNT + 4;

/** What of a lane decides which quantities its operations make and what they cost. */
export interface PricedMachine {
  readonly cpu: Cpu;
  readonly guest: boolean;
  /** Kernel pages are in the TLB as global entries: without isolation. */
  readonly kernelGlobal: boolean;
}

/**
 * Counts of operations as quantities.
 *
 * @param ops - by operation
 * @param crossing - the operations belong to crossings, not to switches and flushes
 */
export function addQuantities(
  to: Float64Array,
  ops: (operation: number) => number,
  crossing: boolean,
  kernelGlobal: boolean,
): void {
  for (let op = 0; op < OPERATION_COUNT; op++) to[op] += ops(op);
  if (crossing) {
    to[Quantity.crossings] += ops(Op.cr3WriteKeep) + ops(Op.cr3WriteFlush);
    to[Quantity.crossingsNoPcid] += ops(Op.cr3WriteNoPcid);
  } else if (!kernelGlobal) {
    to[Quantity.kernelFlushes] += ops(Op.cr3WriteFlush);
    to[Quantity.kernelSegments] += ops(Op.cr3WriteNoPcid);
  }
}

/** What one of a quantity costs: a product of prices and footprints. */
interface Term {
  readonly quantity: number;
  readonly component: Component;
  readonly price: PriceName;
  readonly times?: FootprintName;
  /** A further factor in a guest. */
  readonly inGuest?: FootprintName;
}

const operation = (name: PriceName & keyof typeof Op, component: Component): Term => ({
  quantity: Op[name],
  component,
  price: name,
});

/** Entries and exits have no price: what they cost without isolation is in the baseline, the same in every lane. */
const TERMS: readonly Term[] = [
  operation('cr3WriteKeep', 'cr3'),
  operation('cr3WriteFlush', 'cr3'),
  operation('cr3WriteNoPcid', 'cr3'),
  operation('cr3Read', 'cr3'),
  operation('invlpg', 'flush'),
  operation('invpcidAddr', 'flush'),
  operation('invpcidAll', 'flush'),
  operation('cr4PgeToggle', 'flush'),
  { ...operation('ipiSend', 'shootdown'), inGuest: 'guestIpi' },
  { ...operation('ipiReceive', 'shootdown'), inGuest: 'guestIpi' },
  operation('optTest', 'test'),
  operation('optChange', 'other'),
  { quantity: Quantity.crossings, component: 'other', price: 'crossingRest' },
  { quantity: Quantity.crossingsNoPcid, component: 'refill', price: 'crossingRefill', inGuest: 'guestWalk' },
  {
    quantity: Quantity.kernelFlushes,
    component: 'refill',
    price: 'walk',
    times: 'kernelFlushWalks',
    inGuest: 'guestWalk',
  },
  {
    quantity: Quantity.kernelSegments,
    component: 'refill',
    price: 'walk',
    times: 'kernelSegmentWalks',
    inGuest: 'guestWalk',
  },
];

/** The component that a quantity's cycles go to; undefined where it has no price. */
export const componentOf = (quantity: number): Component | undefined =>
  TERMS.find((term) => term.quantity === quantity)?.component;

/** The price that a quantity is counted for; undefined where it has none. */
export const priceOf = (quantity: number): PriceName | undefined =>
  TERMS.find((term) => term.quantity === quantity)?.price;

/** A name for people. */
export const quantityName = (quantity: number): string =>
  OPERATIONS[quantity] ?? Object.entries(Quantity).find(([, index]) => index === quantity)?.[0] ?? String(quantity);

const priceVariable = (cpu: Cpu, price: PriceName): string => `${cpu.id}.${price}`;

/** The doubts in the prices of some CPUs, and in the footprints. CPUs without prices have none. */
export function priceVariables(cpus: readonly Cpu[], footprints: Footprints = FOOTPRINTS): readonly Variable[] {
  const prices = cpus.flatMap((cpu) =>
    PRICES.flatMap((name) => {
      const price = cpu.prices?.[name];
      return price ? [variableOf(priceVariable(cpu, name), price)] : [];
    }),
  );
  return [...prices, ...Object.entries(footprints).map(([name, footprint]) => variableOf(name, footprint))];
}

export const variableOf = (name: string, { value, low, high }: Sourced<number>): Variable => ({
  name,
  low,
  mid: value,
  high,
});

/** What one of each quantity costs, in cycles; undefined where it has no price on this machine. */
export type PriceList = readonly (Moved | undefined)[];

/** @param machine - its CPU has prices, and they are among the variables of `settings` */
export function priceList({ cpu, guest }: PricedMachine, settings: Settings): PriceList {
  const list: (Moved | undefined)[] = new Array<undefined>(QUANTITY_COUNT).fill(undefined);
  for (const { quantity, price, times, inGuest } of TERMS) {
    if (!cpu.prices?.[price]) continue;
    const factors = [times, guest ? inGuest : undefined].filter((name) => name !== undefined);
    const values = settings.values(priceVariable(cpu, price));
    for (const factor of factors) {
      const by = settings.values(factor);
      for (let setting = 0; setting < values.length; setting++) values[setting] *= by[setting];
    }
    list[quantity] = values;
  }
  return list;
}

/** Settings over the prices of some CPUs alone. */
export const priceSettings = (cpus: readonly Cpu[]): Settings => settingsOf(priceVariables(cpus));
