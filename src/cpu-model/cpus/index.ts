/** The table of CPUs: one import and one line for each file of this folder. */
import { nearest } from '../../nearest.ts';
import type { Cpu } from '../cpu.ts';
import { broadwell } from './broadwell.ts';
import { cascadelake } from './cascadelake.ts';
import { emulatorHsw } from './emulator-hsw.ts';
import { emulatorSkl } from './emulator-skl.ts';
import { goldmont } from './goldmont.ts';
import { haswell } from './haswell.ts';
import { haswellEp } from './haswell-ep.ts';
import { icelakeSp } from './icelake-sp.ts';
import { ivybridge } from './ivybridge.ts';
import { nehalem } from './nehalem.ts';
import { sandybridge } from './sandybridge.ts';
import { sapphirerapids } from './sapphirerapids.ts';
import { silvermont } from './silvermont.ts';
import { skylake } from './skylake.ts';
import { skylakeSp } from './skylake-sp.ts';
import { westmere } from './westmere.ts';
import { zen } from './zen.ts';
import { zen2 } from './zen2.ts';
import { zen3Server } from './zen3-server.ts';
import { zen4Server } from './zen4-server.ts';

/** Every CPU, the way `ptilab cpus` lists them: Intel by age, Atom, AMD, then the references. */
export const CPUS: readonly Cpu[] = [
  nehalem,
  westmere,
  sandybridge,
  ivybridge,
  haswell,
  haswellEp,
  broadwell,
  skylake,
  skylakeSp,
  cascadelake,
  icelakeSp,
  sapphirerapids,
  silvermont,
  goldmont,
  zen,
  zen2,
  zen3Server,
  zen4Server,
  emulatorSkl,
  emulatorHsw,
];

/** Stands in where the recorded host is unknown or does not need PTI. */
export const DEFAULT_CPU_ID = 'skylake-sp';

export function findCpu(id: string): Cpu | undefined {
  return CPUS.find((cpu) => cpu.id === id);
}

/** The listed id that an unknown `id` most likely meant. */
export function nearestCpuId(id: string): string {
  const ids = CPUS.map((cpu) => cpu.id);
  return nearest(id, ids) ?? DEFAULT_CPU_ID;
}
