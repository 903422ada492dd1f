import type { Command } from '../command.ts';

/** The CPUs that are built in. */
export const cpus: Command = {
  name: 'cpus',
  summary: 'the CPUs that can be modelled, with what is known of each and where from',
  example: 'ptilab cpus',
  declare: (parser) => parser.option('--json', 'everything, with ranges and sources, as JSON on stdout'),
  async run(_args, options, terminal) {
    const [{ CPUS }, { columns }] = await Promise.all([
      import('../../cpu-model/cpus/index.ts'),
      import('../listing.ts'),
    ]);
    if (options['json']) {
      terminal.out(`${JSON.stringify({ schema: 'ptilab.cpus', version: 1, cpus: CPUS })}\n`);
      return;
    }
    const fact = ({
      value,
      low,
      high,
    }: {
      readonly value: boolean;
      readonly low: boolean;
      readonly high: boolean;
    }): string => (value ? 'yes' : 'no') + (low === high ? '' : '*');
    const cyclesOf = (
      price: { readonly value: number; readonly low: number; readonly high: number } | undefined,
    ): string => (price ? `${price.value} [${price.low}..${price.high}]` : 'none');
    const rows = CPUS.map((cpu) => [
      cpu.id,
      fact(cpu.pcid),
      fact(cpu.invpcid),
      fact(cpu.meltdown),
      `${cpu.ghz.value} [${cpu.ghz.low}..${cpu.ghz.high}]`,
      cyclesOf(cpu.prices?.cr3WriteKeep ?? cpu.prices?.cr3WriteNoPcid),
      cpu.meltdown.source,
      cpu.label,
    ]);
    const header = ['id', 'PCID', 'INVPCID', 'Meltdown', 'GHz', 'CR3 write', 'source of "Meltdown"', 'what'];
    terminal.out(
      `${columns([header, ...rows])}\n* differs between parts of the family. CR3 write: cycles, with PCIDs where the CPU has them. --json gives every figure and price with its range, source and confidence.\n`,
    );
  },
};
