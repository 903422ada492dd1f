import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baselineText, parseBaseline, reasonsIn, type Baseline } from '../../src/check/baseline.ts';
import { PtilabError } from '../../src/errors.ts';

const SMALL: Baseline = {
  recording: 'traces/some.perf.data',
  reasons: ['first', 'second: with a colon'],
  sections: [
    { title: 'recording', values: new Map([['events', '530']]) },
    {
      title: 'guest pti@nehalem',
      values: new Map([
        ['operations.exits', '9'],
        ['cycles.cr3', '-0.1'],
      ]),
    },
  ],
};

const TEXT = `ptilab.baseline 1
# Made by ptilab check --update; what is changed by hand is refused.
digest: ${/digest: (\w{8})/.exec(baselineText(SMALL))![1]}
recording: traces/some.perf.data
reason: first
reason: second: with a colon

guest pti@nehalem
  cycles.cr3 -0.1
  operations.exits 9

recording
  events 530
`;

function failureOf(text: string): PtilabError {
  try {
    parseBaseline(text, 'folder/some.txt');
  } catch (error) {
    if (error instanceof PtilabError) return error;
    throw error;
  }
  throw new Error('it was read');
}

test('a baseline has one value a line, sections and values sorted by name', () => {
  expect(baselineText(SMALL)).toBe(TEXT);
});

test('a baseline that was written is read again, whatever the ends of its lines became', () => {
  const { recording, reasons, sections } = SMALL;
  for (const text of [TEXT, TEXT.replaceAll('\n', '\r\n')]) {
    expect(parseBaseline(text, 'x')).toEqual({ recording, reasons, sections: [...sections].reverse() });
  }
});

test('any value of any section comes back', () => {
  const word = fc.stringMatching(/^[\w.:@-]{1,12}$/);
  const section = fc.record({
    title: fc.stringMatching(/^[a-z0-9][\w.@ -]{0,12}$/),
    values: fc.uniqueArray(fc.tuple(word, fc.oneof(fc.double().map(String), word)), { selector: ([name]) => name }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(section, { selector: ({ title }) => title }), (sections) => {
      const before = sections.map(({ title, values }) => ({ title, values: new Map(values) }));
      const after = parseBaseline(baselineText({ ...SMALL, sections: before }), 'x').sections;
      expect(new Map(after.map(({ title, values }) => [title, values]))).toEqual(
        new Map(before.map(({ title, values }) => [title, values])),
      );
    }),
    { seed: 7 },
  );
});

describe('refused with one line', () => {
  test.each([
    ['a value changed by hand', TEXT.replace('exits 9', 'exits 8')],
    ['a value added by hand', `${TEXT}  more 1\n`],
    ['a reason changed by hand', TEXT.replace('first', 'better')],
    ['a torn file', TEXT.slice(0, -8)],
    ['no values at all', 'ptilab.baseline 1\n'],
    ['marks of a merge', TEXT.replace('recording\n', '<<<<<<< ours\nrecording\n')],
  ])('%s', (_what, text) => {
    const { kind, what, where } = failureOf(text);
    expect({ kind, what, where }).toEqual({
      kind: 'input',
      what: 'the baseline was changed by hand, or is not whole',
      where: 'folder/some.txt',
    });
  });

  test('a newer version', () => {
    const { kind, what, todo } = failureOf(TEXT.replace('baseline 1', 'baseline 2'));
    expect({ kind, what, todo }).toEqual({
      kind: 'input',
      what: 'a baseline of version 2',
      todo: 'this ptilab reads version 1',
    });
  });

  test.each(['', 'hello\n', 'ptilab.baseline one\n', '{"schema":"ptilab.baseline","version":1}'])(
    'what is no baseline: %j',
    (text) => {
      expect(failureOf(text)).toMatchObject({ kind: 'input', what: 'not a baseline' });
    },
  );
});

test('reasons of both sides of a merge are kept, each once', () => {
  const merged = TEXT.replace(
    'reason: second',
    '<<<<<<< ours\nreason: mine\n=======\nreason: first\n>>>>>>>\nreason: second',
  );
  expect(reasonsIn(merged)).toEqual(['first', 'mine', 'second: with a colon']);
});
