/** README.md shows what the command line prints. */
import { expectSuccess, run } from '../support/cli.ts';
import { checkSections } from './sections.ts';

const RECORDING = 'traces/kernel-build/kernel-build.perf.data.zst';

/** A command and its answer, as one sees them on a terminal. */
const session =
  (...args: readonly string[]) =>
  async (): Promise<string> => {
    const ran = await run(args);
    expectSuccess(ran);
    return `\`\`\`console\n$ npx ptilab ${args.join(' ')}\n${ran.stdout}\`\`\``;
  };

checkSections('README.md', {
  replay: session('replay', RECORDING),
  'one program': session('replay', RECORDING, '--opt-out', 'comm:cc1'),
  info: session('info', RECORDING),
});
