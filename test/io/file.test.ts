import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFile } from '../../src/io/node/file.ts';
import { contentOf, failureOf, folder } from './helpers.ts';

function file(content: string): string {
  const path = join(folder(), 'file');
  writeFileSync(path, content);
  return path;
}

test('a file yields its content in pieces', async () => {
  const bytes = await openFile(file('0123456789'), 4);
  expect((await contentOf(bytes)).toString()).toBe('0123456789');
  expect((await contentOf(bytes)).toString()).toBe('0123456789');
  await bytes.close();
});

test('a file is read at an offset at once, without a promise', async () => {
  const bytes = await openFile(file('0123456789'));
  const into = Buffer.alloc(4);
  expect(bytes.readAt?.(3, into)).toBe(4);
  expect(into.toString()).toBe('3456');
  expect(bytes.readAt?.(8, into)).toBe(2);
  expect(bytes.readAt?.(10, into)).toBe(0);
  await bytes.close();
});

test('a file that grows while it is read ends where it ended when opened', async () => {
  const path = file('0123');
  const bytes = await openFile(path, 3);
  appendFileSync(path, '4567');
  expect(bytes.length).toBe(4);
  expect((await contentOf(bytes)).toString()).toBe('0123');
  expect(bytes.readAt?.(0, new Uint8Array(8))).toBe(4);
  await bytes.close();
});

test('a file that shrinks while it is read ends early', async () => {
  const path = file('0123456789');
  const bytes = await openFile(path, 3);
  truncateSync(path, 4);
  expect((await contentOf(bytes)).toString()).toBe('0123');
  expect(bytes.readAt?.(2, new Uint8Array(8))).toBe(2);
  await bytes.close();
});

test('an empty file has length 0', async () => {
  const bytes = await openFile(file(''));
  expect(bytes.length).toBe(0);
  expect(await contentOf(bytes)).toHaveLength(0);
  await bytes.close();
});

test('closing twice is fine', async () => {
  const bytes = await openFile(file('x'));
  await bytes.close();
  await bytes.close();
});

test('a missing file is refused in one line that names it safely', async () => {
  const failure = await failureOf(() => openFile('/nowhere/a\nb'));
  expect(failure.kind).toBe('input');
  expect(failure.message).toBe('no such file: /nowhere/a\\x0ab: check the path');
});

test('a folder is refused', async () => {
  expect((await failureOf(() => openFile(folder()))).what).toBe('is a directory');
});

test('an empty path and one with a NUL byte are refused', async () => {
  expect((await failureOf(() => openFile(''))).where).toBe("''");
  expect((await failureOf(() => openFile('a\0b'))).where).toBe('a\\x00b');
});

test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
  'a file without permission is refused',
  async () => {
    const path = file('x');
    chmodSync(path, 0);
    expect((await failureOf(() => openFile(path))).what).toBe('no permission to read');
  },
);

test.skipIf(process.platform === 'win32')('a named pipe is read once, from front to back', async () => {
  const path = join(folder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const [bytes, writer] = await Promise.all([openFile(path), open(path, 'w')]);
  expect(bytes.readAt).toBeUndefined();
  expect(bytes.length).toBeUndefined();
  await writer.write('hello');
  await writer.close();
  expect((await contentOf(bytes)).toString()).toBe('hello');
  expect(() => bytes.chunks()).toThrow('twice');
  await bytes.close();
});

test.skipIf(process.platform !== 'linux')(
  'a file of the kernel that calls itself empty is read as a stream',
  async () => {
    const bytes = await openFile('/proc/self/status');
    expect(bytes.readAt).toBeUndefined();
    expect((await contentOf(bytes)).toString()).toContain('Pid:');
    await bytes.close();
  },
);
