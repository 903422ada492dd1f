/** How much memory perf may take for events that were not written yet: too little loses events, silently for the command. */
import type { MachineFacts } from './machine-facts.ts';

const KIB = 1024;
const PAGE = 4 * KIB;
/** None was lost with this much on two CPUs at a million events a second; with a quarter of it some were. */
const MOST = 64 * KIB * KIB;
const LEAST = 8 * PAGE;
/** Of the memory that is free, for all CPUs together. */
const SHARE = 1 / 8;

/** Bytes for each CPU: a power of two. perf adds a page of its own, which counts against the limit of locked memory. */
export function bufferBytes({ mayLock, freeLockBytes, availableBytes, cpus }: MachineFacts): number {
  const byMemory = availableBytes === undefined ? MOST : (availableBytes * SHARE) / Math.max(1, cpus);
  const byLimit = mayLock ? MOST : freeLockBytes - PAGE;
  return Math.max(LEAST, floorPower(Math.min(MOST, byMemory, byLimit)));
}

/** The next smaller buffer to try where the kernel refused one; undefined at the end. */
export const smallerBuffer = (bytes: number): number | undefined => (bytes > LEAST ? bytes / 2 : undefined);

const floorPower = (bytes: number): number => (bytes < 1 ? 0 : 2 ** Math.floor(Math.log2(bytes)));

/** As perf's -m reads it. */
export const sizeText = (bytes: number): string =>
  bytes % (KIB * KIB) === 0 ? `${bytes / (KIB * KIB)}M` : `${Math.max(1, Math.round(bytes / KIB))}K`;

/** `64M`, `512K` as bytes; undefined for anything else, and for what is no power of two of at least a page. */
export function sizeFrom(text: string): number | undefined {
  const match = /^(\d{1,6})([KMG])$/.exec(text);
  if (!match) return undefined;
  const bytes = Number(match[1]) * KIB ** (1 + 'KMG'.indexOf(match[2]));
  return bytes >= PAGE && Number.isInteger(Math.log2(bytes)) ? bytes : undefined;
}
