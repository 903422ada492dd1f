import type { Command } from '../command.ts';

/** The policies that are built in. */
export const policies: Command = {
  name: 'policies',
  summary: 'the policies a lane can have, with their rules and sources',
  example: 'ptilab policies',
  declare: (parser) => parser.option('--json', 'the same as JSON on stdout'),
  async run(_args, options, terminal) {
    const { POLICIES } = await import('../../replay/policies/index.ts');
    if (options['json']) {
      terminal.out(
        `${JSON.stringify({ schema: 'ptilab.policies', version: 1, policies: POLICIES.map((policy) => ({ ...policy, optOut: policy.optOut ?? null })) })}\n`,
      );
      return;
    }
    for (const policy of POLICIES) {
      const names = [policy.id, ...policy.aliases].join(', also ');
      const rules = policy.optOut && Object.entries(policy.optOut).map(([rule, choice]) => `${rule}=${choice}`);
      terminal.out(`${names}\n  ${policy.label}\n${rules ? `  ${rules.join(' ')}\n` : ''}  source: ${policy.source}\n`);
    }
  },
};
