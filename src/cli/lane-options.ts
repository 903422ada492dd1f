/** The lane options, shared by every command that replays. */
import type { Command as Parser } from 'commander';
import type { ReplayRequest } from '../pipeline.ts';
import { scenarioFrom } from './scenario-file.ts';

/** As commander gives them. */
export interface LaneOptions {
  readonly cpu?: readonly string[];
  readonly kernel?: string;
  readonly virt?: 'bare' | 'guest';
  readonly pcid?: boolean;
  readonly invpcid?: boolean;
  readonly ptiMode?: 'auto' | 'on';
  readonly policy?: readonly string[];
  readonly optOut?: readonly string[];
  readonly optIn?: readonly string[];
  readonly scenario?: string;
  readonly rule?: readonly string[];
  readonly whatIf?: boolean;
  readonly simulateFlushes?: boolean;
  readonly ghz?: number;
  readonly untraced?: string;
  readonly jobs?: number;
}

/** Options about the recording. */
export interface InputOptions {
  readonly host?: string;
  readonly tgids?: string;
  readonly strict?: boolean;
}

/** Tells the parser that a value is wrong, by the code it goes by: the parser itself is loaded only where it parses. */
export class InvalidArgument extends Error {
  readonly code = 'commander.invalidArgument';
  readonly exitCode = 1;
}

const list = (text: string): string[] => {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgument('write names separated by commas.');
  return items;
};
const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
const positive = (text: string): number => {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) throw new InvalidArgument('write a number above 0.');
  return value;
};
const wholePositive = (text: string): number => {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgument('write a whole number above 0.');
  return value;
};

/** Where a command writes: a name, since `-` and nothing would each mean something else than what was asked for. */
export const outputPath = (text: string): string => {
  if (text === '' || text === '-') throw new InvalidArgument('name a file or folder (./- for one called -).');
  return text;
};

export function declareInputOptions(parser: Parser): Parser {
  return parser
    .option(
      '--host <file|facts>',
      'facts of the machine that recorded: a sidecar file, or pcid=0|1,invpcid=0|1,pti=0|1,cpu=ID,kernel=V,instrPerNs=X',
    )
    .option(
      '--tgids <file>',
      'process of each task (lines "tid tgid", as in tracefs saved_tgids), for traces that lack them',
    )
    .option('--strict', 'a damaged tail is an error instead of a counted loss');
}

export function declareLaneOptions(parser: Parser): Parser {
  return declareInputOptions(
    parser
      .option('--cpu <ids>', 'CPUs to model (ptilab cpus lists them)', list)
      .option(
        '--kernel <version>',
        'kernel whose mechanics hold: kaiser, 4.14 … 6.13 (default: the recorded one, else 6.1)',
      )
      .addOption(
        parser
          .createOption('--virt <how>', 'bare metal, or a guest, whose idle CPUs keep their TLBs')
          .choices(['bare', 'guest']),
      )
      .option('--no-pcid', 'take PCIDs away')
      .option('--no-invpcid', 'take INVPCID away')
      .addOption(parser.createOption('--pti-mode <how>', 'how the kernel treats global pages').choices(['auto', 'on']))
      .option('--policy <names>', 'policies to compare (ptilab policies lists them; default nopti,pti,optout)', list)
      .option(
        '--opt-out <selector>',
        'put the opt-out wrapper on root, tree, pid:N, comm:GLOB, exe:GLOB or cgroup:GLOB; repeatable (default root)',
        collect,
      )
      .option(
        '--opt-in <selector>',
        'put the second wrapper, which re-enables isolation, on these; repeatable',
        collect,
      )
      .option('--scenario <file>', 'who opts out, when and under which rules (schemas/scenario.json)')
      .option(
        '--rule <name=choice>',
        'another choice of a rule for the lane optout, as setid=gain; repeatable (ptilab policies --rules lists all)',
        collect,
      )
      .option('--what-if', 'also what each other choice of each rule would have saved')
      .option('--simulate-flushes', 'ignore recorded tlb_flush events: infer every switch and flush')
      .option('--ghz <x>', 'clock of the modelled CPU (default: from its file, as a range)', positive)
      .option(
        '--untraced <file|times>',
        'CPU seconds of the same work without the recorder: a sidecar file, or user=S,sys=S[,cpu=ID] (cpu: where they were taken, if not on the recording host)',
      )
      .addOption(
        parser
          .createOption('--tlb <how>', 'TLB model: off = counts only, the only one so far')
          .choices(['off'])
          .default('off'),
      )
      .option('--no-tlb', 'the same as --tlb off')
      .option(
        '--jobs <n>',
        'with more than 1, the file is hashed beside the replay (default: one a core)',
        wholePositive,
      ),
  );
}

export async function laneRequest(options: LaneOptions & InputOptions): Promise<ReplayRequest> {
  const asked = options.scenario === undefined ? undefined : await scenarioFrom(options.scenario);
  return {
    ...asked,
    cpus: options.cpu,
    kernel: options.kernel,
    virt: options.virt,
    noPcid: options.pcid === false,
    noInvpcid: options.invpcid === false,
    ptiMode: options.ptiMode,
    policies: options.policy,
    optOut: options.optOut,
    optIn: options.optIn,
    ghz: options.ghz,
    simulateFlushes: options.simulateFlushes,
    rules: [...(asked?.rules ?? []), ...(options.rule ?? [])],
    whatIf: options.whatIf,
    strict: options.strict,
  };
}

/** The options as one would write them again: those that change the answer, in a fixed order. */
export function normalised(options: LaneOptions & InputOptions): readonly string[] {
  const flag = (name: string, on: boolean | undefined): readonly string[] => (on ? [name] : []);
  const value = (name: string, given: string | number | undefined): readonly string[] =>
    given === undefined ? [] : [name, String(given)];
  return [
    ...value('--cpu', options.cpu?.join()),
    ...value('--kernel', options.kernel),
    ...value('--virt', options.virt),
    ...flag('--no-pcid', options.pcid === false),
    ...flag('--no-invpcid', options.invpcid === false),
    ...value('--pti-mode', options.ptiMode),
    ...value('--policy', options.policy?.join()),
    ...(options.optOut ?? []).flatMap((selector) => ['--opt-out', selector]),
    ...(options.optIn ?? []).flatMap((selector) => ['--opt-in', selector]),
    ...value('--scenario', options.scenario),
    ...(options.rule ?? []).flatMap((rule) => ['--rule', rule]),
    ...flag('--what-if', options.whatIf),
    ...flag('--simulate-flushes', options.simulateFlushes),
    ...value('--ghz', options.ghz),
    ...value('--untraced', options.untraced),
    ...value('--host', options.host),
    ...value('--tgids', options.tgids),
    ...flag('--strict', options.strict),
  ];
}
