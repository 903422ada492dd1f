/** What may be replaced: only a file that ptilab wrote. */
import { outputError, PtilabError, printable } from '../errors.ts';
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
