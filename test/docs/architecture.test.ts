/** docs/architecture.md repeats two tables of the code: who may import whom, and the constants of the mode inference. */
import { createRequire } from 'node:module';
import * as timing from '../../src/replay/mode-timing.ts';
import { checkSections, code, table } from './sections.ts';

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
