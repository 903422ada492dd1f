/**
 * The scenario file: who opts out, when, and under which rules, with the facts about ids that no trace shows. One schema gives the
 * TypeScript type, the check with the path of each fault, and `schemas/scenario.json`.
 */
import { z } from 'zod';
import { printable, usageError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { POLICIES } from '../policies/index.ts';
import type { Ids } from './credentials.ts';
import type { OptOutCall, Requests, TimedCall } from './requests.ts';
import { choicesOf, RULE_NAMES, RULES, type RuleName } from './rules.ts';
import { globOf, parseSelector, type SelectorContext } from './selectors.ts';

export const SCENARIO_SCHEMA = 'ptilab.scenario';
export const SCENARIO_VERSION = 1;

/** Presets a scenario can begin with: those in which somebody has to ask. */
const PRESETS = POLICIES.filter(({ optOut }) => optOut?.start === 'on').map(({ id }) => id);

const pid = z.int().min(1).max(4_194_304).describe('a process id, as the recording has it');
const id = z.int().min(0).max(0xffff_fffe);
const selector = z.string().min(1).describe('root, tree, pid:N, comm:GLOB, exe:GLOB or cgroup:GLOB');
const glob = z.string().min(1).describe('a shell pattern for the file that is executed');
const argument = z
  .union([z.string().regex(/^(0x[0-9a-fA-F]{1,16}|-?\d{1,20})$/), z.int()])
  .describe('a value of 64 bits: decimal, or hexadecimal with 0x');
const aim = {
  when: z.enum(['now', 'next']).optional().describe('next: it takes effect when the caller next execs; default now'),
  who: z.enum(['self', 'children']).optional().describe('children: it is for those made from now on; default self'),
};

const choice = (name: RuleName) => z.enum(choicesOf(name)).optional().describe(RULES[name].about);
const rules = z
  .strictObject(Object.fromEntries(RULE_NAMES.map((name) => [name, choice(name)])))
  .describe('choices that differ from the preset');

const call = z
  .strictObject({
    nr: z.int().min(0).max(4095).describe('syscall number, as the recording has it'),
    arg0: argument.optional(),
    arg1: argument.optional(),
    arg2: argument.optional(),
    arg3: argument.optional(),
    arg4: argument.optional(),
    arg5: argument.optional(),
    means: z.enum(['off', 'on', 'seal']),
    ...aim,
  })
  .describe('a syscall of the recording that is an opt-out call; one that was refused with EPERM or EACCES is none');

const event = z
  .strictObject({
    atNs: z.int().min(0).describe('from the first event, as timeNs in the tables; or on the clock of the recording'),
    pid: pid.optional().describe('left out with force: everybody'),
    what: z.enum(['off', 'on', 'seal', 'force']),
    ...aim,
  })
  .refine(({ what, pid: whose }) => what === 'force' || whose !== undefined, {
    path: ['pid'],
    error: 'is missing: only force is for everybody',
  })
  .describe('a call that the recording does not have');

export const scenarioSchema = z
  .strictObject({
    $schema: z.string().optional(),
    schema: z.literal(SCENARIO_SCHEMA),
    version: z.literal(SCENARIO_VERSION),
    policy: z
      .enum(PRESETS as [string, ...string[]])
      .optional()
      .describe('the preset to begin with; default hansen-2018'),
    rules: rules.optional(),
    optOut: z
      .array(selector)
      .max(30)
      .optional()
      .describe('wrappers: put on where a process first execs, or from the start'),
    optIn: z.array(selector).max(30).optional().describe('second wrappers, which put isolation back'),
    calls: z.array(call).max(100).optional(),
    events: z.array(event).max(10_000).optional(),
    marks: z
      .array(z.strictObject({ exe: glob, means: z.enum(['off', 'on']) }))
      .max(1000)
      .optional()
      .describe('marked binaries: what an exec of one makes of its process'),
    secureExecs: z
      .array(z.union([glob, z.strictObject({ exe: glob, uid: id.optional(), gid: id.optional() })]))
      .max(1000)
      .optional()
      .describe(
        "set-id and file-capability binaries, which no trace shows: root's, or those of the ids that are named",
      ),
    credentials: z
      .array(
        z.strictObject({
          pid,
          uid: id.optional(),
          gid: id.optional(),
          euid: id.optional(),
          egid: id.optional(),
          suid: id.optional(),
          sgid: id.optional(),
        }),
      )
      .optional()
      .describe('ids at the start; effective and saved ones are the real ones unless they are named'),
    startState: z
      .array(z.strictObject({ pid, state: z.enum(['off', 'on', 'seal']) }))
      .optional()
      .describe('of processes that are older than the recording'),
  })
  .describe('Who opts out of page-table isolation, when, and under which rules');

export type Scenario = z.infer<typeof scenarioSchema>;

/**
 * @param where - its name, for messages
 * @throws a usage error that names the path of the first fault
 */
export function parseScenario(text: string, where: string): Scenario {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw usageError('a scenario that is not JSON', printable(where), jsonFault(error));
  }
  const parsed = scenarioSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { path, hint } = faultOf(issue);
  throw usageError(
    'a scenario with a fault',
    `${printable(where)}: ${printable(path === '' ? 'the file' : path)}`,
    printable(hint),
  );
}

