/** docs/architecture.md repeats two tables of the code: who may import whom, and the constants of the mode inference. */
import { createRequire } from 'node:module';
import * as timing from '../../src/replay/mode-timing.ts';
import { checkSections, code, table } from './sections.ts';
import { RULE_NAMES, RULES } from '../../src/replay/optout/rules.ts';
import { POLICIES } from '../../src/replay/policies/index.ts';

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string };
  readonly to: { readonly pathNot?: readonly string[] };
}
const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  readonly forbidden: readonly Rule[];
};

/** `^src/pipeline\.ts$` as `src/pipeline.ts`. */
const plain = (pattern: string): string => pattern.replace(/[\^\\$]/g, '');
const isLeaves = (pattern: string): boolean => pattern.includes('(');

checkSections('docs/architecture.md', {
  rooms: () =>
    table(
      ['room', 'may import, besides itself and the leaves'],
      forbidden
        .filter(({ name }) => name.startsWith('room '))
        .map(({ from, to }) => {
          const room = plain(from.path ?? '');
          const allowed = (to.pathNot ?? []).filter((each) => !isLeaves(each)).map(plain);
          return [
            code(room),
            allowed
              .filter((each) => each !== room)
              .map(code)
              .join(', ') || 'nothing',
          ];
        }),
    ),
  rules: () =>
    table(
      ['rule', 'choice', 'meaning', 'presets that have it'],
      RULE_NAMES.flatMap((name) =>
        Object.entries(RULES[name].choices).map(([choice, meaning], i) => [
          i === 0 ? `${code(name)}: ${RULES[name].about}` : '',
          code(choice),
          meaning,
          POLICIES.filter(({ optOut }) => optOut?.[name] === choice)
            .map(({ id, ours }) => `${id}${ours.includes(name) ? '*' : ''}`)
            .join(', '),
        ]),
      ),
    ),
  'mode timing': () =>
    table(
      ['constant', 'ns', 'range', 'source'],
      Object.entries(timing).map(([name, { value, low, high, source }]) => [
        code(name),
        grouped(value),
        `${grouped(low)} … ${grouped(high)}`,
        source,
      ]),
    ),
});

function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
}
