/** docs/opt-out.md shows what the command line prints, cut to the lines that matter. */
import { expectSuccess, run } from '../support/cli.ts';
import { checkSections } from './sections.ts';

/** A command and the lines of its answer that match. */
const session =
  (wanted: RegExp, ...args: readonly string[]) =>
  async (): Promise<string> => {
    const ran = await run(args);
    expectSuccess(ran);
    const lines = ran.stdout.split('\n').filter((line) => wanted.test(line));
    return `\`\`\`console\n$ npx ptilab ${args.join(' ')}\n${lines.join('\n')}\n\`\`\``;
  };

const CALLS = 'traces/opt-out-calls/opt-out-calls.perf.data.zst';
const SCENARIO = 'traces/opt-out-calls/calls.scenario.json';
const SERVERS = 'traces/server-start/server-start.perf.data.zst';
const BUILD = 'traces/kernel-build/kernel-build.perf.data.zst';

checkSections('docs/opt-out.md', {
  'the call': session(/^(opt-out|exposed|CR3 writes)/, 'replay', CALLS, '--scenario', SCENARIO),
  make: session(/^ {2}rule|setid=|inherit=/, 'replay', BUILD, '--what-if'),
  'second wrapper': session(/^(opt-out|exposed)/, 'replay', BUILD, '--opt-in', 'comm:cc1'),
  servers: session(/^(exposed|CR3 writes)|^ {2}rule|[* ] setid=/, 'replay', SERVERS, '--what-if'),
  ps: session(/nginx|haproxy/, 'ps', SERVERS, '--at', '0.5'),
  force: session(/^(opt-out|exposed)/, 'replay', SERVERS, '--scenario', 'traces/server-start/force.scenario.json'),
  marks: session(/^(opt-out|exposed)/, 'replay', SERVERS, '--scenario', 'traces/server-start/marks.scenario.json'),
  cr3: session(/^(entries|asids)/, 'cr3', SERVERS),
});
