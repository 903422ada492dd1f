import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { checkDirectory, writeDirectory, type ProduceFiles } from '../../src/io/node/output-directory.ts';
import { failureOf, folder } from './helpers.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const ours = (names: readonly string[]): boolean => names.every((name) => ['manifest.json', 'a', 'b'].includes(name));
const MANIFEST = '{"schema":"ptilab.result"}';

const files =
  (content: Readonly<Record<string, string>>): ProduceFiles =>
  (create) => {
    for (const [name, body] of Object.entries({ 'manifest.json': MANIFEST, ...content }))
      create(name).write(text(body));
  };

function contentOfFolder(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
}

test('a missing folder appears with its files, and nothing beside it', async () => {
  const dir = join(folder(), 'x', 'result');
  await writeDirectory(dir, ours, files({ a: 'one' }));
  expect(contentOfFolder(dir)).toEqual({ 'manifest.json': MANIFEST, a: 'one' });
  expect(readdirSync(dirname(dir))).toEqual(['result']);
});

test('a missing folder does not appear before it is whole', async () => {
  const dir = join(folder(), 'result');
  await writeDirectory(dir, ours, (create) => {
    create('a').write(text('one'));
    expect(existsSync(dir)).toBe(false);
  });
});

test('an empty folder is used, and stays the same folder', async () => {
  const dir = folder();
  const before = statSync(dir).ino;
  await writeDirectory(dir, ours, files({}));
  expect(readdirSync(dir)).toEqual(['manifest.json']);
  expect(statSync(dir).ino).toBe(before);
});

test('a former result is replaced, with files that are no more', async () => {
  const dir = join(folder(), 'result');
  await writeDirectory(dir, ours, files({ a: 'one', b: 'two' }));
  await writeDirectory(dir, ours, files({ a: 'three' }));
  expect(contentOfFolder(dir)).toEqual({ 'manifest.json': MANIFEST, a: 'three' });
});

test('a former result stays as it was where writing fails', async () => {
  const dir = join(folder(), 'result');
  await writeDirectory(dir, ours, files({ a: 'one' }));
  const failing = writeDirectory(dir, ours, (create) => {
    create('a').write(text('half'));
    throw new Error('broken');
  });
  await expect(failing).rejects.toThrow('broken');
  expect(contentOfFolder(dir)).toEqual({ 'manifest.json': MANIFEST, a: 'one' });
});

test('nothing is left where writing a new folder fails', async () => {
  const parent = folder();
  const failing = writeDirectory(join(parent, 'result'), ours, () => Promise.reject(new Error('broken')));
  await expect(failing).rejects.toThrow('broken');
  expect(readdirSync(parent)).toEqual([]);
});

const foreign: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'any file': { 'thesis.txt': 'x' },
  'a result and a file of somebody else': { 'manifest.json': MANIFEST, 'thesis.txt': 'x' },
  'a manifest of something else': { 'manifest.json': '{"schema":"webapp"}' },
  'a manifest that is no JSON': { 'manifest.json': '{' },
  'a file of a name that we use, without a manifest': { a: 'x' },
};
for (const [what, content] of Object.entries(foreign)) {
  test(`a folder with ${what} is refused and left alone`, async () => {
    const dir = folder();
    for (const [name, body] of Object.entries(content)) writeFileSync(join(dir, name), body);
    const failure = await failureOf(() => writeDirectory(dir, ours, files({})));
    expect(failure.kind).toBe('output');
    expect(failure.what).toBe('exists and is not a ptilab result');
    expect(contentOfFolder(dir)).toEqual(content);
  });
}

test('a file in the way is refused', async () => {
  const path = join(folder(), 'file');
  writeFileSync(path, 'x');
  expect((await failureOf(() => writeDirectory(path, ours, files({})))).what).toBe('exists and is not a folder');
});

test('what a killed run left in the folder goes away', async () => {
  const dir = folder();
  mkdirSync(join(dir, '.ptilab-12345-0123456789ab'));
  await writeDirectory(dir, ours, files({}));
  expect(readdirSync(dir)).toEqual(['manifest.json']);
});

test('a folder can be checked before there is anything to write', async () => {
  const dir = join(folder(), 'result');
  expect(checkDirectory(dir, ours)).toBe('missing');
  mkdirSync(dir);
  expect(checkDirectory(dir, ours)).toBe('empty');
  await writeDirectory(dir, ours, files({}));
  expect(checkDirectory(dir, ours)).toBe('ours');
});
