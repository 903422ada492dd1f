/** Whether two runs of a command did the same work. Only then do the times of one say something of the other. */

/** What `wait4` says of a command and of all its descendants that were waited for. */
export interface Resources {
  /** Seconds. */
  readonly user: number;
  readonly sys: number;
  readonly wall: number;
  readonly minorFaults: number;
  /** Undefined where nothing could measure it. */
  readonly voluntarySwitches: number | undefined;
}

/** How far two runs of the same work may be apart. */
const TOLERANCE = 0.2;
/** Below so many apart, chance decides, and what the recorder does before it becomes the command. */
const CHANCE = { faults: 200, switches: 20 } as const;

const differ = (a: number, b: number, chance: number): boolean =>
  Math.abs(a - b) > Math.max(chance, TOLERANCE * Math.max(a, b));

/** Why they did not do the same; undefined where they did. */
export function otherWork(recorded: Resources, unrecorded: Resources, comparesSwitches: boolean): string | undefined {
  if (differ(recorded.minorFaults, unrecorded.minorFaults, CHANCE.faults))
    return `${recorded.minorFaults} minor faults in the recorded run, ${unrecorded.minorFaults} in the other`;
  const [a, b] = [recorded.voluntarySwitches, unrecorded.voluntarySwitches];
  if (comparesSwitches && a !== undefined && b !== undefined && differ(a, b, CHANCE.switches))
    return `${a} voluntary switches in the recorded run, ${b} in the other`;
  return undefined;
}
