/**
 * The rules of an opt-out as named choices, in one table: what each decides, which values it takes, and what a value means. Presets
 * (`policies/`) fill it in; a scenario or `--rule` changes single choices. Mechanics: linux arch/x86/mm/pti.c, kernel/sys.c,
 * kernel/cred.c, fs/exec.c; the values that no kernel has come from the proposals of January 2018 that the presets name.
 */
import { printable, usageError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';

interface Rule {
  /** What it decides. */
  readonly about: string;
  /** Its values, and what each means. */
  readonly choices: Readonly<Record<string, string>>;
}

export const RULES = {
  start: {
    about: 'what a process is before anybody asks',
    choices: { on: 'isolated', off: 'opted out; no wrapper is needed, and none acts' },
  },
  scope: {
    about: 'whom an opt-out covers',
    choices: {
      process: 'all threads of the process; an address space is open while every process that uses it wants that',
      thread: 'the thread that asks; what it makes inherits from it',
      mm: 'the address space, and so whoever shares it; the last call wins',
    },
  },
  inherit: {
    about: 'what a child and a new program keep of it',
    choices: {
      'fork+exec': 'a child wants what its parent wants, and an exec keeps it',
      fork: 'a child does; an exec puts isolation back',
      none: 'a child begins isolated, and so does a new program',
    },
  },
  effect: {
    about: 'when a change takes effect',
    choices: { now: 'at the next return to user mode', exec: "with the next address space: an exec's, a child's" },
  },
  reenable: {
    about: 'what coming back in place does',
    choices: {
      flush:
        'the kernel table gets its NX bits back: every CPU that has the address space flushes it and leaves user mode',
      keep: 'nothing of its own: threads elsewhere come back at their next return to user mode',
    },
  },
  latch: {
    about: 'when a CPU learns of an opt-out',
    choices: {
      exit: 'at every return to user mode: the flag is read from the address space',
      switch: 'at its next context switch, where a copy of the flag is taken',
    },
  },
  setid: {
    about: 'which successful set*id call puts isolation back',
    choices: {
      change: 'one that changes an id',
      gain: 'one that brings an id which the process was not and could not become: not root before, and none of its real, effective and saved ids',
      drop: 'one that gives up the last id 0, and the capabilities with it',
      call: 'any',
      never: 'none',
    },
  },
  secureExec: {
    about: 'an exec that gains privileges (set-id or file capabilities), or keeps real and effective ids apart',
    choices: { clear: 'puts isolation back', keep: 'does not' },
  },
  setgroups: {
    about: 'a successful setgroups',
    choices: { keep: 'changes nothing: no id differs', clear: 'puts isolation back' },
  },
  userns: {
    about: 'unshare, setns or clone with CLONE_NEWUSER',
    choices: { ignore: 'changes nothing', clear: 'puts isolation back' },
  },
  ptrace: {
    about: 'attaching to a process that is opted out',
    choices: {
      deny: 'is refused to a tracer without the capability: counted, as the recording went on all the same',
      clear: 'puts isolation back',
      ignore: 'changes nothing',
    },
  },
  seccomp: {
    about: 'installing a seccomp filter',
    choices: { ignore: 'changes nothing', force: 'puts isolation back for good' },
  },
  cap: {
    about: 'who may opt out by a call of its own',
    choices: {
      'sys-rawio': 'CAP_SYS_RAWIO: root',
      'disable-pti': 'a capability of its own, which a wrapper can hand on',
      root: 'root',
      none: 'anybody',
    },
  },
  lock: {
    about: 'forcing isolation on for good',
    choices: {
      'global+seal': 'for all at once, or for one process and what it makes',
      global: 'for all at once',
      none: 'not offered',
    },
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof RULES;

/** One value of every rule. */
export type OptOutRules = { readonly [Name in RuleName]: keyof (typeof RULES)[Name]['choices'] };

export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];

/** The values a rule takes. */
export const choicesOf = <Name extends RuleName>(name: Name): readonly OptOutRules[Name][] =>
  Object.keys(RULES[name].choices) as OptOutRules[Name][];

/**
 * Rules that differ from others in single choices, written as `name=choice`.
 *
 * @throws a usage error that names the nearest rule or choice
 */
export function withRules(rules: OptOutRules, written: readonly string[]): OptOutRules {
  const given: Partial<Record<RuleName, string>> = {};
  for (const text of written) {
    const [name, choice = ''] = text.split(/=(.*)/s);
    if (!isRule(name))
      throw usageError(
        'unknown rule',
        printable(name),
        `did you mean ${nearest(name, RULE_NAMES)}? ptilab policies --rules lists all`,
      );
    const choices: readonly string[] = choicesOf(name);
    if (!choices.includes(choice))
      throw usageError(`no choice of the rule ${name}`, printable(choice), `it takes ${choices.join(', ')}`);
    given[name] = choice;
  }
  return { ...rules, ...(given as Partial<OptOutRules>) };
}

const isRule = (name: string): name is RuleName => Object.hasOwn(RULES, name);
