/** Every event of a trace in a form that can be compared. */
import { ARGS, EVENT_KINDS, type EventBatch } from '../../src/trace/event.ts';
import type { Trace } from '../../src/trace/trace.ts';

/** One line an event: all columns but the place in the source. */
export async function eventsOf(trace: Trace): Promise<readonly string[]> {
  const events: string[] = [];
  await trace.readEvents((batch, from, to) => {
    for (let row = from; row < to; row++) events.push(eventOf(trace, batch, row));
  });
  return events;
}

function eventOf({ strings }: Trace, batch: EventBatch, row: number): string {
  return [
    batch.time[row],
    EVENT_KINDS[batch.kind[row]],
    batch.cpu[row],
    batch.tid[row],
    batch.pid[row],
    batch.nr[row],
    batch.args.subarray(row * ARGS, (row + 1) * ARGS).join(','),
    batch.result[row],
    batch.depth[row],
    batch.flags[row],
    JSON.stringify(strings.text(batch.text[row])),
    JSON.stringify(strings.text(batch.text2[row])),
  ].join(' ');
}
