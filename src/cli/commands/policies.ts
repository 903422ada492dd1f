import type { Command } from '../command.ts';

/** The policies that are built in. */
export const policies: Command = {
  name: 'policies',
  summary: 'the policies a lane can have, with their rules and sources',
  example: 'ptilab policies --rules',
  declare: (parser) =>
    parser
      .option('--rules', 'the rules of an opt-out: what each decides, and the choices it has')
      .option('--json', 'the same as JSON on stdout'),
  async run(_args, options, terminal) {
    const [{ POLICIES }, { RULES }] = await Promise.all([
      import('../../replay/policies/index.ts'),
      import('../../replay/optout/rules.ts'),
    ]);
    if (options['json']) {
      terminal.out(
        `${JSON.stringify({ schema: 'ptilab.policies', version: 1, policies: POLICIES.map((policy) => ({ ...policy, optOut: policy.optOut ?? null })), rules: RULES })}\n`,
      );
      return;
    }
    if (options['rules']) {
      for (const [name, { about, choices }] of Object.entries(RULES)) {
        const width = Math.max(...Object.keys(choices).map((choice) => choice.length));
        const lines = Object.entries(choices).map(([choice, meaning]) => `  ${choice.padEnd(width)}  ${meaning}\n`);
        terminal.out(`${name}: ${about}\n${lines.join('')}`);
      }
      return;
    }
    for (const policy of POLICIES) {
      const names = [policy.id, ...policy.aliases].join(', also ');
      const ours: ReadonlySet<string> = new Set(policy.ours);
      // A choice that no source states is marked.
      const rules =
        policy.optOut &&
        Object.entries(policy.optOut).map(([rule, choice]) => `${rule}=${choice}${ours.has(rule) ? '*' : ''}`);
      terminal.out(
        `${names}\n  ${policy.label}\n${rules ? `  ${rules.join(' ')}  (* ours: no source states it)\n` : ''}  source: ${policy.source}\n`,
      );
    }
  },
};