const jsonFault = (error: unknown): string => (error instanceof Error ? printable(error.message) : 'mend the file');

type Issue = z.core.$ZodIssue;

function faultOf(issue: Issue): { readonly path: string; readonly hint: string } {
  const path = pathOf(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const [key] = issue.keys;
      const within: readonly string[] = knownKeys(issue.path);
      const closest = nearest(key, within);
      return {
        path: pathOf([...issue.path, key]),
        hint: closest === undefined ? 'there is no such field' : `there is no such field; did you mean ${closest}?`,
      };
    }
    case 'invalid_value':
      return { path, hint: `write one of ${issue.values.map(String).join(', ')}` };
    case 'invalid_union': {
      const deeper = issue.errors.flat().find(({ path: inner }) => inner.length > 0);
      if (deeper) return faultOf({ ...deeper, path: [...issue.path, ...deeper.path] });
      return { path, hint: 'neither form that it may have' };
    }
    default:
      return { path, hint: issue.message.charAt(0).toLowerCase() + issue.message.slice(1) };
  }
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );

/** The fields of the object at a path of the schema. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = z.toJSONSchema(scenarioSchema, { io: 'input' });
  for (const part of path) {
    const node = at as { properties?: Record<string, unknown>; items?: unknown; anyOf?: readonly unknown[] };
    at = typeof part === 'number' ? node.items : node.properties?.[String(part)];
    const forms = (at as { anyOf?: readonly { properties?: unknown }[] } | undefined)?.anyOf;
    if (forms) at = forms.find(({ properties }) => properties !== undefined);
  }
  return Object.keys((at as { properties?: Record<string, unknown> } | undefined)?.properties ?? {});
}

const bits = (value: string | number): bigint => BigInt.asUintN(64, BigInt(value));

/** What a scenario asks for, beside the selectors of the command line. */
export function requestsOf(scenario: Scenario, context: SelectorContext): Requests {
  const selectors = (texts: readonly string[] = []) => [...new Set(texts)].map((text) => parseSelector(text, context));
  const aimOf = ({ when, who }: { when?: string | undefined; who?: string | undefined }) => ({
    next: when === 'next',
    children: who === 'children',
  });
  const calls = (scenario.calls ?? []).map((each): OptOutCall => {
    const args = [each.arg0, each.arg1, each.arg2, each.arg3, each.arg4, each.arg5];
    const given = args.flatMap((value, i) => (value === undefined ? [] : [[i, bits(value)] as const]));
    return { nr: each.nr, arguments: new Map(given), means: each.means, ...aimOf(each) };
  });
  const events = (scenario.events ?? []).map((each, i): TimedCall => ({
    name: `events[${i}]`,
    atNs: each.atNs,
    pid: each.pid,
    means: each.what,
    ...aimOf(each),
  }));
  const credentials = (scenario.credentials ?? []).map(
    ({ pid: whose, uid, gid, euid = uid, egid = gid, suid = euid, sgid = egid }) => {
      const ids: Ids = { uid, euid, suid, fsuid: euid, gid, egid, sgid, fsgid: egid };
      return [whose, ids] as const;
    },
  );
  return {
    optOut: selectors(scenario.optOut),
    optIn: selectors(scenario.optIn),
    calls,
    events,
    marks: (scenario.marks ?? []).map(({ exe, means }) => ({ exe: globOf(exe), text: exe, means })),
    secureExecs: (scenario.secureExecs ?? []).map((each) =>
      typeof each === 'string'
        ? { exe: globOf(each), uid: undefined, gid: undefined }
        : { exe: globOf(each.exe), uid: each.uid, gid: each.gid },
    ),
    credentials: new Map(credentials),
    startState: new Map((scenario.startState ?? []).map(({ pid: whose, state }) => [whose, state])),
  };
}

/** The choices of a scenario that differ from its preset, as `name=choice`. */
export const rulesOf = ({ rules: given = {} }: Scenario): readonly string[] =>
  Object.entries(given).flatMap(([name, choice]) => (choice === undefined ? [] : [`${name}=${choice}`]));
