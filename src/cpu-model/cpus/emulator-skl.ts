import type { Confidence, Cpu } from '../cpu.ts';
import { yes } from './sources.ts';

const EMULATOR = 'Bochs 3.0, its Core i7-4770 (Haswell) model; an emulator, not silicon';
const assumed: Confidence = 'assumed';

/**
 * A reference, not silicon: the full-system emulator whose counts the model is checked against, with TLBs of Skylake's
 * size. One instruction takes 1 ns there, hence the clock.
 */
export const emulatorSkl: Cpu = {
  id: 'emulator-skl',
  label: 'Emulator with Skylake TLBs (reference, not silicon)',
  kind: 'reference',
  pcid: yes(EMULATOR, assumed),
  invpcid: yes(EMULATOR, assumed),
  meltdown: yes(`${EMULATOR}: Linux treats its Haswell as affected`, assumed),
  ghz: { value: 1, low: 1, high: 1, unit: 'GHz', source: `${EMULATOR}; 1 ns per instruction`, confidence: assumed },
  singleThreadIndex: {
    value: 1,
    low: 0.5,
    high: 2,
    unit: 'ratio',
    source: `${EMULATOR}; it has no speed of its own, so 1 with a wide range and no meaning`,
    confidence: assumed,
  },
  prices: undefined,
  referencePart: 'Bochs 3.0, Core i7-4770 model',
  deepIdleNs: {
    value: 200_000,
    low: 150_000,
    high: 300_000,
    unit: 'ns',
    source: "idle periods of the emulated kernels with and without a load of the kernel's own mm, two CPUs",
    confidence: 'inferred',
  },
};
