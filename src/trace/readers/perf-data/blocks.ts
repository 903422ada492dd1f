/**
 * Random access to the records of a file through a few aligned blocks that all cursors share: however the runs of many CPUs
 * are interleaved, memory is bounded and a byte is read about once.
 */
import type { Bytes } from '../../../io/bytes.ts';

/** Bytes of all blocks together, but for a recording of thousands of runs. */
const MOST_BYTES = 32 * 1024 * 1024;
const LARGEST_BLOCK = 256 * 1024;
const LEAST_BLOCK = 8 * 1024;
const LEAST_BLOCKS = 16;

export interface Block {
  /** File offset of the first byte. */
  readonly start: number;
  /** File offset behind the last byte. */
  readonly end: number;
  readonly view: DataView;
}

export interface Blocks {
  /** The block that holds the byte at `offset`. Valid until {@link at} was called `capacity` times with others. */
  at(offset: number): Block | Promise<Block>;
}

interface Slot {
  start: number;
  end: number;
  used: number;
  readonly data: Uint8Array;
  readonly view: DataView;
}

const floorPowerOf2 = (n: number): number => 2 ** Math.floor(Math.log2(n));

/** @param readers - that walk at once: two blocks are kept for each, smaller ones where they are many */
export function createBlocks(bytes: Bytes, readers: number): Blocks {
  const capacity = Math.max(LEAST_BLOCKS, 2 * readers + 2);
  const blockBytes = Math.max(LEAST_BLOCK, Math.min(LARGEST_BLOCK, floorPowerOf2(MOST_BYTES / capacity)));
  const slots: Slot[] = [];
  const byStart = new Map<number, Slot>();
  let clock = 0;

  const victim = (): Slot => {
    if (slots.length < capacity) {
      const data = new Uint8Array(blockBytes);
      const slot: Slot = { start: -1, end: -1, used: 0, data, view: new DataView(data.buffer) };
      slots.push(slot);
      return slot;
    }
    let oldest = slots[0];
    for (const slot of slots) if (slot.used < oldest.used) oldest = slot;
    byStart.delete(oldest.start);
    return oldest;
  };

  const fill = async (slot: Slot, got: number): Promise<Block> => {
    while (got < blockBytes) {
      const n = await bytes.readAt!(slot.start + got, slot.data.subarray(got));
      if (n === 0) break;
      got += n;
    }
    slot.end = slot.start + got;
    return slot;
  };

  return {
    at(offset) {
      const start = offset - (offset % blockBytes);
      const known = byStart.get(start);
      if (known) {
        known.used = ++clock;
        return known;
      }
      const slot = victim();
      slot.start = start;
      slot.used = ++clock;
      byStart.set(start, slot);
      // Files answer at once: stay synchronous where the source is.
      const n = bytes.readAt!(start, slot.data);
      if (typeof n === 'number') {
        slot.end = start + n;
        return n === blockBytes || n === 0 ? slot : fill(slot, n);
      }
      return n.then((got) => fill(slot, got));
    },
  };
}
