/** Recordings in archives and compressed in each way are the recordings themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import type { InfoResult } from '../../src/report/info.ts';
import { expectFailure, expectSuccess, run } from '../support/cli.ts';
import { ROOT } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/temporary.ts';

const temporary = temporaryFolder();
const FOLDER = join(ROOT, 'traces/strace-ff');
const NAMES = readdirSync(FOLDER).filter((name) => /\.\d+$/.test(name));
const contentOf = (name: string): Buffer => readFileSync(join(FOLDER, name));

async function archived(files: readonly (readonly [string, Uint8Array])[]): Promise<Uint8Array> {
  const archive = pack();
  for (const [name, content] of files) archive.entry({ name, mtime: new Date(0) }, Buffer.from(content));
  archive.finalize();
  return await buffer(archive);
}

async function info(path: string, input?: Uint8Array): Promise<InfoResult> {
  const ran = await run(['info', path, '--json'], input && { input });
  expectSuccess(ran);
  return JSON.parse(ran.stdout) as InfoResult;
}
/** All but how the files are named and stored. */
const answerOf = ({ trace: { files, ...trace }, totals, inferred }: InfoResult) => ({
  files: files.length,
  trace,
  totals,
  inferred,
});

describe.concurrent('an archive of the files of strace -ff', () => {
  const set = (name = (each: string) => each, content = contentOf): Promise<Uint8Array> =>
    archived(NAMES.map((each) => [name(each), content(each)]));
  const separate = run(['info', ...NAMES.map((name) => join(FOLDER, name)), '--json']).then(
    ({ stdout }) => JSON.parse(stdout) as InfoResult,
  );

  test('is the same recording as the files, each of which it lists', async () => {
    const path = temporary.file('ff.tar', await set());
    const answer = await info(path);
    expect(answerOf(answer)).toEqual(answerOf(await separate));
    expect(answer.trace.files.map((file) => file.path)).toEqual(NAMES.map((name) => `${path}:${name}`));
    expect(answer.trace.files.map(({ sha256 }) => sha256)).toEqual(
      (await separate).trace.files.map(({ sha256 }) => sha256),
    );
  });

  test('may be compressed, and come through a pipe', async () => {
    expect(answerOf(await info('-', gzipSync(await set())))).toEqual(answerOf(await separate));
  });

  test('may have files that are compressed one by one', async () => {
    const path = temporary.file(
      'ff.tar',
      await set(
        (each) => `${each}.gz`,
        (each) => gzipSync(contentOf(each)),
      ),
    );
    expect(answerOf(await info(path))).toEqual(answerOf(await separate));
  });

  test('with something else among them is refused by its name', async () => {
    const path = temporary.file('ff.tar', await archived([['notes.txt', new TextEncoder().encode('hello\n')]]));
    const ran = await run(['replay', path]);
    expectFailure(ran, 3);
    expect(ran.stderr).toContain('ff.tar:notes.txt');
  });

  test('that breaks off is read up to there, and refused where that was asked for', async () => {
    const path = temporary.file('ff.tar', (await set()).subarray(0, 20_000));
    const ran = await run(['info', path, '--json']);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain('breaks off at byte 20000');
    const { trace } = JSON.parse(ran.stdout) as InfoResult;
    expect(trace.health).toContainEqual(expect.objectContaining({ key: 'truncated', count: 1 }));
    expectFailure(await run(['info', path, '--strict']), 3);
  });
});
