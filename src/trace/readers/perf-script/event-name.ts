/** Where an event's name stands behind the time, and whose payload it is: `1 raw_syscalls:sys_enter: NR 0 …` */
import type { Payload } from '../../text/payloads.ts';
import { isBlank, isDigit, skipSpaces } from '../../text/scan.ts';

const COLON = 58;

/** The first byte of the name: behind the period, if there is one. */
export function eventStart(data: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(data[at])) at++;
  return at > from && isBlank(data[at]) ? skipSpaces(data, at, to) : from;
}

/** The colon behind the name; -1 where there is no name. A name may hold colons and no blanks. */
export function eventEnd(data: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && !isBlank(data[at])) at++;
  return at > from + 1 && data[at - 1] === COLON ? at - 1 : -1;
}

/** By `system:event`; with modifiers behind (`:u`) too. */
export function payloadOf(name: string, payloads: ReadonlyMap<string, Payload>): Payload | undefined {
  const [system, event] = name.split(':');
  const payload = event === undefined ? undefined : payloads.get(event);
  return payload?.system === system ? payload : undefined;
}
