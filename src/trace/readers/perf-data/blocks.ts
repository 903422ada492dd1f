/**
 * Random access to the records of a file through a few aligned blocks that all cursors share: however the runs of many CPUs
 * are interleaved, memory is bounded and a byte is read about once.
 */
import type { Bytes } from '../../../io/bytes.ts';

const BLOCK_BYTES = 256 * 1024;

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

/** @param capacity - blocks kept; at least two for each reader that walks at once */
export function createBlocks(bytes: Bytes, capacity: number): Blocks {
  const slots: Slot[] = [];
  const byStart = new Map<number, Slot>();
  let clock = 0;

  const victim = (): Slot => {
    if (slots.length < capacity) {
      const data = new Uint8Array(BLOCK_BYTES);
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
    while (got < BLOCK_BYTES) {
      const n = await bytes.readAt!(slot.start + got, slot.data.subarray(got));
      if (n === 0) break;
      got += n;
    }
    slot.end = slot.start + got;
    return slot;
  };

  return {
    at(offset) {
      const start = offset - (offset % BLOCK_BYTES);
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
        return n === BLOCK_BYTES || n === 0 ? slot : fill(slot, n);
      }
      return n.then((got) => fill(slot, got));
    },
  };
}
