/** The trace and the facts beside it: what may be replaced, and how they come into place. */
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { cpuFromName } from '../../cpu-model/cpus/recognise.ts';
import { outputError, printable } from '../../errors.ts';
import { errnoOf } from '../../io/node/errno.ts';
import { attempt, makeFolder, writeFileAtomically } from '../../io/node/output.ts';
import { temporaryName } from '../../io/node/temporary.ts';
import { cpuFacts, isKernelThread, isolates } from '../../record/host-texts.ts';
import { SIDECAR_SUFFIX } from '../host-facts.ts';
import { textOf } from './machine.ts';

/** In a sidecar: the trace beside it is ours and may be replaced. */
const MADE_BY = 'ptilab record';

/**
 * A path beside `output` that the recorder can write to; nothing is there yet. Folders on the way are made.
 *
 * @throws PtilabError output: `output` is something that we did not record, or its folder cannot be written
 */
export function stagingFor(output: string): string {
  const existing = attempt(output, () => statSync(output, { throwIfNoEntry: false }));
  if (existing && !existing.isFile())
    throw outputError('exists and is not a file', printable(output), 'choose another name');
  if (existing && existing.size > 0 && !isOurs(output))
    throw outputError(
      'the file exists and is not of ptilab record',
      printable(output),
      'choose another name, or remove it',
    );
  const staging = join(dirname(output), `.${temporaryName()}`);
  attempt(output, () => {
    makeFolder(dirname(output));
    writeFileSync(staging, '', { flag: 'wx' });
    rmSync(staging);
  });
  return staging;
}

function isOurs(output: string): boolean {
  try {
    const sidecar = JSON.parse(readFileSync(output + SIDECAR_SUFFIX, 'utf8')) as unknown;
    return typeof sidecar === 'object' && sidecar !== null && 'madeBy' in sidecar && sidecar.madeBy === MADE_BY;
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return false; // whatever it is, we did not record it
  }
}

/** Puts the trace and its facts in place. */
export async function keep(staging: string, output: string, sidecar: Readonly<Record<string, unknown>>): Promise<void> {
  attempt(output, () => renameSync(staging, output));
  const lines = Object.entries(sidecar).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${JSON.stringify(name)}: ${JSON.stringify(value)}`],
  );
  const text = `{\n${lines.join(',\n')}\n}\n`;
  await writeFileAtomically(output + SIDECAR_SUFFIX, (write) => write(new TextEncoder().encode(text)));
}

export const hasContent = (path: string): boolean => existsSync(path) && statSync(path).size > 0;

/** What a sidecar says of this machine; the run's own facts come from its caller. */
export function hostFacts(kernelThreads: readonly number[]): Readonly<Record<string, unknown>> {
  const cpu = cpuFacts(textOf('/proc/cpuinfo') ?? '');
  return {
    schema: 'ptilab.host',
    version: 1,
    madeBy: MADE_BY,
    pcid: cpu.pcid,
    invpcid: cpu.invpcid,
    pti: isolates(textOf('/sys/devices/system/cpu/vulnerabilities/meltdown')),
    cpu: cpuFromName(cpu.cpuName, cpu.cpuId),
    cpuName: cpu.cpuName,
    cpuId: cpu.cpuId,
    kernel: release(),
    kernelThreads,
  };
}

/** Ids of the kernel threads of this moment. */
export const kernelThreads = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const stat = textOf(`/proc/${pid}/stat`); // gone meanwhile: none
      return stat !== undefined && isKernelThread(stat);
    })
    .map(Number);
