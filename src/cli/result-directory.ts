/** Writing the tables and figures of a result as one directory, whole or not at all. */
import { checkDirectory, writeDirectory } from '../io/node/output-directory.ts';
import { MANIFEST, manifestText, RESULT_FILES } from '../report/manifest.ts';
import { reportData } from '../report/report-data-build.ts';
import { REPORT_FILE, reportText } from '../report/report-file.ts';
import { fileNameOf, TABLES, writeTableFile } from '../report/tables.ts';
import type { PipelineResult } from '../pipeline.ts';

const isOurs = (names: readonly string[]): boolean => names.every((name) => RESULT_FILES.has(name));

/** Refuses early what {@link writeResult} would refuse after the work. */
export function checkResultDirectory(dir: string): void {
  checkDirectory(dir, isOurs);
}

export async function writeResult(dir: string, result: PipelineResult, commandLine: readonly string[]): Promise<void> {
  await writeDirectory(dir, isOurs, (create) => {
    for (const table of TABLES) {
      const file = create(fileNameOf(table));
      writeTableFile(table, result, (chunk) => file.write(chunk));
      file.close();
    }
    const report = create(REPORT_FILE);
    report.write(new TextEncoder().encode(reportText(reportData(result))));
    report.close();
    create(MANIFEST).write(new TextEncoder().encode(manifestText(result.result, result.priced, commandLine)));
  });
}
