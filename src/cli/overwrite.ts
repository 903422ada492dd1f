/** What may be replaced: only a file that ptilab wrote. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { outputError, PtilabError, printable } from '../errors.ts';
import { errnoOf } from '../io/node/errno.ts';
import { openFile } from '../io/node/file.ts';
import { canonical } from '../trace/readers/canonical.ts';

/** @throws an output error where `path` is a file that is no canonical trace */
export async function refuseForeignFile(path: string): Promise<void> {
  let file;
  try {
    file = await openFile(path);
  } catch (error) {
    // Missing: nothing to lose. What else is wrong with it, writing will say.
    if (error instanceof PtilabError) return;
    throw error;
  }
  try {
    if (file.length === undefined || file.length === 0) return;
    await canonical.open(file, { strict: true });
  } catch (error) {
    if (!(error instanceof PtilabError)) throw error;
    throw outputError(
      'the file exists and is not a ptilab trace',
      printable(path),
      'choose another name, or remove it',
    );
  } finally {
    await file.close();
  }
}

/** What pages of ours have in their head. */
const PAGE_MARK = '<meta name="generator" content="ptilab ';
const HEAD_BYTES = 4096;

/** @throws an output error where `path` is a file that is no page of ours */
export function refuseForeignPage(path: string): void {
  const head = headOf(path);
  if (head === undefined || head === '' || head.includes(PAGE_MARK)) return;
  throw outputError('the file exists and is not a ptilab report', printable(path), 'choose another name, or remove it');
}

/** The first bytes of a regular file; undefined where there is none to lose. What is wrong with a path, writing will say. */
function headOf(path: string): string | undefined {
  let file: number | undefined;
  try {
    if (!statSync(path).isFile()) return undefined;
    file = openSync(path, 'r');
    const head = new Uint8Array(HEAD_BYTES);
    return new TextDecoder().decode(head.subarray(0, readSync(file, head)));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
