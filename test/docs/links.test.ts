/** What the documents point at is there: the targets of links, and paths of the repository that stand in code marks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/fixtures.ts';

const FOLDERS = ['docs', 'src', 'test', 'bench', 'traces', 'notebooks'];
/** Made by commands: not there in a fresh copy. */
const MADE = /^(bench\/data|dist|out)(\/|$)/;

const inFolder = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));

const DOCUMENTS = [...readdirSync(ROOT), ...FOLDERS.flatMap(inFolder)].filter((file) => file.endsWith('.md'));

test.each(DOCUMENTS)('%s points at nothing that is missing', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^\w+:/.test(target))
    .map((target) => join(dirname(document), target));
  const paths = [...text.matchAll(/`((?:docs|src|test|bench|traces|notebooks|\.ci)\/[\w./-]*)`/g)].map(
    ([, path]) => path,
  );
  const missing = [...links, ...paths].filter((path) => !MADE.test(path) && !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});
