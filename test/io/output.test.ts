import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  lstatSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeFileAtomically } from '../../src/io/node/output.ts';
import { failureOf, folder } from './helpers.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const posix = test.skipIf(process.platform === 'win32');
const linux = test.skipIf(process.platform !== 'linux');

test('a file appears with all that was written', async () => {
  const path = join(folder(), 'out');
  await writeFileAtomically(path, (write) => {
    write(text('one '));
    write(text('two'));
  });
  expect(readFileSync(path, 'utf8')).toBe('one two');
});

test('a file does not appear before it is whole', async () => {
  const path = join(folder(), 'out');
  await writeFileAtomically(path, (write) => {
    write(text('one'));
    expect(existsSync(path)).toBe(false);
  });
});

test('an old file stays, and nothing else does, where writing fails', async () => {
  const dir = folder();
  const path = join(dir, 'out');
  writeFileSync(path, 'old');
  const failing = writeFileAtomically(path, async (write) => {
    write(text('new'));
    await Promise.reject(new Error('broken'));
  });
  await expect(failing).rejects.toThrow('broken');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(dir)).toEqual(['out']);
});

test('nothing is left after a signal', async () => {
  const dir = folder();
  const listener = (): void => undefined; // keeps the signal from ending the test run
  process.on('SIGTERM', listener);
  onTestFinished(() => void process.off('SIGTERM', listener));
  const failing = writeFileAtomically(join(dir, 'out'), (write) => {
    write(text('half'));
    process.emit('SIGTERM', 'SIGTERM');
    expect(readdirSync(dir)).toEqual([]);
    throw new Error('interrupted');
  });
  await expect(failing).rejects.toThrow('interrupted');
});

test('no listener is left behind', async () => {
  const count = (): number => process.listenerCount('SIGINT') + process.listenerCount('exit');
  const before = count();
  await writeFileAtomically(join(folder(), 'out'), () => undefined);
  expect(count()).toBe(before);
});

test('folders on the way are made', async () => {
  const path = join(folder(), 'a', 'b', 'out');
  await writeFileAtomically(path, (write) => write(text('x')));
  expect(readFileSync(path, 'utf8')).toBe('x');
});

posix('a replaced file keeps its mode, and a link to it stays a link', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'file'), 'old');
  chmodSync(join(dir, 'file'), 0o640);
  symlinkSync('file', join(dir, 'link'));
  await writeFileAtomically(join(dir, 'link'), (write) => write(text('new')));
  expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('new');
  expect(statSync(join(dir, 'file')).mode & 0o777).toBe(0o640);
  expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true);
});

linux('a full disk is told in one line', async () => {
  const failure = await failureOf(() => writeFileAtomically('/dev/full', (write) => write(text('x'))));
  expect(failure.kind).toBe('output');
  expect(failure.message).toBe('disk full: /dev/full: free some space, or write somewhere else');
});

linux('a device is written directly', async () => {
  await writeFileAtomically('/dev/null', (write) => write(text('x')));
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('a folder is refused as a file', async () => {
  const failure = await failureOf(() => writeFileAtomically(folder(), (write) => write(text('x'))));
  expect(failure.what).toBe('is a directory');
});

posix('a path through a file is refused', async () => {
  const path = join(folder(), 'file');
  writeFileSync(path, '');
  const failure = await failureOf(() => writeFileAtomically(join(path, 'out'), () => undefined));
  expect(failure.what).toBe('a part of the path is a file, not a folder');
});

linux('a place where no folder can be made is refused', async () => {
  expect((await failureOf(() => writeFileAtomically('/proc/x/y/z', () => undefined))).kind).toBe('output');
});
