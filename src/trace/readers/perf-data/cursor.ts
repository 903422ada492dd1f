/** Second pass: decodes one CPU's run, stretch by stretch, into batches. */
import { clearRows, type EventBatch } from '../../event.ts';
import type { RunSource } from '../../ordering.ts';
import type { Block, Blocks } from './blocks.ts';
import { Record, RECORD_HEADER } from './layout.ts';
import { bytesBehind, MOST_RECORD } from './sections.ts';
import { Found, since, type Records } from './records.ts';
import type { Run } from './runs.ts';

/**
 * @param origin - the clock's value at time 0
 * @param cgroupOf - the path's text, by the id in a record; asked for id 0 where there is none
 * @param order - place of this run among runs with events at the same time
 */
export function createCursor(
  run: Run,
  order: number,
  blocks: Blocks,
  records: Records,
  origin: bigint,
  cgroupOf: (id: number) => number,
): RunSource {
  const originLow = Number(origin & 0xffff_ffffn);
  const originHigh = Number(origin >> 32n);
  const scratch = new Uint8Array(MOST_RECORD);
  const scratchView = new DataView(scratch.buffer);
  const { stretches } = run;
  const { little } = records;
  let index = 0;
  let offset = stretches[0] ?? 0;

  /** Decodes the record at `at` of a view if it is an event of this run. */
  const take = (view: DataView, at: number, type: number, size: number, batch: EventBatch): void => {
    if (records.look(view, at, type, size) !== Found.event || records.now.run !== run.key) return;
    const row = batch.length++;
    batch.cgroup[row] = cgroupOf(records.now.cgroup);
    batch.time[row] = since(records.now.timeLow, records.now.timeHigh, originLow, originHigh);
    records.decode(view, at, size, batch, row, offset);
  };

  /** Takes a record and goes behind it. */
  const step = (view: DataView, at: number, size: number, batch: EventBatch): void => {
    const type = view.getUint32(at, little);
    if (type >= Record.firstOfUser) offset += bytesBehind(view, at, type, size, little);
    else take(view, at, type, size, batch);
    offset += size;
  };

  /** Walks the records that lie wholly in a block; stops at the block's or the stretch's end, or with a full batch. */
  const walk = (block: Block, end: number, batch: EventBatch): void => {
    const { view, start } = block;
    const capacity = batch.time.length;
    const limit = Math.min(block.end, end);
    while (batch.length < capacity && offset + RECORD_HEADER <= limit) {
      const at = offset - start;
      const size = view.getUint16(at + 6, little);
      if (offset + size > block.end) return;
      step(view, at, size, batch);
    }
  };

  /** A record across the edge of two blocks is put together first. */
  const stitch = async (end: number, batch: EventBatch): Promise<void> => {
    let size = RECORD_HEADER;
    for (let got = 0; got < size;) {
      const block = await blocks.at(offset + got);
      const from = offset + got - block.start;
      const n = Math.min(size - got, block.end - block.start - from);
      if (n <= 0) {
        offset = end;
        return;
      }
      scratch.set(new Uint8Array(block.view.buffer, from, n), got);
      got += n;
      if (got >= RECORD_HEADER) size = Math.max(RECORD_HEADER, scratchView.getUint16(6, little));
    }
    step(scratchView, 0, size, batch);
  };

  return {
    order,
    lateness: run.lateness,
    async fill(batch) {
      clearRows(batch, batch.length);
      while (batch.length < batch.time.length) {
        const end = stretches[index + 1];
        if (end === undefined) return;
        if (offset >= end) {
          index += 2;
          offset = stretches[index] ?? 0;
          continue;
        }
        const found = blocks.at(offset);
        const block = 'view' in found ? found : await found;
        const before = offset;
        walk(block, end, batch);
        if (offset === before && offset < end && batch.length < batch.time.length) await stitch(end, batch);
      }
    },
  };
}
