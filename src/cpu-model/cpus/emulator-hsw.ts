import type { Cpu } from '../cpu.ts';
import { emulatorSkl } from './emulator-skl.ts';

/** The same emulator as `emulator-skl`, with TLBs of Haswell's size. */
export const emulatorHsw: Cpu = {
  ...emulatorSkl,
  id: 'emulator-hsw',
  label: 'Emulator with Haswell TLBs (reference, not silicon)',
};
