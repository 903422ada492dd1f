/** A cgroup that holds the command and its descendants, so that a recorder can tell them from everybody else. */
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errnoOf } from '../../io/node/errno.ts';
import type { CgroupFacts } from '../../record/machine-facts.ts';

export interface CommandCgroup {
  readonly folder: string;
  /** Takes it away; resolves to whether it went: it stays while processes of the command live on. */
  remove(): Promise<boolean>;
}

export const cgroupName = ({ name }: CgroupFacts): string => `${name === '' ? '' : `${name}/`}ptilab-${process.pid}`;

/** Puts a task into a new cgroup; undefined where the kernel does not let us after all. */
export function enterCgroup(facts: CgroupFacts, pid: number): CommandCgroup | undefined {
  const folder = join(facts.folder, `ptilab-${process.pid}`);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, 'cgroup.procs'), `${pid}\n`);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    tryRemove(folder);
    return undefined;
  }
  return {
    folder,
    async remove() {
      // A task that has ended stays in it until its parent, or init, has asked how.
      for (let tries = 0; tries < 20; tries++) {
        if (tryRemove(folder)) return true;
        await pause(50);
      }
      return false;
    },
  };
}

/** Back to where it came from. */
export const leaveCgroup = (facts: CgroupFacts, pid: number): void =>
  writeFileSync(join(facts.folder, 'cgroup.procs'), `${pid}\n`);

function tryRemove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return errnoOf(error) === 'ENOENT';
  }
}
